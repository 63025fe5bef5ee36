//! The ways to ask for structured output: servers differ, so the way is found by probing and remembered.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A way to ask for structured output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// `response_format: json_schema`, strict (`OpenAI`, vLLM, Ollama, llama.cpp).
    JsonSchema,
    /// `response_format: json_object` with a `schema` beside it (llama-cpp-python).
    JsonObjectSchema,
    /// `response_format: json_object`, the schema in the prompt.
    JsonObject,
    /// Nothing but the schema in the prompt.
    Prompt,
}

impl Structured {
    /// Every way, the best first.
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::JsonObjectSchema, Self::JsonObject, Self::Prompt];

    /// The way's name, as the config writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::JsonObjectSchema => "json_object_schema",
            Self::JsonObject => "json_object",
            Self::Prompt => "prompt",
        }
    }

    /// The way of that name; `None` for `auto`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }

    /// Whether the schema must be spelled out in the prompt: llama-cpp-python enforces it but does not show it.
    #[must_use]
    pub fn schema_in_prompt(self) -> bool {
        self != Self::JsonSchema
    }

    /// The request's `response_format`; whether `strict` is asked for.
    pub(super) fn response_format(self, schema: &RawValue, strict: bool) -> Option<CompletionFormat<'_>> {
        match self {
            Self::JsonSchema => Some(CompletionFormat::JsonSchema {
                json_schema: CompletionSchema {
                    name: "product_copy",
                    strict: strict.then_some(true),
                    schema,
                },
            }),
            Self::JsonObjectSchema => Some(CompletionFormat::JsonObject { schema: Some(schema) }),
            Self::JsonObject => Some(CompletionFormat::JsonObject { schema: None }),
            Self::Prompt => None,
        }
    }
}

/// `response_format` as it goes over the wire.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum CompletionFormat<'a> {
    JsonSchema {
        json_schema: CompletionSchema<'a>,
    },
    JsonObject {
        #[serde(skip_serializing_if = "Option::is_none")]
        schema: Option<&'a RawValue>,
    },
}

#[derive(Serialize)]
pub(super) struct CompletionSchema<'a> {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    schema: &'a RawValue,
}
