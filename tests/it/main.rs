//! The one test binary.

mod template;
mod template_docs;
mod template_golden;
