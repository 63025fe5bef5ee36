//! Limits: how much of the model server, of money and of this process a task may take, and who works on it.

mod books;
pub mod breaker;
pub mod budget;
mod charge;
mod day_spend;
pub mod leases;
pub mod ledger;
pub mod quota;
pub mod slots;
pub mod spend;
