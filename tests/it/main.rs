//! The one test binary.

mod format;
mod parse;
mod template;
mod template_docs;
mod template_golden;
