//! When time alone changes a condition, in words: what [`super::eval_next`] solves for.
//!
//! In: a condition. Out: for each of its tests that the clock moves, the test and the instant at which it changes,
//! as text. Not here: the instant itself, which hangs on values (`next`). Tests: `tests/it/plan_listing.rs`.

use super::node::{Leaf, Term, Test};
use super::pool::Condition;
use super::{AggId, CondId, ExprId, MovingBound, Window, Writer};
use crate::plan::expr::AggregateKind;

/// A program may refer to others only so deep.
const DEPTH: usize = 64;

impl Writer<'_> {
    /// The tests of a condition that time alone can change, each with the instant at which it does.
    pub fn flips(self, condition: CondId) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.flips_of(condition, 0, &mut found);
        found.sort();
        found.dedup();
        found
    }

    /// As [`Writer::flips`], for what a value asks.
    pub fn value_flips(self, value: ExprId) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.flips_within(value, 0, &mut found);
        found.sort();
        found.dedup();
        found
    }

    fn flips_of(self, condition: CondId, depth: usize, found: &mut Vec<(String, String)>) {
        let tables = &self.pool.tables;
        let Some(Condition { nodes, timed: true, .. }) = tables.conditions.get(condition.index()) else {
            return;
        };
        for node in nodes.of(&tables.nodes) {
            if let Some(when) = self.flip(&node.leaf) {
                found.push((self.leaf(&node.leaf, false).0, when));
            }
            for value in operands(&node.leaf) {
                self.flips_within(value, depth + 1, found);
            }
        }
    }

    /// When one test changes; `None`: never by time alone.
    fn flip(self, leaf: &Leaf) -> Option<String> {
        let slot = || self.slot(leaf.of, leaf.slot);
        match leaf.test {
            Test::SlotReached | Test::SlotAhead => Some(self.reached(&slot(), leaf.b)),
            Test::Reached | Test::Ahead if !self.pool.restless(ExprId(leaf.a)) => {
                Some(self.reached(&self.value(ExprId(leaf.a)), leaf.b))
            }
            Test::CountAtLeast => self.leaves(AggId(leaf.a)),
            _ => {
                let restless = operands(leaf).any(|value| self.pool.restless(value));
                restless.then(|| "found by search between the instants at which its parts change".into())
            }
        }
    }

    fn reached(self, value: &str, bound: u32) -> String {
        match self.pool.tables.bounds.get(bound as usize) {
            Some(MovingBound { period, .. }) if period.is_zero() => format!("at {value}"),
            Some(MovingBound { period, ago: true }) => format!("at {value} + {period}"),
            Some(MovingBound { period, ago: false }) => format!("at {value} - {period}"),
            None => "never".into(),
        }
    }

    /// When events leave a window.
    fn leaves(self, id: AggId) -> Option<String> {
        let aggregate = self.pool.aggregates().get(id.index())?;
        let day = aggregate.kind == AggregateKind::ActiveDays;
        match aggregate.window {
            Window::All => None,
            Window::Last(period) if day => Some(format!("when a day leaves the last {period}")),
            Window::Last(period) => Some(format!("{period} after an event")),
            Window::Previous(period) => Some(format!("{period} and twice {period} after an event")),
        }
    }

    fn flips_within(self, value: ExprId, depth: usize, found: &mut Vec<(String, String)>) {
        let Some(program) = self.pool.tables.programs.get(value.index()).filter(|_| depth < DEPTH) else {
            return;
        };
        match &program.term {
            Term::Aggregate(of, id) => {
                let when = self.leaves(*id);
                found.extend(when.map(|when| (self.aggregate(*of, *id), when)));
            }
            Term::Condition(condition) => self.flips_of(*condition, depth + 1, found),
            Term::Shift { base: inner, .. } | Term::Negative(inner) => {
                self.flips_within(*inner, depth + 1, found);
            }
            Term::Arithmetic(_, left, right) => {
                self.flips_within(*left, depth + 1, found);
                self.flips_within(*right, depth + 1, found);
            }
            _ => {}
        }
    }
}

/// The value programs that a test asks.
fn operands(leaf: &Leaf) -> impl Iterator<Item = ExprId> + use<> {
    let (first, second) = match leaf.test {
        Test::Compare(_) | Test::Text(_) => (Some(leaf.a), Some(leaf.b)),
        Test::In | Test::Missing | Test::True | Test::Matches | Test::Reached | Test::Ahead => {
            (Some(leaf.a), None)
        }
        _ => (None, None),
    };
    first.into_iter().chain(second).map(ExprId)
}
