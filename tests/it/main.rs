//! The one test binary.

mod format;
mod parse;
