//! The one test binary.

mod cli;
mod format;
mod parse;
mod template;
mod template_docs;
mod template_golden;
mod parse_errors;
