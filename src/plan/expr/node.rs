//! The pieces that programs are made of.

use super::{AggId, AggregateFn, CondId, ExprId, RelId, Subject, Who, Window};
use crate::base::Period;
use crate::check::checked::{ArithmeticOp, CompareOp, TextOp};
use crate::value::{Kind, Number, Value, ValueRef, Word};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// An aggregate over the events of one entity.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Aggregate {
    /// Of whose events.
    pub subject: Subject,
    /// What is made of them.
    pub kind: AggregateKind,
    /// Only those in this window.
    pub window: Window,
}

/// What is made of events.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AggregateKind {
    /// Distinct calendar dates of any activity.
    ActiveDays,
    /// Of the events of one name.
    Of {
        /// Which function.
        function: AggregateFn,
        /// The event, by its place in the project.
        event: u32,
        /// Over this property, by its place in the event.
        property: Option<u16>,
        /// Only those: a condition over properties and constants alone.
        filter: Option<CondId>,
    },
}

/// How many of the related entities a condition holds for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Relation {
    /// Of what kind is the entity at hand.
    pub outer: Subject,
    /// Over what.
    pub over: Subject,
    /// In the scope of the related entity ([`Who::This`]); the entity at hand is [`Who::Outer`].
    pub condition: CondId,
}

/// A constant, ready to be compared.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Constant {
    /// A number in its quick form.
    Number(Number),
    /// A text.
    Text(std::sync::Arc<str>),
    /// Anything else.
    Value(Value),
}

impl Constant {
    #[inline]
    pub(super) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Number(number) => ValueRef::Number(*number),
            Self::Text(text) => ValueRef::Text(text),
            Self::Value(value) => value.as_ref(),
        }
    }
}

/// A comparison without `!=`, which is a negated `=`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Cmp {
    /// `=`
    Eq,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Cmp {
    pub(super) fn of(op: CompareOp) -> Option<Self> {
        Some(match op {
            CompareOp::Eq => Self::Eq,
            CompareOp::Ne => return None,
            CompareOp::Lt => Self::Lt,
            CompareOp::Le => Self::Le,
            CompareOp::Gt => Self::Gt,
            CompareOp::Ge => Self::Ge,
        })
    }

    /// The comparison with its sides changed over.
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }

    /// Whether two things in that order compare so.
    #[inline]
    pub(super) fn admits(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order == Ordering::Equal,
            Self::Lt => order == Ordering::Less,
            Self::Le => order != Ordering::Greater,
            Self::Gt => order == Ordering::Greater,
            Self::Ge => order != Ordering::Less,
        }
    }
}

/// What one node of a condition asks. The tests of slots are the fused ones: they read a slot and compare in one go. The
/// first three of them compare a slot with words of the kind that its type has, without making a value of either.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Test {
    /// A slot holds the leaf's word: a short text, a number, a level, `false`.
    SlotWord,
    /// A slot against the leaf's word, which is no text.
    SlotOrder(Cmp),
    /// A slot holds one of the words `a..a + b`.
    SlotAmong,
    /// A slot's text is a constant that no word holds.
    SlotLong,
    /// A slot against a constant.
    Slot(Cmp),
    /// A slot is one of the constants of a set.
    SlotIn,
    /// A slot is missing.
    SlotMissing,
    /// A slot holds `true`.
    SlotTrue,
    /// A slot's text begins with, ends with or holds a constant.
    SlotText(TextOp),
    /// A slot's text matches a regular expression.
    SlotMatches,
    /// The moving bound has reached the time or date in a slot.
    SlotReached,
    /// The time or date in a slot is known and the moving bound has not reached it.
    SlotAhead,
    /// A bit is set.
    Bit,
    /// Being enrolled in a workflow.
    Workflow,
    /// The aggregate `a` of whom is at least the whole number `b`.
    CountAtLeast,
    /// For at least `b` of the related entities the condition holds.
    RelationAtLeast,
    /// There are related entities and the condition holds for all.
    RelationEvery,
    /// The wait directly before timed out.
    TimedOut,
    /// A value program against another.
    Compare(Cmp),
    /// A value program gives one of the constants of a set.
    In,
    /// A value program gives the value of another program.
    Missing,
    /// A value program gives `true`.
    True,
    /// A value program's text (or list) and another's.
    Text(TextOp),
    /// A value program's text matches a regular expression.
    Matches,
    /// The moving bound has reached the time or date that a value program gives.
    Reached,
    /// A value program gives a time or date that the moving bound has not reached.
    Ahead,
}

