//! Limits: how much of the model server, of money and of this process a task may take, and who works on it.

mod books;
pub mod breaker;
mod breaker_log;
pub mod budget;
mod charge;
pub mod cost_report;
mod day_spend;
pub mod leases;
pub mod ledger;
mod open_period;
pub mod quota;
pub mod server_state;
pub mod slots;
pub mod spend;
