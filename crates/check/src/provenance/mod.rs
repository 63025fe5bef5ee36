//! Who made a text, for readers outside: the record per text that is signed, and the marks that are made of it. Pure.

mod aigc;
mod mark;
mod public;
mod record;
mod text;

pub use aigc::{Aigc, labelled};
pub use mark::{MarkedPage, MarkedText, html, json_ld};
pub use public::{PublicDocument, PublicState, TextMark, VisibleLabel};
pub use record::{
    Claim, Generator, PartOfText, ProvenanceRecord, Published, RegistryEntry, SCHEMA, SignedRecord, record,
    registered_texts,
};
pub use text::{normalised, parts_of, text_digest, whole};
