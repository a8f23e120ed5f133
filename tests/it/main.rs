//! The one test binary.

mod allow;
mod check;
mod cli;
mod format;
mod model;
mod parse;
mod parse_errors;
mod parse_mutations;
mod plan_expr;
mod plan_listing;
mod plan_stored;
mod property;
mod render;
mod template;
mod template_docs;
mod template_golden;
mod value;
