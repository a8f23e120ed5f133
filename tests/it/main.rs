//! The one test binary.

mod format;
mod parse;
mod parse_errors;
mod plan_expr;
mod template;
mod template_docs;
mod template_golden;
mod value;
