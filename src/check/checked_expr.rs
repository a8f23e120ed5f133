//! Checked conditions and values.

use super::checked::{Attribute, Event, Property, Segment, Workflow};
use crate::base::{Idx, Period, Span};
pub use crate::syntax::ast::{AggregateFn, ArithmeticOp, CompareOp, Quantifier, Subject, TextOp};
use crate::value::{Type, Value};
use std::sync::Arc;

/// A typed expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which.
    pub kind: ExprKind,
    /// Its type; a condition is [`Type::Bool`].
    pub ty: Type,
    /// Where it is written.
    pub span: Span,
}

/// Whose attribute, fact or membership.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Who {
    /// The entity at hand: the subject, or inside `any contact where …` the one that is looked at.
    This,
    /// Inside `any contact where …`: the entity outside.
    Outer,
    /// From a contact: the account of the enrolment, else its first (S5.2). From inside `any contact where …` the
    /// account outside is [`Who::Outer`].
    Account,
}

/// What every entity has undeclared (S1.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum BuiltIn {
    /// Its id, a text.
    Id,
    /// The instant of its first sight (or the trait `created_at`/`createdAt`, where it is given), a time.
    CreatedAt,
    /// Its stage.
    Stage,
    /// Its health.
    Health,
}

/// The few forms that conditions and values are made of.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal; a percentage is its hundredth; `missing` is [`Value::Missing`].
    Const(Value),
    /// The instant of the input at work.
    Now,
    /// `now - period` (`ago`) or `now + period`.
    Moving {
        /// How far.
        period: Period,
        /// Back.
        ago: bool,
    },
    /// A time or date moved by a period: `3d before renewal`. Missing if the base is.
    Shift {
        /// From where.
        base: Box<Expr>,
        /// How far.
        period: Period,
        /// Back.
        before: bool,
    },
    /// An attribute, derived ones too.
    Attribute {
        /// Whose.
        of: Who,
        /// Which.
        attribute: Idx<Attribute>,
    },
    /// What every entity has.
    BuiltIn {
        /// Whose.
        of: Who,
        /// Of which kind of entity.
        subject: Subject,
        /// Which.
        which: BuiltIn,
    },
    /// Membership of a segment.
    InSegment {
        /// Whose.
        of: Who,
        /// Which.
        segment: Idx<Segment>,
    },
    /// Being enrolled now.
    InWorkflow {
        /// Whose.
        of: Who,
        /// Which.
        workflow: Idx<Workflow>,
    },
    /// A property of the event at hand: of the trigger's event, or inside an event's `where` of the one looked at.
    /// Triggers with several events have one entry each, in the order of the triggers.
    EventProperty(Vec<(Idx<Event>, Idx<Property>)>),
    /// A property of the event that enrolled, where another one is at hand: `event.x` in the `where` of a wait.
    EnrollingProperty(Vec<(Idx<Event>, Idx<Property>)>),
    /// Who did the event at hand: the contact's id.
    EventContact,
    /// A parameter of the action whose declaration this stands in, by its place.
    Param(usize),
    /// A value kept by an earlier step, by its place in [`Workflow::kept`].
    Kept(usize),
    /// `response.status`, `response.json.a.b`, `response.headers.x`, `response.text`, in an action or behind a call.
    Response(Vec<Arc<str>>),
    /// Logic: not.
    Not(Box<Expr>),
    /// Logic: all of at least two.
    And(Vec<Expr>),
    /// Logic: one of at least two.
    Or(Vec<Expr>),
    /// A comparison; false when a side is missing. `!=` is `Not(Eq)`, so [`CompareOp::Ne`] does not stand here.
    Compare {
        /// Which.
        op: CompareOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// The value equals one of these; false when it is missing.
    In {
        /// What.
        value: Box<Expr>,
        /// The list.
        list: Vec<Expr>,
    },
    /// `contains`, `starts with`, `ends with`; false when a side is missing.
    TextTest {
        /// Which.
        op: TextOp,
        /// In what: a text, or for `contains` a list.
        value: Box<Expr>,
        /// What.
        part: Box<Expr>,
    },
    /// A regular expression (linear time) finds something; false when missing.
    Matches {
        /// In what.
        value: Box<Expr>,
        /// Its source, known to compile.
        regex: Arc<str>,
    },
    /// Whether the value is missing.
    IsMissing(Box<Expr>),
    /// Arithmetic over numbers, durations, times.
    Arithmetic {
        /// Which.
        op: ArithmeticOp,
        /// Left.
        left: Box<Expr>,
        /// Right.
        right: Box<Expr>,
    },
    /// The number with its sign turned.
    Negative(Box<Expr>),
    /// `any contact where …`: over the related entities of the entity at hand. Not nested in another.
    Quantified {
        /// Which.
        quantifier: Quantifier,
        /// Over what.
        over: Subject,
        /// In the scope of the related entity.
        condition: Box<Expr>,
    },
    /// `count of contacts where …`
    CountOf {
        /// Over what.
        over: Subject,
        /// In the scope of the related entity.
        condition: Option<Box<Expr>>,
    },
    /// An aggregate over the events of the entity.
    Aggregate {
        /// Whose.
        of: Who,
        /// Which.
        aggregate: Idx<Aggregate>,
    },
    /// The wait directly before ended by its time-out.
    TimedOut,
}

