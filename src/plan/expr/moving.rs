//! The flip of a comparison that does sums with `now`: `now - created_at > 30d`.
//!
//! Such a sum goes one way as time goes on, so between the instants at which it begins or ends to have a value its
//! comparison changes once at most and the change is found by halving. A sum with months jumps at midnights and
//! clock changes: it is looked at for a quarter of an hour at a time. One that goes both ways is asked every
//! millisecond; the checker knows no use for it.

use super::eval::{operand, test};
use super::node::{Cmp, Leaf, Term, Test};
use super::{AggId, Env, ExprId, Pool, RelId, Who};
use crate::base::Instant;
use crate::check::checked::ArithmeticOp;
use crate::value::{Snapshot, Value, ValueRef, compare};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::sync::Arc;

/// The year 5000: as far as is looked. What flips later is asked anew then.
const HORIZON: Instant = Instant(95_617_584_000_000);
const QUARTER: i64 = 900_000;

/// An instant after now before which the test can't change, at most `limit`.
pub(super) fn flip(pool: &Pool, leaf: &Leaf, limit: Instant, env: &impl Env) -> Instant {
    let now = env.now();
    let Some(end) = horizon(pool, leaf, env).filter(|end| *end > now) else { return now.plus(1).min(limit) };
    let end = end.min(limit);
    let probe = |at: Instant| probe(pool, leaf, &At { env, now: at });
    let first = probe(now);
    let mut cuts = Vec::new();
    for id in operands(leaf) {
        undefined(pool, id, end, env, &mut cuts);
    }
    cuts.push(end);
    cuts.sort_unstable();
    let mut start = now;
    for cut in cuts {
        if start > now && probe(start) != first {
            return start;
        }
        let last = cut.minus(1).max(start);
        if probe(last) != first {
            return halve(start, last, |at| probe(at) != first);
        }
        start = cut.max(start);
    }
    end
}

fn operands(leaf: &Leaf) -> impl Iterator<Item = ExprId> {
    let second = matches!(leaf.test, Test::Compare(_) | Test::Text(_)).then_some(ExprId(leaf.b));
    std::iter::once(ExprId(leaf.a)).chain(second)
}

/// The first instant in `(low, high]` at which `is` holds; it holds at `high`, not at `low`, and changes once.
fn halve(mut low: Instant, mut high: Instant, is: impl Fn(Instant) -> bool) -> Instant {
    while high.0 - low.0 > 1 {
        let middle = Instant(low.0 + (high.0 - low.0) / 2);
        if is(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// What is looked at: the truth of the test; of `=` the order, since a truth of one millisecond is easily passed over.
fn probe(pool: &Pool, leaf: &Leaf, env: &impl Env) -> Option<Ordering> {
    if leaf.test != Test::Compare(Cmp::Eq) {
        return test(pool, leaf, env).then_some(Ordering::Equal);
    }
    let (left, right) = (operand(pool, ExprId(leaf.a), env), operand(pool, ExprId(leaf.b), env));
    compare::order(left.as_ref(), right.as_ref(), || env.zone())
}

/// How far the test goes one way; `None` if it doesn't.
fn horizon(pool: &Pool, leaf: &Leaf, env: &impl Env) -> Option<Instant> {
    let way = match leaf.test {
        Test::Compare(_) => {
            direction(pool, ExprId(leaf.a), env).joined(direction(pool, ExprId(leaf.b), env).turned())
        }
        Test::Missing => direction(pool, ExprId(leaf.a), env),
        _ => Way::Both,
    };
    if way == Way::Both {
        return None;
    }
    let uneven = operands(leaf).any(|id| has_months(pool, id, env));
    let quarter = Instant((env.now().0.div_euclid(QUARTER) + 1).saturating_mul(QUARTER));
    Some(if uneven { quarter } else { HORIZON })
}

/// Which way a value goes as time goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Up,
    Down,
    Still,
    /// Up and down, or it can't be told.
    Both,
}

impl Way {
    fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            same => same,
        }
    }

    fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Still, way) | (way, Self::Still) => way,
            (a, b) if a == b => a,
            _ => Self::Both,
        }
    }
}

fn direction(pool: &Pool, id: ExprId, env: &impl Env) -> Way {
    let Some(program) = pool.tables.programs.get(id.index()) else { return Way::Still };
    if !program.restless {
        return Way::Still;
    }
    match &program.term {
        Term::Moving(..) => Way::Up,
        Term::Shift { base, .. } => direction(pool, *base, env),
        Term::Negative(inner) => direction(pool, *inner, env).turned(),
        Term::Arithmetic(op, left, right) => {
            let (a, b) = (direction(pool, *left, env), direction(pool, *right, env));
            match op {
                ArithmeticOp::Add => a.joined(b),
                ArithmeticOp::Subtract => a.joined(b.turned()),
                ArithmeticOp::Multiply if a == Way::Still => b.times(sign(pool, *left, env)),
                ArithmeticOp::Multiply if b == Way::Still => a.times(sign(pool, *right, env)),
                ArithmeticOp::Divide if b == Way::Still => a.times(sign(pool, *right, env)),
                ArithmeticOp::Multiply | ArithmeticOp::Divide => Way::Both,
            }
        }
        _ => Way::Both,
    }
}

