//! China's marks of generated content: the visible label, and the metadata field `AIGC` (GB 45438-2025).

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::{DigitalSourceType, TextDigest};

/// The metadata field `AIGC`, with the names that the standard gives its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Aigc {
    /// `1`: it is generated content.
    pub label: String,
    /// Who had it made: the code of the service's provider.
    pub content_producer: String,
    /// The content's number at its producer: the digest of the text.
    #[serde(rename = "ProduceID")]
    pub produce_id: String,
    /// For the producer's own use; empty.
    #[serde(rename = "ReservedCode1")]
    pub reserved_code_1: String,
    /// Who publishes it.
    pub content_propagator: String,
    /// The content's number at who publishes it; empty where nobody does.
    #[serde(rename = "PropagateID")]
    pub propagate_id: String,
    /// For the propagator's own use; empty.
    #[serde(rename = "ReservedCode2")]
    pub reserved_code_2: String,
}

impl Aigc {
    /// The field for a text; `None` where no model wrote it.
    #[must_use]
    pub fn of(source: DigitalSourceType, text: TextDigest, producer: &str, propagator: &str) -> Option<Self> {
        source.is_by_model().then(|| Self {
            label: "1".to_owned(),
            content_producer: producer.to_owned(),
            produce_id: text.to_string(),
            reserved_code_1: String::new(),
            content_propagator: propagator.to_owned(),
            propagate_id: if propagator.is_empty() { String::new() } else { text.to_string() },
            reserved_code_2: String::new(),
        })
    }

    /// The field as YAML front matter, to stand before a text in Markdown or plain text.
    #[must_use]
    pub fn front_matter(&self) -> String {
        let fields = [
            ("Label", &self.label),
            ("ContentProducer", &self.content_producer),
            ("ProduceID", &self.produce_id),
            ("ReservedCode1", &self.reserved_code_1),
            ("ContentPropagator", &self.content_propagator),
            ("PropagateID", &self.propagate_id),
            ("ReservedCode2", &self.reserved_code_2),
        ];
        // A string of JSON is one of YAML.
        let line = |(name, value): (&str, &String)| {
            format!("  {name}: {}\n", serde_json::Value::String(value.clone()))
        };
        format!("---\nAIGC:\n{}---\n", fields.into_iter().map(line).collect::<String>())
    }
}

/// A text with the visible label at its end, in brackets; as it is where no model wrote it, the label is empty or stands in
/// it already.
#[must_use]
pub fn labelled<'a>(text: &'a str, source: DigitalSourceType, label: &str) -> Cow<'a, str> {
    if !source.is_by_model() || label.is_empty() || text.trim().is_empty() || text.contains(label) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}\u{ff08}{label}\u{ff09}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::text_digest;

    const CODE: &str = "001191110102MAD55U9H0F10002";

    #[test]
    fn front_matter_carries_the_seven_fields_of_the_standard_and_escapes_what_it_quotes() {
        let text = text_digest("杯子");
        let aigc = Aigc::of(DigitalSourceType::TrainedAlgorithmicMedia, text, CODE, "a\"b\nc").unwrap();
        let expected = format!(
            "---\nAIGC:\n  Label: \"1\"\n  ContentProducer: \"{CODE}\"\n  ProduceID: \"{text}\"\n  ReservedCode1: \"\"\n  ContentPropagator: \"a\\\"b\\nc\"\n  PropagateID: \"{text}\"\n  ReservedCode2: \"\"\n---\n"
        );
        assert_eq!(aigc.front_matter(), expected);
        let fields = serde_json::to_value(&aigc).unwrap();
        let names: Vec<&String> = fields.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "Label",
                "ContentProducer",
                "ProduceID",
                "ReservedCode1",
                "ContentPropagator",
                "PropagateID",
                "ReservedCode2"
            ]
        );
    }

    #[test]
    fn what_no_model_wrote_is_not_marked() {
        for source in DigitalSourceType::ALL {
            let aigc = Aigc::of(source, text_digest("x"), CODE, "");
            assert_eq!(aigc.is_some(), source.is_by_model());
            assert_eq!(labelled("陶瓷杯。", source, "AI生成") != "陶瓷杯。", source.is_by_model());
        }
    }

    #[test]
    fn a_label_is_put_once() {
        let source = DigitalSourceType::TrainedAlgorithmicMedia;
        let once = labelled("陶瓷杯。\n", source, "AI生成").into_owned();
        assert_eq!(once, "陶瓷杯。（AI生成）");
        assert_eq!(labelled(&once, source, "AI生成"), once);
        assert_eq!(labelled("", source, "AI生成"), "");
        assert_eq!(labelled("a", source, ""), "a");
    }
}
