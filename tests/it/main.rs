//! The one test binary.

mod parse;
mod template_golden;
