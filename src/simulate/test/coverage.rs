//! Which steps and branches tests reached.

use super::TestResult;
use crate::plan::{Op, Plan, WorkflowPlan};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What tests reached of a project.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Coverage {
    /// By workflow, in order.
    pub workflows: Vec<WorkflowCoverage>,
}

/// What tests reached of a workflow.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct WorkflowCoverage {
    /// Its name.
    pub workflow: Arc<str>,
    /// Steps, and ways out of branches and splits.
    pub all: usize,
    /// How many of them were reached.
    pub reached: usize,
    /// What no test reached, in words.
    pub missed: Vec<String>,
}

impl WorkflowCoverage {
    /// In percent, rounded down; a workflow without steps is covered.
    pub fn percent(&self) -> usize {
        (self.reached * 100).checked_div(self.all).unwrap_or(100)
    }
}

impl Coverage {
    /// The coverage of a run of tests.
    pub fn of(plan: &Plan, results: &[TestResult]) -> Self {
        let trace: BTreeSet<(u32, u32, u32)> =
            results.iter().flat_map(|result| result.trace.iter().copied()).collect();
        let workflows = plan.workflows.iter().zip(0u32..);
        let covered = workflows.map(|(workflow, at)| {
            cover(workflow, |from, to| match to {
                Some(to) => trace.contains(&(at, from, to)),
                None => trace.range((at, from, 0)..=(at, from, u32::MAX)).next().is_some(),
            })
        });
        Self { workflows: covered.collect() }
    }
}

fn cover(workflow: &WorkflowPlan, reached: impl Fn(u32, Option<u32>) -> bool) -> WorkflowCoverage {
    let mut points: Vec<(String, bool)> = Vec::new();
    for (op, pc) in workflow.ops.iter().zip(0u32..) {
        match op {
            Op::Do { step, .. } | Op::Wait { step, .. } | Op::Exit { step, .. } => {
                points.push((words(workflow, *step), reached(pc, None)));
            }
            Op::Branch { step, otherwise, .. } => {
                points.push((format!("{} (true)", words(workflow, *step)), reached(pc, Some(pc + 1))));
                points.push((format!("{} (false)", words(workflow, *step)), reached(pc, Some(*otherwise))));
            }
            Op::Split { step, arms, .. } => {
                for arm in arms {
                    points.push((
                        format!("{} arm \"{}\"", words(workflow, *step), arm.name),
                        reached(pc, Some(arm.target)),
                    ));
                }
            }
            Op::Jump(_) | Op::End => {}
        }
    }
    let missed: Vec<String> =
        points.iter().filter(|(_, reached)| !reached).map(|(words, _)| words.clone()).collect();
    WorkflowCoverage {
        workflow: Arc::clone(&workflow.name),
        all: points.len(),
        reached: points.len() - missed.len(),
        missed,
    }
}

fn words(workflow: &WorkflowPlan, step: u32) -> String {
    workflow
        .steps
        .get(step as usize)
        .map_or_else(String::new, |step| format!("{}: {}", step.name(), step.text))
}
