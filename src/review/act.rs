//! Who acts on what, and why.

use super::ReviewError;
use skuscribe_check::product::{Locale, Sku};

/// Longest name of a person, in characters.
const NAME_MAX: usize = 200;
/// Longest reason, note or comment, in characters.
const WHY_MAX: usize = 4_000;

/// Who acts on what, and why.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The product.
    pub sku: &'a Sku,
    /// The locale.
    pub locale: &'a Locale,
    /// The person.
    pub by: &'a str,
    /// Why, if it was said.
    pub why: Option<&'a str>,
}

/// Who decides on which draft, and why.
#[derive(Clone, Copy, Debug)]
pub struct ReviewDecision<'a> {
    /// The product.
    pub sku: &'a Sku,
    /// The locale.
    pub locale: &'a Locale,
    /// The draft that was reviewed: the operation that wrote it, or its first digits.
    pub draft: &'a str,
    /// The person.
    pub by: &'a str,
    /// Why, if it was said.
    pub why: Option<&'a str>,
}

impl<'a> ReviewDecision<'a> {
    /// The same without the draft.
    #[must_use]
    pub fn act(self) -> Act<'a> {
        let Self { sku, locale, by, why, .. } = self;
        Act { sku, locale, by, why }
    }
}

impl Act<'_> {
    /// Fails where it is not said who acts, or what is said is too long to be kept.
    pub(super) fn validate(self) -> Result<(), ReviewError> {
        person(self.by)?;
        self.why.map_or(Ok(()), reason)
    }
}

/// Fails where a text names nobody.
pub(super) fn person(name: &str) -> Result<(), ReviewError> {
    let length = name.chars().count();
    if name.trim().is_empty() || length > NAME_MAX || name.chars().any(char::is_control) {
        return Err(ReviewError::Unfit(format!(
            "{:?} is no person's name; write 1 to {NAME_MAX} characters without control characters",
            name.chars().take(40).collect::<String>()
        )));
    }
    Ok(())
}

/// Fails where a reason is too long.
pub(super) fn reason(why: &str) -> Result<(), ReviewError> {
    let length = why.chars().count();
    if length > WHY_MAX {
        return Err(ReviewError::Unfit(format!(
            "a note, reason or comment of {length} characters is too long; write at most {WHY_MAX}"
        )));
    }
    Ok(())
}
