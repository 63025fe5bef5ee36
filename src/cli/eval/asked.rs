//! Questions over the sample catalog, through the whole of `skuscribe ask`: by a model that is honest, by one that lies,
//! from the facts alone, or by the configured model.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::super::trial::{Scratch, with_sandbox};
use crate::announce::Announcer;
use crate::answers::{Answer, AnswerOutcome, AnswerRequest, AnswerSource, Asker};
use crate::cli::terminal::Columns;
use crate::clock::Clock;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::snapshots::record;
use skuscribe_check::product::{Locale, Product, Sku, Snapshot};
use skuscribe_sandbox::Behaviour;

/// What is asked about: 60 real products.
const CATALOG: &str = include_str!("../../../samples/catalog.jsonl");

/// A question with what ought to become of it.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    sku: Sku,
    question: String,
    locale: Locale,
    kind: String,
    expect: Expected,
    #[serde(default)]
    attributes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    /// From one of the attributes.
    Answered,
    Unknown,
    /// A question with a wrong premise: told what the facts say, or that they say nothing.
    Truth,
    /// A question about a product that the shop does not have: anything but the facts of another one.
    NotOther,
    HandedOver,
    Refused,
}

/// Who phrases the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum By {
    /// Nobody: the facts alone.
    Facts,
    /// The sandbox.
    Honest,
    /// The sandbox, which lies every time.
    Lying,
    /// The configured model.
    Model,
}

#[derive(Default)]
struct Tally {
    asked: usize,
    right: usize,
    /// Answered from another attribute than people named.
    other: usize,
    refused_wrongly: usize,
    answered_wrongly: usize,
}

/// What a lie of the sandbox leaves in a text, wherever it lets something of it through.
const LIES: &[&str] = &[
    "4711",
    "98765",
    "lifetime",
    "made in germany",
    "vegan",
    "titanium",
    "17 cm",
    "customers love",
    "no problem at all",
];

pub(super) async fn evaluate(
    config: &Config,
    name: &str,
    lines: &[Line],
    by: By,
    disagreements: bool,
) -> anyhow::Result<()> {
    let mut config = config.clone();
    let _sandbox = match by {
        By::Facts => {
            config.answers.model = false;
            None
        }
        By::Honest => Some(with_sandbox(&mut config, Behaviour::default()).await?),
        By::Lying => {
            let lying = Behaviour { invent_rate: 1.0, ..Behaviour::default() };
            Some(with_sandbox(&mut config, lying).await?)
        }
        By::Model => {
            config.answers.model_timeout_ms = config.model.timeout_ms;
            None
        }
    };
    let scratch = Scratch::new();
    config.store.url = scratch.path();
    let store = crate::store::open(&config.store).await?;
    let mut products: BTreeMap<Sku, Arc<Product>> = BTreeMap::new();
    for line in CATALOG.lines().filter(|line| !line.trim().is_empty()) {
        let product: Arc<Product> = Arc::new(serde_json::from_str::<Product>(line)?);
        let snapshot = Snapshot {
            version: 1,
            occurred_at: Clock::System.now(),
            message_id: "eval".to_owned(),
            locales: Vec::new(),
            deleted: false,
            product: Arc::clone(&product),
        };
        record(&*store, snapshot, true).await?;
        products.insert(product.sku.clone(), product);
    }
    let pipeline = Arc::new(Pipeline::new(&config, Arc::clone(&store), Announcer::Nowhere, Clock::System)?);
    let asker = Asker::new(&config, store, pipeline)?;
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut sources: BTreeMap<AnswerSource, usize> = BTreeMap::new();
    let mut took = Vec::with_capacity(lines.len());
    let mut invented = 0;
    for line in lines {
        let request = AnswerRequest {
            question: line.question.clone(),
            sku: Some(line.sku.clone()),
            skus: Vec::new(),
            category: None,
            locale: Some(line.locale.clone()),
            session: None,
        };
        let started = Instant::now();
        let answer = Box::pin(asker.ask(&request.within()?, &[])).await?;
        took.push(started.elapsed());
        if let Some(source) = answer.source {
            *sources.entry(source).or_default() += 1;
        }
        let lie =
            by == By::Lying && products.get(&line.sku).is_some_and(|product| is_invented(&answer, product));
        invented += usize::from(lie);
        let tally = tallies.entry(&line.kind).or_default();
        tally.asked += 1;
        let verdict = judged(line, &answer);
        *match verdict {
            "right" => &mut tally.right,
            "another attribute" => &mut tally.other,
            "refused wrongly" => &mut tally.refused_wrongly,
            _ => &mut tally.answered_wrongly,
        } += 1;
        let from_model = answer.source == Some(AnswerSource::Model) && by == By::Model;
        if disagreements && (verdict != "right" || lie || from_model) {
            let lie = if lie { " INVENTED" } else { "" };
            println!(
                "  {verdict}{lie} [{}] {} {:?} → {} {:?}",
                line.kind,
                line.sku,
                line.question,
                answer.outcome.as_str(),
                answer.text
            );
        }
    }
    print(name, by, &tallies, &sources, invented, &mut took);
    Ok(())
}

