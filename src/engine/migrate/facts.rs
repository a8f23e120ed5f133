//! Every fact of every entity, worked out anew in a few passes over the entities.
//!
//! In: a world that is laid out for the plan, whose facts may say anything. Out: facts that are right; no trigger fires
//! (semantics S8.1). Facts are put into layers: what a fact reads of its own entity stands before it in the plan's order,
//! and what it reads of another entity is of a lower layer. So one pass over the entities, in their order and one at a
//! time, does a whole layer, each fact once.

use crate::engine::turn::Turn;
use crate::engine::world::Eid;
use crate::plan::expr::{BuiltInSlot, Dep, RelId, Who};
use crate::plan::{FactKind, Plan, Subject, other};
use std::collections::BTreeMap;

/// Facts of one layer, in order: of accounts, and of contacts, those of pairs among them.
type Layer = [Vec<u32>; 2];

/// What a fact makes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    Slot(Subject, u16),
    Bit(Subject, u16),
    Relation(RelId),
}

fn made(subject: Subject, kind: &FactKind) -> Made {
    match kind {
        FactKind::Slot(slot, _) => Made::Slot(subject, *slot),
        FactKind::Bit(bit, _) => Made::Bit(subject, *bit),
        FactKind::Stage(_) => Made::Slot(subject, BuiltInSlot::Stage as u16),
        FactKind::Health(_) => Made::Slot(subject, BuiltInSlot::Health as u16),
        FactKind::Relation(relation) => Made::Relation(*relation),
    }
}

/// The facts in layers.
fn layers(plan: &Plan) -> Vec<Layer> {
    let mut levels: BTreeMap<Made, usize> = BTreeMap::new();
    let mut layers: Vec<Layer> = Vec::new();
    for (fact, at) in plan.facts.iter().zip(0u32..) {
        // A pair belongs to its contact, whichever of the two is asked for.
        let relation = matches!(fact.kind, FactKind::Relation(_));
        let own = if relation { Subject::Contact } else { fact.subject };
        let reads = plan.fact_reads(fact);
        let level =
            reads.iter().filter_map(|dep| read(plan, fact.subject, *dep)).filter_map(|(what, subject)| {
                let level = levels.get(&what)?;
                Some(if subject == Some(own) { *level } else { level + 1 })
            });
        let level = level.max().unwrap_or(0);
        levels.insert(made(fact.subject, &fact.kind), level);
        if layers.len() <= level {
            layers.resize_with(level + 1, Layer::default);
        }
        if let Some(side) = layers.get_mut(level).and_then(|layer| layer.get_mut(own.index())) {
            side.push(at);
        }
    }
    layers
}

/// What a dep reads, and whose it is, if it is of the entity at hand, or of the one outside that the pair belongs to.
fn read(plan: &Plan, subject: Subject, dep: Dep) -> Option<(Made, Option<Subject>)> {
    let whose = |who: Who| match who {
        Who::This => (subject, Some(subject)),
        Who::Outer => (other(subject), Some(other(subject))),
        Who::Account => (Subject::Account, None),
    };
    match dep {
        Dep::Slot(who, slot) => Some((Made::Slot(whose(who).0, slot), whose(who).1)),
        Dep::Bit(who, bit) => Some((Made::Bit(whose(who).0, bit), whose(who).1)),
        Dep::Relation(relation) => Some((Made::Relation(relation), None)),
        Dep::Zone => plan.subject(subject).zone_slot.map(|slot| (Made::Slot(subject, slot), Some(subject))),
        _ => None,
    }
}

impl Turn<'_> {
    /// Works every fact out anew, silently.
    pub(super) fn work_out_all(&mut self) {
        let layers = layers(self.plan);
        // A zone that is itself worked out may change what stood before it in the order: then once more.
        for _ in 0..3 {
            self.zone_moved = false;
            for layer in &layers {
                self.work_out_layer(layer);
            }
            if !self.zone_moved {
                return;
            }
        }
    }

    fn work_out_layer(&mut self, layer: &Layer) {
        for at in 0..self.world.len() as u32 {
            let eid = Eid(at);
            let side = self.world.entity(eid).subject.index();
            for fact in layer.get(side).into_iter().flatten() {
                self.work_out(*fact, eid);
                self.quiet = false;
            }
        }
    }
}