impl Test {
    /// Whether it reads a slot.
    pub(super) fn is_of_slot(self) -> bool {
        matches!(
            self,
            Self::SlotWord
                | Self::SlotOrder(_)
                | Self::SlotAmong
                | Self::SlotLong
                | Self::Slot(_)
                | Self::SlotIn
                | Self::SlotMissing
                | Self::SlotTrue
                | Self::SlotText(_)
                | Self::SlotMatches
                | Self::SlotReached
                | Self::SlotAhead
        )
    }
}

/// One test and where to go on; 20 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) leaf: Leaf,
    /// The answer with which the next node follows; behind the last one the condition is true.
    pub(super) go_on: bool,
    /// The node (within the condition) otherwise, or [`TRUE`] or [`FALSE`].
    pub(super) other: u16,
}

/// Leads to the condition being true.
pub(super) const TRUE: u16 = u16::MAX;
/// Leads to the condition being false.
pub(super) const FALSE: u16 = u16::MAX - 1;

/// A test with its operands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(super) struct Leaf {
    pub(super) test: Test,
    /// Whose slot, bit, aggregate.
    pub(super) of: Who,
    /// The slot or bit.
    pub(super) slot: u16,
    /// The kind of a word, whose content `a` and `b` are together.
    pub(super) kind: Kind,
    /// A value program, an aggregate, a relation, a workflow, the first of several words.
    pub(super) a: u32,
    /// A constant, a set, a bound, a regular expression, a number of times or of words, another value program.
    pub(super) b: u32,
}

impl Leaf {
    /// A test of a slot, bit, aggregate without a word.
    pub(super) fn new(test: Test, of: Who, slot: u16, operands: (u32, u32)) -> Self {
        Self { test, of, slot, kind: Kind::MISSING, a: operands.0, b: operands.1 }
    }

    /// A test of a slot against a word.
    pub(super) fn with_word(test: Test, (of, slot): (Who, u16), word: Word) -> Self {
        let content = u64::from_le_bytes(word.content());
        Self { test, of, slot, kind: word.kind(), a: content as u32, b: (content >> 32) as u32 }
    }

    /// The word that the slot is compared with.
    #[inline]
    pub(super) fn word(&self) -> Word {
        let content = u64::from(self.a) | u64::from(self.b) << 32;
        Word::new(self.kind, content.to_le_bytes())
    }
}

/// The shape of a condition, behind its operands, for the instant at which it flips.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Shape {
    /// The test of that node, or its opposite.
    Leaf { node: u16, negated: bool },
    /// Always that.
    Always(bool),
    /// All of so many before.
    And(u16),
    /// One of so many before.
    Or(u16),
}

/// One step of a value program; operands are earlier programs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(super) enum Term {
    Const(u32),
    Moving(Period, bool),
    Shift {
        base: ExprId,
        period: Period,
        before: bool,
    },
    Slot(Who, u16),
    /// The properties for the events that may be at hand: (event, property).
    Property(Vec<(u32, u16)>),
    /// The same of the event that enrolled.
    Enrolling(Vec<(u32, u16)>),
    EventContact,
    Param(u32),
    Kept(u32),
    Response(Vec<std::sync::Arc<str>>),
    Aggregate(Who, AggId),
    Related(RelId),
    Arithmetic(ArithmeticOp, ExprId, ExprId),
    Negative(ExprId),
    Condition(CondId),
}
