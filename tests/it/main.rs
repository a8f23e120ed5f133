//! The one test binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::items_after_statements,
    clippy::cast_precision_loss,
    clippy::struct_excessive_bools,
    clippy::needless_for_each,
    clippy::print_stdout,
    clippy::type_complexity,
    clippy::match_wildcard_for_single_variants,
    reason = "the reference model is written to read like the law, one rule behind the other; a seed is printed"
)]

mod allow;
mod capacity;
mod check;
mod cli;
mod conformance;
mod connect;
mod counterpart;
mod counts;
mod delivery;
mod disk;
mod docs;
mod edits;
mod format;
mod histories;
mod journal;
mod language;
mod mail;
mod model;
mod mutations;
mod outbox;
mod parse;
mod parse_errors;
mod parse_mutations;
mod parse_trees;
mod plan_expr;
mod plan_listing;
mod plan_stored;
mod property;
mod property_edits;
mod render;
mod report;
mod rules;
mod runtime;
mod seen;
mod server;
mod store;
mod template;
mod template_docs;
mod template_golden;
mod tidy;
mod tree;
mod value;
mod why;
