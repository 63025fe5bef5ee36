//! Which ways of structured output the sandbox understands: real servers differ.

/// A way to ask for structured output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StructuredOutput {
    /// `response_format: json_schema`.
    JsonSchema,
    /// `response_format: json_object` with a `schema` beside it.
    JsonObjectSchema,
    /// `response_format: json_object`.
    JsonObject,
    /// None: the schema stands in the prompt.
    Prompt,
}

impl StructuredOutput {
    /// Every way, the best first.
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::JsonObjectSchema, Self::JsonObject, Self::Prompt];

    /// The way of that name, as `model.structured_output` writes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let names = ["json_schema", "json_object_schema", "json_object", "prompt"];
        names.iter().position(|known| *known == name).and_then(|place| Self::ALL.get(place).copied())
    }
}
