//! The one test binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod check;
mod cli;
mod format;
mod parse;
mod parse_errors;
mod plan_expr;
mod template;
mod template_docs;
mod template_golden;
