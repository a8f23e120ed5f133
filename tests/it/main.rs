//! The one test binary.

mod check;
mod parse;
mod template_golden;
