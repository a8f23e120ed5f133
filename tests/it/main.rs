//! The one test binary.

mod format;
mod parse;
mod template_golden;
