//! An entry: what the read model keeps of a document, put together from what the store holds. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::full_text::{self, spaced};
use crate::plan::operation_id;
use skuscribe_check::content::money::nanos;
use skuscribe_check::content::{
    Document, Finding, HistoryEntry, Provenance, Severity, State, sentences, texts,
};
use skuscribe_check::product::{Digest, Product};

/// Most characters of a document's texts that can be searched.
const TEXTS_MAX: usize = 4_000;
/// Most characters of a title, a brand, a category, and of the sentence that a list shows.
const SHOWN_MAX: usize = 300;
/// A text that is shorter is a title rather than a sentence.
const SENTENCE_MIN: usize = 30;
/// Most generations of a document that are looked at: one per recipe at most.
const GENERATIONS_MAX: usize = 100;

/// Between the parts of a category's path.
pub(super) const CATEGORY_SEPARATOR: &str = " > ";

/// What the read model keeps of a document; as JSON, the row of its table.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub(super) sku: String,
    pub(super) locale: String,
    pub(super) title: String,
    pub(super) brand: String,
    pub(super) brand_key: String,
    pub(super) category: String,
    pub(super) category_key: String,
    pub(super) state: &'static str,
    pub(super) revision: i64,
    pub(super) product_version: Option<i64>,
    pub(super) draft: Option<String>,
    pub(super) held_at: Option<i64>,
    pub(super) rank: i64,
    pub(super) held_rules: String,
    pub(super) published_rules: String,
    pub(super) recipes: String,
    pub(super) quality: Option<f64>,
    pub(super) model: String,
    pub(super) job: String,
    pub(super) cost: i64,
    pub(super) tokens: i64,
    pub(super) updated_at: i64,
    pub(super) sentence: String,
    pub(super) digest: i64,
    #[serde(skip)]
    pub(super) texts: String,
    #[serde(skip)]
    pub(super) tags: String,
    #[serde(skip)]
    pub(super) generations: Vec<Generation>,
}

/// What was paid once for texts of a document.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Generation {
    pub(super) message: i64,
    pub(super) minute: i64,
    pub(super) model: String,
    pub(super) job: String,
    pub(super) cost: i64,
    pub(super) input_tokens: i64,
    pub(super) output_tokens: i64,
}

/// What the store holds of a (SKU, locale).
#[derive(Debug)]
pub struct Holding<'a> {
    /// The document.
    pub document: &'a Document,
    /// The product's facts, where they are stored.
    pub product: Option<&'a Product>,
    /// The draft that waits, where one does.
    pub waiting: Option<&'a HistoryEntry>,
    /// Since when it waits, where that is known.
    pub held_at: Option<Timestamp>,
}

impl Entry {
    /// The entry of what the store holds.
    #[must_use]
    pub fn of(holding: &Holding<'_>) -> Self {
        let Holding { document, product, waiting, held_at } = holding;
        let product = product.map(|product| product.in_locale(&document.locale));
        let category: Vec<&str> =
            product.iter().flat_map(|product| &product.category).map(String::as_str).collect();
        let shown = |text: Option<&str>| cut(text.unwrap_or_default().trim(), SHOWN_MAX);
        let title = shown(product.as_ref().and_then(|product| product.title.as_deref()));
        let brand = shown(product.as_ref().and_then(|product| product.brand.as_deref()));
        let category = cut(&category.join(CATEGORY_SEPARATOR), SHOWN_MAX);
        // Of a draft of several recipes, only what waits of it still.
        let held = document.held.as_ref();
        let waits = |recipe: &str| held.is_some_and(|held| held.recipes.contains_key(recipe));
        let findings =
            || waiting.iter().flat_map(|waiting| &waiting.findings).filter(|finding| waits(&finding.recipe));
        let holding_back = findings().filter(|finding| finding.severity >= Severity::Hold);
        let drafts = waiting.iter().flat_map(|waiting| &waiting.drafts).filter(|draft| waits(&draft.recipe));
        let waiting_texts = drafts.map(|draft| (draft.recipe.as_str(), &draft.content));
        let published = document.content.iter().map(|(recipe, content)| (recipe.as_str(), content));
        let contents: Vec<(&str, &serde_json::Value)> = waiting_texts.chain(published).collect();
        let qualities =
            waiting.iter().flat_map(|waiting| &waiting.quality).filter(|(recipe, _)| waits(recipe));
        let scores = qualities.chain(&document.quality).map(|(_, quality)| quality.score);
        let generations = generations(document);
        let newest = generations.iter().max_by_key(|generation| (generation.minute, generation.message));
        let mut recipes: Vec<&str> = document.recipes.keys().map(String::as_str).collect();
        recipes.extend(held.iter().flat_map(|held| held.recipes.keys()).map(String::as_str));
        recipes.sort_unstable();
        recipes.dedup();
        let mut entry = Self {
            sku: document.sku.to_string(),
            locale: document.locale.to_string(),
            brand_key: brand.to_lowercase(),
            category_key: category_key(&category),
            title,
            brand,
            category,
            state: state_word(document.state),
            revision: signed(document.revision),
            product_version: document.product_version.map(signed),
            draft: held.map(|held| held.operation.to_string()),
            held_at: held.map(|_| held_at.unwrap_or(document.updated_at).as_millisecond()),
            rank: findings().map(|finding| finding.severity).max().map_or(RANK_NONE, rank),
            held_rules: rules(holding_back),
            published_rules: rules(document.findings.iter()),
            recipes: recipes.join(","),
            quality: scores.reduce(f64::min),
            model: newest.map(|newest| newest.model.clone()).unwrap_or_default(),
            job: newest.map(|newest| newest.job.clone()).unwrap_or_default(),
            cost: generations.iter().map(|generation| generation.cost).fold(0, i64::saturating_add),
            tokens: generations.iter().map(Generation::tokens).fold(0, i64::saturating_add),
            updated_at: document.updated_at.as_millisecond(),
            sentence: first_sentence(&contents),
            texts: searched(&contents),
            tags: String::new(),
            generations,
            digest: 0,
        };
        entry.finish();
        entry
    }

