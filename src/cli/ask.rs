//! `skuscribe ask`: a shopper's question, answered from the facts of stored products.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::terminal::{Columns, printable};
use crate::announce::Announcer;
use crate::answers::{Answer, AnswerOutcome, AnswerRequest, Asker, ComparisonTable, label};
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use skuscribe_check::product::{Locale, Sku};

/// Widest column of a table.
const COLUMN_MAX: usize = 36;

#[derive(Debug, Args)]
pub(super) struct AskArgs {
    /// The SKU and the question; the question alone with --skus or --category.
    #[arg(num_args = 1..=2, required = true, value_name = "SKU QUESTION")]
    words: Vec<String>,
    /// Several products.
    #[arg(long, value_delimiter = ',', value_name = "SKUS")]
    skus: Vec<Sku>,
    /// All products of a category, such as "Bags" or "Gear > Bags".
    #[arg(long)]
    category: Option<String>,
    /// Language and region of the answer.
    #[arg(long)]
    locale: Option<Locale>,
    /// Put the answer together from the facts, without a model.
    #[arg(long)]
    no_model: bool,
    /// Do not remember the question where no fact answers it.
    #[arg(long)]
    forget: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(mut config: Config, args: AskArgs) -> anyhow::Result<ExitCode> {
    let (sku, question) = match args.words.as_slice() {
        [sku, question] => {
            (Some(sku.parse::<Sku>().map_err(|error| anyhow::anyhow!("{sku:?}: {error}"))?), question)
        }
        [question] => (None, question),
        _ => anyhow::bail!("write the SKU and the question"),
    };
    ensure!(
        sku.is_some() || !args.skus.is_empty() || args.category.is_some(),
        "what is the question about? write `skuscribe ask SKU \"question\"`, or name --skus or --category"
    );
    config.answers.model &= !args.no_model;
    // Who asks here has the time.
    config.answers.model_timeout_ms = config.answers.model_timeout_ms.max(config.model.timeout_ms);
    let request = AnswerRequest {
        question: question.clone(),
        sku,
        skus: args.skus,
        category: args.category,
        locale: args.locale,
        session: None,
    };
    let question = request.within()?;
    let store = crate::store::open(&config.store).await?;
    let pipeline = Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?;
    let pipeline = Arc::new(pipeline);
    let asker = Asker::new(&config, store, Arc::clone(&pipeline))?;
    let answer = Box::pin(asker.ask(&question, &[])).await;
    pipeline.ledger().close().await;
    let answer = answer?;
    if !args.forget {
        asker
            .unanswered()
            .flush(Clock::System.now())
            .await
            .context("the question could not be remembered")?;
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&answer)?);
    } else {
        print(&answer);
    }
    if !args.forget {
        let remembered = asker.unanswered().flush(Clock::System.now()).await;
        remembered.context("the question could not be remembered")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(answer: &Answer) {
    println!("{}", printable(&answer.text));
    if let Some(table) = &answer.table {
        print_table(table);
    } else {
        for attribute in &answer.attributes {
            let called = label(&attribute.name, attribute.label.as_deref());
            println!("  {}: {}", printable(&called), printable(&attribute.value));
        }
    }
    match (answer.outcome, &answer.source, &answer.reason) {
        (AnswerOutcome::Answered, Some(source), _) => {
            let source = serde_json::to_value(source).unwrap_or_default();
            println!("  (answered, from {})", source.as_str().unwrap_or_default());
        }
        (outcome, _, Some(reason)) => println!("  ({}: {})", outcome.as_str(), printable(reason)),
        (outcome, _, _) => println!("  ({})", outcome.as_str()),
    }
}

fn print_table(table: &ComparisonTable) {
    let cut = |text: &str| super::terminal::cut(text, COLUMN_MAX);
    let mut columns = Columns::new(2, &[]);
    columns.row(std::iter::once("product".to_owned()).chain(table.labels.iter().map(|called| cut(called))));
    for row in &table.rows {
        let mark = match row.verdict {
            Some(true) => "+ ",
            Some(false) => "- ",
            None => "  ",
        };
        let values = row.values.iter().map(|value| value.as_deref().map_or_else(|| "–".to_owned(), cut));
        columns.row(std::iter::once(format!("{mark}{}", cut(&row.title))).chain(values));
    }
    print!("{columns}");
}
