//! The order of a SKU's facts: by version where both sides state one, else by the time of the messages that stated them.

use std::cmp::Ordering;

use jiff::Timestamp;

/// Releases before 0.2 took the time in microseconds for the version of what stated none; a file's lines lay this many
/// microseconds behind it at most.
const INVENTED_WITHIN: i64 = 600_000_000;
/// The years 2001 to 2100 in microseconds.
pub(crate) const TIMES_IN_MICROS: std::ops::Range<i64> = 1_000_000_000_000_000..4_102_444_800_000_000;

/// Where facts stand among those of their SKU.
///
/// No total order: of three, one that states no version may come between two that do. Two are always comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactsOrder<'a> {
    version: Option<u64>,
    occurred_at: Timestamp,
    message_id: &'a str,
}

impl<'a> FactsOrder<'a> {
    /// The place of facts with the publisher's version, where one was stated, from a message of that time and id.
    ///
    /// A version that is the message's time in microseconds was never stated, or says the same: it orders as that time.
    #[must_use]
    pub fn new(version: Option<u64>, occurred_at: Timestamp, message_id: &'a str) -> Self {
        let is_time = |version: &u64| {
            let micros = i64::try_from(*version).ok().filter(|micros| TIMES_IN_MICROS.contains(micros));
            micros.is_some_and(|micros| {
                (0..=INVENTED_WITHIN).contains(&(occurred_at.as_microsecond().saturating_sub(micros)))
            })
        };
        Self { version: version.filter(|version| !is_time(version)), occurred_at, message_id }
    }

    /// By version where both state one, else by time: equal says that neither is newer.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self.version, other.version) {
            (Some(version), Some(other)) => version.cmp(&other),
            _ => self.occurred_at.cmp(&other.occurred_at),
        }
    }

    /// The same, ties by time and then by the message's id.
    #[must_use]
    pub fn compare_ties(&self, other: &Self) -> Ordering {
        let by_message = || (self.occurred_at, self.message_id).cmp(&(other.occurred_at, other.message_id));
        self.compare(other).then_with(by_message)
    }

    /// Whether both state a version: then an older one went backwards, whatever it says.
    #[must_use]
    pub fn both_stated(&self, other: &Self) -> bool {
        self.version.is_some() && other.version.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: (Option<u64>, i64, &str), right: (Option<u64>, i64, &str), expected: Ordering) {
        let order = |(version, second, id): (Option<u64>, i64, &'static str)| {
            FactsOrder::new(version, Timestamp::from_second(second).unwrap(), id)
        };
        let (left, right) = (order((left.0, left.1, "")), order((right.0, right.1, "")));
        assert_eq!(
            (left.compare(&right), right.compare(&left)),
            (expected, expected.reverse()),
            "{left:?} {right:?}"
        );
    }

    #[test]
    fn versions_order_where_both_are_stated_and_times_where_one_is_not() {
        check((Some(2), 10, "a"), (Some(1), 20, "b"), Ordering::Greater);
        check((None, 10, "a"), (Some(9), 20, "b"), Ordering::Less);
        check((None, 30, "a"), (Some(9), 20, "b"), Ordering::Greater);
        check((None, 10, "a"), (None, 20, "b"), Ordering::Less);
        check((Some(1), 10, "a"), (Some(1), 20, "b"), Ordering::Equal);
    }

    #[test]
    fn a_version_that_an_earlier_release_made_of_a_time_orders_as_that_time() {
        let second = 1_760_000_000;
        let invented = u64::try_from(second).unwrap() * 1_000_000;
        check((Some(invented), second, ""), (Some(12), second + 1, ""), Ordering::Less);
        check((Some(invented), second + 3, ""), (Some(12), second + 2, ""), Ordering::Greater);
        // Stated: it is far from the message's own time.
        check((Some(invented), second + 86_400, ""), (Some(12), second + 90_000, ""), Ordering::Greater);
    }

    #[test]
    fn ties_go_to_the_later_message_and_then_to_the_greater_id() {
        let at = |second, id| FactsOrder::new(Some(1), Timestamp::from_second(second).unwrap(), id);
        assert_eq!(at(2, "a").compare_ties(&at(1, "b")), Ordering::Greater);
        assert_eq!(at(1, "a").compare_ties(&at(1, "b")), Ordering::Less);
    }
}
