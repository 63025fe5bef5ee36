//! The pages: one file each, from what they show to the HTML.

mod ask;
mod bulk;
mod catalog;
mod chart;
mod costs;
mod dead_letters;
mod gaps;
mod item;
mod item_parts;
mod job;
mod jobs;
mod layout;
mod login;
mod overview;
mod product;
mod queue;
mod settings;
mod text;

pub(super) use layout::Page;
