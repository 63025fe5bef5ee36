//! Generate: drafts for all due recipes of a (SKU, locale), in one model call.

mod answer;
mod call;
mod chain;
mod completion;
mod error;
mod failed_attempt;
mod form;
mod model;
mod permit;
mod prompt;
mod proposer;
mod quote;
mod received;
mod refusal;
mod refusal_words;
mod request;
mod retry_after;
mod structured;
mod transport;
mod verifier;
mod write;

pub use chain::{LanePause, Models};
pub use error::GenerateError;
pub use model::{Model, ModelReport};
pub use permit::CallPermit;
pub use proposer::Proposer;
pub use request::{Repair, WriteRequest};
pub use structured::Structured;
pub use verifier::{UnverifiedSentence, Verification, Verifier};
pub use write::Writer;
