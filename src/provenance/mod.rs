//! Signed records of published texts: keys, signatures, and the registry in the store.

mod author;
mod key_file;
mod keys;
mod registry;
mod signature;

pub use author::{Author, AuthorStatus, FoundRecord, author_of};
pub use key_file::{key_file_problem, new_key, read_key, write_public};
pub use keys::{Jwk, Signer, TrustedKeys};
pub use registry::{lookup, mend, register, settle};
pub use signature::{SignatureError, verify};

use std::path::Path;

use crate::config::provenance::ProvenanceConfig;

/// What is wrong with the keys that the settings name, though work can go on.
///
/// # Errors
/// When the key that signs cannot be read.
pub fn key_problems(config: &ProvenanceConfig) -> anyhow::Result<Vec<String>> {
    let mut problems = TrustedKeys::from_config(config)?.problems().to_vec();
    if !config.key_file.is_empty() {
        problems.extend(key_file_problem(Path::new(&config.key_file)));
    }
    Ok(problems)
}
