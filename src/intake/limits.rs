//! Limits on what comes in, enforced before anything is kept.

use super::{IntakeError, ProductUpdate};
use crate::config::intake::IntakeConfig;
use skuscribe_check::product::{Attributes, Value};

/// Longest message and job id, in characters: they become headers and object metadata.
const ID_CHARS_MAX: usize = 200;

/// Fails where nesting is deeper than allowed, before the text is parsed.
pub(super) fn depth(body: &[u8], max: usize) -> Result<(), IntakeError> {
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
                if depth > max {
                    return Err(IntakeError::new("", format!("nesting has at most {max} levels"), ""));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Fails where a decoded message breaks a limit.
pub(super) fn message(update: &ProductUpdate, config: &IntakeConfig) -> Result<(), IntakeError> {
    id("/id", &update.id)?;
    if let Some(job) = &update.job {
        id("/job", job)?;
    }
    count("/locales", update.locales.len(), config.locales_max, "locales")?;
    count("/recipes", update.recipes.len(), config.list_items_max, "recipes")?;
    let product = &update.product;
    for (pointer, value) in [
        ("/product/title", &product.title),
        ("/product/brand", &product.brand),
        ("/product/gtin", &product.gtin),
        ("/product/description", &product.description),
    ] {
        if let Some(value) = value {
            text(pointer, value, config.text_chars_max)?;
        }
    }
    texts("/product/category", &product.category, config)?;
    texts("/product/reviews", &product.reviews, config)?;
    texts("/product/verbatim", &product.verbatim, config)?;
    count("/product/variants", product.variants.len(), config.list_items_max, "variants")?;
    let all = product.attributes.len()
        + product.variants.iter().map(|variant| variant.attributes.len()).sum::<usize>();
    count("/product/attributes", all, config.attributes_max, "attributes")?;
    attributes("/product/attributes", &product.attributes, config)?;
    for (index, variant) in product.variants.iter().enumerate() {
        attributes(&format!("/product/variants/{index}/attributes"), &variant.attributes, config)?;
    }
    Ok(())
}

fn attributes(pointer: &str, attributes: &Attributes, config: &IntakeConfig) -> Result<(), IntakeError> {
    for (name, value) in attributes.iter() {
        let longest = config.attribute_name_chars_max;
        if name.trim().is_empty() || longer(name, longest) {
            let rule = format!("an attribute's name has 1 to {longest} characters");
            return Err(IntakeError::new(pointer, rule, name));
        }
        let pointer = || format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Text(value) => check_text(pointer, value, config.text_chars_max)?,
            Value::Quantity { unit, .. } => check_text(pointer, unit, 64)?,
            Value::List(items) => {
                if items.len() > config.list_items_max {
                    count(&pointer(), items.len(), config.list_items_max, "items")?;
                }
                for item in items {
                    if let Value::Text(value) = item {
                        check_text(pointer, value, config.text_chars_max)?;
                    }
                }
            }
            Value::Number(_) | Value::Boolean(_) => {}
        }
    }
    Ok(())
}

fn texts(pointer: &str, values: &[String], config: &IntakeConfig) -> Result<(), IntakeError> {
    count(pointer, values.len(), config.list_items_max, "items")?;
    values.iter().enumerate().try_for_each(|(index, value)| {
        check_text(|| format!("{pointer}/{index}"), value, config.text_chars_max)
    })
}

fn text(pointer: &str, value: &str, max: usize) -> Result<(), IntakeError> {
    check_text(|| pointer.to_owned(), value, max)
}

fn check_text(pointer: impl Fn() -> String, value: &str, max: usize) -> Result<(), IntakeError> {
    if longer(value, max) {
        let rule = format!("a text has at most {max} characters, this one has {}", value.chars().count());
        return Err(IntakeError::new(pointer(), rule, value));
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
