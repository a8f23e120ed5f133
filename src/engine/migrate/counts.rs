//! Who stands where while entities are moved: what the deploy's table says of steps.

use super::entity::{Moved, Mover, Why};
use super::steps::outward;
use super::texts::{Moving, Texts, lies_ahead, standing};
use crate::engine::effect::{Exited, LogEntry, LogKind};
use crate::engine::entity::{Entity, Run};
use crate::engine::turn::RunKey;
use crate::plan::{Plan, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Those under way in a text that they go on from, by step.
#[derive(Clone, Default)]
pub(super) struct Steps {
    /// By old step: how many had it before them, were at it, had passed it.
    pub old: Vec<[u64; 3]>,
    /// By new step: how many have it before them now, stand at it, have come past it.
    pub new: Vec<[u64; 3]>,
    /// By new step: how many have it before them and have passed it.
    pub skip: Vec<u64>,
}

/// What becomes of those in a workflow, by its place in the new plan.
#[derive(Clone, Copy, Default)]
pub(super) struct Flow {
    pub under_way: u64,
    pub fates: super::Fates,
}

/// All that is counted.
#[derive(Default)]
pub(super) struct Counts {
    pub texts: BTreeMap<(u32, u16), Steps>,
    pub flows: BTreeMap<u32, Flow>,
    pub refused: BTreeMap<(u8, u16), (Option<Subject>, u64)>,
}

const BEFORE: usize = 0;
const AT: usize = 1;
const AFTER: usize = 2;

fn add(list: &mut [[u64; 3]], step: u32, where_: usize) {
    if let Some(count) = list.get_mut(step as usize).and_then(|counts| counts.get_mut(where_)) {
        *count += 1;
    }
}

impl Counts {
    pub fn new(texts: &Texts<'_>) -> Self {
        let of = |moving: &Moving<'_>| {
            let new = moving.new.steps.len();
            Steps { old: vec![[0; 3]; moving.old.steps.len()], new: vec![[0; 3]; new], skip: vec![0; new] }
        };
        let texts = texts.moves().map(|(text, moving)| (text, of(moving))).collect();
        Self { texts, ..Self::default() }
    }

    /// Before an entity is moved.
    pub fn before(&mut self, mover: &Mover<'_>, entity: &Entity) {
        for run in &entity.runs {
            let text = (run.workflow, run.version);
            let Some((moving, counts)) = mover.texts.moving(text).zip(self.texts.get_mut(&text)) else {
                continue;
            };
            place(moving.old, run, &mut counts.old);
        }
    }

    /// When it was moved.
    pub fn after(
        &mut self,
        mover: &Mover<'_>,
        entity: &Entity,
        moved: &Moved,
        came_from: &BTreeMap<RunKey, (u32, u16)>,
        keys: &[RunKey],
    ) {
        for (place_of, (run, key)) in entity.runs.iter().zip(keys).enumerate() {
            let why = moved.leaving.iter().find(|(place, _)| *place == place_of).map(|(_, why)| *why);
            let flow = self.flows.entry(run.workflow).or_default();
            flow.under_way += 1;
            match why {
                Some(Why::EditedAway) => flow.fates.left += 1,
                Some(Why::WentLive) => flow.fates.cleared += 1,
                None if run.version > 0 => flow.fates.finishing += 1,
                None if came_from.contains_key(key) => flow.fates.moved += 1,
                None => {}
            }
            let text = came_from.get(key).filter(|_| why.is_none());
            let Some((text, moving)) = text.and_then(|text| Some((text, mover.texts.moving(*text)?))) else {
                continue;
            };
            let Some(counts) = self.texts.get_mut(text) else { continue };
            place(moving.new, run, &mut counts.new);
            for (step, at) in moving.new.steps.iter().zip(0u32..) {
                if lies_ahead(step, run.pc)
                    && run.passed.get(at)
                    && let Some(skip) = counts.skip.get_mut(at as usize)
                {
                    *skip += 1;
                }
            }
        }
        for (slot, _) in &moved.refused {
            let known = self.refused.entry((entity.subject.index() as u8, *slot)).or_default();
            *known = (Some(entity.subject), known.1 + 1);
        }
    }

    /// What became of those that were held.
    pub fn released(&mut self, plan: &Plan, held: &[RunKey], resumed: &BTreeSet<u32>, log: &[LogEntry]) {
        for key in held.iter().filter(|key| resumed.contains(&key.workflow)) {
            self.flows.entry(key.workflow).or_default().fates.resumed += 1;
        }
        let ended = log.iter().filter(|entry| entry.kind == LogKind::Exited(Exited::Disabled));
        for workflow in ended.filter_map(|entry| entry.workflow) {
            if (workflow as usize) < plan.workflows.len() {
                self.flows.entry(workflow).or_default().fates.ended += 1;
            }
        }
    }
}

/// Where an enrolment stands, seen from every step of its text. What was not passed and lies in front of it counts as
/// behind it only where it would have come by: not in another block.
fn place(text: &crate::plan::WorkflowPlan, run: &Run, counts: &mut [[u64; 3]]) {
    let here = standing(text, run.pc);
    let around: Vec<(u32, u16)> = here.into_iter().flat_map(|here| outward(text, here)).collect();
    for (step, at) in text.steps.iter().zip(0u32..) {
        let on_the_way = || outward(text, at).all(|block| around.contains(&block));
        if Some(at) == here {
            add(counts, at, AT);
        } else if run.passed.get(at) || (step.behind <= run.pc && on_the_way()) {
            add(counts, at, AFTER);
        } else if lies_ahead(step, run.pc) {
            add(counts, at, BEFORE);
        }
    }
}
