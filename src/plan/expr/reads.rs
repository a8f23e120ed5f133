//! What programs read, as data.

use super::node::{Aggregate, AggregateKind, Leaf, Node, Term, Test};
use super::pool::{Piece, Program};
use super::{AggId, CondId, EventNeeds, Pool, RelId, Who, Window};
use crate::base::Period;
use crate::value::{Word, time};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// One thing that a condition or a value reads. What the condition of a relation reads stands with that condition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Dep {
    /// A slot.
    Slot(Who, u16),
    /// A bit: membership of a segment.
    Bit(Who, u16),
    /// An aggregate over events.
    Aggregate(Who, AggId),
    /// How many related entities a condition holds for.
    Relation(RelId),
    /// Being enrolled in a workflow.
    Workflow(Who, u32),
    /// The event at hand: a property, or who did it.
    Property,
    /// A kept value, by its place among those of the workflow.
    Kept(u16),
    /// A parameter of an action.
    Param,
    /// A response.
    Response,
    /// Whether the wait before timed out.
    TimedOut,
    /// The zone of the entity.
    Zone,
    /// The clock: time alone may change it, aggregates aside.
    Time,
}

impl Dep {
    /// Whether time alone may change what is read; an aggregate over all events never forgets one.
    pub(super) fn is_timed(self, pool: &Pool) -> bool {
        match self {
            Self::Time => true,
            Self::Aggregate(_, id) => {
                pool.tables.aggregates.get(id.index()).is_some_and(|found| found.window != Window::All)
            }
            _ => false,
        }
    }
}

/// A program with what it reads.
pub(super) fn program(pool: &mut Pool, term: Term) -> Program {
    let mut reads = Vec::new();
    let mut restless = false;
    {
        let pool = &*pool;
        let mut child = |id: super::ExprId| {
            reads.extend_from_slice(pool.value_reads(id));
            restless |= pool.restless(id);
        };
        match &term {
            Term::Shift { base, period, .. } => {
                child(*base);
                if period.months > 0 || period.millis > 0 {
                    reads.push(Dep::Zone);
                }
            }
            Term::Arithmetic(_, left, right) => {
                child(*left);
                child(*right);
            }
            Term::Negative(inner) => child(*inner),
            Term::Condition(condition) => reads.extend_from_slice(pool.reads(*condition)),
            Term::Moving(period, _) => {
                restless = true;
                reads.push(Dep::Time);
                if period.months > 0 {
                    reads.push(Dep::Zone);
                }
            }
            other => reads.extend(own(pool, other)),
        }
    }
    reads.sort_unstable();
    reads.dedup();
    let timed = reads.iter().any(|dep| dep.is_timed(pool));
    Program { term, reads: Piece::push(&mut pool.tables.reads, reads), timed, restless }
}

/// What a term without operands reads.
fn own(pool: &Pool, term: &Term) -> Vec<Dep> {
    match term {
        Term::Slot(of, slot) => vec![Dep::Slot(*of, *slot)],
        Term::Property(_) | Term::Enrolling(_) | Term::EventContact => vec![Dep::Property],
        Term::Param(_) => vec![Dep::Param],
        Term::Kept(place) => vec![Dep::Kept(*place as u16)],
        Term::Response(_) => vec![Dep::Response],
        Term::Aggregate(of, id) => aggregate(pool, *of, *id),
        Term::Related(relation) => vec![Dep::Relation(*relation)],
        _ => Vec::new(),
    }
}

/// Active days and windows of months follow the zone.
fn aggregate(pool: &Pool, of: Who, id: AggId) -> Vec<Dep> {
    let follows = |aggregate: &Aggregate| {
        let by_month = |period: Period| period.months > 0;
        matches!(aggregate.kind, AggregateKind::ActiveDays)
            || matches!(aggregate.window, Window::Last(period) | Window::Previous(period) if by_month(period))
    };
    let mut deps = vec![Dep::Aggregate(of, id)];
    if pool.tables.aggregates.get(id.index()).is_some_and(follows) {
        deps.push(Dep::Zone);
    }
    deps
}

/// What a condition of these nodes reads, sorted.
pub(super) fn condition(pool: &Pool, nodes: &[Node]) -> Vec<Dep> {
    let mut reads = Vec::with_capacity(nodes.len());
    let program = |id: u32| pool.value_reads(super::ExprId(id));
    for Node { leaf, .. } in nodes {
        match leaf.test {
            Test::SlotWord | Test::SlotOrder(_) => {
                reads.push(Dep::Slot(leaf.of, leaf.slot));
                if leaf.word().is_day_or_time() {
                    reads.push(Dep::Zone);
                }
            }
            Test::Slot(_) | Test::SlotIn => {
                reads.push(Dep::Slot(leaf.of, leaf.slot));
                if constants(pool, leaf.test, leaf.b).any(is_day_or_time) {
                    reads.push(Dep::Zone);
                }
            }
            Test::SlotAmong
            | Test::SlotLong
            | Test::SlotMissing
            | Test::SlotTrue
            | Test::SlotText(_)
            | Test::SlotMatches => {
                reads.push(Dep::Slot(leaf.of, leaf.slot));
            }
            Test::SlotReached | Test::SlotAhead => {
                reads.extend([Dep::Slot(leaf.of, leaf.slot), Dep::Zone, Dep::Time]);
            }
            Test::Bit => reads.push(Dep::Bit(leaf.of, leaf.slot)),
            Test::Workflow => reads.push(Dep::Workflow(leaf.of, leaf.a)),
            Test::CountAtLeast => reads.extend(aggregate(pool, leaf.of, AggId(leaf.a))),
            Test::RelationAtLeast | Test::RelationEvery => reads.push(Dep::Relation(RelId(leaf.a))),
            Test::TimedOut => reads.push(Dep::TimedOut),
            Test::Compare(_) | Test::Text(_) => {
                reads.extend_from_slice(program(leaf.a));
                reads.extend_from_slice(program(leaf.b));
                reads.push(Dep::Zone);
            }
            Test::In | Test::Missing | Test::True | Test::Matches => reads.extend_from_slice(program(leaf.a)),
            Test::Reached | Test::Ahead => {
                reads.extend_from_slice(program(leaf.a));
                reads.extend([Dep::Zone, Dep::Time]);
            }
        }
    }
    reads.sort_unstable();
    reads.dedup();
    reads
}

