//! Present members who are taken in by a deploy, as of its instant or of their own (semantics S8.2).
//!
//! A backfill replaces the trigger only: policy, `if`, goals and exits hold. As of an earlier instant an enrolment catches
//! up: its waits count from then on, as if it had been under way; what it would have done before the deploy is left out
//! and logged; conditions are asked of the present, and events of the past are not looked for.

use super::Backfill;
use crate::base::Instant;
use crate::engine::effect::{LogKind, Skipped};
use crate::engine::entity::{Entity, Run};
use crate::engine::run::Then;
use crate::engine::turn::{Firing, RunKey, Turn};
use crate::engine::wait::Ended;
use crate::engine::world::Eid;
use crate::plan::{Op, WaitPlan, WaitUntilPlan};

/// The firing that takes a present member in.
pub(super) fn firing(workflow: u32, eid: Eid, entity: &Entity, backfill: &Backfill, now: Instant) -> Firing {
    let as_of = match backfill {
        Backfill::Now => None,
        Backfill::AsOf(instants) => instants.get(&entity.id).copied().filter(|at| *at < now),
    };
    Firing { workflow, entity: eid, by: "backfill".into(), event: None, as_of }
}

impl<'a> Turn<'a> {
    /// Lets an enrolment that began in the past come up to the present. Ops only lead forwards, so this ends.
    pub(in crate::engine) fn catch_up(&mut self, key: RunKey) {
        let Some(workflow) = self.text(key) else { return };
        while let Some(run) = self.run(key).filter(|run| run.entered < self.now) {
            let pc = run.pc;
            let then = match workflow.ops.get(pc as usize) {
                Some(Op::Do { step, .. }) => {
                    self.pass(key, *step);
                    self.log_run(key, Some(*step), LogKind::Skipped(Skipped::Backfill));
                    Then::Go(pc + 1)
                }
                Some(Op::Wait { step, guard, wait }) if self.guard(key, *step, *guard) => {
                    self.wait_in_the_past(key, (pc, *step), wait)
                }
                Some(Op::Wait { step, .. }) => {
                    self.pass(key, *step);
                    self.past_wait(key, pc)
                }
                _ => self.step(key, workflow, pc),
            };
            match then {
                Then::Go(next) => self.go_to(key, next),
                Then::Rest => return,
            }
        }
        self.advance(key);
    }

    /// A wait that was entered in the past: it is over by now and the next step was entered at its end, or it lasts.
    fn wait_in_the_past(&mut self, key: RunKey, (pc, step): (u32, u32), wait: &'a WaitPlan) -> Then {
        let Some(run) = self.run(key) else { return Then::Rest };
        let Some((end, ended)) = self.past_end(key, run, wait) else {
            return self.enter_wait(key, step, wait);
        };
        self.leave_wait(key, step, wait, ended);
        match self.run_mut(key) {
            Some(run) => {
                run.entered = end;
                Then::Go(pc + 1)
            }
            None => Then::Rest,
        }
    }

    /// When a wait of the past ended, and how; `None`: it lasts, or its condition holds now.
    fn past_end(&self, key: RunKey, run: &Run, wait: &WaitPlan) -> Option<(Instant, Ended)> {
        let (until, clock) = self.retime(key, run.entered, wait);
        let over = |at: Instant, ended: Ended| (at <= self.now).then_some((at, ended));
        let WaitPlan::Until { what, .. } = wait else { return over(until, Ended::ByItself) };
        match what {
            WaitUntilPlan::Clock(..) => {
                over(until, if clock <= until { Ended::ByItself } else { Ended::TimedOut })
            }
            WaitUntilPlan::Condition(condition) if self.holds(key, *condition) => None,
            WaitUntilPlan::Date(date) => match self.date(key, *date) {
                Some(at) if at < run.entered => Some((run.entered, Ended::Past)),
                Some(at) if at <= until => over(at, Ended::ByItself),
                _ => over(until, Ended::TimedOut),
            },
            WaitUntilPlan::Condition(_) | WaitUntilPlan::Mail(..) | WaitUntilPlan::Performs(..) => {
                over(until, Ended::TimedOut)
            }
        }
    }
}
