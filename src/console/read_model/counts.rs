//! How many drafts wait, and why.

use std::collections::BTreeMap;

/// Most rules, and categories, that are named.
const NAMED_MAX: usize = 200;

/// How many drafts wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that the filter lets through, as far as they were counted.
    pub drafts: u64,
    /// Whether there are more: only so many are looked at.
    pub more: bool,
    /// By rule, most first; a draft counts for each of its rules.
    pub by_rule: Vec<(String, u64)>,
    /// By category, most first.
    pub by_category: Vec<(String, u64)>,
    /// How many have a finding that blocks: no bulk approval takes them.
    pub blocked: u64,
}

/// The most frequent ones, most first.
pub(super) fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(NAMED_MAX);
    counts
}
