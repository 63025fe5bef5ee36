//! What exempts the matches of a rule in a text.

use std::collections::HashMap;

use super::PolicyText;
use crate::policy::{Depends, Exemption, PolicyMatchContext, Rule};

/// An exemption by its place, with the match and its sentence where these count.
type Asked<'a> = (usize, &'a str, &'a str);

/// The exemptions of a rule, for the matches of one text: what does not differ between matches is asked once, for a text may
/// have thousands of them.
pub(super) struct RuleExemptions<'a> {
    rule: &'a Rule,
    checked: PolicyText<'a>,
    known: HashMap<Asked<'a>, bool>,
}

impl<'a> RuleExemptions<'a> {
    pub(super) fn new(rule: &'a Rule, checked: PolicyText<'a>) -> Self {
        Self { rule, checked, known: HashMap::new() }
    }

    /// The first that covers a match.
    pub(super) fn of(&mut self, at: PolicyMatchContext<'a>) -> Option<&'a Exemption> {
        let Self { rule, checked, known } = self;
        let part = |(start, end): (usize, usize)| at.text.get(start..end).unwrap_or_default();
        rule.exemptions.iter().enumerate().find_map(|(place, exemption)| {
            let covers = || exemption.covers(at, checked.language, checked.facts);
            let covered = match exemption.depends() {
                Depends::OnNothing => *known.entry((place, "", "")).or_insert_with(covers),
                Depends::OnWords => {
                    *known.entry((place, part(at.found), part(at.sentence))).or_insert_with(covers)
                }
                Depends::OnPlace => covers(),
            };
            covered.then_some(exemption)
        })
    }
}
