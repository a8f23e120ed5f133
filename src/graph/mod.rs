//! How a workflow runs, as boxes and arrows.
//!
//! In: a checked workflow with its text ([`graph`]). Out: a [`Graph`], as text for other programs ([`text`]) or laid out
//! in layers, to be drawn ([`layout()`]). Invariant: boxes are in the order of the text, and an arrow leads to a later box
//! (but for the one box where all ways out meet). Not here: counts, colours.

mod flow;
mod layout;
pub mod text;
mod wrap;

pub use flow::{Arrow, Box, Graph, Shape, graph};
pub use layout::{Laid, Line, Place, layout};
