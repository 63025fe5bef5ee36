//! Signed records of published texts: keys, signatures, and the registry in the store.

mod author;
mod key_file;
mod keys;
mod registry;
mod signature;

pub use author::{Author, AuthorStatus, FoundRecord, author_of};
pub use key_file::{new_key, read_key};
pub use keys::{Jwk, Signer, TrustedKeys};
pub use registry::{lookup, register, settle};
pub use signature::{SignatureError, verify};
