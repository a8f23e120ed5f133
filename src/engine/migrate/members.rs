//! Present members: whom a trigger would have found, had it been there (semantics S8.1, S8.2).

use super::Options;
use super::lineage::Lineage;
use crate::engine::entity::Entity;
use crate::engine::turn::{Firing, Turn};
use crate::engine::world::Eid;
use crate::plan::{Plan, TriggerPlanKind, WorkflowPlan};
use crate::value::Value;
use std::collections::BTreeMap;

/// Whom triggers find.
#[derive(Default)]
pub(super) struct Found {
    /// By workflow: present members whom a new or changed trigger finds, and those whom a backfill takes up.
    pub rows: BTreeMap<u32, [u64; 2]>,
    /// Those whom a backfill takes up, in the order of entities.
    pub backfill: Vec<Firing>,
}

impl Turn<'_> {
    /// Looks for present members of every workflow that has a new or changed trigger, or is to be backfilled.
    pub(super) fn members(&self, old: &Plan, lineage: &Lineage, options: &Options) -> Found {
        let plan = self.plan;
        let mut asked: Vec<(u32, &WorkflowPlan, Vec<bool>, Option<&super::Backfill>)> = Vec::new();
        for (workflow, at) in plan.present().iter().zip(0u32..) {
            let before = lineage.old_of(at).and_then(|at| old.workflows.get(at as usize));
            let known =
                |text: &str| before.is_some_and(|old| old.triggers.iter().any(|one| &*one.text == text));
            let new: Vec<bool> = workflow.triggers.iter().map(|trigger| !known(&trigger.text)).collect();
            let backfill = options.backfill.get(&workflow.name);
            if backfill.is_some() || new.contains(&true) {
                asked.push((at, workflow, new, backfill));
            }
        }
        let mut found = Found::default();
        let entities = if asked.is_empty() { 0 } else { self.world.len() as u32 };
        for at in 0..entities {
            let entity = self.world.entity(Eid(at));
            for (workflow, text, new, backfill) in &asked {
                if !entity.created || entity.subject != text.subject {
                    continue;
                }
                let hits: Vec<bool> =
                    text.triggers.iter().map(|trigger| finds(&trigger.kind, entity)).collect();
                let counts = found.rows.entry(*workflow).or_default();
                let [members, taken] = counts;
                *members += u64::from(hits.iter().zip(new).any(|(hit, new)| *hit && *new));
                if let Some(backfill) = backfill.filter(|_| hits.contains(&true)) {
                    *taken += 1;
                    found.backfill.push(super::backfill::firing(
                        *workflow,
                        Eid(at),
                        entity,
                        backfill,
                        self.now,
                    ));
                }
            }
        }
        found
    }
}

/// Whether an entity is what a trigger says that one becomes. Triggers that tell of a change or of an event alone have no
/// members.
fn finds(kind: &TriggerPlanKind, entity: &Entity) -> bool {
    match kind {
        TriggerPlanKind::Bit { bit, on } => *on && entity.bits.get(*bit),
        TriggerPlanKind::Stage { stage, enters } => {
            *enters && entity.snapshot.value(2) == Value::Text(stage.clone())
        }
        TriggerPlanKind::Health { to: Some(level), .. } => entity.snapshot.value(3) == Value::Level(*level),
        TriggerPlanKind::Slot { slot, to: Some(to), .. } => entity.snapshot.value(*slot) == *to,
        TriggerPlanKind::Created => true,
        TriggerPlanKind::Health { to: None, .. }
        | TriggerPlanKind::Slot { to: None, .. }
        | TriggerPlanKind::Performs { .. }
        | TriggerPlanKind::Reaches(_)
        | TriggerPlanKind::Clock(_)
        | TriggerPlanKind::ByHand => false,
    }
}
