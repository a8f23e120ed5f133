//! All programs of a project, equal ones once.

use super::node::{Aggregate, Constant, Leaf, Node, Relation, Shape, Term};
use super::{Dep, Invalid, MovingBound, Scope};
use crate::base::Period;
use crate::check::checked::Expr;
use crate::value::Word;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The id as a position.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A condition of a [`Pool`].
    CondId
    /// A value program of a [`Pool`].
    ExprId
    /// An aggregate of a [`Pool`].
    AggId
    /// A relation of a [`Pool`].
    RelId
}

/// What must be kept of one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventNeeds {
    /// The event, by its place in the project.
    pub event: u32,
    /// Of whose events: accounts, contacts ([`super::Subject::index`]).
    pub subjects: [bool; 2],
    /// The length back from now beyond which nothing is asked (`previous` counts twice); `None`: all of them.
    pub widest: Option<Period>,
    /// The properties that are aggregated or filtered by.
    pub properties: Vec<u16>,
    /// The filters that single events are asked for.
    pub filters: Vec<CondId>,
}

/// The programs of a project. Made by lowering; read-only afterwards.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Tables", into = "Tables")]
pub struct Pool {
    pub(super) tables: Tables,
    /// The regular expressions of the tables, compiled.
    pub(super) compiled: Vec<Option<Regex>>,
    /// For each bound of the tables how many milliseconds after a time it reaches it, unless months make that uneven.
    pub(super) offsets: Vec<Option<i64>>,
    pub(super) index: Index,
}

/// What a pool stores.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables {
    pub(super) conditions: Vec<Condition>,
    pub(super) nodes: Vec<Node>,
    pub(super) shapes: Vec<Shape>,
    pub(super) programs: Vec<Program>,
    pub(super) reads: Vec<Dep>,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) relations: Vec<Relation>,
    pub(super) constants: Vec<Constant>,
    pub(super) sets: Vec<Vec<u32>>,
    pub(super) words: Vec<Word>,
    pub(super) bounds: Vec<MovingBound>,
    pub(super) regexes: Vec<Arc<str>>,
}

/// A piece of one of the flat tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Piece {
    #[inline]
    pub(super) fn of<T>(self, table: &[T]) -> &[T] {
        let first = self.first as usize;
        table.get(first..first + self.count as usize).unwrap_or(&[])
    }

    /// Adds the items at the end of the table.
    pub(super) fn push<T>(table: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Self {
        let first = table.len();
        table.extend(items);
        Self { first: first as u32, count: (table.len() - first) as u32 }
    }
}

/// A condition: the branch graph that is run, and the shape that says how its tests are joined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Condition {
    pub(super) nodes: Piece,
    pub(super) shape: Piece,
    pub(super) reads: Piece,
    /// Time alone may change it.
    pub(super) timed: bool,
}

/// A value program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Program {
    pub(super) term: Term,
    pub(super) reads: Piece,
    /// Time alone may change it.
    pub(super) timed: bool,
    /// It reads `now` itself: with every millisecond it is another value.
    pub(super) restless: bool,
}

impl From<Pool> for Tables {
    fn from(pool: Pool) -> Self {
        pool.tables
    }
}

impl TryFrom<Tables> for Pool {
    type Error = Invalid;

    fn try_from(tables: Tables) -> Result<Self, Invalid> {
        let compiled = tables.regexes.iter().map(|source| crate::value::text::regex(source).ok()).collect();
        let offsets = tables.bounds.iter().map(|bound| bound.exact()).collect();
        let pool = Self { tables, compiled, offsets, index: Index::default() };
        pool.validate()?;
        Ok(pool)
    }
}

impl PartialEq for Pool {
    fn eq(&self, other: &Self) -> bool {
        self.tables == other.tables
    }
}

impl Pool {
    /// The condition's id; equal conditions have the same.
    pub fn condition(&mut self, expr: &Expr, scope: Scope<'_>) -> CondId {
        super::lower::condition(self, expr, scope)
    }

    /// The value program's id; equal ones have the same.
    pub fn value(&mut self, expr: &Expr, scope: Scope<'_>) -> ExprId {
        super::lower::value(self, expr, scope)
    }

    /// How many conditions.
    pub fn condition_count(&self) -> usize {
        self.tables.conditions.len()
    }

    /// How many value programs.
    pub fn value_count(&self) -> usize {
        self.tables.programs.len()
    }

    /// The aggregates, by [`AggId`].
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.tables.aggregates
    }

    /// The relations, by [`RelId`].
    pub fn relations(&self) -> &[Relation] {
        &self.tables.relations
    }

    /// What a condition reads, sorted.
    pub fn reads(&self, condition: CondId) -> &[Dep] {
        self.tables.conditions.get(condition.index()).map_or(&[], |found| found.reads.of(&self.tables.reads))
    }

    /// What a value program reads, sorted.
    pub fn value_reads(&self, value: ExprId) -> &[Dep] {
        self.tables.programs.get(value.index()).map_or(&[], |found| found.reads.of(&self.tables.reads))
    }

    /// Bytes of the programs and their constants as they run, without what finds equal ones again while a pool is made.
    pub fn memory(&self) -> usize {
        let tables = &self.tables;
        size_of_val(&*tables.conditions)
            + size_of_val(&*tables.nodes)
            + size_of_val(&*tables.shapes)
            + size_of_val(&*tables.programs)
            + size_of_val(&*tables.reads)
            + size_of_val(&*tables.constants)
            + size_of_val(&*tables.words)
            + size_of_val(&*tables.bounds)
            + size_of_val(&*self.offsets)
            + tables.sets.iter().map(|set| size_of_val(set) + size_of_val(&**set)).sum::<usize>()
    }

    /// Whether a value program reads `now` itself, so that it is another value with every millisecond; such a one
    /// must not be kept as a fact.
    pub fn restless(&self, value: ExprId) -> bool {
        self.tables.programs.get(value.index()).is_some_and(|found| found.restless)
    }

    /// For each event, in order, what must be kept of it.
    pub fn events_needed(&self) -> Vec<EventNeeds> {
        super::reads::events_needed(self, self.tables.aggregates.iter())
    }

    /// As [`Pool::events_needed`], for these aggregates alone.
    pub fn events_needed_by(&self, aggregates: impl Iterator<Item = AggId>) -> Vec<EventNeeds> {
        super::reads::events_needed(self, aggregates.filter_map(|id| self.tables.aggregates.get(id.index())))
    }

    /// Of an aggregate over activity as a whole (`active days`): the widest window for accounts and for contacts.
    pub fn activity_needed(&self) -> [Option<Period>; 2] {
        super::reads::activity_needed(self)
    }
}

/// A condition as one list: its shape, each test beside its leaf.
type Key = Box<[(Shape, Option<Leaf>)]>;

/// Where equal things are found again while a pool is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub(super) conditions: HashMap<Key, CondId>,
    pub(super) programs: HashMap<Term, ExprId>,
    pub(super) aggregates: HashMap<Aggregate, u32>,
    pub(super) relations: HashMap<Relation, u32>,
    pub(super) constants: HashMap<Constant, u32>,
    pub(super) sets: HashMap<Vec<u32>, u32>,
    pub(super) words: HashMap<Vec<Word>, Piece>,
    pub(super) bounds: HashMap<MovingBound, u32>,
    pub(super) regexes: HashMap<Arc<str>, u32>,
}
