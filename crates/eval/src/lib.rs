//! Measures the checks and the answers on labelled lines and on mutants of true copy.
//!
//! Pure but for reading the lines and printing the figures: what runs the product (its pipeline, its answers) is passed
//! in by the command line.
#![expect(clippy::print_stdout, reason = "figures are printed for people, each as soon as it is there")]

pub mod alone;
pub mod answers;
pub mod attacks;
pub mod before;
pub mod cases;
pub mod checks;
pub mod honest;
pub mod injections;
pub mod lines;
pub mod mutants;
pub mod personal_data;
pub mod relevance;
pub mod texts;
pub mod unbearable;

mod figures;
mod not_checkable;
mod table;
