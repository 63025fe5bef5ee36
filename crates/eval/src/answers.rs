//! Shoppers' questions about a catalog with the answers that people expect: how many answers are right, and whether any
//! of them is invented.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Deserialize;
use skuscribe_check::product::markup::plain;
use skuscribe_check::product::{Locale, Product, Sku};

use crate::table::table;

/// A question with the answer that people expect.
#[derive(Debug, Deserialize)]
pub struct ExpectedAnswer {
    /// The product that it is about.
    pub sku: Sku,
    /// The question.
    pub question: String,
    /// Language and region of the answer.
    pub locale: Locale,
    kind: String,
    expect: ExpectedOutcome,
    #[serde(default)]
    attributes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ExpectedOutcome {
    /// From one of the attributes.
    Answered,
    Unknown,
    /// The question has a wrong premise: the answer is what the facts say, or that they say nothing.
    Truth,
    /// The question is about a product that the shop does not have: anything but the facts of another one.
    NotOther,
    HandedOver,
    Refused,
}

/// What the product answered.
#[derive(Debug)]
pub struct GivenAnswer {
    /// What became of the question.
    pub outcome: GivenOutcome,
    /// Who answered, if anybody did.
    pub origin: Option<AnswerOrigin>,
    /// The names of the attributes that support the answer.
    pub attributes: Vec<String>,
    /// Its text.
    pub text: String,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenOutcome {
    /// The facts answer it.
    Answered,
    /// No fact answers it.
    Unknown,
    /// A person has to answer.
    HandedOver,
    /// It is no question about products.
    Refused,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerOrigin {
    /// A model.
    Model,
    /// The facts, without a model.
    Facts,
    /// A published FAQ entry.
    Faq,
}

/// Who phrases the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrasing {
    /// Nobody: the facts alone.
    Facts,
    /// The sandbox.
    Honest,
    /// The sandbox, which lies every time.
    Lying,
    /// The configured model.
    Model,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerVerdict {
    Right,
    OtherAttribute,
    RefusedWrongly,
    AnsweredWrongly,
}

/// The answers to one kind of question.
#[derive(Default)]
struct AnswerCounts {
    asked: usize,
    right: usize,
    /// Answered from another attribute than people named.
    other: usize,
    refused_wrongly: usize,
    answered_wrongly: usize,
}

/// The answers to all questions.
#[derive(Default)]
struct AnswerFigures<'a> {
    by_kind: BTreeMap<&'a str, AnswerCounts>,
    by_model: usize,
    by_facts: usize,
    invented: usize,
    times: Vec<Duration>,
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

/// Prints how many answers are right, by kind of question. `ask` puts a question to the product.
///
/// # Errors
/// When a question cannot be asked.
pub async fn evaluate(
    name: &str,
    lines: &[ExpectedAnswer],
    catalog: &BTreeMap<Sku, Product>,
    phrasing: Phrasing,
    disagreements: bool,
    ask: impl AsyncFn(&ExpectedAnswer) -> anyhow::Result<GivenAnswer>,
) -> anyhow::Result<()> {
    let mut figures = AnswerFigures::default();
    for line in lines {
        let started = Instant::now();
        let answer = ask(line).await?;
        figures.times.push(started.elapsed());
        let product = catalog.get(&line.sku).filter(|_| phrasing == Phrasing::Lying);
        let is_invented = product.is_some_and(|product| is_invented(&answer, product));
        let verdict = verdict(line, &answer);
        figures.add(&line.kind, &answer, verdict, is_invented);
        let from_model = answer.origin == Some(AnswerOrigin::Model) && phrasing == Phrasing::Model;
        if disagreements && (verdict != AnswerVerdict::Right || is_invented || from_model) {
            println!(
                "  {}{} [{}] {} {:?} → {} {:?}",
                verdict.as_str(),
                if is_invented { " INVENTED" } else { "" },
                line.kind,
                line.sku,
                line.question,
                answer.outcome.as_str(),
                answer.text
            );
        }
    }
    figures.print(name, phrasing);
    Ok(())
}

fn verdict(line: &ExpectedAnswer, answer: &GivenAnswer) -> AnswerVerdict {
    use GivenOutcome::{Answered, HandedOver, Refused, Unknown};
    let is_expected = || answer.attributes.iter().any(|name| line.attributes.contains(name));
    match (line.expect, answer.outcome) {
        (ExpectedOutcome::Answered, Answered) if !is_expected() => AnswerVerdict::OtherAttribute,
        (ExpectedOutcome::Answered, Answered)
        | (ExpectedOutcome::Unknown | ExpectedOutcome::NotOther, Unknown)
        | (ExpectedOutcome::Truth, Unknown | Answered)
        | (ExpectedOutcome::HandedOver, HandedOver)
        | (ExpectedOutcome::Refused, Refused | Unknown) => AnswerVerdict::Right,
        (_, Answered) => AnswerVerdict::AnsweredWrongly,
        (_, Unknown | HandedOver | Refused) => AnswerVerdict::RefusedWrongly,
    }
}

/// Whether a text of the lying sandbox says anything that it made up: one of its phrases, the value of another attribute, or
/// a "yes" to what no fact says. It knows the sandbox's ways, not those of the checks.
fn is_invented(answer: &GivenAnswer, product: &Product) -> bool {
    if answer.origin != Some(AnswerOrigin::Model) {
        return false;
    }
    let text = answer.text.to_lowercase();
    // What publishers write as markup, shoppers read as text.
    let readable = |text: &str| plain(text).to_lowercase();
    let facts = readable(&serde_json::to_string(product).unwrap_or_default());
    if LIES.iter().any(|lie| text.contains(lie) && !facts.contains(lie)) {
        return true;
    }
    // "With this product, the material is Blue."
    if let Some((name, value)) =
        text.strip_prefix("with this product, the ").and_then(|rest| rest.split_once(" is "))
    {
        let value = value.trim_end_matches('.');
        let first = value.split(',').next().unwrap_or(value);
        let mut attributes = product.attributes.iter();
        let stated = attributes.find(|(attribute, _)| attribute.replace('_', " ").to_lowercase() == name);
        return stated.is_some_and(|(_, fact)| !readable(&fact.to_string()).contains(first));
    }
    // "Yes, it is waterproof": every longer word of it must stand in the facts.
    let says = |word: &&str| {
        word.chars().count() > 3 && !matches!(*word, "have" | "does" | "contain" | "available" | "with")
    };
    let mut words = text.split(|character: char| !character.is_alphanumeric()).filter(says);
    text.starts_with("yes") && words.any(|word| !facts.contains(word.trim_end_matches('s')))
}

impl<'a> AnswerFigures<'a> {
    fn add(&mut self, kind: &'a str, answer: &GivenAnswer, verdict: AnswerVerdict, is_invented: bool) {
        self.by_model += usize::from(answer.origin == Some(AnswerOrigin::Model));
        self.by_facts += usize::from(answer.origin == Some(AnswerOrigin::Facts));
        self.invented += usize::from(is_invented);
        let counts = self.by_kind.entry(kind).or_default();
        counts.asked += 1;
        *match verdict {
            AnswerVerdict::Right => &mut counts.right,
            AnswerVerdict::OtherAttribute => &mut counts.other,
            AnswerVerdict::RefusedWrongly => &mut counts.refused_wrongly,
            AnswerVerdict::AnsweredWrongly => &mut counts.answered_wrongly,
        } += 1;
    }

    fn print(mut self, name: &str, phrasing: Phrasing) {
        println!(
            "{name}: {} questions over the sample catalog, phrased by: {}",
            self.times.len(),
            phrasing.as_str()
        );
        let titles = ["kind", "asked", "right", "other", "refused wrongly", "answered wrongly"];
        let row = |(kind, counts): (&&str, &AnswerCounts)| {
            let right = counts.right as f64 / counts.asked.max(1) as f64 * 100.0;
            [
                (*kind).to_owned(),
                counts.asked.to_string(),
                format!("{right:.1}%"),
                counts.other.to_string(),
                counts.refused_wrongly.to_string(),
                counts.answered_wrongly.to_string(),
            ]
        };
        let rows = [titles.map(str::to_owned)].into_iter().chain(self.by_kind.iter().map(row));
        print!("{}", table(2, &[0], rows));
        print!("  answers by the model: {}, from facts alone: {}", self.by_model, self.by_facts);
        if phrasing == Phrasing::Lying {
            print!("; invented: {}", self.invented);
        }
        self.times.sort_unstable();
        let at = |percent: usize| {
            let time = self.times.get(self.times.len() * percent / 100).or(self.times.last());
            time.copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        println!("; {:.1} ms in the middle, {:.1} ms at 99 %\n", at(50), at(99));
    }
}

impl AnswerVerdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::OtherAttribute => "another attribute",
            Self::RefusedWrongly => "refused wrongly",
            Self::AnsweredWrongly => "answered wrongly",
        }
    }
}

impl GivenOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unknown => "unknown",
            Self::HandedOver => "handed_over",
            Self::Refused => "refused",
        }
    }
}

impl Phrasing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Facts => "nobody, from the facts alone",
            Self::Honest => "the sandbox",
            Self::Lying => "the sandbox, lying every time",
            Self::Model => "the configured model",
        }
    }
}
