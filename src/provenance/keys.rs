//! The key that signs, and the keys whose signatures are believed: JSON Web Keys of Ed25519 (RFC 8037).

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::key_file::read_key;
use super::signature::sign;
use crate::config::provenance::ProvenanceConfig;
use skuscribe_check::provenance::{ProvenanceRecord, SignedRecord};

/// Most files of a folder of keys, and most bytes of each.
const FILES_MAX: usize = 1_000;
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A public key as a JSON Web Key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// The public key, in base64url.
    pub x: String,
    /// Its id: the thumbprint (RFC 7638), where no other is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "use")]
    pub usage: Option<String>,
    /// The algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
}

impl Jwk {
    /// The key with these public bytes.
    #[must_use]
    pub fn of(public: &[u8]) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let x = BASE64URL.encode(public);
        Self {
            kid: Some(thumbprint(&x)),
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x,
            usage: text("sig"),
            alg: text("EdDSA"),
        }
    }

    fn public(&self) -> anyhow::Result<[u8; 32]> {
        ensure!(
            self.kty == "OKP" && self.crv == "Ed25519",
            "only keys with \"kty\": \"OKP\" and \"crv\": \"Ed25519\" are understood"
        );
        let bytes = BASE64URL.decode(self.x.trim_end_matches('=')).context("\"x\" is no base64url")?;
        bytes.try_into().map_err(|_| anyhow::anyhow!("\"x\" does not hold 32 bytes"))
    }
}

/// The thumbprint of a public key: SHA-256 of its required members in lexical order.
fn thumbprint(x: &str) -> String {
    let members = json!({ "crv": "Ed25519", "kty": "OKP", "x": x }).to_string();
    BASE64URL.encode(digest(&SHA256, members.as_bytes()))
}

/// The key that signs records. It never prints.
pub struct Signer {
    pair: Ed25519KeyPair,
    kid: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Signer {
    /// The signer with a key pair.
    #[must_use]
    pub fn new(pair: Ed25519KeyPair) -> Self {
        let kid = Jwk::of(pair.public_key().as_ref()).kid.unwrap_or_default();
        Self { pair, kid }
    }

    /// The signer that the settings name; `None` where they name none.
    ///
    /// # Errors
    /// When the file cannot be read, or is no key.
    pub fn from_config(config: &ProvenanceConfig) -> anyhow::Result<Option<Self>> {
        if config.key_file.is_empty() {
            return Ok(None);
        }
        let pair = read_key(Path::new(&config.key_file));
        pair.map(|pair| Some(Self::new(pair))).context("provenance.key_file")
    }

    /// The id of its key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JSON Web Key Set.
    #[must_use]
    pub fn set(&self) -> serde_json::Value {
        json!({ "keys": [self.jwk()] })
    }

    /// The public key.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        Jwk::of(self.pair.public_key().as_ref())
    }

    /// A record with its signature.
    ///
    /// # Errors
    /// When the record cannot be written as JSON.
    pub fn signed(&self, record: &ProvenanceRecord) -> Result<SignedRecord, serde_json::Error> {
        let record = serde_json::to_value(record)?;
        let mut signed = SignedRecord { record, signature: String::new() };
        signed.signature = sign(&self.pair, &self.kid, &signed.payload()?);
        Ok(signed)
    }
}

/// The public keys whose signatures are believed, by their ids.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys {
    keys: BTreeMap<String, [u8; 32]>,
    problems: Vec<String>,
}

impl TrustedKeys {
    /// The keys that the settings name: the signer's own, and those of `provenance.trusted`. What of these cannot be read
    /// is left out, and is a problem.
    ///
    /// # Errors
    /// When the signer's own key cannot be read.
    pub fn from_config(config: &ProvenanceConfig) -> anyhow::Result<Self> {
        let mut trusted = Self::default();
        if let Some(signer) = Signer::from_config(config)? {
            trusted.add(&signer.jwk())?;
        }
        if config.trusted.is_empty() {
            return Ok(trusted);
        }
        match files(Path::new(&config.trusted)) {
            Ok(files) => files.iter().for_each(|file| trusted.add_file_or_note(file)),
            Err(error) => {
                trusted.problems.push(format!("provenance.trusted: {error:#}; none of its keys is trusted"));
            }
        }
        Ok(trusted)
    }

