//! Facts in an order in which each comes behind what it reads.

use super::super::expr::{BuiltInSlot, Dep, RelId, Who};
use super::super::{FactKind, FactPlan};
use crate::check::checked::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// Something that a fact makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Made {
    Slot(Subject, u16),
    Bit(Subject, u16),
    Relation(RelId),
}

/// A fact and what it reads (for a relation: what its condition reads, seen from the entity counted).
pub(super) type Read = (FactPlan, Vec<Dep>);

/// Sorts facts so that each comes behind those that it reads; among equals the given order stays. Checked projects have
/// no circles; the members of one would come last, in the given order.
pub(super) fn sorted(facts: Vec<Read>) -> Vec<FactPlan> {
    let makers: BTreeMap<Made, usize> =
        facts.iter().enumerate().map(|(at, (fact, _))| (made(fact), at)).collect();
    let mut waits: Vec<BTreeSet<usize>> = Vec::new();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); facts.len()];
    for (at, (fact, deps)) in facts.iter().enumerate() {
        let read = |dep: &Dep| read(fact, *dep).and_then(|made| makers.get(&made)).copied();
        let on: BTreeSet<usize> = deps.iter().filter_map(read).filter(|on| *on != at).collect();
        for on in &on {
            if let Some(list) = readers.get_mut(*on) {
                list.push(at);
            }
        }
        waits.push(on);
    }
    let order = kahn(&mut waits, &readers);
    let mut facts: Vec<Option<FactPlan>> = facts.into_iter().map(|(fact, _)| Some(fact)).collect();
    order.into_iter().filter_map(|at| facts.get_mut(at).and_then(Option::take)).collect()
}

fn kahn(waits: &mut [BTreeSet<usize>], readers: &[Vec<usize>]) -> Vec<usize> {
    let mut ready: BTreeSet<usize> =
        waits.iter().enumerate().filter(|(_, on)| on.is_empty()).map(|(at, _)| at).collect();
    let mut order = Vec::new();
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for reader in readers.get(at).into_iter().flatten() {
            if let Some(on) = waits.get_mut(*reader) {
                on.remove(&at);
                if on.is_empty() {
                    ready.insert(*reader);
                }
            }
        }
    }
    let done: BTreeSet<usize> = order.iter().copied().collect();
    order.extend((0..waits.len()).filter(|at| !done.contains(at)));
    order
}

fn made(fact: &FactPlan) -> Made {
    match &fact.kind {
        FactKind::Slot(slot, _) => Made::Slot(fact.subject, *slot),
        FactKind::Bit(bit, _) => Made::Bit(fact.subject, *bit),
        FactKind::Stage(_) => Made::Slot(fact.subject, BuiltInSlot::Stage as u16),
        FactKind::Health(_) => Made::Slot(fact.subject, BuiltInSlot::Health as u16),
        FactKind::Relation(relation) => Made::Relation(*relation),
    }
}

fn read(fact: &FactPlan, dep: Dep) -> Option<Made> {
    let of = |who: Who| match who {
        Who::This => fact.subject,
        Who::Outer => super::super::other(fact.subject),
        Who::Account => Subject::Account,
    };
    match dep {
        Dep::Slot(who, slot) => Some(Made::Slot(of(who), slot)),
        Dep::Bit(who, bit) => Some(Made::Bit(of(who), bit)),
        Dep::Relation(relation) => Some(Made::Relation(relation)),
        _ => None,
    }
}
