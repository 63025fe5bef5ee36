//! A product's texts, screened: what is no attribute value and no copy is kept back from the model.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::data::WORDS;
use super::foreign::Tongue;
use super::hidden::{is_opaque, readings};
use super::plain::{fold, in_tags, visible};
use super::vocabulary::{Vocabulary, source};
use super::weigh::{Topic, weigh};
use super::{BYTES_MIN, Level};
use crate::content::sentences;
use crate::product::{Change, Facts, Product, VERBATIM, Value, markup};

/// In a value of so many sentences, what stands beside an instruction and shares nothing with the product is a part of it.
const NEIGHBOURS_MAX: usize = 6;
/// A longer label is a sentence, and no name.
const LABEL_CHARS_MAX: usize = 80;
/// A list of longer items is not one sentence cut into pieces.
const PIECE_WORDS_MAX: usize = 4;

/// What keeps instructions in a product's texts from the model.
#[derive(Debug)]
pub struct Screen<'a> {
    product: &'a Product,
    vocabulary: OnceCell<Vocabulary>,
    tongue: OnceCell<Tongue>,
}

/// A sentence that was kept back.
#[derive(Clone, Debug)]
pub struct Removed {
    /// The attribute, or `description` or `reviews`.
    pub place: String,
    /// What it is.
    pub level: Level,
    /// The sentence, and what else it reads as.
    pub text: String,
}

/// The sentences of a text, and which of them are kept back.
struct Sentences<'t> {
    visible: Cow<'t, str>,
    found: Vec<(Range<usize>, Option<Level>)>,
    /// What is written in it that nobody sees.
    unseen: Option<String>,
}

impl<'a> Screen<'a> {
    /// A screen for the texts of a product.
    #[must_use]
    pub fn new(product: &'a Product) -> Self {
        Self { product, vocabulary: OnceCell::new(), tongue: OnceCell::new() }
    }

    /// The facts without what is no value of an attribute.
    #[must_use]
    pub fn facts(&self, facts: Facts) -> Facts {
        let mut unnamed = 0;
        facts
            .changed(|name, value| {
                if name == VERBATIM {
                    return Change::None;
                }
                if self.is_fenced(name) {
                    return Change::Remove;
                }
                let renamed = match self.name(name) {
                    Some(kept) if kept == name => None,
                    Some(kept) => {
                        unnamed += 1;
                        Some(format!("variant {unnamed}: {kept}"))
                    }
                    None => return Change::Remove,
                };
                match (self.value(name, value, whole(value)), renamed) {
                    (Some(Cow::Borrowed(_)), None) => Change::None,
                    (Some(value), renamed) => {
                        Change::Replace(renamed.unwrap_or_else(|| name.to_owned()), value.into_owned())
                    }
                    (None, _) => Change::Remove,
                }
            })
            .keeping_labels(|_, label| is_label(label))
    }

    /// Whether a text of an attribute, as its publisher wrote it, closes a fence or plays a role: such tags are none of HTML's.
    fn is_fenced(&self, name: &str) -> bool {
        let product = self.product;
        let fenced =
            |text: &str| text.contains('<') && WORDS.roles.as_ref().is_some_and(|roles| roles.is_match(text));
        match name {
            "title" => product.title.as_deref().is_some_and(fenced),
            "brand" => product.brand.as_deref().is_some_and(fenced),
            name => {
                let mut values = product.attributes.iter().filter(|(known, _)| *known == name);
                values.any(|(_, value)| value.any_text(fenced))
            }
        }
    }

