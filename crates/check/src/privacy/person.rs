//! Names of people: by a title, by the words with which people name themselves, in Chinese and Japanese by what stands
//! around them, and by the tagger.

use std::sync::LazyLock;

use regex::Regex;

use super::{PersonalData, PersonalDataKind, names};

/// A word of a name: capital first, then letters, hyphens, apostrophes.
const NAME: &str = r"\p{Lu}[\p{L}'’-]{1,40}";

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static TITLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herr|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sra?|Don|Doña|Signora?)\b\.? (?:{NAME}|\p{{Lu}}\.)(?: (?:(?:van|von|de|da|di|del|der|la|le|ten|ter|bin|al) )*(?:{NAME}|\p{{Lu}}\.?))*(?: (?:PhD|MD|DDS|DVM|Jr\.|Sr\.))?"
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static INTRODUCED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\b(?i:my name is|my name's|i'm called|ich heiße|ich heisse|mein name ist|je m'appelle|mon nom est|me llamo|mi nombre es)\s+({NAME}(?: (?:(?:van|von|de|da|di|del|der|la|le) )*(?:{NAME}|\p{{Lu}}\.))*)"
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static EAST_ASIAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:我叫|我的名字是|名叫|我是)(\p{Han}{2,3})(?:[，。,！!的 ]|$)|([\p{Han}]{2,4})(?:さん|様|氏|くん|ちゃん)|([王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗]\p{Han}{0,2})(?:先生|女士|小姐|太太)")
        .unwrap()
});

/// Names of people.
pub(super) fn find(text: &str, found: &mut Vec<PersonalData>) {
    let mut push =
        |start: usize, end: usize| found.push(PersonalData { kind: PersonalDataKind::Person, start, end });
    for name in TITLED.find_iter(text) {
        push(name.start(), name.end());
    }
    for captures in INTRODUCED.captures_iter(text).chain(EAST_ASIAN.captures_iter(text)) {
        if let Some(name) = captures.iter().skip(1).flatten().next() {
            push(name.start(), name.end());
        }
    }
    for name in names::find(text) {
        // The full stop of an initial belongs to it: "Anna K."
        let initial = text.get(..name.end).is_some_and(|head| {
            head.ends_with(char::is_uppercase)
                && !head.trim_end_matches(char::is_uppercase).ends_with(char::is_alphabetic)
        });
        let stop = initial && text.get(name.end..).is_some_and(|rest| rest.starts_with('.'));
        push(name.start, name.end + usize::from(stop));
    }
}