/// An aggregate over events of one entity.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Of whose events.
    pub subject: Subject,
    /// What is made of them.
    pub function: Function,
    /// Only those in this window.
    pub window: Window,
}

/// What is made of events.
#[derive(Clone, Debug)]
pub enum Function {
    /// Distinct calendar dates, in the entity's zone, of any activity (S2.6).
    ActiveDays,
    /// Of the events of one name.
    Of {
        /// Which function.
        function: AggregateFn,
        /// The event.
        event: Idx<Event>,
        /// Over this property (`sum`, `min`, `max`, `average`).
        property: Option<Idx<Property>>,
        /// Only those: a condition over [`ExprKind::EventProperty`] and constants alone.
        filter: Option<Expr>,
    },
}

/// Which events count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Window {
    /// All.
    All,
    /// `(now - D, now]`
    Last(Period),
    /// `(now - 2D, now - D]`
    Previous(Period),
}

impl Expr {
    /// A constant.
    pub fn constant(value: Value, ty: Type, span: Span) -> Self {
        Self { kind: ExprKind::Const(value), ty, span }
    }

    /// A condition that stands where one could not be understood; only beside an error.
    pub fn unknown(span: Span) -> Self {
        Self::constant(Value::Bool(false), Type::Bool, span)
    }
}

impl Expr {
    /// Calls `visit` with this expression and all inside it, outer ones first.
    pub fn walk<'e>(&'e self, visit: &mut impl FnMut(&'e Self)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// Calls `visit` with each expression directly inside.
    pub fn children<'e>(&'e self, visit: &mut impl FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::Not(inner)
            | ExprKind::IsMissing(inner)
            | ExprKind::Negative(inner)
            | ExprKind::Matches { value: inner, .. }
            | ExprKind::Shift { base: inner, .. }
            | ExprKind::Quantified { condition: inner, .. }
            | ExprKind::CountOf { condition: Some(inner), .. } => visit(inner),
            ExprKind::And(items) | ExprKind::Or(items) => items.iter().for_each(visit),
            ExprKind::Compare { left, right, .. }
            | ExprKind::Arithmetic { left, right, .. }
            | ExprKind::TextTest { value: left, part: right, .. } => {
                visit(left);
                visit(right);
            }
            ExprKind::In { value, list } => {
                visit(value);
                list.iter().for_each(visit);
            }
            ExprKind::Const(_)
            | ExprKind::Now
            | ExprKind::Moving { .. }
            | ExprKind::Attribute { .. }
            | ExprKind::BuiltIn { .. }
            | ExprKind::InSegment { .. }
            | ExprKind::InWorkflow { .. }
            | ExprKind::EventProperty(_)
            | ExprKind::EnrollingProperty(_)
            | ExprKind::EventContact
            | ExprKind::Param(_)
            | ExprKind::Kept(_)
            | ExprKind::Response(_)
            | ExprKind::CountOf { condition: None, .. }
            | ExprKind::Aggregate { .. }
            | ExprKind::TimedOut => {}
        }
    }
}
