//! Where something stands in the source text.

use super::FileId;
use serde::{Deserialize, Serialize};

/// A range of bytes in one source file; `start <= end`, both on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// A span over `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both; spans of different files give the first.
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the end of this one.
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }

    /// The empty span at the beginning of this one.
    pub fn before(self) -> Self {
        Self { end: self.start, ..self }
    }
}

/// A span that does not count when two trees are compared: two trees are equal when they say the same,
/// wherever they stand.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

impl std::hash::Hash for At {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl std::fmt::Debug for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.0.start, self.0.end)
    }
}

/// A piece of the tree with its place.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Node<T> {
    /// What stands there.
    pub node: T,
    /// Where.
    pub at: At,
}

impl<T> Node<T> {
    /// `node` at `span`.
    pub fn new(node: T, span: Span) -> Self {
        Self { node, at: At(span) }
    }

    /// The place.
    pub fn span(&self) -> Span {
        self.at.0
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)?;
        write!(f, "@{:?}", self.at)
    }
}
