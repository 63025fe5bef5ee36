//! `--onto`.
