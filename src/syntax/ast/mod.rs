//! The tree of a `.wf` file as written: every word the user wrote, nothing resolved.
//!
//! In: made by lowering the pest pairs. Out: read by `format` and `check`. Spans do not count in comparisons
//! ([`At`]), so `==` asks whether two texts say the same. Literals keep their value only; the formatter prints them
//! from the source through their span. Not here: comments (they are a list beside the tree), types, names resolved.

mod calendar;
mod connector;
mod expr;
mod facts;
mod message;
mod schema;
mod step;
mod test;
mod trigger;
mod workflow;

pub use crate::value::Level;
pub use calendar::*;
pub use connector::*;
pub use expr::*;
pub use facts::*;
pub use message::*;
pub use schema::*;
pub use step::*;
pub use test::*;
pub use trigger::*;
pub use workflow::*;

use super::stump::Stump;
use crate::base::{At, Node};

/// A word or a dotted path's part, with its place.
pub type Name = Node<String>;

/// A quoted text after escapes (or, for `"""`, after the common indentation is taken away).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Text {
    /// The text meant.
    pub value: String,
    /// The place of the whole literal, quotes included.
    pub at: At,
    /// Where its pieces stand in the source.
    pub map: TextMap,
}

/// Which source byte each byte of a decoded literal came from: pairs (offset in the value, offset in the source file),
/// ascending; between two pairs both run in step. Does not count in comparisons.
#[derive(Clone, Default)]
pub struct TextMap(pub Vec<(u32, u32)>);

impl PartialEq for TextMap {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for TextMap {}
impl std::hash::Hash for TextMap {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
impl std::fmt::Debug for TextMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("map")
    }
}

impl TextMap {
    /// The source offset of the byte at `offset` of the value.
    pub fn source(&self, offset: usize) -> u32 {
        let offset = offset as u32;
        let after = self.0.partition_point(|(at, _)| *at <= offset);
        after.checked_sub(1).and_then(|at| self.0.get(at)).map_or(0, |(at, source)| source + (offset - at))
    }
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// Its declarations in order. A declaration that did not parse is left out.
    pub decls: Vec<Decl>,
    /// The heads of those that are left out.
    pub stumps: Vec<Stump>,
}

/// A declaration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decl {
    /// What it declares.
    pub kind: DeclKind,
    /// From its first word to its last.
    pub at: At,
}

/// What a declaration declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeclKind {
    /// `use std.saas`
    Use(Path),
    /// `attributes of account { … }`
    Attributes(Attributes),
    /// `event "Login" { … }`
    Event(EventDecl),
    /// `segment "Trial" of account where …`
    Segment(Segment),
    /// `stages of account { … }`
    Stages(Stages),
    /// `health of account { … }`
    Health(Health),
    /// `team "CSM" { … }`
    Team(Team),
    /// `calendar "office" { … }`
    Calendar(Calendar),
    /// `limit 2 emails per contact in 7d`
    Limit(Limit),
    /// `template "welcome" { … }`
    Template(Template),
    /// `workflow "Trial nurture" { … }`, or a bare `when …`
    Workflow(Workflow),
    /// `connector slack { … }`
    Connector(Connector),
    /// `action slack(…) through slack { … }`
    Action(ActionDecl),
    /// `test "…" { … }`
    Test(Test),
}

/// What a workflow, a segment or an attribute is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A customer: a company.
    Account,
    /// A person at customers.
    Contact,
}
