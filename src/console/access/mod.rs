//! Who may use the console, and for what: tokens, sessions, roles, and what every request has to show.

mod guard;
mod person;
mod policy;
mod sessions;
mod tokens;

pub(super) use guard::guard;
pub(super) use person::Visitor;
pub use person::{Person, Role};
pub(super) use policy::Access;
pub(super) use sessions::{COOKIE, Sessions, cookie};
pub use tokens::{Tokens, new_token};
