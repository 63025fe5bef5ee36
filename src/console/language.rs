//! The languages of the console: English as the source, German and Chinese in `config/console/`.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};

use super::access::cookie;

/// The cookie that keeps a person's choice.
pub(super) const COOKIE: &str = "skuscribe_language";

const GERMAN: &str = include_str!("../../config/console/de.toml");
const CHINESE: &str = include_str!("../../config/console/zh.toml");

type Texts = HashMap<String, String>;

static TRANSLATIONS: LazyLock<[Texts; 2]> =
    LazyLock::new(|| [GERMAN, CHINESE].map(|file| toml::from_str(file).unwrap_or_default()));

/// A language of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    Chinese,
}

impl Language {
    pub(super) const ALL: [Self; 3] = [Self::English, Self::German, Self::Chinese];

    /// Its tag, as pages state it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Chinese => "zh-CN",
        }
    }

    /// What it calls itself.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Chinese => "中文",
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', ';']).next()?.trim();
        Self::ALL.into_iter().find(|known| known.tag().split('-').next() == Some(language))
    }

    /// The language of a request: what the person chose, else the first that the browser asks for and we have.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if let Some(chosen) = cookie(headers, COOKIE).and_then(Self::of_tag) {
            return chosen;
        }
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        asked.and_then(|asked| asked.split(',').find_map(Self::of_tag)).unwrap_or(Self::English)
    }

    /// An English text of the console in this language.
    pub(super) fn text(self, english: &'static str) -> &'static str {
        let place = match self {
            Self::English => return english,
            Self::German => 0,
            Self::Chinese => 1,
        };
        TRANSLATIONS.get(place).and_then(|texts| texts.get(english)).map_or(english, String::as_str)
    }

    /// The same with `{}` replaced, one after the other.
    pub(super) fn filled(self, english: &'static str, values: &[&dyn std::fmt::Display]) -> String {
        let mut parts = self.text(english).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (place, part) in parts.enumerate() {
            if let Some(value) = values.get(place) {
                text.push_str(&value.to_string());
            }
            text.push_str(part);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, texts: &mut BTreeSet<String>) {
        let call = regex::Regex::new(r#"\.(?:text|filled|t|tf)\(\s*"((?:[^"\\]|\\.)*)""#).unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, texts);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("language.rs") {
                let source = std::fs::read_to_string(path).unwrap();
                texts.extend(call.captures_iter(&source).map(|found| found[1].replace("\\\"", "\"")));
            }
        }
    }

    #[test]
    fn every_text_of_the_console_is_there_in_every_language_and_none_is_left_over() {
        let mut used = BTreeSet::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console"), &mut used);
        assert!(used.len() > 50);
        for (name, file) in [("de", GERMAN), ("zh", CHINESE)] {
            let texts: Texts = toml::from_str(file).unwrap();
            let known: BTreeSet<String> = texts.keys().cloned().collect();
            let missing: Vec<_> = used.difference(&known).collect();
            let left_over: Vec<_> = known.difference(&used).collect();
            assert!(missing.is_empty(), "{name} lacks {missing:#?}");
            assert!(left_over.is_empty(), "{name} has too many: {left_over:#?}");
            for (english, text) in &texts {
                let holes = |text: &str| text.matches("{}").count();
                assert_eq!(holes(english), holes(text), "{name}: {english}");
            }
        }
    }

    #[test]
    fn a_person_s_choice_comes_before_what_the_browser_asks_for() {
        let headers = |cookie: &str, accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
            headers
        };
        assert_eq!(Language::of(&headers("skuscribe_language=zh-CN", "de")), Language::Chinese);
        assert_eq!(Language::of(&headers("a=b", "fr-FR, de-AT;q=0.8, en")), Language::German);
        assert_eq!(Language::of(&headers("skuscribe_language=xx", "ja")), Language::English);
    }
}
