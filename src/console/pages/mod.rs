//! The pages: one file each, from what they show to the HTML.

pub(super) mod ask;
pub(super) mod bulk;
pub(super) mod catalog;
mod chart;
mod checked;
pub(super) mod costs;
pub(super) mod dead_letters;
pub(super) mod decisions;
mod error_page;
pub(super) mod gaps;
pub(super) mod item;
mod item_parts;
pub(super) mod job;
pub(super) mod jobs;
mod layout;
pub(super) mod login;
pub(super) mod overview;
pub(super) mod product;
pub(super) mod queue;
pub(super) mod settings;
mod strip;
mod text;

pub(super) use error_page::error_page;
pub(super) use layout::Page;
