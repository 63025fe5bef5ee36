//! The signature on headers of ours: proof that a worker of this installation wrote them, for this very message.

use std::fmt;

/// The key that the workers of an installation sign headers with. It never prints.
#[derive(Clone)]
pub struct HeaderKey([u8; 32]);

impl HeaderKey {
    /// The key that a secret stands for.
    #[must_use]
    pub fn of_secret(secret: &str) -> Self {
        Self(blake3::derive_key("skuscribe 2026-11-26 headers of messages", secret.as_bytes()))
    }

    /// The signature of what headers say of the message with this body.
    pub(super) fn sign(&self, said: &str, body: &[u8]) -> String {
        self.digest(said, body).to_hex().to_string()
    }

    /// Whether a signature is right. The comparison takes the same time for all that are not.
    pub(super) fn verify(&self, signature: &str, said: &str, body: &[u8]) -> bool {
        blake3::Hash::from_hex(signature).is_ok_and(|signature| signature == self.digest(said, body))
    }

    fn digest(&self, said: &str, body: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        let length = u64::try_from(said.len()).unwrap_or(u64::MAX);
        hasher.update(&length.to_le_bytes()).update(said.as_bytes()).update(body).finalize()
    }
}

impl fmt::Debug for HeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_key_one_statement_and_one_body() {
        let key = HeaderKey::of_secret("a");
        let signature = key.sign("attempt 2", b"body");
        assert!(key.verify(&signature, "attempt 2", b"body"));
        assert!(!key.verify(&signature, "attempt 1", b"body"));
        assert!(!key.verify(&signature, "attempt 2", b"other"));
        assert!(!key.verify(&signature, "attempt 2b", b"ody"), "the parts cannot be shifted");
        assert!(!key.verify("", "attempt 2", b"body") && !key.verify("zz", "attempt 2", b"body"));
        assert!(!HeaderKey::of_secret("b").verify(&signature, "attempt 2", b"body"));
        assert_eq!(format!("{key:?}"), "HeaderKey(..)");
    }
}
