//! The last decisions of each person, in memory: what the strip offers to take back. The log of decisions in the store is the
//! truth; this only saves looking for them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use skuscribe_check::content::{DecisionId, DecisionKind};
use skuscribe_check::product::{Locale, Sku};

/// Decisions of one person that are offered.
const OFFERED: usize = 10;
/// Most people; beyond them all are forgotten, which costs nothing but the offer.
const PEOPLE_MAX: usize = 1_000;

/// A decision that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecentDecision {
    pub sku: Sku,
    pub locale: Locale,
    pub kind: DecisionKind,
    pub id: DecisionId,
}

/// The last decisions by person, the newest first.
#[derive(Debug, Default)]
pub(super) struct RecentDecisions {
    by_person: Mutex<HashMap<String, VecDeque<RecentDecision>>>,
}

impl RecentDecisions {
    /// Takes note of a decision; an earlier one on the same text is no longer the last, and cannot be taken back by itself.
    pub(super) fn note(&self, person: &str, decision: RecentDecision) {
        let mut all = self.by_person.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PEOPLE_MAX && !all.contains_key(person) {
            all.clear();
        }
        let own = all.entry(person.to_owned()).or_default();
        own.retain(|earlier| earlier.sku != decision.sku || earlier.locale != decision.locale);
        if decision.kind != DecisionKind::Undo {
            own.push_front(decision);
        }
        own.truncate(OFFERED);
    }

    pub(super) fn of(&self, person: &str) -> Vec<RecentDecision> {
        let all = self.by_person.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(person).into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ten_are_offered_the_newest_first_and_what_was_undone_is_not() {
        let recent = RecentDecisions::default();
        let id = DecisionId::new(jiff::Timestamp::UNIX_EPOCH, &[]);
        let of = |sku: &str, kind| RecentDecision {
            sku: sku.parse().unwrap(),
            locale: "en-US".parse().unwrap(),
            kind,
            id: id.clone(),
        };
        for number in 0..12 {
            recent.note("ann", of(&format!("S{number}"), DecisionKind::Approve));
        }
        recent.note("ann", of("S5", DecisionKind::Reject));
        recent.note("ann", of("S11", DecisionKind::Undo));
        let offered: Vec<String> = recent.of("ann").iter().map(|decision| decision.sku.to_string()).collect();
        assert_eq!(offered, ["S5", "S10", "S9", "S8", "S7", "S6", "S4", "S3", "S2"]);
        assert!(recent.of("ben").is_empty());
    }
}