    /// Derives what depends on everything else.
    pub(super) fn finish(&mut self) {
        self.tags = full_text::tags(self);
        self.digest = 0;
        let json = serde_json::to_vec(&(&*self, &self.texts, &self.generations)).unwrap_or_default();
        self.digest = short(Digest::of(&[&json]));
    }
}

impl Generation {
    fn tokens(&self) -> i64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// The place of a severity in the queue: the worst first.
pub(super) fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Block => 0,
        Severity::Hold => 1,
        Severity::Note => 2,
    }
}

/// Behind every severity.
pub(super) const RANK_NONE: i64 = 3;

pub(super) fn state_word(state: State) -> &'static str {
    match state {
        State::Published => "published",
        State::Held => "held",
        State::Deleted => "deleted",
    }
}

/// SQLite has no unsigned numbers.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The first half of a digest: among a hundred million, two are equal in one of thousands of read models.
pub(super) fn short(digest: Digest) -> i64 {
    let (first, _) = digest.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    i64::from_be_bytes(*first)
}

/// A category's path as it is compared, however it was typed.
pub(super) fn category_key(path: &str) -> String {
    let parts: Vec<&str> = path.split('>').map(str::trim).collect();
    parts.join(CATEGORY_SEPARATOR).to_lowercase()
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().filter(|character| *character != '\0').take(characters).collect()
}

/// `|facts|facts.contradicted|length|length.max|`: each rule, and each check of one.
fn rules<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut rules: Vec<&str> = findings.map(|finding| finding.rule.as_str()).collect();
    rules.extend(rules.clone().into_iter().filter_map(|rule| rule.split_once('.').map(|(check, _)| check)));
    rules.sort_unstable();
    rules.dedup();
    let mut joined = String::new();
    for rule in rules {
        if joined.is_empty() {
            joined.push('|');
        }
        joined.push_str(&cut(rule, SHOWN_MAX).replace('|', "/"));
        joined.push('|');
    }
    joined
}

/// What was paid for what stands in a document: once per message, for one call writes all recipes.
fn generations(document: &Document) -> Vec<Generation> {
    let waiting = document.held.iter().chain(&document.held_next).flat_map(|held| held.recipes.values());
    let mut paid: BTreeMap<&str, &Provenance> = BTreeMap::new();
    for state in document.recipes.values().chain(waiting).take(GENERATIONS_MAX) {
        let provenance = &state.provenance;
        let known = paid.entry(&provenance.message_id).or_insert(provenance);
        // A person who edits counts as the writer; the call was made before that.
        if provenance.generated_at < known.generated_at {
            *known = provenance;
        }
    }
    let generation = |(message, provenance): (&str, &Provenance)| Generation {
        // The operation that called the model, whoever approved its draft later.
        message: short(operation_id(message, &document.locale)),
        minute: provenance.generated_at.as_second().div_euclid(60),
        model: cut(&provenance.model, SHOWN_MAX),
        job: job_of(message).map(|job| cut(job, SHOWN_MAX)).unwrap_or_default(),
        cost: nanos(provenance.cost),
        input_tokens: signed(provenance.usage.input_tokens),
        output_tokens: signed(provenance.usage.output_tokens),
    };
    paid.into_iter().map(generation).collect()
}

/// The job that a message belongs to: its id begins with it and a round.
fn job_of(message: &str) -> Option<&str> {
    let (job, rest) = message.split_once('/')?;
    let (round, _) = rest.split_once('/')?;
    round.parse::<u64>().ok().map(|_| job).filter(|job| !job.is_empty())
}

/// The sentence that a list shows: of the description where there is one, and no title.
fn first_sentence(contents: &[(&str, &serde_json::Value)]) -> String {
    let description = contents.iter().find(|(recipe, _)| *recipe == "description");
    let Some((_, content)) = description.or(contents.first()) else { return String::new() };
    let all = texts(content);
    let long = all.iter().find(|text| text.text.chars().count() >= SENTENCE_MIN);
    let Some(text) = long.or(all.first()) else { return String::new() };
    sentences(text.text).next().map(|(_, sentence)| cut(sentence, SHOWN_MAX)).unwrap_or_default()
}

fn searched(contents: &[(&str, &serde_json::Value)]) -> String {
    let mut joined = String::new();
    for text in contents.iter().flat_map(|(_, content)| texts(content)) {
        if joined.len() >= TEXTS_MAX {
            break;
        }
        joined.push_str(&spaced(&cut(text.text, TEXTS_MAX)));
        joined.push(' ');
    }
    joined
}
