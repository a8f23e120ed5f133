//! The one test binary.

mod format;
mod model;
mod parse;
mod property;
mod template;
mod template_docs;
mod template_golden;
