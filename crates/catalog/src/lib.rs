//! Catalog files: the exports of shops and feeds read into products, and content written out for them.
//!
//! Nothing here knows a broker, a store, a model server or a runtime: bytes in, products out, and the other way round.

pub mod export;
pub mod import;

#[cfg(test)]
mod round_trip;
