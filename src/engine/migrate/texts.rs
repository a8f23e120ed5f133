//! For each text that somebody is in: where they go on in the new plan (semantics S8.3).
//!
//! In: both plans and how their workflows belong together. Out: [`Texts`], by (workflow, version) of the old plan.

use super::lineage::Lineage;
use super::steps::{Matching, left_behind, match_steps, outward};
use crate::base::Instant;
use crate::engine::entity::{Run, RunState};
use crate::engine::passed::Passed;
use crate::plan::{OnEdit, Op, Plan, State, StepPlan, WorkflowPlan};
use crate::value::Value;
use std::collections::BTreeMap;

/// What becomes of those in one text.
pub(super) enum Way<'p> {
    /// They stay in it: it is still, or again, the text with this number.
    Stay(u16),
    /// They leave.
    Leave,
    /// They go on in another.
    Move(Box<Moving<'p>>),
}

/// From one text to another.
pub(super) struct Moving<'p> {
    pub old: &'p WorkflowPlan,
    pub new: &'p WorkflowPlan,
    pub found: Matching,
    /// For each old step that is gone: the new one at which those who waited in it go on, if there is one.
    behind: BTreeMap<u32, Option<u32>>,
}

/// The way of every text.
pub(super) struct Texts<'p> {
    ways: BTreeMap<(u32, u16), Way<'p>>,
}

impl<'p> Texts<'p> {
    pub fn of(
        old: &'p Plan,
        new: &'p Plan,
        lineage: &Lineage,
        inhabited: impl Iterator<Item = (u32, u16)>,
    ) -> Self {
        let way = |(workflow, version): (u32, u16)| {
            let heir = lineage.heirs.get(workflow as usize)?.as_ref()?;
            let (was, is) = (old.version(workflow, version)?, new.workflows.get(heir.workflow as usize)?);
            Some(match lineage.versions.get(&(workflow, version)) {
                Some(number) => Way::Stay(*number),
                None if !heir.edited && version == 0 => Way::Stay(0),
                None if heir.on_edit == OnEdit::Exit => Way::Leave,
                None => Way::Move(Box::new(Moving::of(was, is))),
            })
        };
        Self { ways: inhabited.filter_map(|text| Some((text, way(text)?))).collect() }
    }

    /// The way of those in a text.
    pub fn way(&self, run: &Run) -> Option<&Way<'p>> {
        self.ways.get(&(run.workflow, run.version))
    }

    /// The way of those in that text.
    pub fn of_text(&self, text: (u32, u16)) -> Option<&Way<'p>> {
        self.ways.get(&text)
    }

    /// The way of those who go on from that text, if they do.
    pub fn moving(&self, text: (u32, u16)) -> Option<&Moving<'p>> {
        match self.ways.get(&text) {
            Some(Way::Move(moving)) => Some(moving),
            _ => None,
        }
    }

    /// The texts that people go on from, with the way.
    pub fn moves(&self) -> impl Iterator<Item = ((u32, u16), &Moving<'p>)> {
        self.ways.iter().filter_map(|(text, way)| match way {
            Way::Move(moving) => Some((*text, &**moving)),
            _ => None,
        })
    }
}

impl<'p> Moving<'p> {
    pub fn of(old: &'p WorkflowPlan, new: &'p WorkflowPlan) -> Self {
        let found = if old.subject == new.subject { match_steps(old, new) } else { Matching::default() };
        let gone = (0..old.steps.len() as u32).filter(|step| found.new_of(*step).is_none());
        let behind = gone.map(|step| (step, left_behind(old, &found, step).map(|(_, new)| new))).collect();
        Self { old, new, found, behind }
    }

    /// The step at which, or before which, somebody stands.
    pub fn stands_at(&self, run: &Run) -> Option<u32> {
        standing(self.old, run.pc)
    }

    /// Where those go on who waited in a step that is gone.
    pub fn behind(&self, step: u32) -> Option<u32> {
        self.behind.get(&step).copied().flatten()
    }

    /// Moves an enrolment; false: nothing is left before it.
    pub fn go(&self, run: &mut Run, at: Instant) -> bool {
        let Some(step) = self.stands_at(run) else {
            run.pc = self.new.ops.len().saturating_sub(1) as u32;
            return self.arrive(run, None, at);
        };
        let (new, same) = match self.found.new_of(step) {
            Some(new) => (Some(new), true),
            None => (self.behind(step), false),
        };
        let Some(new) = new.and_then(|new| Some((new, self.new.steps.get(new as usize)?))) else {
            return false;
        };
        let waits = matches!(self.new.ops.get(new.1.entry as usize), Some(Op::Wait { .. }));
        run.pc = new.1.entry;
        if matches!(run.state, RunState::Waiting { .. }) && !(same && waits) {
            (run.state, run.entered, run.timed_out) = (RunState::Ready, at, false);
        }
        self.arrive(run, Some(new.0), at)
    }

    /// Moves an enrolment that is over.
    pub fn end(&self, run: &mut Run) {
        run.pc = self.new.ops.len().saturating_sub(1) as u32;
        run.kept = kept(self.old, self.new, &run.kept);
        run.version = 0;
    }

    /// Whether somebody waits on in a wait that says something else now.
    pub fn is_retimed(&self, run: &Run) -> bool {
        let new = standing(self.new, run.pc);
        let words = |flow: &WorkflowPlan, step: u32| flow.steps.get(step as usize).map(|step| step.digest);
        let old = new.and_then(|new| self.found.old_of(new));
        new.zip(old).is_none_or(|(new, old)| words(self.new, new) != words(self.old, old))
    }

    /// What was passed stays passed; the blocks that it stands in now count as taken.
    fn arrive(&self, run: &mut Run, step: Option<u32>, _: Instant) -> bool {
        let mut passed = Passed::default();
        for old in (0..self.old.steps.len() as u32).filter(|old| run.passed.get(*old)) {
            if let Some(new) = self.found.new_of(old) {
                passed.set(new);
            }
        }
        if let Some(step) = step {
            outward(self.new, step).for_each(|(outer, _)| passed.set(outer));
        }
        run.passed = passed;
        run.kept = kept(self.old, self.new, &run.kept);
        run.version = 0;
        true
    }
}

/// The step at which, or before which, an op stands; `None`: the end.
pub(super) fn standing(flow: &WorkflowPlan, mut pc: u32) -> Option<u32> {
    loop {
        match flow.ops.get(pc as usize)? {
            // Jumps lead forwards.
            Op::Jump(to) => pc = *to,
            op => return op.step(),
        }
    }
}

fn kept(old: &WorkflowPlan, new: &WorkflowPlan, values: &[Value]) -> Vec<Value> {
    let of = |name| {
        let place = old.kept.iter().position(|other| other == name);
        place.and_then(|place| values.get(place)).cloned().unwrap_or_default()
    };
    new.kept.iter().map(of).collect()
}

/// Whether what a draft did is forgotten: the workflow is live now (semantics S8.4).
pub(super) fn is_cleared(new: &WorkflowPlan, shadow: bool) -> bool {
    shadow && new.state == State::Live && !new.removed
}

/// Whether a step comes behind another in the text.
pub(super) fn lies_ahead(step: &StepPlan, pc: u32) -> bool {
    step.entry > pc
}
