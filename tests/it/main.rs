//! The one test binary.

mod parse;
mod parse_errors;
