//! Disabled workflows: nobody in, nothing sent; exits hold and waits run on (semantics S8.5).
//!
//! What ended its wait meanwhile is *held*: it stands before its next step. When the workflow is enabled again it leaves
//! with that reason, unless it is resumed. A draft holds those who came in while it was live (semantics S8.4).

use super::effect::{Exited, LogKind};
use super::entity::RunState;
use super::turn::{RunKey, Turn};
use super::world::Eid;
use crate::plan::{State, WorkflowPlan};

impl Turn<'_> {
    /// Whether a workflow takes nobody in and lets nobody go on, by its text or by hand.
    pub(super) fn is_disabled(&self, workflow: &WorkflowPlan) -> bool {
        workflow.state == State::Disabled || self.world.life.disabled.contains(&workflow.name)
    }

    /// Whether a run may not go on now.
    pub(super) fn is_halted(&self, key: RunKey) -> bool {
        let Some(workflow) = self.workflow(key.workflow) else { return false };
        let draft = workflow.state == State::Draft && !self.world.all_live;
        self.is_disabled(workflow) || (draft && !key.shadow)
    }

    /// Lets a run go on that is at its next step, or holds it there.
    pub(super) fn advance_or_hold(&mut self, key: RunKey) {
        if !self.is_halted(key) {
            return self.advance(key);
        }
        if let Some(run) = self.run_mut(key).filter(|run| run.state == RunState::Ready) {
            run.state = RunState::Held;
        }
    }

    /// What becomes of a held run when its workflow runs again.
    pub(super) fn release(&mut self, key: RunKey, resume: bool) {
        if self.run(key).is_none_or(|run| run.state != RunState::Held) || self.is_halted(key) {
            return;
        }
        if !resume {
            return self.exit(key, None, LogKind::Exited(Exited::Disabled));
        }
        let now = self.now;
        if let Some(run) = self.run_mut(key) {
            (run.state, run.entered) = (RunState::Ready, now);
        }
        self.advance(key);
    }

    /// A person disables a workflow.
    pub(super) fn disable(&mut self, name: &str) {
        match self.plan.workflow(name) {
            Some((_, workflow)) => {
                self.world.life.disabled.insert(workflow.name.clone());
            }
            None => self.reject(name, "there is no such workflow"),
        }
    }

    /// A person enables a workflow that was disabled by hand.
    pub(super) fn enable(&mut self, name: &str, resume: bool) {
        if !self.world.life.disabled.remove(name) {
            let known = self.plan.workflow(name).is_some();
            let why = if known { "it was not disabled by hand" } else { "there is no such workflow" };
            return self.reject(name, why);
        }
        self.touched.extend(self.world.open_rows());
        let Some((workflow, _)) = self.plan.workflow(name) else { return };
        let of = |at: u32| self.runs_in(Eid(at), workflow);
        let mut keys: Vec<RunKey> = (0..self.world.len() as u32).flat_map(of).collect();
        self.sort_runs(&mut keys);
        self.released.extend(keys.into_iter().map(|key| (key, resume)));
    }

    /// Behind exits and waits: those whose workflow was enabled.
    pub(super) fn release_all(&mut self) {
        for (key, resume) in std::mem::take(&mut self.released) {
            self.release(key, resume);
        }
    }
}
