//! Resolutions that have names: 4K is 3840 × 2160.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::lexicon_data::meanings;

/// Width and height in pixels of a resolution by its name, in lower case without blanks.
pub(super) fn named(name: &str) -> Option<(f64, f64)> {
    static NAMES: LazyLock<HashMap<&str, (f64, f64)>> = LazyLock::new(|| {
        let size = |(name, size): (&'static str, &str)| {
            let (width, height) = size.split_once('x')?;
            Some((name, (width.parse().ok()?, height.parse().ok()?)))
        };
        meanings("resolutions").filter_map(size).collect()
    });
    NAMES.get(name).copied()
}

/// Whether two resolutions are the same, in either orientation.
pub(super) fn same(one: (f64, f64), other: (f64, f64)) -> bool {
    let equal = |one: f64, other: f64| (one - other).abs() < 0.5;
    (equal(one.0, other.0) && equal(one.1, other.1)) || (equal(one.0, other.1) && equal(one.1, other.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_size_in_either_orientation() {
        let (width, height) = named("4k").unwrap();
        assert!(same((width, height), (2160.0, 3840.0)));
        assert!(!same((width, height), (1920.0, 1080.0)));
        assert_eq!(named("5g"), None);
    }
}
