//! Generate: drafts for all due recipes of a (SKU, locale), in one model call.

mod answer;
mod call;
mod chain;
mod error;
mod model;
mod opening;
mod opinion;
mod probe;
mod prompt;
mod request;
mod retry_after;
mod structured;
mod transport;
mod write;

pub use chain::{Models, Stop};
pub use error::GenerateError;
pub use model::Model;
pub use opening::CallPermit;
pub use opinion::{Opinion, UnverifiedSentence, Verifier};
pub use probe::ModelReport;
pub use structured::Structured;
pub use write::{Repair, WriteRequest, Writer};
