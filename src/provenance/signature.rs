//! Detached JWS of Ed25519 over a record's canonical JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::keys::TrustedKeys;
use skuscribe_check::provenance::SignedRecord;

/// What the signature is of: a key that signs other things as well signs none of these by accident.
const TYPE: &str = "skuscribe-provenance";
/// Longest signature that is read.
const CHARACTERS_MAX: usize = 4_096;

/// The protected header.
#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    /// Extensions that a reader must understand: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// Why a signature does not prove a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is no signature of ours.
    #[error("the signature is not a detached JWS of Ed25519 over a record")]
    Malformed,
    /// Nobody trusts its key.
    #[error(
        "no trusted key has the id {kid}; where it is a key of yours, add its public key to provenance.trusted"
    )]
    UnknownKey {
        /// The key's id.
        kid: String,
    },
    /// The record or the signature was changed.
    #[error("the record is not what was signed")]
    Wrong,
}

fn signing_input(header: &str, payload: &[u8]) -> String {
    format!("{header}.{}", BASE64URL.encode(payload))
}

pub(super) fn sign(pair: &Ed25519KeyPair, kid: &str, payload: &[u8]) -> String {
    let header = serde_json::json!({ "alg": "EdDSA", "kid": kid, "typ": TYPE }).to_string();
    let header = BASE64URL.encode(header);
    let signature = pair.sign(signing_input(&header, payload).as_bytes());
    format!("{header}..{}", BASE64URL.encode(signature))
}

/// Verifies a record's signature; gives the id of the key.
///
/// # Errors
/// When it is no signature, its key is not trusted, or it is not of this record.
pub fn verify(signed: &SignedRecord, trusted: &TrustedKeys) -> Result<String, SignatureError> {
    let malformed = SignatureError::Malformed;
    if signed.signature.len() > CHARACTERS_MAX {
        return Err(malformed);
    }
    let mut parts = signed.signature.split('.');
    let (Some(encoded), Some(""), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed);
    };
    let decoded = |part: &str| BASE64URL.decode(part).map_err(|_| SignatureError::Malformed);
    let header: Header = serde_json::from_slice(&decoded(encoded)?).map_err(|_| SignatureError::Malformed)?;
    if !["EdDSA", "Ed25519"].contains(&header.alg.as_str()) || header.typ != TYPE || header.crit.is_some() {
        return Err(malformed);
    }
    let signature = decoded(signature)?;
    let Some(public) = trusted.get(&header.kid) else {
        let kid = header.kid.chars().filter(|c| !c.is_control()).take(80).collect();
        return Err(SignatureError::UnknownKey { kid });
    };
    let payload = signed.payload().map_err(|_| SignatureError::Malformed)?;
    let key = UnparsedPublicKey::new(&ED25519, public);
    let proved = key.verify(signing_input(encoded, &payload).as_bytes(), &signature);
    proved.map(|()| header.kid).map_err(|_| SignatureError::Wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::keys::{Jwk, Signer};
    use super::*;

    fn signed(seed: u8) -> (SignedRecord, TrustedKeys, Ed25519KeyPair) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let key = Signer::new(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap());
        let mut trusted = TrustedKeys::default();
        trusted.add(&key.jwk()).unwrap();
        let record = json!({ "b": "\u{e9}\u{2028}\"\\", "a": [1, { "d": null, "c": true }] });
        let mut signed = SignedRecord { record, signature: String::new() };
        signed.signature = sign(&pair, &key.jwk().kid.unwrap(), &signed.payload().unwrap());
        (signed, trusted, pair)
    }

    #[test]
    fn a_signature_holds_for_one_record_and_one_key_whatever_the_order_of_its_members() {
        let (mut record, trusted, _) = signed(1);
        assert!(verify(&record, &trusted).is_ok());
        record.record = json!({ "a": [1, { "c": true, "d": null }], "b": "\u{e9}\u{2028}\"\\" });
        assert!(verify(&record, &trusted).is_ok());
        for changed in [json!({}), json!({ "a": [1], "b": "x" })] {
            let changed = SignedRecord { record: changed, ..record.clone() };
            assert_eq!(verify(&changed, &trusted), Err(SignatureError::Wrong));
        }
        let (_, other, _) = signed(2);
        assert!(matches!(verify(&record, &other), Err(SignatureError::UnknownKey { .. })));
    }

    #[test]
    fn a_key_under_another_s_id_proves_nothing() {
        let (record, trusted, pair) = signed(1);
        let (_, mut others, _) = signed(2);
        let kid = verify(&record, &trusted).ok();
        others.add(&Jwk { kid, ..Jwk::of(&[9; 32]) }).unwrap();
        assert_eq!(verify(&record, &others), Err(SignatureError::Wrong));
        assert!(!format!("{pair:?}").contains("0101"));
    }

    #[test]
    fn another_algorithm_type_or_extension_is_no_signature_of_ours() {
        let (record, trusted, pair) = signed(1);
        let kid = verify(&record, &trusted).unwrap();
        let with = |header: serde_json::Value| {
            let header = BASE64URL.encode(header.to_string());
            let input = signing_input(&header, &record.payload().unwrap());
            let signature = BASE64URL.encode(pair.sign(input.as_bytes()));
            verify(&SignedRecord { signature: format!("{header}..{signature}"), ..record.clone() }, &trusted)
        };
        assert!(with(json!({ "alg": "Ed25519", "kid": kid, "typ": TYPE })).is_ok());
        for wrong in [
            json!({ "alg": "none", "kid": kid, "typ": TYPE }),
            json!({ "alg": "HS256", "kid": kid, "typ": TYPE }),
            json!({ "alg": "EdDSA", "kid": kid, "typ": "JWT" }),
            json!({ "alg": "EdDSA", "kid": kid }),
            json!({ "alg": "EdDSA", "kid": kid, "typ": TYPE, "crit": ["b64"] }),
            json!("x"),
        ] {
            assert_eq!(with(wrong.clone()), Err(SignatureError::Malformed), "{wrong}");
        }
        for wrong in ["", "..", "a.b.c", "a..b..c", &"a".repeat(9_999)] {
            let wrong = SignedRecord { signature: (*wrong).to_owned(), ..record.clone() };
            assert_eq!(verify(&wrong, &trusted), Err(SignatureError::Malformed));
        }
        let mut cut = record.clone();
        cut.signature.pop();
        assert!(verify(&cut, &trusted).is_err());
    }
}
