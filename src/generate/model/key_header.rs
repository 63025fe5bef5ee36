//! The header that the key of a model server is sent in.

use anyhow::Context as _;
use reqwest::header::HeaderName;

use crate::config::model::ModelConfig;
use crate::config::server::ChosenProfile;

/// The header that the key is sent in, beside `Authorization`.
pub(super) fn key_header(
    model: &ModelConfig,
    profile: Option<&ChosenProfile>,
) -> anyhow::Result<Option<HeaderName>> {
    let name = match model.key_header.as_str() {
        "auto" => profile.and_then(|chosen| chosen.profile.key_header.as_deref()).unwrap_or_default(),
        named => named,
    };
    if name.is_empty() || model.key.is_none() {
        return Ok(None);
    }
    let header = HeaderName::from_bytes(name.as_bytes());
    Ok(Some(header.with_context(|| format!("model.key_header = {name:?} is no name of a header"))?))
}
