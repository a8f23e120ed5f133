//! The one test binary.

mod check;
mod format;
mod parse;
mod template;
mod template_docs;
mod template_golden;
