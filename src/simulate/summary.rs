//! What happened, by workflow.

use super::words;
use crate::engine::{LogEntry, LogKind, World};
use crate::plan::Plan;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counts of one workflow.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Counts {
    /// Enrolments.
    pub enrolled: u64,
    /// Firings that did not enrol, by reason.
    pub not_enrolled: BTreeMap<String, u64>,
    /// Enrolments under way.
    pub active: u64,
    /// Enrolments that came to their end.
    pub finished: u64,
    /// Enrolments that left as converted.
    pub goals: u64,
    /// Enrolments that left before their end, by reason.
    pub exited: BTreeMap<String, u64>,
    /// Actions, by name.
    pub actions: BTreeMap<Arc<str>, u64>,
    /// Steps passed over.
    pub skipped: u64,
    /// Things that could not be done.
    pub failed: u64,
    /// In the shadow.
    pub draft: bool,
}

/// Counts of all workflows, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Summary {
    /// By workflow.
    pub workflows: BTreeMap<Arc<str>, Counts>,
}

impl Summary {
    /// A summary with every workflow of the plan.
    pub fn new(plan: &Plan) -> Self {
        let draft =
            |workflow: &crate::plan::WorkflowPlan| workflow.state == crate::check::checked::State::Draft;
        let counts =
            |workflow: &crate::plan::WorkflowPlan| Counts { draft: draft(workflow), ..Counts::default() };
        Self {
            workflows: plan
                .present()
                .iter()
                .map(|workflow| (Arc::clone(&workflow.name), counts(workflow)))
                .collect(),
        }
    }

    /// Takes a line in.
    pub fn add(&mut self, plan: &Plan, entry: &LogEntry) {
        let Some(counts) = words::workflow(plan, entry).and_then(|name| self.workflows.get_mut(name)) else {
            return;
        };
        match &entry.kind {
            LogKind::Enrolled(_) => counts.enrolled += 1,
            LogKind::NotEnrolled(why) => {
                *counts.not_enrolled.entry(reason(&words::not_enrolled(why))).or_default() += 1;
            }
            LogKind::Action(prepared) => *counts.actions.entry(Arc::clone(&prepared.name)).or_default() += 1,
            LogKind::Skipped(_) => counts.skipped += 1,
            LogKind::Failed(_) => counts.failed += 1,
            LogKind::Exited(why) => *counts.exited.entry(words::exited(why)).or_default() += 1,
            LogKind::Finished => counts.finished += 1,
            LogKind::Goal(_) => counts.goals += 1,
            LogKind::Waiting(_)
            | LogKind::Fact(_)
            | LogKind::Row(_)
            | LogKind::Noted(_)
            | LogKind::Arm(_) => {}
        }
    }

    /// Counts what is under way.
    pub fn count_active(&mut self, plan: &Plan, world: &World) {
        for counts in self.workflows.values_mut() {
            counts.active = 0;
        }
        for (_, entity) in world.iter() {
            for run in &entity.runs {
                let name = plan.workflows.get(run.workflow as usize).map(|workflow| &workflow.name);
                if let Some(counts) = name.and_then(|name| self.workflows.get_mut(name)) {
                    counts.active += 1;
                }
            }
        }
    }
}

/// Reasons that name an instant are one.
fn reason(text: &str) -> String {
    if text.starts_with("paused until") { "paused".into() } else { text.into() }
}
