//! The file of a private key: PKCS#8 in PEM, as OpenSSL writes it, or the bare seed.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::signature::Ed25519KeyPair;
use secrecy::{ExposeSecret as _, SecretSlice};

/// Most bytes of a key's file.
const BYTES_MAX: u64 = 16 << 10;
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// What stands before the seed in PKCS#8 of an Ed25519 key (RFC 8410).
const PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The key pair of a file. No error repeats anything of the file.
///
/// # Errors
/// When the file cannot be read, or is neither PKCS#8 in PEM nor a seed of 32 bytes (bare, or as 64 hexadecimal digits).
pub fn read_key(path: &Path) -> anyhow::Result<Ed25519KeyPair> {
    let name = path.display();
    let file = std::fs::File::open(path).with_context(|| format!("{name}: it cannot be read"))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("{name}: it cannot be read"))?;
    let secret = SecretSlice::from(bytes);
    ensure!(secret.expose_secret().len() as u64 <= BYTES_MAX, "{name}: it has more than {BYTES_MAX} bytes");
    key_of(secret.expose_secret()).with_context(|| {
        format!(
            "{name}: write PKCS#8 in PEM (`skuscribe provenance key new FILE` does), or a seed of 32 bytes"
        )
    })
}

fn key_of(secret: &[u8]) -> anyhow::Result<Ed25519KeyPair> {
    if let Ok(seed) = <&[u8; 32]>::try_from(secret) {
        return pair(Ed25519KeyPair::from_seed_unchecked(seed));
    }
    let Ok(text) = std::str::from_utf8(secret) else { bail!("it is no key") };
    if let Some(seed) = seed_of_hex(text.trim()) {
        return pair(Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()));
    }
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(body, _)| body);
    let Some(body) = body else { bail!("it is no key") };
    let body: String = body.split_whitespace().collect();
    let Ok(der) = BASE64.decode(body) else { bail!("the PEM is no base64") };
    let der = SecretSlice::from(der);
    // Unchecked: OpenSSL leaves the public key out.
    pair(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.expose_secret()))
}

fn pair(read: Result<Ed25519KeyPair, ring::error::KeyRejected>) -> anyhow::Result<Ed25519KeyPair> {
    read.map_err(|why| anyhow::anyhow!("it is no Ed25519 key ({why})"))
}

fn seed_of_hex(text: &str) -> Option<SecretSlice<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
    let bytes = digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |value, digit| value << 4 | digit));
    (digits.len() == 64).then(|| SecretSlice::from(bytes.collect::<Vec<u8>>()))
}

/// What is wrong with a key's file that can be read: others than its owner and group may read or change it.
#[must_use]
pub fn key_file_problem(path: &Path) -> Option<String> {
    // What is not there is told by who reads it.
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o006 != 0).then(|| {
        let name = path.display();
        format!(
            "provenance.key_file: {name} has the mode {mode:04o}: everyone on this machine may read or change the private key; run chmod 600 {name}"
        )
    })
}

/// Writes a public key into a file, in one step: who reads the folder sees all of it or nothing. A file that holds
/// something else is never replaced.
///
/// # Errors
/// When another file is there, or it cannot be written.
pub fn write_public(path: &Path, text: &str) -> anyhow::Result<()> {
    let name = path.display();
    let file_name = path.file_name().with_context(|| format!("{name}: it is no name of a file"))?;
    if path.exists() {
        let is_same = std::fs::read(path).is_ok_and(|there| there == text.as_bytes());
        ensure!(is_same, "{name}: another file is there; name one that is not there yet");
        return Ok(());
    }
    let hidden = format!(".{}.{}.new", file_name.to_string_lossy(), std::process::id());
    let beside = path.with_file_name(hidden);
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    });
    if written.is_err() && beside.exists() {
        std::fs::remove_file(&beside)
            .with_context(|| format!("{}: it cannot be removed", beside.display()))?;
    }
    written.with_context(|| format!("{name}: it cannot be written; is its folder there"))
}

/// Makes a key in a new file that only its owner may read. A file that is there is never replaced.
///
/// # Errors
/// When the file is there already or cannot be written, or the system gives no random bytes.
pub fn new_key(path: &Path) -> anyhow::Result<Ed25519KeyPair> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|why| anyhow::anyhow!("the system gives no random bytes: {why}"))?;
    let pair = pair(Ed25519KeyPair::from_seed_unchecked(&seed))?;
    let der = SecretSlice::from([PREFIX.as_slice(), &seed].concat());
    let pem = format!("{BEGIN}\n{}\n{END}\n", BASE64.encode(der.expose_secret()));
    let pem = SecretSlice::from(pem.into_bytes());
    let name = path.display();
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file =
        file.with_context(|| format!("{name}: it cannot be made; name a file that is not there yet"))?;
    file.write_all(pem.expose_secret()).with_context(|| format!("{name}: it cannot be written"))?;
    file.sync_all().with_context(|| format!("{name}: it cannot be written"))?;
    Ok(pair)
}

#[cfg(test)]
mod tests {
    use ring::signature::KeyPair as _;

    use super::*;

    /// The key of RFC 8410, section 10.3.
    const EXAMPLE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

    fn public(secret: &[u8]) -> Option<String> {
        let pair = key_of(secret).ok()?;
        let mut hex = String::new();
        for byte in pair.public_key().as_ref() {
            hex.push_str(&format!("{byte:02x}"));
        }
        Some(hex)
    }

    #[test]
    fn a_key_is_read_from_pem_from_a_bare_seed_and_from_hexadecimal_digits() {
        assert_eq!(public(EXAMPLE.as_bytes()).as_deref(), Some(PUBLIC));
        let hex = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";
        assert_eq!(public(format!("{hex}\n").as_bytes()).as_deref(), Some(PUBLIC));
        assert_eq!(public(seed_of_hex(hex).unwrap().expose_secret()).as_deref(), Some(PUBLIC));
    }

    #[test]
    fn what_is_no_key_is_named_and_not_repeated() {
        for wrong in [
            "",
            "secret",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nsecret!\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            let error = format!("{:#}", key_of(wrong.as_bytes()).unwrap_err());
            assert!(!error.contains("secret") && !error.contains("AAAA"), "{error}");
        }
        assert!(key_of(&[0xff; 40]).is_err());
    }

    #[test]
    fn a_new_key_is_its_owner_s_alone_reads_back_and_replaces_nothing() {
        let path = std::env::temp_dir().join(format!("skuscribe-key-{}.pem", std::process::id()));
        let made = new_key(&path).unwrap();
        assert_eq!(read_key(&path).unwrap().public_key().as_ref(), made.public_key().as_ref());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = format!("{:#}", new_key(&path).unwrap_err());
        assert!(error.contains("not there yet"), "{error}");
        assert_eq!(read_key(&path).unwrap().public_key().as_ref(), made.public_key().as_ref());
        assert_eq!(key_file_problem(&path), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(key_file_problem(&path).unwrap().contains("0644"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_public_key_is_written_whole_and_replaces_nothing_else() {
        let folder = std::env::temp_dir().join(format!("skuscribe-public-key-{}", std::process::id()));
        assert!(write_public(&folder.join("a.json"), "{}").is_err(), "its folder is not there");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.json");
        write_public(&path, "{}").unwrap();
        write_public(&path, "{}").unwrap();
        let error = write_public(&path, "[]").unwrap_err().to_string();
        assert!(error.contains("another file is there"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
