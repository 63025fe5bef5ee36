//! A place for what is made of a value once and then kept beside it, and is no part of the value.

use std::any::Any;
use std::fmt;
use std::sync::OnceLock;

/// What was made of a value: empty in a copy, and equal to any other.
#[derive(Default)]
pub(super) struct Memo(OnceLock<Box<dyn Any + Send + Sync>>);

impl Memo {
    /// What `make` made when it was asked for first; `None` where that was of another type.
    pub(super) fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.0.get_or_init(|| Box::new(make())).downcast_ref()
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}
