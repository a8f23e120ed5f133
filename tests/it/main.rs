//! The one test binary.

mod parse;
