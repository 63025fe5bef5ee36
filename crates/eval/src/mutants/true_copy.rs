//! Copy that is true by its making: a product's attributes in sentences, and its own bullets.

use skuscribe_check::content::sentences;
use skuscribe_check::product::{Facts, Product, Value, markup};

use super::lists::Lists;

/// Longest value that a sentence repeats, in bytes.
const VALUE_BYTES_MAX: usize = 120;

/// Sentences about attributes in one text.
const SENTENCES_MAX: usize = 10;

/// Bullets in one text.
const BULLETS_MAX: usize = 4;

/// Longest sentence of a description without bullets that counts as one, in words.
const BULLET_WORDS_MAX: usize = 8;

/// The attribute that a product's own bullets are put into: they count as facts.
const BULLETS: &str = "details";

/// A product with copy that is true of it.
pub(crate) struct TrueCopy {
    pub(crate) product: Product,
    pub(crate) locale: Option<String>,
    pub(crate) sentences: Vec<TrueSentence>,
    /// What of it may stand in another product's copy, and be false there.
    pub(crate) bullets: Vec<String>,
    /// Whether somebody wrote it for the facts, and it was not made of them.
    pub(super) is_written: bool,
}

/// A sentence of true copy.
#[derive(Clone)]
pub(crate) struct TrueSentence {
    pub(crate) text: String,
    /// The attribute that it states, and the turn of its form; `None` where somebody else wrote it.
    pub(super) states: Option<(String, usize)>,
}

impl TrueCopy {
    /// The title, attributes and bullets of a product in sentences.
    pub(super) fn of(mut product: Product, lists: &Lists) -> Self {
        // As the facts are read: without markup.
        let description = product.description.as_deref().map(markup::plain);
        let bullets = bullets(description.as_deref().unwrap_or_default());
        let facts = Facts::select(&product, |name| name != "gtin" && name != "title" && name != "brand");
        let title = product
            .title
            .as_deref()
            .map(markup::plain)
            .map(|title| TrueSentence::written(format!("This is the {title}.")));
        let stated = facts.iter().enumerate().filter_map(|(turn, (name, value))| {
            let text = sentence(lists, name, value, turn)?;
            Some(TrueSentence { text, states: Some((name.to_owned(), turn)) })
        });
        let own = bullets.iter().take(BULLETS_MAX).cloned().map(TrueSentence::written);
        let sentences = title.into_iter().chain(stated.take(SENTENCES_MAX)).chain(own).collect();
        if !bullets.is_empty() {
            let details = Value::List(bullets.iter().cloned().map(Value::Text).collect());
            let attributes = product
                .attributes
                .iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect::<Vec<_>>();
            product.attributes = attributes.into_iter().chain([(BULLETS.to_owned(), details)]).collect();
        }
        let title = product.title.clone().unwrap_or_default();
        let bullets = bullets.into_iter().filter(|bullet| !names(bullet, &title)).collect();
        Self { product, locale: Some("en".to_owned()), sentences, bullets, is_written: false }
    }

    /// A text that people found to be supported by the facts of a product.
    pub(crate) fn written(product: Product, text: &str, locale: Option<String>) -> Self {
        let written: Vec<String> = sentences(text).map(|(_, sentence)| sentence.to_owned()).collect();
        let name = product.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("name"));
        let name = name.map(|(_, value)| value.to_string()).unwrap_or_default();
        let bullets = written.iter().filter(|sentence| !names(sentence, &name)).cloned().collect();
        let sentences = written.into_iter().map(TrueSentence::written).collect();
        Self { product, locale, sentences, bullets, is_written: true }
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        joined(self.sentences.iter().map(|sentence| sentence.text.as_str()))
    }

    /// The text with another sentence in the place of one.
    pub(super) fn with(&self, place: usize, sentence: &str) -> String {
        let old = self.sentences.iter().enumerate();
        joined(old.map(|(at, kept)| if at == place { sentence } else { &kept.text }))
    }

    /// The text with a sentence put before the one at `place`.
    pub(super) fn with_before(&self, place: usize, sentence: &str) -> String {
        let texts = self.sentences.iter().map(|sentence| sentence.text.as_str());
        let before = texts.clone().take(place);
        joined(before.chain([sentence]).chain(texts.skip(place)))
    }
}

impl TrueSentence {
    fn written(text: String) -> Self {
        Self { text, states: None }
    }

