//! The body of a chat completion request, as it goes over the wire.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::structured::CompletionFormat;
use crate::config::model::ModelConfig;

/// One message.
#[derive(Serialize)]
pub(super) struct CompletionMessage<'a> {
    pub(super) role: &'static str,
    pub(super) content: &'a str,
}

/// The request's body; written by hand because the cap's name is a setting.
pub(super) struct CompletionRequest<'a> {
    pub(super) config: &'a ModelConfig,
    pub(super) messages: &'a [CompletionMessage<'a>],
    pub(super) response_format: Option<CompletionFormat<'a>>,
    /// Cap on the answer's tokens; 0 leaves it to the server.
    pub(super) output_tokens_max: u32,
}

impl Serialize for CompletionRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", &self.config.name)?;
        map.serialize_entry("messages", self.messages)?;
        if let Some(format) = &self.response_format {
            map.serialize_entry("response_format", format)?;
        }
        if self.output_tokens_max > 0 {
            map.serialize_entry(&self.config.output_tokens_field, &self.output_tokens_max)?;
        }
        if self.config.temperature >= 0.0 {
            map.serialize_entry("temperature", &self.config.temperature)?;
        }
        map.end()
    }
}
