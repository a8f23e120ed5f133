//! Conditions and values, as written.

use super::{Clock, Subject, Text};
use crate::base::{At, Instant, Node, Period};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// `account.status`: at least one part.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    /// Its parts.
    pub parts: Vec<Node<String>>,
    /// The whole.
    pub at: At,
}

impl Path {
    /// The path as one text, with dots.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.node.as_str()).collect::<Vec<_>>().join(".")
    }

    /// The only part, if there is but one.
    pub fn single(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [only] => Some(&only.node),
            _ => None,
        }
    }
}

/// A condition or a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Where.
    pub at: At,
}

/// Which condition or value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExprKind {
    /// `a or b or c`: at least two
    Or(Vec<Expr>),
    /// `a and b and c`: at least two
    And(Vec<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `(a)`: kept, so that the formatter keeps the user's grouping
    Paren(Box<Expr>),
    /// `a < b`
    Compare {
        /// Which.
        op: Node<CompareOp>,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `a between 3 and 9`, both ends included
    Between {
        /// What.
        value: Box<Expr>,
        /// At least.
        low: Box<Expr>,
        /// At most.
        high: Box<Expr>,
    },
    /// `a in ("x", "y")`, `a not in (…)`
    In {
        /// What.
        value: Box<Expr>,
        /// `not`
        negated: bool,
        /// One of these.
        list: Vec<Expr>,
    },
    /// `in segment "X"`, `account in segment "X"`, `not in segment "X"`
    InSegment {
        /// Whose membership; `None` for the subject at hand.
        of: Option<Box<Expr>>,
        /// `not`
        negated: bool,
        /// The segment.
        segment: Text,
    },
    /// `in workflow "W"`, `not in workflow "W"`
    InWorkflow {
        /// Whose enrolment; `None` for the subject at hand.
        of: Option<Box<Expr>>,
        /// `not`
        negated: bool,
        /// The workflow.
        workflow: Text,
    },
    /// `a contains "x"`, `a starts with "x"`, `a ends with "x"`
    TextTest {
        /// Which.
        op: Node<TextOp>,
        /// In what (for `contains` a list too).
        value: Box<Expr>,
        /// What.
        part: Box<Expr>,
    },
    /// `a matches /re/`
    Matches {
        /// What.
        value: Box<Expr>,
        /// The expression between the slashes, with `\/` as `/`.
        regex: Node<String>,
    },
    /// `a is missing`, `a is present`
    Presence {
        /// What.
        value: Box<Expr>,
        /// `is present` rather than `is missing`.
        present: bool,
    },
    /// `a within last 14d`, `a within next 30d`
    Within {
        /// What.
        value: Box<Expr>,
        /// `next` rather than `last`.
        next: bool,
        /// How long.
        period: Node<Period>,
    },
    /// `a + b`
    Arithmetic {
        /// Which.
        op: Node<ArithmeticOp>,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// `-a`
    Negative(Box<Expr>),
    /// `any contact where …`, `every …`, `no …`
    Quantified {
        /// Which.
        quantifier: Node<Quantifier>,
        /// Over what.
        over: Node<Subject>,
        /// Which condition.
        condition: Box<Expr>,
    },
    /// `count of contacts where …`
    CountOf {
        /// Over what.
        over: Node<Subject>,
        /// Only those.
        condition: Option<Box<Expr>>,
    },
    /// `did "X" where … at least 3 times in last 7d`, `did not "X" in last 14d`
    Did {
        /// `not`
        negated: bool,
        /// The event.
        event: Text,
        /// Only such.
        filter: Option<Box<Expr>>,
        /// How often.
        times: Option<Times>,
        /// When.
        window: Option<Window>,
    },
    /// `count of "X" where … in last 7d`, `sum of amount of "X"`, `first "X"`
    Aggregate {
        /// Which.
        function: Node<AggregateFn>,
        /// Over this property (`sum`, `min`, `max`, `average`).
        property: Option<Path>,
        /// The event.
        event: Text,
        /// Only such.
        filter: Option<Box<Expr>>,
        /// When.
        window: Option<Window>,
    },
    /// `active days in last 14d`
    ActiveDays(Window),
    /// `timed out`
    TimedOut,
    /// `status`, `account.plan`, `event.format`, `response.json.id`, or a word of a `one of` type
    Path(Path),
    /// `"x"`
    Text(Text),
    /// `3`, `0.5`
    Number(Decimal),
    /// `50%`, as its number before the sign
    Percent(Decimal),
    /// `true`, `false`
    Bool(bool),
    /// `missing`
    Missing,
    /// `now`
    Now,
    /// `3d`, `12 months`
    Period(Period),
    /// `14d ago`, `3d from now`
    Moving {
        /// How far.
        period: Node<Period>,
        /// `ago` rather than `from now`.
        ago: bool,
    },
    /// `3d before renewal`, `1d after trial_ends_at`
    Relative {
        /// How far.
        period: Node<Period>,
        /// `before` rather than `after`.
        before: bool,
        /// Of what.
        of: Path,
    },
    /// `2026-01-05T09:00Z`
    Instant(Instant),
    /// `2026-01-05`
    Date(NaiveDate),
    /// `09:00` (positional arguments only)
    Clock(Clock),
}

/// How two values compare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// How a text is searched.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum TextOp {
    /// `contains`
    Contains,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
}

/// `+ - * /`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// `any`, `every`, `no`
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Quantifier {
    Any,
    Every,
    No,
}

/// What is made of the events in a window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum AggregateFn {
    /// How many.
    Count,
    /// Of a property.
    Sum,
    /// Of a property.
    Min,
    /// Of a property.
    Max,
    /// Of a property.
    Average,
    /// The instant of the first.
    First,
    /// The instant of the last.
    Last,
}

/// `at least 3 times`, `at most 3 times`
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Times {
    /// `at least` rather than `at most`.
    pub at_least: bool,
    /// How often.
    pub count: Node<Decimal>,
}

/// `in last 7d`, `in previous 7d`
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// `previous`: the one before the last.
    pub previous: bool,
    /// How long.
    pub period: Node<Period>,
    /// The whole.
    pub at: At,
}
