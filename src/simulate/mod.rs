//! A world in memory under a virtual clock: histories and tests run through it, and nothing leaves it.
//!
//! In: a [`Plan`], and messages or test statements. Out: the log in words ([`words`]), a summary by workflow
//! ([`summary`]), test results ([`test`]). No connector is called, no clock is read.

pub mod run;
pub mod summary;
pub mod test;
pub mod why;
pub mod words;

pub use run::{Simulation, Taken};
pub use summary::Summary;
pub use test::{Edition, Failure, TestResult, run_editions, run_tests};