    /// A name as it may be shown: a variant's without its key, where that is no key.
    fn name<'n>(&self, name: &'n str) -> Option<&'n str> {
        let parts = name.strip_prefix("variant ").and_then(|rest| rest.rsplit_once(": "));
        let Some((key, of_variant)) = parts else {
            return self.is_kept(&name.replace('_', " "), source(name)).then_some(name);
        };
        let kept = self.is_kept(&of_variant.replace('_', " "), source(of_variant)).then_some(of_variant)?;
        Some(if self.is_kept(key, source(key)) { name } else { kept })
    }

    fn is_kept(&self, text: &str, own: u64) -> bool {
        if is_marked(text) {
            return false;
        }
        let text = markup::plain(text);
        let screened = self.sentences(&text, own, true);
        screened.unseen.is_none() && screened.found.iter().all(|(_, level)| level.is_none())
    }

    /// A value without what is none; `None` where nothing is left.
    fn value<'v>(&self, name: &str, value: &'v Value, own: u64) -> Option<Cow<'v, Value>> {
        match value {
            Value::Text(text)
                if name == "gtin"
                    && text.contains(char::is_whitespace)
                    && text.contains(char::is_alphabetic) =>
            {
                None
            }
            Value::Text(text) => match self.sentences(text, own, true).kept(Level::Question) {
                Cow::Borrowed(kept) if kept.len() == text.len() => Some(Cow::Borrowed(value)),
                kept if kept.trim().is_empty() => None,
                kept => Some(Cow::Owned(Value::Text(kept.into_owned()))),
            },
            Value::Quantity { value: number, unit } => {
                let kept = self.is_kept(unit, own);
                Some(if kept { Cow::Borrowed(value) } else { Cow::Owned(Value::Number(number.clone())) })
            }
            Value::List(items) => self.list(name, value, items, own),
            Value::Number(_) | Value::Boolean(_) => Some(Cow::Borrowed(value)),
        }
    }

    fn list<'v>(&self, name: &str, value: &'v Value, items: &[Value], own: u64) -> Option<Cow<'v, Value>> {
        let kept: Vec<Option<Cow<'_, Value>>> =
            items.iter().map(|item| self.value(name, item, own)).collect();
        if kept.iter().all(|item| matches!(item, Some(Cow::Borrowed(_)))) {
            return (!self.is_in_pieces(items)).then_some(Cow::Borrowed(value));
        }
        // What stands beside an instruction is kept where the product has it.
        let shares = |item: &Value| self.shares(&item.to_string(), own);
        let left = kept.into_iter().flatten().filter(|item| shares(item)).map(Cow::into_owned);
        let left: Vec<Value> = left.collect();
        (!left.is_empty()).then_some(Cow::Owned(Value::List(left)))
    }

    /// Whether the items of a list are one instruction, a few words each.
    fn is_in_pieces(&self, items: &[Value]) -> bool {
        let texts: Vec<&str> = items
            .iter()
            .filter_map(|item| match item {
                Value::Text(text) if text.split_whitespace().count() <= PIECE_WORDS_MAX => {
                    Some(text.as_str())
                }
                _ => None,
            })
            .collect();
        if texts.len() < 2 || texts.len() < items.len() {
            return false;
        }
        let joined = texts.join(" ");
        WORDS.is_order(&joined) || self.level(&joined, source(&joined)) == Some(Level::Order)
    }

    /// Existing copy without what instructs a writer or asks something; borrowed where nothing does.
    #[must_use]
    pub fn copy<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.sentences(text, source(text), false).kept(Level::Question)
    }

    /// What of a product's texts is kept back, in those that `description` and `reviews` say are shown.
    #[must_use]
    pub fn removed(&self, description: bool, reviews: bool) -> Vec<Removed> {
        let (product, mut found) = (self.product, Vec::new());
        let mut search = |place: &str, text: &str, own: u64, value: bool| {
            let plain = markup::plain(text);
            self.sentences(&plain, own, value).removed(place, &mut found);
            // The tags of a fence are none of HTML's.
            if plain.len() != text.len() && is_marked(text) {
                found.push(Removed {
                    place: place.to_owned(),
                    level: Level::Order,
                    text: plain.into_owned(),
                });
            }
        };
        for (place, text) in [("title", &product.title), ("brand", &product.brand), ("gtin", &product.gtin)] {
            if let Some(text) = text {
                search(place, text, source(text), true);
            }
        }
        let path = source(&product.category.join(" "));
        product.category.iter().for_each(|text| search("category", text, path, true));
        let of_variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
        for (name, value) in product.attributes.iter().chain(of_variants) {
            search(name, &name.replace('_', " "), source(name), true);
            if let Some(label) = product.labels.get(name).filter(|label| !is_label(label)) {
                search(name, label, source(label), true);
            }
            let (mut texts, own) = (Vec::new(), whole(value));
            match value {
                Value::Quantity { unit, .. } => texts.push(unit.clone()),
                value => value.texts(&mut texts),
            }
            for text in &texts {
                search(name, text, own, true);
            }
            if let Value::List(items) = value
                && self.is_in_pieces(items)
            {
                search(name, &texts.join(" "), own, true);
            }
        }
        product
            .variants
            .iter()
            .for_each(|variant| search("variants", variant.sku.as_str(), source(variant.sku.as_str()), true));
        product.verbatim.iter().for_each(|text| search(VERBATIM, text, source(text), true));
        if let Some(text) = product.description.as_deref().filter(|_| description) {
            search("description", text, source(text), false);
        }
        product
            .reviews
            .iter()
            .filter(|_| reviews)
            .for_each(|text| search("reviews", text, source(text), false));
        found
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::of(self.product))
    }

    fn tongue(&self) -> &Tongue {
        self.tongue.get_or_init(|| Tongue::of(self.product))
    }

    fn shares(&self, text: &str, own: u64) -> bool {
        let folded = fold(text);
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
        words.filter(|word| !is_hollow(word)).any(|word| self.vocabulary().has(word, own))
            || self.vocabulary().shares(&folded, own)
    }

    fn level(&self, sentence: &str, own: u64) -> Option<Level> {
        let topic = Topic { vocabulary: self.vocabulary(), own };
        let folded = fold(sentence);
        if WORDS.is_order(&folded) || is_opaque(sentence) {
            return Some(Level::Order);
        }
        weigh(&folded, Some(topic)).or_else(|| {
            let hidden = |reading: &String| {
                WORDS.is_order(reading)
                    || sentences(reading).any(|(_, part)| weigh(&fold(part), Some(topic)).is_some())
            };
            readings(sentence).iter().any(hidden).then_some(Level::Order)
        })
    }

    fn sentences<'t>(&self, text: &'t str, own: u64, value: bool) -> Sentences<'t> {
        let unseen = in_tags(text);
        let visible = visible(text);
        let short = visible.len() < BYTES_MIN && !visible.contains([':', ' ']) && visible.is_ascii();
        if short || !visible.contains(|c: char| c.is_alphabetic()) {
            return Sentences { visible, found: Vec::new(), unseen };
        }
        let marked = is_marked(&visible);
        let mut found: Vec<(Range<usize>, Option<Level>)> = sentences(&visible)
            .map(|(start, sentence)| {
                let level = if marked { Some(Level::Order) } else { self.level(sentence, own) };
                let foreign = || {
                    let sentence = fold(sentence);
                    (!self.shares(&sentence, own) && self.tongue().is_foreign(&sentence))
                        .then_some(Level::Task)
                };
                (start..start + sentence.len(), level.or_else(foreign))
            })
            .collect();
        if value
            && found.len() <= NEIGHBOURS_MAX
            && found.iter().any(|(_, level)| level.is_some_and(|level| level > Level::Question))
        {
            let alone = found.len() <= 2;
            for (range, level) in &mut found {
                let sentence = visible.get(range.clone()).unwrap_or_default();
                if level.is_none() && !self.shares(sentence, own) && (alone || speaks_of_texts(sentence)) {
                    *level = Some(Level::Task);
                }
            }
        }
        Sentences { visible, found, unseen }
    }
}

