//! The bytes of a response: read to their end or as far as they hold a whole answer, and unpacked.

use std::time::Duration;

use reqwest::header::CONTENT_ENCODING;

use super::answer::is_whole;
use crate::broker::body::unpacked;

/// Largest answer that is read, also once it is unpacked.
pub(super) const BODY_BYTES_MAX: usize = 8 << 20;
/// After so long without a further byte, what came is looked at: some servers never end what they have finished.
const QUIET: Duration = Duration::from_secs(3);
/// The same behind the mark of a stream's end.
const QUIET_DONE: Duration = Duration::from_millis(200);

/// Why no body was read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It is too large.
    TooLarge,
    /// It ended early, and holds no whole answer.
    Broken(reqwest::Error),
}

/// Reads a body. An answer that is whole is paid for and is taken, though the connection breaks or stays open behind it; of a
/// failure the status says enough.
pub(super) async fn read(mut response: reqwest::Response, is_completion: bool) -> Result<Vec<u8>, ReadError> {
    let is_answer = response.status().is_success();
    let encoding = response.headers().get(CONTENT_ENCODING);
    let encoding = encoding.and_then(|encoding| encoding.to_str().ok()).map(ToOwned::to_owned);
    let encoding = encoding.as_deref();
    let suffices = |body: &[u8]| !is_answer || (is_completion && is_whole(&unpack(body.to_vec(), encoding)));
    let mut body = Vec::with_capacity(response.content_length().unwrap_or(4096).min(1 << 20) as usize);
    loop {
        let is_done = body.trim_ascii_end().ends_with(b"[DONE]");
        let quiet = if is_done { QUIET_DONE } else { QUIET };
        match tokio::time::timeout(quiet, response.chunk()).await {
            Ok(Ok(Some(chunk))) if body.len() + chunk.len() > BODY_BYTES_MAX => {
                return Err(ReadError::TooLarge);
            }
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) if suffices(&body) => break,
            Ok(Err(error)) => return Err(ReadError::Broken(error)),
            Err(_) => {}
        }
    }
    let body = unpack(body, encoding);
    if body.len() > BODY_BYTES_MAX { Err(ReadError::TooLarge) } else { Ok(body) }
}

/// The body as it was before somebody packed it, though nobody asked for that; what is not packed as it says stays as it is.
fn unpack(body: Vec<u8>, encoding: Option<&str>) -> Vec<u8> {
    match unpacked(&body, encoding, BODY_BYTES_MAX) {
        Ok(unpacked) => unpacked.into_owned(),
        Err(_) => body,
    }
}
