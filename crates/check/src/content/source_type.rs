//! The digital source type of a text: who made it, in the terms of IPTC, schema.org and Google.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DraftOrigin, Provenance, RecipeState};

/// Who made a text. Stored by its name, such as `trained_algorithmic_media`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DigitalSourceType {
    /// A model wrote it, and nobody changed it.
    TrainedAlgorithmicMedia,
    /// A model wrote it first, and a person changed it.
    CompositeWithTrainedAlgorithmicMedia,
    /// It was put together by rules, without a model.
    AlgorithmicMedia,
    /// A person changed a text that no model wrote. Earlier releases stored this also where a model wrote first.
    HumanEdits,
    /// A person wrote it.
    DigitalCreation,
}

impl DigitalSourceType {
    /// Every type.
    pub const ALL: [Self; 5] = [
        Self::TrainedAlgorithmicMedia,
        Self::CompositeWithTrainedAlgorithmicMedia,
        Self::AlgorithmicMedia,
        Self::HumanEdits,
        Self::DigitalCreation,
    ];

    /// The type of a text that a model wrote or not, and that a person changed or not.
    #[must_use]
    pub const fn of(is_by_model: bool, is_edited: bool) -> Self {
        match (is_by_model, is_edited) {
            (true, false) => Self::TrainedAlgorithmicMedia,
            (true, true) => Self::CompositeWithTrainedAlgorithmicMedia,
            (false, false) => Self::AlgorithmicMedia,
            (false, true) => Self::HumanEdits,
        }
    }

    /// Its name, as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrainedAlgorithmicMedia => "trained_algorithmic_media",
            Self::CompositeWithTrainedAlgorithmicMedia => "composite_with_trained_algorithmic_media",
            Self::AlgorithmicMedia => "algorithmic_media",
            Self::HumanEdits => "human_edits",
            Self::DigitalCreation => "digital_creation",
        }
    }

    /// The concept's URI in IPTC's vocabulary of digital source types.
    #[must_use]
    pub const fn iptc_uri(self) -> &'static str {
        match self {
            Self::TrainedAlgorithmicMedia => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
            }
            Self::CompositeWithTrainedAlgorithmicMedia => {
                "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
            }
            Self::AlgorithmicMedia => "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
            Self::HumanEdits => "http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits",
            Self::DigitalCreation => "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
        }
    }

    /// The value of schema.org's `digitalSourceType`, a property of `CreativeWork` (not of `Product`).
    ///
    /// `None` for what people made alone: schema.org's enumeration has no member for it, so the property is left out.
    #[must_use]
    pub const fn schema_org(self) -> Option<&'static str> {
        match self {
            Self::TrainedAlgorithmicMedia => Some("https://schema.org/TrainedAlgorithmicMediaDigitalSource"),
            Self::CompositeWithTrainedAlgorithmicMedia => {
                Some("https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource")
            }
            Self::AlgorithmicMedia => Some("https://schema.org/AlgorithmicMediaDigitalSource"),
            Self::HumanEdits | Self::DigitalCreation => None,
        }
    }

    /// The value of `digital_source_type` in Google Merchant's `structured_title` and `structured_description`.
    #[must_use]
    pub const fn google(self) -> &'static str {
        if self.is_by_model() { "trained_algorithmic_media" } else { "default" }
    }

    /// Whether a model wrote the text, or the one that a person changed: then it is to be marked.
    #[must_use]
    pub const fn is_by_model(self) -> bool {
        matches!(self, Self::TrainedAlgorithmicMedia | Self::CompositeWithTrainedAlgorithmicMedia)
    }
}

impl DraftOrigin {
    /// The type of a recipe's text of this origin. Servers may leave out the model's name: a call tells as well.
    #[must_use]
    pub fn source_type(&self, recipe: &str) -> DigitalSourceType {
        let is_edited = self.people.get(recipe).is_some_and(|review| review.editor.is_some());
        DigitalSourceType::of(!self.model.is_empty() || self.calls > 0, is_edited)
    }
}

impl Provenance {
    /// The type of the text, also in documents of releases that stored `human_edits` for what a model wrote first.
    #[must_use]
    pub fn source_type(&self) -> DigitalSourceType {
        let is_by_model = !self.model.is_empty() || self.calls > 0;
        match self.digital_source_type {
            DigitalSourceType::HumanEdits => DigitalSourceType::of(is_by_model, true),
            stored => stored,
        }
    }
}

impl RecipeState {
    /// The type of the recipe's published text.
    #[must_use]
    pub fn source_type(&self) -> DigitalSourceType {
        self.provenance.source_type()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::content::DraftReview;

    fn stored(source: &str, model: &str, calls: u32) -> Provenance {
        let value = json!({
            "model": model, "provider": "", "recipe_version": "1", "usage": crate::content::Usage::default(),
            "calls": calls, "cost": 0.0, "generated_at": "2026-01-01T00:00:00Z", "worker_version": "0.1.0",
            "message_id": "m", "operation": crate::product::Digest::of(&[b"o"]), "digital_source_type": source,
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_text_s_type_follows_from_who_wrote_it_and_who_changed_it() {
        let of = |model: &str, calls: u32, editor: Option<&str>| {
            let mut origin = DraftOrigin::new(Timestamp::UNIX_EPOCH);
            (origin.model, origin.calls) = (model.into(), calls);
            let review = DraftReview { editor: editor.map(Into::into), ..DraftReview::default() };
            origin.people.insert("seo".to_owned(), review);
            assert!(!origin.source_type("faq").name().starts_with("composite"), "nobody changed that one");
            origin.source_type("seo").name()
        };
        assert_eq!(of("gpt", 1, None), "trained_algorithmic_media");
        assert_eq!(of("", 1, None), "trained_algorithmic_media", "its server does not name it");
        assert_eq!(of("gpt", 1, Some("ann")), "composite_with_trained_algorithmic_media");
        assert_eq!(of("", 0, None), "algorithmic_media");
        assert_eq!(of("", 0, Some("ann")), "human_edits");
    }

    #[test]
    fn a_document_of_an_earlier_release_says_that_a_model_wrote_what_a_person_edited() {
        let read = |source, model, calls| stored(source, model, calls).source_type();
        assert_eq!(read("human_edits", "gpt", 1), DigitalSourceType::CompositeWithTrainedAlgorithmicMedia);
        assert_eq!(read("human_edits", "", 2), DigitalSourceType::CompositeWithTrainedAlgorithmicMedia);
        assert_eq!(read("human_edits", "", 0), DigitalSourceType::HumanEdits);
        assert_eq!(read("trained_algorithmic_media", "gpt", 1), DigitalSourceType::TrainedAlgorithmicMedia);
        let kept = serde_json::to_value(stored("human_edits", "gpt", 1)).unwrap();
        assert_eq!(kept["digital_source_type"], "human_edits", "reading changes nothing that is stored");
    }

    #[test]
    fn every_type_has_one_name_and_the_terms_of_its_readers() {
        for source in DigitalSourceType::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.name());
            let term = source.iptc_uri().strip_prefix("http://cv.iptc.org/newscodes/digitalsourcetype/");
            let words: Vec<String> = source.name().split('_').map(capitalised).collect();
            let expected = words.concat();
            assert_eq!(term.map(capitalised), Some(expected.clone()));
            if let Some(member) = source.schema_org() {
                assert_eq!(member, format!("https://schema.org/{expected}DigitalSource"));
            }
            assert_eq!(source.google() == "trained_algorithmic_media", source.is_by_model());
        }
    }

    fn capitalised(word: &str) -> String {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap()
    }
}
