//! The unit behind a number, with a blank or hyphen between them or none.

use std::sync::LazyLock;

use foldhash::HashSet;

use super::lexicon_data::spellings;
use crate::product::unit::{self, Unit};

/// Unit spellings that are common words or letters as well.
static DOUBTFUL: LazyLock<HashSet<&str>> = LazyLock::new(|| spellings("doubtful_units", "words").collect());

/// A unit behind a number.
pub(super) struct UnitBehind<'a> {
    pub(super) unit: Unit,
    /// Where it ends.
    pub(super) end: usize,
    pub(super) spelling: &'a str,
    /// Whether its spelling may as well be a word.
    pub(super) doubtful: bool,
}

/// The unit behind a number that ends at `end`, with a blank or hyphen between them or none.
pub(super) fn unit_behind(text: &str, end: usize) -> Option<UnitBehind<'_>> {
    let after = text.get(end..)?;
    let gap: usize = after
        .chars()
        .take(2)
        .take_while(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '-' | '\u{2011}'))
        .map(char::len_utf8)
        .sum();
    let spaced = after.get(gap..)?;
    // 6' is six feet where no letter follows; the sign closes a quotation as well.
    if gap == 0
        && let Some(rest) = spaced.strip_prefix('\'')
        && !rest.starts_with(|c: char| c.is_alphanumeric() || c == '\'')
    {
        return Some(UnitBehind { unit: unit::named("ft")?, end: end + 1, spelling: "'", doubtful: true });
    }
    let (unit, length) = unit::at_start(spaced)?;
    let spelling = spaced.get(..length)?;
    Some(UnitBehind { unit, end: end + gap + length, spelling, doubtful: DOUBTFUL.contains(spelling) })
}