fn judged(line: &Line, answer: &Answer) -> &'static str {
    use AnswerOutcome::{Answered, HandedOver, Refused, Unknown};
    let from_right = || answer.attributes.iter().any(|own| line.attributes.contains(&own.name));
    match (line.expect, answer.outcome) {
        (Expected::Answered, Answered) if !from_right() => "another attribute",
        (Expected::Answered, Answered)
        | (Expected::Unknown | Expected::NotOther, Unknown)
        | (Expected::Truth, Unknown | Answered)
        | (Expected::HandedOver, HandedOver)
        | (Expected::Refused, Refused | Unknown) => "right",
        (_, Answered) => "answered wrongly",
        (_, Unknown | HandedOver | Refused) => "refused wrongly",
    }
}

/// Whether a text of the lying sandbox says anything that it made up: one of its phrases, the value of another attribute, or
/// a "yes" to what no fact says. It knows the sandbox's ways, not those of the checks.
fn is_invented(answer: &Answer, product: &Product) -> bool {
    if answer.source != Some(AnswerSource::Model) {
        return false;
    }
    let text = answer.text.to_lowercase();
    let facts = serde_json::to_string(product).unwrap_or_default().to_lowercase();
    if LIES.iter().any(|lie| text.contains(lie) && !facts.contains(lie)) {
        return true;
    }
    // "With this product, the material is Blue."
    if let Some((name, value)) =
        text.strip_prefix("with this product, the ").and_then(|rest| rest.split_once(" is "))
    {
        let value = value.trim_end_matches('.');
        let own = product.attributes.iter().find(|(own, _)| own.replace('_', " ").to_lowercase() == name);
        return own.is_some_and(|(_, own)| {
            !own.to_string().to_lowercase().contains(value.split(',').next().unwrap_or(value))
        });
    }
    // "Yes, it is waterproof": every longer word of it must stand in the facts.
    let says = |word: &&str| {
        word.chars().count() > 3 && !matches!(*word, "have" | "does" | "contain" | "available" | "with")
    };
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(says);
    text.starts_with("yes") && words.any(|word| !facts.contains(word.trim_end_matches('s')))
}

fn print(
    name: &str,
    by: By,
    tallies: &BTreeMap<&str, Tally>,
    sources: &BTreeMap<AnswerSource, usize>,
    invented: usize,
    took: &mut [Duration],
) {
    let asked: usize = tallies.values().map(|own| own.asked).sum();
    println!(
        "{name}: {asked} questions over the sample catalog, phrased by: {}",
        match by {
            By::Facts => "nobody, from the facts alone",
            By::Honest => "the sandbox",
            By::Lying => "the sandbox, lying every time",
            By::Model => "the configured model",
        }
    );
    let mut columns = Columns::new(2, &[1, 2, 3, 4, 5]);
    columns.row(["kind", "asked", "right", "other", "refused wrongly", "answered wrongly"]);
    for (kind, tally) in tallies {
        columns.row([
            (*kind).to_owned(),
            tally.asked.to_string(),
            format!("{:.1}%", tally.right as f64 / tally.asked.max(1) as f64 * 100.0),
            tally.other.to_string(),
            tally.refused_wrongly.to_string(),
            tally.answered_wrongly.to_string(),
        ]);
    }
    print!("{columns}");
    let of = |source| sources.get(&source).copied().unwrap_or(0);
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).or(took.last()).copied().unwrap_or_default();
    print!(
        "  answers by the model: {}, from facts alone: {}",
        of(AnswerSource::Model),
        of(AnswerSource::Facts)
    );
    if by == By::Lying {
        print!("; invented: {invented}");
    }
    println!(
        "; {:.1} ms in the middle, {:.1} ms at 99 %\n",
        at(50).as_secs_f64() * 1e3,
        at(99).as_secs_f64() * 1e3
    );
}