/// The words of a test of membership.
#[inline]
pub(super) fn words<'p>(pool: &'p Pool, leaf: &Leaf) -> &'p [Word] {
    Piece { first: leaf.a, count: leaf.b }.of(&pool.tables.words)
}

/// The constants that a test of a slot compares with.
fn constants(pool: &Pool, test: Test, b: u32) -> impl Iterator<Item = crate::value::ValueRef<'_>> {
    let single = (test != Test::SlotIn).then_some(b);
    let set = if test == Test::SlotIn { pool.tables.sets.get(b as usize) } else { None };
    let all = set.into_iter().flatten().copied().chain(single);
    all.filter_map(|id| pool.tables.constants.get(id as usize).map(super::node::Constant::as_ref))
}

fn is_day_or_time(value: crate::value::ValueRef<'_>) -> bool {
    matches!(value, crate::value::ValueRef::Date(_) | crate::value::ValueRef::Time(_))
}

/// For each event, in order, what must be kept of it.
pub(super) fn events_needed<'a>(
    pool: &Pool,
    aggregates: impl Iterator<Item = &'a Aggregate>,
) -> Vec<EventNeeds> {
    let mut needs: BTreeMap<u32, EventNeeds> = BTreeMap::new();
    for aggregate in aggregates {
        let AggregateKind::Of { event, property, filter, .. } = &aggregate.kind else { continue };
        let reach = back(aggregate.window);
        let need = needs.entry(*event).or_insert_with(|| EventNeeds {
            event: *event,
            subjects: [false; 2],
            widest: Some(Period::default()),
            properties: Vec::new(),
            filters: Vec::new(),
        });
        let [accounts, contacts] = &mut need.subjects;
        *(if aggregate.subject == super::Subject::Account { accounts } else { contacts }) = true;
        need.widest = widest(need.widest, reach);
        need.properties.extend(*property);
        if let Some(filter) = filter {
            need.filters.push(*filter);
            need.properties.extend(properties(pool, *filter, *event));
        }
    }
    let tidy = |mut need: EventNeeds| {
        need.properties.sort_unstable();
        need.properties.dedup();
        need.filters.sort_unstable();
        need.filters.dedup();
        need
    };
    needs.into_values().map(tidy).collect()
}

/// How far back a window looks; `None`: to the first event.
fn back(window: Window) -> Option<Period> {
    match window {
        Window::All => None,
        Window::Last(period) => Some(period),
        Window::Previous(period) => time::add(period, period),
    }
}

fn widest(a: Option<Period>, b: Option<Period>) -> Option<Period> {
    let (a, b) = (a?, b?);
    Some(if time::order(a, b) == Ordering::Less { b } else { a })
}

/// The properties of an event that a filter reads.
fn properties(pool: &Pool, filter: CondId, event: u32) -> Vec<u16> {
    let mut found = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    if let Some(condition) = pool.tables.conditions.get(filter.index()) {
        for Node { leaf, .. } in condition.nodes.of(&pool.tables.nodes) {
            match leaf.test {
                Test::Compare(_) | Test::Text(_) => open.extend([leaf.a, leaf.b]),
                Test::In | Test::Missing | Test::True | Test::Matches | Test::Reached | Test::Ahead => {
                    open.push(leaf.a);
                }
                _ => {}
            }
        }
    }
    while let Some(at) = open.pop() {
        match pool.tables.programs.get(at as usize).map(|program| &program.term) {
            Some(Term::Property(of)) => {
                found.extend(of.iter().filter(|(of, _)| *of == event).map(|(_, property)| *property));
            }
            Some(Term::Arithmetic(_, left, right)) => open.extend([left.0, right.0]),
            Some(Term::Negative(inner) | Term::Shift { base: inner, .. }) => open.push(inner.0),
            Some(Term::Condition(inner)) => found.extend(properties(pool, *inner, event)),
            _ => {}
        }
    }
    found
}

/// The widest window of active days for accounts and for contacts; `None`: none is asked for.
pub(super) fn activity_needed(pool: &Pool) -> [Option<Period>; 2] {
    [super::Subject::Account, super::Subject::Contact].map(|subject| {
        let windows = pool.tables.aggregates.iter().filter_map(|aggregate| {
            let is_activity = aggregate.subject == subject && aggregate.kind == AggregateKind::ActiveDays;
            if is_activity { back(aggregate.window) } else { None }
        });
        windows.reduce(|a, b| if time::order(a, b) == Ordering::Less { b } else { a })
    })
}
