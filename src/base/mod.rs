//! What everything stands on: spans, the source map, typed ids, instants and periods.
//!
//! Depends on nothing else of the house. No clock is read here: an [`Instant`] is only ever made from a number,
//! a text or another instant.
//!
//! Words easily confused: an [`Instant`] is a point of universal time in milliseconds; a [`Period`] is a length
//! as a person writes it (`3d`, `12 months`), whose exact length may hang on where it is counted from.

pub mod arena;
pub mod hash;
pub mod instant;
pub mod nest;
pub mod period;
pub mod source;
pub mod span;

pub use arena::{Arena, Idx};
pub use instant::Instant;
pub use period::Period;
pub use source::{FileId, Position, SourceFile, SourceMap};
pub use span::{At, Node, Span};