    /// Whether it has a value word for word.
    pub(super) fn repeats(&self, value: &Value) -> bool {
        let value = value.to_string();
        let is_end = |character: Option<char>| !character.is_some_and(char::is_alphanumeric);
        value.len() > 2
            && self.text.match_indices(&value).any(|(at, _)| {
                let (before, after) = (self.text.get(..at), self.text.get(at + value.len()..));
                is_end(before.and_then(|text| text.chars().next_back()))
                    && is_end(after.and_then(|text| text.chars().next()))
            })
    }
}

fn joined<'a>(sentences: impl Iterator<Item = &'a str>) -> String {
    sentences.collect::<Vec<_>>().join(" ")
}

/// Whether a sentence has a word of a name: in another product's copy that alone gives it away.
fn names(sentence: &str, name: &str) -> bool {
    let is_word = |word: &&str| word.chars().count() > 2;
    name.split_whitespace().filter(is_word).any(|word| sentence.contains(word))
}

/// The bullets of a description: what stands behind its bullet signs, otherwise its short sentences.
fn bullets(description: &str) -> Vec<String> {
    let (_, listed) = description.split_once('•').unwrap_or_default();
    let found: Vec<&str> = if listed.is_empty() {
        let short = |sentence: &&str| sentence.split_whitespace().count() <= BULLET_WORDS_MAX;
        sentences(description).map(|(_, sentence)| sentence).filter(short).collect()
    } else {
        listed.split('•').map(str::trim).collect()
    };
    let is_text = |bullet: &&str| bullet.contains(char::is_alphabetic) && !bullet.contains(['<', '\n']);
    found.into_iter().filter(is_text).map(ended).collect()
}

fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?', '"']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// An attribute in a sentence, unless its value is too long or does not read as text; forms take turns.
pub(super) fn sentence(lists: &Lists, name: &str, value: &Value, turn: usize) -> Option<String> {
    let name = name.rsplit(':').next().unwrap_or(name).replace('_', " ").trim().to_owned();
    if let Value::Boolean(holds) = value {
        return Some(if *holds { format!("The {name} is there.") } else { format!("It has no {name}.") });
    }
    let shown = shown(value)?;
    if shown.eq_ignore_ascii_case("no") {
        return Some(format!("It has no {name}."));
    } else if shown.eq_ignore_ascii_case("yes") {
        return Some(format!("It has {name}."));
    }
    let last = name.rsplit(' ').next().unwrap_or_default().to_lowercase();
    if let Some(form) = lists.sentences.get(&last)
        && (shown.starts_with(|first: char| first.is_ascii_digit()) || form.contains("comes in"))
        && !turn.is_multiple_of(3)
    {
        return Some(form.replace("{}", &shown));
    }
    let capital = name.chars().next().into_iter().flat_map(char::to_uppercase);
    Some(match turn % 4 {
        0 => format!("The {name} is {shown}."),
        1 => format!("It comes with {shown} as its {name}."),
        2 => format!("{}{}: {shown}.", capital.collect::<String>(), name.chars().skip(1).collect::<String>()),
        _ => format!("Its {name} is {shown}."),
    })
}

/// A value as a sentence repeats it, unless it is too long or does not read as text.
pub(super) fn shown(value: &Value) -> Option<String> {
    let shown = value.to_string();
    let is_plain = !shown.contains(['\n', '"', '<']) && shown.contains(char::is_alphanumeric);
    (is_plain && shown.len() <= VALUE_BYTES_MAX).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_copy_says_what_the_attributes_and_the_bullets_say() {
        let product = serde_json::from_value(serde_json::json!({
            "sku": "A", "title": "Mug", "description": "You will love this mug for a long time to come. • Round lid • Mug of clay.",
            "attributes": { "Body: Weight": "300 g", "NFC": "No", "lid": true, "color": ["Red", "Blue"], "width": "8 cm" }
        }));
        let copy = TrueCopy::of(product.unwrap(), &Lists::load().unwrap());
        assert_eq!(
            copy.text(),
            "This is the Mug. The Weight is 300 g. It has no NFC. The lid is there. Its color is Red, Blue. It is 8 cm wide. Round lid. Mug of clay."
        );
        assert_eq!(copy.bullets, ["Round lid."], "a name gives a bullet away");
        assert_eq!(copy.product.attributes.iter().last().unwrap().1.to_string(), "Round lid., Mug of clay.");
    }
}
