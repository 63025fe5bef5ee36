//! The sandbox: a stand-in for a model server, for the demo, tests and load. It is no model: it composes text
//! from the facts in the prompt alone, and misbehaves on request.

mod answer;
mod answering;
mod behaviour;
mod compose;
mod judge;
mod languages;
mod limits;
mod obedience;
mod points;
mod prompt;
mod proposing;
mod quirks;
mod request;
mod server;
mod structured;
mod texts;
mod values;
mod writing;

pub use behaviour::{Behaviour, Counters};
pub use quirks::{Expected, QUIRKS, Quirk, QuirkGroup};
pub use server::Sandbox;
pub use structured::StructuredOutput;
