//! The one test binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod allow;
mod check;
mod cli;
mod format;
mod language;
mod model;
mod parse;
mod parse_errors;
mod parse_mutations;
mod plan_expr;
mod property;
mod render;
mod store;
mod template;
mod template_docs;
mod template_golden;
mod value;
mod why;