/// Whether a text may stand as what an attribute is called: on one line, seen as it is written, and no instruction.
fn is_label(text: &str) -> bool {
    text.chars().count() <= LABEL_CHARS_MAX
        && !text.contains(char::is_control)
        && !text.contains(['<', '>'])
        && visible(text) == text
        && !is_marked(text)
        && super::level(text).is_none()
}

/// Whether a text has a mark of a chat template, a fence or a role.
fn is_marked(text: &str) -> bool {
    WORDS.roles.as_ref().is_some_and(|roles| roles.is_match(text))
}

/// The number of a value, as words name their source.
fn whole(value: &Value) -> u64 {
    let mut texts = Vec::new();
    value.texts(&mut texts);
    source(&texts.join(" "))
}

/// Whether a sentence speaks of texts, or reads as none.
fn speaks_of_texts(sentence: &str) -> bool {
    use super::data::{ADDRESSEES, ANSWERS, DUTY, INSTRUCTIONS, LURE, META, TEXTS};
    let tokens = super::tokens::tokens(&fold(sentence));
    let unknown = tokens.len() > 2 && tokens.iter().all(|token| !token.is_listed(super::data::Flags::MAX));
    unknown && !sentence.contains(|c: char| c.is_ascii_digit())
        || tokens
            .iter()
            .any(|token| token.is_listed(META | TEXTS | ANSWERS | DUTY | INSTRUCTIONS | LURE | ADDRESSEES))
}

/// Whether a word carries nothing that tells one product from another.
fn is_hollow(word: &str) -> bool {
    use super::data::{FUNCTION, LURE, READER, TEXTS, THING, VERBS};
    let entry = WORDS.entry(&word.to_lowercase());
    entry.is_some_and(|entry| {
        entry.flags.iter().any(|flags| flags & (FUNCTION | LURE | READER | TEXTS | THING | VERBS) != 0)
    })
}

impl<'t> Sentences<'t> {
    fn kept(self, least: Level) -> Cow<'t, str> {
        let goes = |level: &Option<Level>| level.is_some_and(|level| level >= least);
        if self.found.iter().all(|(_, level)| !goes(level)) {
            return self.visible;
        }
        let ranges = self.found.iter().filter(|(_, level)| goes(level)).map(|(range, _)| range.clone());
        Cow::Owned(super::cut(&self.visible, ranges))
    }

    fn removed(&self, place: &str, found: &mut Vec<Removed>) {
        let sentences = self.found.iter().filter_map(|(range, level)| {
            let level = (*level)?;
            let sentence = self.visible.get(range.clone())?;
            let mut text = fold(sentence).into_owned();
            for reading in readings(sentence) {
                text.push('\n');
                text.push_str(&reading);
            }
            Some(Removed { place: place.to_owned(), level, text })
        });
        found.extend(sentences);
        let unseen = self.unseen.iter().map(|text| Removed {
            place: place.to_owned(),
            level: Level::Order,
            text: text.clone(),
        });
        found.extend(unseen);
    }
}
