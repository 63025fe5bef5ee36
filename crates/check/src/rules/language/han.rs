//! The script of Chinese: Simplified in mainland China and Singapore, Traditional in Taiwan, Hong Kong and Macao.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::product::Locale;

/// So many characters of the other script are no slip of a name.
const WRONG_MIN: usize = 2;

/// The characters of `config/han.toml`.
static HAN: LazyLock<Han> = LazyLock::new(|| {
    let file: HanFile = toml::from_str(crate::rulebook::HAN).unwrap_or_default();
    let set = |list: &str| list.chars().filter(|c| !c.is_whitespace()).collect();
    Han {
        simplified: set(&file.simplified),
        traditional: set(&file.traditional),
        japanese: set(&file.japanese),
        traditional_regions: file.traditional_regions,
    }
});

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct HanFile {
    traditional_regions: Vec<String>,
    simplified: String,
    traditional: String,
    japanese: String,
}

struct Han {
    simplified: HashSet<char>,
    traditional: HashSet<char>,
    japanese: HashSet<char>,
    traditional_regions: Vec<String>,
}

/// A script of Chinese.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HanScript {
    Simplified,
    Traditional,
}

impl HanScript {
    /// The script of a locale; `None` where it is not Chinese, or names neither script nor region.
    pub(super) fn of(locale: &Locale) -> Option<Self> {
        if locale.language() != "zh" {
            return None;
        }
        let has = |script: &str| locale.as_str().split('-').any(|subtag| subtag == script);
        match (has("Hant"), has("Hans"), locale.region()) {
            (true, ..) => Some(Self::Traditional),
            (_, true, _) => Some(Self::Simplified),
            (.., Some(region)) if HAN.traditional_regions.iter().any(|listed| listed == region) => {
                Some(Self::Traditional)
            }
            (.., Some(_)) => Some(Self::Simplified),
            (.., None) => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Simplified => "Simplified",
            Self::Traditional => "Traditional",
        }
    }

    /// The script that this one is not.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Simplified => Self::Traditional,
            Self::Traditional => Self::Simplified,
        }
    }

    /// Whether a character is written in this script alone.
    fn has_alone(self, c: char) -> bool {
        match self {
            Self::Simplified => HAN.simplified.contains(&c),
            Self::Traditional => HAN.traditional.contains(&c),
        }
    }

    /// The first character by which a text is in the other script.
    pub(super) fn fault(self, text: &str) -> Option<char> {
        let of = |script: Self| text.chars().filter(move |c| script.has_alone(*c));
        let (wrong, right) = (of(self.other()).count(), of(self).count());
        let is_other = wrong >= WRONG_MIN || (wrong > 0 && right == 0);
        is_other.then(|| of(self.other()).next()).flatten()
    }
}

/// Whether a character is one of Chinese that Japanese never writes.
pub(super) fn is_chinese_only(c: char) -> bool {
    HAN.simplified.contains(&c) && !HAN.japanese.contains(&c)
}
