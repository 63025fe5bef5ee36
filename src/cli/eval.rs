//! `skuscribe eval`: the checks and the answers on labelled lines. Wiring of `skuscribe_eval` to the product.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::dry_run::{self, TemporaryFolder, with_sandbox};
use crate::announce::Announcer;
use crate::answers::relevance::{ANSWERS_MIN, Question, score};
use crate::answers::{Answer, AnswerOutcome, AnswerRequest, AnswerSource, Asker};
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::snapshots::record;
use crate::store::{Condition, ContentStore, Key, save};
use skuscribe_check::config::recipes::Shown;
use skuscribe_check::content::Document;
use skuscribe_check::product::{Locale, Product, Sku, Snapshot, Value};
use skuscribe_check::recipe::Recipes;
use skuscribe_eval::alone::{self, EvalOptions, Evaluated};
use skuscribe_eval::answers::{AnswerOrigin, ExpectedAnswer, GivenAnswer, GivenOutcome, Phrasing};
use skuscribe_eval::before::Figures;
use skuscribe_eval::checks::Checks;
use skuscribe_eval::lines::{LabelledLines, files};
use skuscribe_eval::{answers, injections, relevance};
use skuscribe_sandbox::{Behaviour, Sandbox};

/// What is asked about: 60 real products.
const CATALOG: &str = include_str!("../../samples/catalog.jsonl");

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Folder of JSONL files, or one of them. A line is {facts, text, label, spans?}, {facts, text} without label,
    /// {id, facts, locale, text, want} with what is right to do,
    /// {product, locale, text} with copy that nothing is wrong with, {kind, locale, text} that no fact bears,
    /// {text, spans} with personal data, {product, label} or {id, language, kind, place, attack} with instructions in the product's texts, {question, attributes, answerable} or {sku, question, kind, expect} with shoppers' questions, or with --mutants also a
    /// product; files of other lines are left out.
    folder: PathBuf,
    /// Print the texts that the checks and the people disagree on; with --mutants those not caught and those held unmutated.
    #[arg(long)]
    disagreements: bool,
    /// Change true copy, one statement at a time, and say what share of it is caught.
    #[arg(long)]
    mutants: bool,
    /// Who phrases the answers to questions {sku, question, kind, expect} over the sample catalog.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["facts", "honest", "lying"])]
    answered_by: Vec<AnsweredBy>,
}

/// Who phrases the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum AnsweredBy {
    /// Nobody: the facts alone.
    Facts,
    /// The sandbox.
    Honest,
    /// The sandbox, which lies every time.
    Lying,
    /// The configured model.
    Model,
}

pub(super) async fn run(config: &Config, args: &EvalArgs) -> anyhow::Result<ExitCode> {
    let checks = Checks { policy: config.policy()?, recipes: Recipes::load(&config.recipes)? };
    let disagreements = args.disagreements;
    let options = EvalOptions { mutants: args.mutants, disagreements };
    let mut figures = Figures::kept()?;
    let mut evaluated = 0;
    for file in &files(&args.folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let lines = match alone::evaluate(&checks, file, options, &mut figures)? {
            Evaluated::Printed => LabelledLines::Other,
            Evaluated::Left(_) if options.mutants => continue,
            Evaluated::Left(LabelledLines::Other | LabelledLines::Products(_)) => continue,
            Evaluated::Left(lines) => lines,
        };
        match lines {
            LabelledLines::Questions(lines) => relevance::evaluate(&name, &lines, disagreements, scorer),
            LabelledLines::Injections(lines) => {
                let write = async |products: &[Product], locale: &Locale, obey: bool| {
                    write(config, products, locale, obey).await
                };
                injections::evaluate(&name, &lines, disagreements, write).await?;
            }
            LabelledLines::Answers(lines) => {
                for by in &args.answered_by {
                    Box::pin(evaluate_answers(config, &name, &lines, *by, disagreements)).await?;
                }
            }
            _ => {}
        }
        evaluated += 1;
    }
    anyhow::ensure!(
        evaluated > 0,
        "{}: no file holds lines with facts and text{}",
        args.folder.display(),
        if args.mutants { ", or products" } else { "" }
    );
    Ok(ExitCode::SUCCESS)
}

/// The score of attributes for a question, where it is high enough to answer.
fn scorer(question: &str) -> impl Fn(&str, &Value) -> Option<f64> + use<> {
    let question = Question::new(question);
    move |name, value| Some(score(&question, name, None, value)).filter(|found| *found >= ANSWERS_MIN)
}