impl Way {
    fn times(self, sign: Ordering) -> Self {
        match sign {
            Ordering::Greater => self,
            Ordering::Equal => Self::Still,
            Ordering::Less => self.turned(),
        }
    }
}

/// Whether a steady value is above or below zero; periods never are below.
fn sign(pool: &Pool, id: ExprId, env: &impl Env) -> Ordering {
    match operand(pool, id, env).as_ref() {
        ValueRef::Number(number) => number.decimal().cmp(&Decimal::ZERO),
        ValueRef::Period(_) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

fn has_months(pool: &Pool, id: ExprId, env: &impl Env) -> bool {
    let Some(program) = pool.tables.programs.get(id.index()).filter(|program| program.restless) else {
        return false;
    };
    match &program.term {
        Term::Moving(period, _) => period.months > 0,
        Term::Shift { base, period, .. } => period.months > 0 || has_months(pool, *base, env),
        Term::Negative(inner) => has_months(pool, *inner, env),
        Term::Arithmetic(_, left, right) => {
            [left, right].into_iter().any(|id| is_months(pool, *id, env) || has_months(pool, *id, env))
        }
        _ => false,
    }
}

/// Whether the operand is now a period with months.
fn is_months(pool: &Pool, id: ExprId, env: &impl Env) -> bool {
    matches!(operand(pool, id, env).as_ref(), ValueRef::Period(period) if period.months > 0)
}

/// The instants up to `end` at which a difference of times begins or ends to have a value.
fn undefined(pool: &Pool, id: ExprId, end: Instant, env: &impl Env, cuts: &mut Vec<Instant>) {
    let Some(program) = pool.tables.programs.get(id.index()).filter(|program| program.restless) else {
        return;
    };
    match &program.term {
        Term::Shift { base: inner, .. } | Term::Negative(inner) => undefined(pool, *inner, end, env, cuts),
        Term::Arithmetic(op, left, right) => {
            undefined(pool, *left, end, env, cuts);
            undefined(pool, *right, end, env, cuts);
            if *op == ArithmeticOp::Subtract {
                let missing = |at| operand(pool, id, &At { env, now: at }).as_ref().is_missing();
                let first = missing(env.now());
                if missing(end) != first {
                    cuts.push(halve(env.now(), end, |at| missing(at) != first));
                }
            }
        }
        _ => {}
    }
}

/// The same world at another instant, as if nothing else changed.
struct At<'e, E> {
    env: &'e E,
    now: Instant,
}

impl<E: Env> Env for At<'_, E> {
    fn now(&self) -> Instant {
        self.now
    }
    fn zone(&self) -> Tz {
        self.env.zone()
    }
    fn snapshot(&self, of: Who) -> Option<&Snapshot> {
        self.env.snapshot(of)
    }
    fn bit(&self, of: Who, bit: u16) -> bool {
        self.env.bit(of, bit)
    }
    fn in_workflow(&self, of: Who, workflow: u32) -> bool {
        self.env.in_workflow(of, workflow)
    }
    fn aggregate(&self, of: Who, aggregate: AggId) -> Value {
        self.env.aggregate(of, aggregate)
    }
    fn aggregate_next(&self, of: Who, aggregate: AggId) -> Instant {
        self.env.aggregate_next(of, aggregate)
    }
    fn count_flip(&self, of: Who, aggregate: AggId, n: u64) -> Instant {
        self.env.count_flip(of, aggregate, n)
    }
    fn relation(&self, relation: RelId) -> (u32, u32) {
        self.env.relation(relation)
    }
    fn event(&self) -> Option<u32> {
        self.env.event()
    }
    fn property(&self, property: u16) -> ValueRef<'_> {
        self.env.property(property)
    }
    fn enrolling(&self, of: &[(u32, u16)]) -> ValueRef<'_> {
        self.env.enrolling(of)
    }
    fn event_contact(&self) -> ValueRef<'_> {
        self.env.event_contact()
    }
    fn kept(&self, place: usize) -> ValueRef<'_> {
        self.env.kept(place)
    }
    fn param(&self, place: usize) -> ValueRef<'_> {
        self.env.param(place)
    }
    fn response(&self, path: &[Arc<str>]) -> Value {
        self.env.response(path)
    }
    fn timed_out(&self) -> bool {
        self.env.timed_out()
    }
}
