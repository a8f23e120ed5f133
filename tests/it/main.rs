//! The one test binary.

mod check;
mod cli;
mod format;
mod model;
mod parse;
mod parse_errors;
mod property;
mod template;
mod template_docs;
mod template_golden;