/// Has products written by the sandbox; gives the documents in their order.
async fn write(
    config: &Config,
    products: &[Product],
    locale: &Locale,
    obey: bool,
) -> anyhow::Result<Vec<Option<Document>>> {
    let mut config = config.clone();
    let _sandbox = with_sandbox(&mut config, Behaviour { obey, ..Behaviour::default() }).await?;
    config.recipes.enabled = vec!["description".to_owned()];
    config.recipes.show = vec![Shown::Description, Shown::Reviews];
    let results = dry_run::run(&config, products, locale).await?;
    Ok(results.into_iter().map(|result| result.document).collect())
}

/// Asks the questions over the sample catalog, through the whole of `skuscribe ask`.
async fn evaluate_answers(
    config: &Config,
    name: &str,
    lines: &[ExpectedAnswer],
    by: AnsweredBy,
    disagreements: bool,
) -> anyhow::Result<()> {
    let mut config = config.clone();
    let _sandbox = by.set_model(&mut config).await?;
    let folder = TemporaryFolder::new();
    config.store.url = folder.path();
    let store = crate::store::open(&config.store).await?;
    let mut catalog: BTreeMap<Sku, Product> = BTreeMap::new();
    for line in CATALOG.lines().filter(|line| !line.trim().is_empty()) {
        let product: Product = serde_json::from_str(line)?;
        let snapshot = Snapshot {
            version: None,
            occurred_at: Clock::System.now(),
            message_id: "eval".to_owned(),
            locales: Vec::new(),
            deleted: false,
            product: Arc::new(product.clone()),
        };
        record(&*store, snapshot, true).await?;
        for locale in lines.iter().map(|line| &line.locale).collect::<BTreeSet<_>>() {
            publish(&*store, &product.sku, locale).await?;
        }
        catalog.insert(product.sku.clone(), product);
    }
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    let asker = Asker::new(&config, store, pipeline)?;
    let ask = async |line: &ExpectedAnswer| {
        let request = AnswerRequest {
            question: line.question.clone(),
            sku: Some(line.sku.clone()),
            skus: Vec::new(),
            category: None,
            locale: Some(line.locale.clone()),
            session: None,
        };
        let answer = Box::pin(asker.ask(&request.within()?, &[])).await?;
        Ok(given(answer))
    };
    answers::evaluate(name, lines, &catalog, by.phrasing(), disagreements, ask).await
}

/// Stores a document that publishes something: only then is a question answered.
async fn publish(store: &dyn ContentStore, sku: &Sku, locale: &Locale) -> anyhow::Result<()> {
    let document = json!({
        "schema": "content.v1", "sku": sku, "locale": locale, "state": "published", "revision": 1,
        "updated_at": Clock::System.now().to_string(), "content": { "eval": {} }
    });
    let key = Key::Content { locale: locale.clone(), sku: sku.clone() };
    save(store, &key, &document, Condition::Absent).await?;
    Ok(())
}

fn given(answer: Answer) -> GivenAnswer {
    GivenAnswer {
        outcome: match answer.outcome {
            AnswerOutcome::Answered => GivenOutcome::Answered,
            AnswerOutcome::Unknown | AnswerOutcome::Unavailable => GivenOutcome::Unknown,
            AnswerOutcome::HandedOver => GivenOutcome::HandedOver,
            AnswerOutcome::Refused => GivenOutcome::Refused,
        },
        origin: answer.source.map(|source| match source {
            AnswerSource::Faq => AnswerOrigin::Faq,
            AnswerSource::Model => AnswerOrigin::Model,
            AnswerSource::Facts => AnswerOrigin::Facts,
        }),
        attributes: answer.attributes.into_iter().map(|attribute| attribute.name).collect(),
        text: answer.text,
    }
}

impl AnsweredBy {
    fn phrasing(self) -> Phrasing {
        match self {
            Self::Facts => Phrasing::Facts,
            Self::Honest => Phrasing::Honest,
            Self::Lying => Phrasing::Lying,
            Self::Model => Phrasing::Model,
        }
    }

    /// Has a configuration ask this one; a sandbox serves until it is dropped.
    async fn set_model(self, config: &mut Config) -> anyhow::Result<Option<Sandbox>> {
        let behaviour = match self {
            Self::Facts => {
                config.answers.model = false;
                return Ok(None);
            }
            Self::Model => {
                config.answers.model_timeout_ms = config.model.timeout_ms;
                return Ok(None);
            }
            Self::Honest => Behaviour::default(),
            Self::Lying => Behaviour { invent_rate: 1.0, ..Behaviour::default() },
        };
        with_sandbox(config, behaviour).await.map(Some)
    }
}
