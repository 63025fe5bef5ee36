//! A request for a completion as any OpenAI client sends it, as far as the sandbox reads it.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct ChatRequest<'a> {
    #[serde(borrow, default)]
    pub(super) model: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) messages: Vec<ChatMessage<'a>>,
    #[serde(borrow, default)]
    pub(super) response_format: Option<ResponseFormat<'a>>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    pub(super) stream_options: Option<StreamOptions>,
    #[serde(default)]
    pub(super) max_tokens: Option<u64>,
    #[serde(default)]
    pub(super) max_completion_tokens: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct ChatMessage<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Content<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Text(#[serde(borrow)] std::borrow::Cow<'a, str>),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(borrow, default)]
    pub(super) json_schema: Option<NamedSchema<'a>>,
    #[serde(borrow, default)]
    pub(super) schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct NamedSchema<'a> {
    #[serde(borrow, default)]
    pub(super) schema: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
pub(super) struct StreamOptions {
    #[serde(default)]
    pub(super) include_usage: bool,
}

impl ChatMessage<'_> {
    pub(super) fn text(&self) -> String {
        match &self.content {
            Some(Content::Text(text)) => text.to_string(),
            Some(Content::Parts(parts)) => parts.iter().map(|part| part.text.as_str()).collect(),
            None => String::new(),
        }
    }
}
