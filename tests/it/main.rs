//! The one test binary.

mod allow;
mod parse;
mod parse_errors;
mod parse_mutations;
mod render;
