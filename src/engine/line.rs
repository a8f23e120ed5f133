//! Lines of the log as they are kept: workflows and steps by name, so that they can be read behind any deploy.

use super::effect::{Course, LogEntry, LogKind};
use super::world::Eid;
use crate::base::Instant;
use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A line of the log as it is kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: Instant,
    /// Of which workflow, if of one: its name.
    pub workflow: Option<Arc<str>>,
    /// Of whom.
    pub entity: Eid,
    /// The number of the enrolment, from 1; 0: of none.
    pub number: u32,
    /// The step's label or place, if at one.
    pub step: Option<Arc<str>>,
    /// What happened.
    pub kind: LogKind,
    /// In the shadow (a draft).
    pub shadow: bool,
    /// See [`LogEntry::course`].
    pub course: Option<Box<Course>>,
}

impl Line {
    /// The entry, as the plan that wrote it names things.
    pub fn of(plan: &Plan, entry: &LogEntry) -> Self {
        let LogEntry { at, entity, number, shadow, .. } = *entry;
        let text = entry.workflow.and_then(|workflow| plan.version(workflow, entry.version));
        let step = text.zip(entry.step).and_then(|(text, step)| text.steps.get(step as usize));
        let workflow = entry.workflow.and_then(|workflow| plan.workflows.get(workflow as usize));
        let workflow = workflow.map(|workflow| Arc::clone(&workflow.name));
        let step = step.map(|step| Arc::clone(step.name()));
        let (kind, course) = (entry.kind.clone(), entry.course.clone());
        Self { at, workflow, entity, number, step, kind, shadow, course }
    }
}
