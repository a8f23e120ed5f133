//! What asks for events that were not kept, and from when on it can be answered (semantics S8.1).
//!
//! A deploy may count events over a window of which only a part is known. Until the window is whole for those who were
//! known at the deploy, what it counts has no value, facts that hang on it are not evaluated and keep what they held, and
//! conditions of workflows that hang on it do not hold. The first evaluation is silent: it takes present members in late.
//! In: [`Gap`]s, as a deploy finds them. Out: for everything that a condition reads, from when on it is whole.

use super::entity::Entity;
use super::env::Here;
use crate::base::Instant;
use crate::plan::Subject;
use crate::plan::expr::{self, AggId, BuiltInSlot, CondId, Dep, Who};
use crate::plan::{FactKind, Plan, other};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An aggregate whose events are not known from the beginning, of those who were known at a deploy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// Which.
    pub aggregate: u32,
    /// Events behind this instant are known.
    pub since: Instant,
    /// When its window holds nothing else ([`Instant::MAX`]: never).
    pub whole: Instant,
    /// The instant of the deploy: whoever was first mentioned later is whole.
    pub known: Instant,
}

/// Something that conditions read. Sides are those of [`Subject::index`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Part {
    Slot(u8, u16),
    Bit(u8, u16),
    Aggregate(u32),
    Relation(u32),
}

/// From when on something is whole, and for whom it is not before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct From {
    whole: Instant,
    known: Instant,
}

impl From {
    fn and(self, other: Self) -> Self {
        Self { whole: self.whole.max(other.whole), known: self.known.max(other.known) }
    }
}

/// Everything that hangs on a gap.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Gaps {
    /// The gaps, by aggregate.
    pub list: Vec<Gap>,
    parts: BTreeMap<Part, From>,
}

impl Gaps {
    /// Works out what hangs on gaps.
    pub fn of(plan: &Plan, list: Vec<Gap>) -> Self {
        let gap = |gap: &Gap| (Part::Aggregate(gap.aggregate), From { whole: gap.whole, known: gap.known });
        let mut parts: BTreeMap<Part, From> = list.iter().map(gap).collect();
        if list.is_empty() {
            return Self::default();
        }
        // Each fact stands behind those that it reads.
        for fact in &plan.facts {
            let read = plan.fact_reads(fact);
            let froms = read.iter().filter_map(|dep| parts.get(&part(*dep, fact.subject)?).copied());
            if let Some(from) = froms.reduce(From::and) {
                parts.insert(made(fact.subject, &fact.kind), from);
            }
        }
        Self { list, parts }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The instant at which a fact of an entity is evaluated for the first time.
    pub(super) fn first_of(&self, entity: &Entity, subject: Subject, kind: &FactKind) -> Option<Instant> {
        let from = self.parts.get(&made(subject, kind))?;
        (entity.mentioned <= from.known).then_some(from.whole)
    }
}

fn made(subject: Subject, kind: &FactKind) -> Part {
    let side = subject.index() as u8;
    match kind {
        FactKind::Slot(slot, _) => Part::Slot(side, *slot),
        FactKind::Bit(bit, _) => Part::Bit(side, *bit),
        FactKind::Stage(_) => Part::Slot(side, BuiltInSlot::Stage as u16),
        FactKind::Health(_) => Part::Slot(side, BuiltInSlot::Health as u16),
        FactKind::Relation(relation) => Part::Relation(relation.0),
    }
}

fn part(dep: Dep, this: Subject) -> Option<Part> {
    let side = |who: Who| match who {
        Who::This => this.index() as u8,
        Who::Outer => other(this).index() as u8,
        Who::Account => Subject::Account.index() as u8,
    };
    match dep {
        Dep::Slot(who, slot) => Some(Part::Slot(side(who), slot)),
        Dep::Bit(who, bit) => Some(Part::Bit(side(who), bit)),
        Dep::Aggregate(_, AggId(id)) => Some(Part::Aggregate(id)),
        Dep::Relation(relation) => Some(Part::Relation(relation.0)),
        _ => None,
    }
}

impl Here<'_> {
    /// From when on all of this can be answered; `None`: now. What related entities are counted by is whole for nobody
    /// before it is so for all.
    pub fn whole_from(&self, deps: &[Dep]) -> Option<Instant> {
        let gaps = &self.world.life.gaps;
        if gaps.is_empty() {
            return None;
        }
        let open = deps.iter().filter_map(|dep| {
            let from = gaps.parts.get(&part(*dep, self.this.subject)?)?;
            let concerned = match dep {
                Dep::Slot(who, _) | Dep::Bit(who, _) | Dep::Aggregate(who, _) => {
                    self.who(*who).is_some_and(|entity| entity.mentioned <= from.known)
                }
                _ => true,
            };
            (concerned && from.whole > self.now).then_some(from.whole)
        });
        open.max()
    }

    /// Whether a condition of a workflow holds; one that can't be answered yet does not.
    pub fn holds(&self, condition: CondId) -> bool {
        let pool = &self.plan.pool;
        self.whole_from(pool.reads(condition)).is_none() && expr::eval(pool, condition, self)
    }

    /// The same, and the instant before which time alone can't change it.
    pub fn holds_until(&self, condition: CondId) -> (bool, Instant) {
        let pool = &self.plan.pool;
        match self.whole_from(pool.reads(condition)) {
            Some(whole) => (false, whole),
            None => expr::eval_next(pool, condition, self),
        }
    }

    /// Whether an aggregate of an entity can't be answered yet.
    pub(super) fn is_torn(&self, entity: &Entity, id: AggId) -> bool {
        let gaps = &self.world.life.gaps;
        let from = if gaps.is_empty() { None } else { gaps.parts.get(&Part::Aggregate(id.0)) };
        from.is_some_and(|from| entity.mentioned <= from.known && from.whole > self.now)
    }
}