    /// The files that were left out, and why.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// How many keys there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Adds all keys of a file, or none of them.
    fn add_file_or_note(&mut self, path: &Path) {
        let mut with_file = self.clone();
        match with_file.add_file(path) {
            Ok(()) => *self = with_file,
            Err(error) => self.problems.push(format!(
                "provenance.trusted: {}: {error:#}; its keys are not trusted until it is mended",
                path.display()
            )),
        }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// When it is no public key of Ed25519.
    pub fn add(&mut self, jwk: &Jwk) -> anyhow::Result<()> {
        let public = jwk.public()?;
        let kid = jwk.kid.clone().unwrap_or_else(|| thumbprint(&BASE64URL.encode(public)));
        if self.keys.get(&kid).is_some_and(|other| *other != public) {
            bail!("two keys have the id {kid:?}; give each an id of its own");
        }
        self.keys.insert(kid, public);
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Keys {
            Set { keys: Vec<Jwk> },
            One(Jwk),
        }
        let metadata = std::fs::metadata(path).context("it cannot be read")?;
        ensure!(metadata.is_file(), "it is no file");
        let bytes = metadata.len();
        ensure!(bytes > 0, "it is empty; `skuscribe provenance key show --to FILE` writes a key into it");
        ensure!(bytes <= FILE_BYTES_MAX, "it has more than {FILE_BYTES_MAX} bytes");
        let text = std::fs::read_to_string(path).context("it cannot be read")?;
        // A private key put here by mistake is not repeated in the error.
        let keys = serde_json::from_str(&text).map_err(|_| {
            anyhow::anyhow!(
                "it is neither a JSON Web Key nor a set of them; `skuscribe provenance key show` prints one"
            )
        })?;
        let keys = match keys {
            Keys::Set { keys } => keys,
            Keys::One(key) => vec![key],
        };
        keys.iter().try_for_each(|key| self.add(key))
    }

    /// The key with an id.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&[u8; 32]> {
        self.keys.get(kid)
    }
}

/// The file itself, or the `.json` and `.jwk` files of a folder, sorted.
fn files(path: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(|| format!("{}: it cannot be read", path.display()))? {
        let path = entry?.path();
        let is_key = path.extension().is_some_and(|extension| extension == "json" || extension == "jwk");
        if is_key {
            files.push(path);
        }
    }
    ensure!(files.len() <= FILES_MAX, "{}: more than {FILES_MAX} files", path.display());
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_s_id_is_its_thumbprint() {
        // The example of RFC 8037, appendix A.3.
        let jwk = Jwk { kid: None, ..Jwk::of(&[0; 32]) };
        let example = Jwk { x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(), ..jwk };
        assert_eq!(thumbprint(&example.x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(Jwk::of(&example.public().unwrap()).kid.unwrap(), thumbprint(&example.x));
    }

    #[test]
    fn a_signer_prints_its_id_alone() {
        let signer = Signer::new(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap());
        assert_eq!(format!("{signer:?}"), format!("Signer {{ kid: {:?}, .. }}", signer.kid));
    }

    #[test]
    fn what_is_no_public_key_of_ed25519_is_refused() {
        let mut trusted = TrustedKeys::default();
        let key = Jwk::of(&[1; 32]);
        trusted.add(&key).unwrap();
        trusted.add(&key).unwrap();
        let named = |kid: &str, byte: u8| Jwk { kid: Some(kid.to_owned()), ..Jwk::of(&[byte; 32]) };
        trusted.add(&named("a", 2)).unwrap();
        assert!(trusted.add(&named("a", 3)).unwrap_err().to_string().contains("two keys"));
        for wrong in [
            Jwk { kty: "RSA".to_owned(), ..key.clone() },
            Jwk { crv: "X25519".to_owned(), ..key.clone() },
            Jwk { x: "AAAA".to_owned(), ..key.clone() },
            Jwk { x: "not base64!".to_owned(), ..key.clone() },
        ] {
            assert!(trusted.add(&wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(trusted.count(), 2);
        assert_eq!(trusted.get("a"), Some(&[2; 32]), "the first one stays");
    }

    #[test]
    fn a_file_that_holds_no_key_is_named_and_left_out_and_the_others_count() {
        let folder = std::env::temp_dir().join(format!("skuscribe-trusted-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("folder.json")).unwrap();
        let jwk = |byte| serde_json::to_string(&Jwk::of(&[byte; 32])).unwrap();
        let half = format!("{{\"keys\":[{},{{\"kty\":\"RSA\",\"crv\":\"\",\"x\":\"\"}}]}}", jwk(5));
        for (name, text) in
            [("a.json", ""), ("b.json", "{"), ("c.json", &half), ("d.jwk", &jwk(1)), ("e.txt", "")]
        {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let mut config = crate::config::Config::load(None, &[], &[]).unwrap().provenance;
        config.trusted = folder.display().to_string();
        let trusted = TrustedKeys::from_config(&config).unwrap();
        assert_eq!((trusted.count(), trusted.problems().len()), (1, 4), "{:?}", trusted.problems());
        for (problem, name) in
            trusted.problems().iter().zip(["a.json: it is empty", "b.json", "c.json", "folder.json"])
        {
            assert!(problem.contains(name), "{problem}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let missing = TrustedKeys::from_config(&config).unwrap();
        assert!(missing.problems()[0].contains(&config.trusted), "{:?}", missing.problems());
    }
}
