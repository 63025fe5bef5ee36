//! Asking for another text in the place of a rejected one; the writer sees why it was rejected.

use serde_json::json;

use super::ReviewDecision;
use crate::broker::{OutgoingMessage, PublishError, Publisher};
use crate::lane::Lane;
use jiff::Timestamp;

/// Publishes the message that has recipes written again; under one name for one rejection, so that asking twice writes once.
///
/// # Errors
/// When the broker does not confirm it; asking again is safe.
pub async fn ask_again(
    publisher: &Publisher,
    decision: &ReviewDecision<'_>,
    recipes: &[String],
    now: Timestamp,
) -> Result<(), PublishError> {
    let ReviewDecision { sku, locale, draft, .. } = decision;
    let id = format!("regenerate-{sku}-{locale}-{draft}");
    let body = json!({
        "id": id, "type": "content.requested", "occurred_at": now.to_string(), "product": { "sku": sku },
        "locales": [locale], "recipes": recipes, "force": true
    });
    let body = body.to_string().into_bytes();
    let message = OutgoingMessage { body: &body, id: Some(&id), ..OutgoingMessage::default() };
    publisher.work(Lane::Interactive, message).await
}
