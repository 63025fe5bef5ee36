//! Limits on what comes in, enforced before anything is kept.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{IntakeError, ProductUpdate};
use skuscribe_check::product::{Attributes, Locale, Localized, Value};

/// Most bytes of a message or line: what RabbitMQ moves well, and far more than a product with all its reviews.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;
/// Most levels of nesting: a message has at most eight, and a parser's stack stays small.
const DEPTH_MAX: usize = 16;
/// Most attributes of a product, its variants included: more fill a prompt, and every text is checked against each.
const ATTRIBUTES_MAX: usize = 500;
/// Longest name of an attribute, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Longest label of an attribute, in characters.
const LABEL_CHARS_MAX: usize = 200;
/// Longest text, in characters: several pages.
const TEXT_CHARS_MAX: usize = 20_000;
/// Most items of any list.
const LIST_ITEMS_MAX: usize = 500;
/// Most locales that one message may ask for: they are all worked in one delivery.
const LOCALES_MAX: usize = 50;
/// Most locales that a product has texts of its own for.
const LOCALIZED_MAX: usize = 100;
/// Longest message and job id, in characters: they become headers and object metadata.
const ID_CHARS_MAX: usize = 200;
/// How far a message's time may be ahead of this machine's.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Fails where nesting is deeper than allowed, before the text is parsed.
pub(super) fn depth(body: &[u8]) -> Result<(), IntakeError> {
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in body {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(IntakeError::new("", format!("nesting has at most {DEPTH_MAX} levels"), ""));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Fails where there are too many locales, whoever asks for them.
pub(super) fn locales(locales: usize) -> Result<(), IntakeError> {
    count("/locales", locales, LOCALES_MAX, "locales")
}

/// Fails where a decoded message breaks a limit.
pub(super) fn message(update: &ProductUpdate) -> Result<(), IntakeError> {
    id("/id", &update.id)?;
    if let Some(job) = &update.job {
        id("/job", job)?;
    }
    count("/recipes", update.recipes.len(), LIST_ITEMS_MAX, "recipes")?;
    let product = &update.product;
    for (pointer, value) in [
        ("/product/title", &product.title),
        ("/product/brand", &product.brand),
        ("/product/gtin", &product.gtin),
        ("/product/description", &product.description),
    ] {
        if let Some(value) = value {
            check_text(|| pointer.to_owned(), value, TEXT_CHARS_MAX)?;
        }
    }
    texts("/product/category", &product.category)?;
    texts("/product/reviews", &product.reviews)?;
    texts("/product/verbatim", &product.verbatim)?;
    texts("/product/internal", &product.internal)?;
    count("/product/variants", product.variants.len(), LIST_ITEMS_MAX, "variants")?;
    let all = product.attributes.len()
        + product.variants.iter().map(|variant| variant.attributes.len()).sum::<usize>();
    count("/product/attributes", all, ATTRIBUTES_MAX, "attributes")?;
    attributes("/product/attributes", &product.attributes)?;
    for (index, variant) in product.variants.iter().enumerate() {
        attributes(&format!("/product/variants/{index}/attributes"), &variant.attributes)?;
    }
    labels("/product/labels", &product.labels)?;
    count("/product/localized", product.localized.len(), LOCALIZED_MAX, "locales")?;
    product.localized.iter().try_for_each(|(locale, texts)| localized(locale, texts))
}

fn localized(locale: &Locale, localized: &Localized) -> Result<(), IntakeError> {
    let at = |field: &str| format!("/product/localized/{locale}/{field}");
    for (field, value) in [("title", &localized.title), ("description", &localized.description)] {
        if let Some(value) = value {
            check_text(|| at(field), value, TEXT_CHARS_MAX)?;
        }
    }
    texts(&at("category"), &localized.category)?;
    count(&at("attributes"), localized.attributes.len(), ATTRIBUTES_MAX, "attributes")?;
    attributes(&at("attributes"), &localized.attributes)?;
    labels(&at("labels"), &localized.labels)
}

fn labels(pointer: &str, labels: &BTreeMap<String, String>) -> Result<(), IntakeError> {
    count(pointer, labels.len(), ATTRIBUTES_MAX, "labels")?;
    for (name, label) in labels {
        check_name(pointer, name)?;
        if label.trim().is_empty() || longer(label, LABEL_CHARS_MAX) {
            let rule = format!("a label has 1 to {LABEL_CHARS_MAX} characters");
            return Err(IntakeError::new(member(pointer, name), rule, label));
        }
    }
    Ok(())
}

/// The pointer to a member of an object.
fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn check_name(pointer: &str, name: &str) -> Result<(), IntakeError> {
    if name.trim().is_empty() || longer(name, NAME_CHARS_MAX) {
        let rule = format!("an attribute's name has 1 to {NAME_CHARS_MAX} characters");
        return Err(IntakeError::new(pointer, rule, name));
    }
    Ok(())
}

fn attributes(pointer: &str, attributes: &Attributes) -> Result<(), IntakeError> {
    for (name, value) in attributes.iter() {
        check_name(pointer, name)?;
        let pointer = || member(pointer, name);
        match value {
            Value::Text(value) => check_text(pointer, value, TEXT_CHARS_MAX)?,
            Value::Quantity { unit, .. } => check_text(pointer, unit, 64)?,
            Value::List(items) => {
                if items.len() > LIST_ITEMS_MAX {
                    count(&pointer(), items.len(), LIST_ITEMS_MAX, "items")?;
                }
                for item in items {
                    if let Value::Text(value) = item {
                        check_text(pointer, value, TEXT_CHARS_MAX)?;
                    }
                }
            }
            Value::Number(_) | Value::Boolean(_) => {}
        }
    }
    Ok(())
}

fn texts(pointer: &str, values: &[String]) -> Result<(), IntakeError> {
    count(pointer, values.len(), LIST_ITEMS_MAX, "items")?;
    values
        .iter()
        .enumerate()
        .try_for_each(|(index, value)| check_text(|| format!("{pointer}/{index}"), value, TEXT_CHARS_MAX))
}

fn check_text(pointer: impl Fn() -> String, value: &str, max: usize) -> Result<(), IntakeError> {
    if longer(value, max) {
        let rule = format!("a text has at most {max} characters, this one has {}", value.chars().count());
        return Err(IntakeError::new(pointer(), rule, ""));
    }
    Ok(())
}

/// Fails where a message's time is further ahead than clocks differ: it would keep out all that follows until then.
pub(super) fn time(occurred_at: Timestamp, now: Timestamp) -> Result<(), IntakeError> {
    if occurred_at.duration_since(now) > AHEAD_MAX {
        let rule = format!(
            "a message's time is at most {} minutes ahead of this machine's, which is {now:.0}; set the clocks, and send it again",
            AHEAD_MAX.as_mins()
        );
        return Err(IntakeError::new("/occurred_at", rule, occurred_at.to_string()));
    }
    Ok(())
}

/// Whether a text has more than `max` characters; cheap for short texts.
fn longer(value: &str, max: usize) -> bool {
    value.len() > max && value.chars().count() > max
}

fn count(pointer: &str, seen: usize, max: usize, what: &str) -> Result<(), IntakeError> {
    if seen > max {
        return Err(IntakeError::new(pointer, format!("at most {max} {what} are allowed"), seen.to_string()));
    }
    Ok(())
}

fn id(pointer: &str, value: &str) -> Result<(), IntakeError> {
    if value.is_empty() || longer(value, ID_CHARS_MAX) || value.chars().any(char::is_control) {
        let rule = format!("an id has 1 to {ID_CHARS_MAX} characters, none of them control characters");
        return Err(IntakeError::new(pointer, rule, value));
    }
    Ok(())
}
