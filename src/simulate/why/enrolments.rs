//! The enrolments of an entity: when, by what, how they ended, where they stand.

use super::{Enrolment, Part, Play, Stands, parts};
use crate::base::Instant;
use crate::check::checked::{Step, StepKind, Wait, WaitUntil};
use crate::engine::entity::{Run, RunState};
use crate::engine::{Eid, LogEntry, LogKind};
use crate::plan::Op;
use std::sync::Arc;

impl Play<'_> {
    pub(super) fn enrolments(&self, eid: Eid) -> Vec<Enrolment> {
        let begun = self.log.iter().filter_map(|entry| match &entry.kind {
            LogKind::Enrolled(by) => Some((entry, by)),
            _ => None,
        });
        begun.map(|(entry, by)| self.enrolment(eid, entry, by)).collect()
    }

    fn enrolment(&self, eid: Eid, begun: &LogEntry, by: &Arc<str>) -> Enrolment {
        let same = |entry: &&LogEntry| entry.number == begun.number && entry.shadow == begun.shadow;
        let ends = |entry: &&LogEntry| {
            matches!(entry.kind, LogKind::Exited(_) | LogKind::Finished | LogKind::Goal(_))
        };
        let end = self.log.iter().filter(same).find(ends);
        let runs = &self.world.entity(eid).runs;
        let run = runs.iter().find(|run| {
            run.workflow == self.asked.workflow && run.number == begun.number && run.shadow == begun.shadow
        });
        Enrolment {
            from: begun.at.to_string(),
            by: Arc::clone(by),
            to: end.map(|entry| entry.at.to_string()),
            ended: end
                .map(|entry| crate::simulate::words::sentence(&LogEntry { shadow: false, ..entry.clone() })),
            stands: run.and_then(|run| self.stands(run)),
            draft: begun.shadow,
        }
    }

    fn stands(&self, run: &Run) -> Option<Stands> {
        let Op::Wait { step, .. } = self.asked.planned.ops.get(run.pc as usize)? else { return None };
        let planned = self.asked.planned.steps.get(*step as usize)?;
        let until = match run.state {
            RunState::Waiting { until, next } if self.is_date(*step) => until.min(next),
            RunState::Waiting { until, .. } => until,
            _ => Instant::MAX,
        };
        Some(Stands {
            step: Arc::clone(planned.name()),
            text: Arc::clone(&planned.text),
            since: run.entered.to_string(),
            until: (until < Instant::MAX).then(|| until.to_string()),
            failing: self.waited(*step),
        })
    }

    fn is_date(&self, step: u32) -> bool {
        matches!(self.wait(step), Some(Wait::Until { what: WaitUntil::Date(_), .. }))
    }

    fn waited(&self, step: u32) -> Vec<Part> {
        match self.wait(step) {
            Some(Wait::Until { what: WaitUntil::Condition(condition), .. }) => {
                parts(self, condition, true, None)
            }
            _ => Vec::new(),
        }
    }

    fn wait(&self, step: u32) -> Option<&Wait> {
        match &self.step(step)?.kind {
            StepKind::Wait(wait) => Some(wait),
            _ => None,
        }
    }

    /// The step of that number: outer ones first, as the plan counts them.
    fn step(&self, number: u32) -> Option<&Step> {
        let mut open: Vec<&Step> = self.asked.flow.steps.iter().rev().collect();
        let mut left = number;
        while let Some(step) = open.pop() {
            if left == 0 {
                return Some(step);
            }
            left -= 1;
            match &step.kind {
                StepKind::Branch { arms, otherwise } => {
                    open.extend(otherwise.iter().rev());
                    open.extend(arms.iter().rev().flat_map(|(_, steps)| steps.iter().rev()));
                }
                StepKind::Split { arms, .. } => {
                    open.extend(arms.iter().rev().flat_map(|arm| arm.steps.iter().rev()));
                }
                _ => {}
            }
        }
        None
    }
}
