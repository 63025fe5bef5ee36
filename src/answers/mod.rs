//! Answers to shoppers' questions: from the facts of products and what is published of them, or plainly none.
//!
//! `asker.rs` walks one question: hand-over and injection, the published FAQ, a model's answer through every check, the
//! facts alone. `across.rs` does the same over several products. Nothing that did not pass the checks is ever shown.

mod accept;
mod across;
mod asker;
mod attribute;
mod compare;
pub mod gaps;
mod memory;
mod phrase;
pub mod relevance;

pub mod service;
mod texts;
mod topics;
mod walk;
mod wire;
mod wording;

pub use asker::{Asker, Turn};
pub use memory::Memory;
pub use texts::Texts;
pub use wire::{Answer, AnswerOutcome, AnswerRequest, Asked, AskedAbout, Based, NotAsked, Source, Table};
