//! Static tokens: 256 random bits each, of which the file holds the SHA-256 alone.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::Deserialize;

use super::{Person, Role};

/// Longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 200;
/// Largest file, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The tokens of a file, by hash.
#[derive(Debug, Default)]
pub struct Tokens {
    people: HashMap<[u8; 32], Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensFile {
    #[serde(default)]
    token: Vec<TokenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenEntry {
    name: String,
    sha256: String,
    role: Role,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    locales: Vec<String>,
}

impl Tokens {
    /// The tokens of a file.
    ///
    /// # Errors
    /// When it cannot be read, is not in the shape that `skuscribe console token` prints, or holds no token.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let size = std::fs::metadata(path).with_context(|| format!("console.tokens = {shown}"))?.len();
        ensure!(size <= FILE_BYTES_MAX, "{shown}: a file of tokens has at most {FILE_BYTES_MAX} bytes");
        let text = std::fs::read_to_string(path).with_context(|| format!("console.tokens = {shown}"))?;
        Self::parse(&text).with_context(|| format!("{shown}"))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        // The error quotes no line: it may hold a token that somebody pasted instead of its hash.
        let file: TokensFile = toml::from_str(text)
            .map_err(|error| anyhow::anyhow!("not in the shape of a file of tokens: {}", error.message()))?;
        let mut people = HashMap::new();
        for entry in file.token {
            ensure!(!entry.name.trim().is_empty(), "a token has no name");
            let hash = hash_of_hex(&entry.sha256)
                .with_context(|| format!("token {:?}: sha256 is not 64 hexadecimal digits", entry.name))?;
            let TokenEntry { name, role, categories, locales, .. } = entry;
            let person = Person { name: name.clone(), role, categories, locales };
            ensure!(
                people.insert(hash, person).is_none(),
                "token {name:?}: the same token stands there twice"
            );
        }
        ensure!(
            !people.is_empty(),
            "it holds no token; `skuscribe console token --name ann --role reviewer` makes one"
        );
        Ok(Self { people })
    }

    /// The person of a token. Only its hash is compared, so that the time that it takes says nothing of it.
    #[must_use]
    pub fn person(&self, token: &str) -> Option<&Person> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        self.people.get(&hash(token))
    }
}

/// The SHA-256 of a text.
pub(super) fn hash(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, hashed) in bytes.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()) {
        *byte = *hashed;
    }
    bytes
}

fn hash_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// 256 random bits, for tokens and sessions.
pub(super) fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A new token, and the entry of the file of tokens that lets it in.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_token(person: &Person) -> anyhow::Result<(SecretString, String)> {
    let token = format!("sku_{}", random()?);
    let hex = hash(&token).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let quoted = |text: &String| toml::Value::from(text.as_str()).to_string();
    let list = |texts: &[String]| texts.iter().map(quoted).collect::<Vec<_>>().join(", ");
    let mut entry = format!(
        "[[token]]\nname = {}\nsha256 = \"{hex}\"\nrole = \"{}\"\n",
        quoted(&person.name),
        person.role.as_str()
    );
    for (key, values) in [("categories", &person.categories), ("locales", &person.locales)] {
        if !values.is_empty() {
            entry.push_str(&format!("{key} = [{}]\n", list(values)));
        }
    }
    Ok((token.into(), entry))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_new_token_is_let_in_by_its_entry_and_no_other_is() {
        let person = Person {
            name: "Ann \"A\"".to_owned(),
            role: Role::Operator,
            categories: vec!["Gear > Bags".to_owned()],
            locales: Vec::new(),
        };
        let (token, entry) = new_token(&person).unwrap();
        let tokens = Tokens::parse(&entry).unwrap();
        assert_eq!(tokens.person(token.expose_secret()), Some(&person));
        assert!(!entry.contains(token.expose_secret()));
        let long = "x".repeat(100_000);
        for other in ["", "sku_", "x", &long] {
            assert_eq!(tokens.person(other), None);
        }
    }

    #[test]
    fn a_file_that_is_none_of_tokens_is_refused_by_its_reason_and_nothing_of_it_is_repeated() {
        for (text, part) in [
            ("", "holds no token"),
            ("[[token]]\nname = \"a\"\nsha256 = \"sku_secret\"\nrole = \"admin\"", "64 hexadecimal"),
            ("[[token]]\nname = \"a\"\nsecret = \"sku_secret\"", "not in the shape"),
            ("sku_secret", "not in the shape"),
        ] {
            let error = format!("{:#}", Tokens::parse(text).unwrap_err());
            assert!(error.contains(part) && !error.contains("sku_secret"), "{error}");
        }
    }
}
