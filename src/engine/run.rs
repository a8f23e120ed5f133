//! Steps: an enrolment goes on until it waits, ends, or gives up the turn.

use super::calendar;
use super::effect::{Exited, LogKind, Skipped, TakenArm};
use super::entity::{Run, RunState};
use super::env::Here;
use super::split;
use super::turn::{RunKey, Turn};
use super::wait::Ended;
use crate::base::Instant;
use crate::plan::expr::CondId;
use crate::plan::{ArmPlan, CalendarPlan, Op, TriggerPlan, WaitPlan, WorkflowPlan};
use std::sync::Arc;

/// What an op leads to.
pub(super) enum Then {
    /// The op there.
    Go(u32),
    /// Nothing now: it waits, or gave up the turn, or is gone.
    Rest,
}

impl<'a> Turn<'a> {
    /// A trigger of the plan.
    pub(super) fn trigger(&self, workflow: u32, place: u16) -> Option<&'a TriggerPlan> {
        self.plan.workflows.get(workflow as usize)?.triggers.get(usize::from(place))
    }

    /// A calendar of the plan.
    pub(super) fn calendar(&self, calendar: Option<u32>) -> Option<&'a CalendarPlan> {
        self.plan.calendars.get(calendar? as usize)
    }

    /// A workflow of the plan.
    pub(super) fn workflow(&self, workflow: u32) -> Option<&'a WorkflowPlan> {
        self.plan.workflows.get(workflow as usize)
    }

    /// The text that a run is in.
    pub(super) fn text(&self, key: RunKey) -> Option<&'a WorkflowPlan> {
        self.plan.version(key.workflow, key.version)
    }

    /// Runs steps from where the run stands. Ops only lead forwards, so this ends.
    pub(super) fn advance(&mut self, key: RunKey) {
        let Some(workflow) = self.text(key) else { return };
        self.touched.insert(key.entity);
        while let Some(run) = self.run(key) {
            if run.state != RunState::Ready {
                return;
            }
            let pc = run.pc;
            match self.step(key, workflow, pc) {
                Then::Go(next) => {
                    self.trace(key, pc, next);
                    self.go_to(key, next);
                }
                Then::Rest => {
                    self.trace(key, pc, pc);
                    return;
                }
            }
        }
    }

    fn trace(&mut self, key: RunKey, from: u32, to: u32) {
        if let Some(trace) = &mut self.world.trace {
            trace.insert((key.workflow, from, to));
        }
    }

    pub(super) fn go_to(&mut self, key: RunKey, pc: u32) {
        if let Some(run) = self.run_mut(key) {
            run.pc = pc;
        }
    }

    /// Notes that a run has a step behind it.
    pub(super) fn pass(&mut self, key: RunKey, step: u32) {
        if let Some(run) = self.run_mut(key) {
            run.passed.set(step);
        }
    }

    /// Where a run goes on that has passed the step at hand before, in an earlier text: what was passed is never done
    /// again, and a branch or split once taken is not taken anew (semantics S8.3).
    fn behind_passed(&mut self, key: RunKey, workflow: &WorkflowPlan, op: &Op) -> Option<Then> {
        let step = op.step()?;
        if !self.run(key)?.passed.get(step) {
            return None;
        }
        self.log_run(key, Some(step), LogKind::Skipped(Skipped::Passed));
        Some(Then::Go(workflow.steps.get(step as usize)?.behind))
    }

    fn branch(
        &mut self,
        key: RunKey,
        workflow: &WorkflowPlan,
        (step, condition): (u32, CondId),
        to: [u32; 2],
    ) -> Then {
        let [holds, otherwise] = to;
        if self.holds(key, condition) {
            self.pass(key, step);
            return Then::Go(holds);
        }
        let same = |op: &Op| matches!(op, Op::Branch { step: next, .. } if *next == step);
        if !workflow.ops.get(otherwise as usize).is_some_and(same) {
            self.pass(key, step);
        }
        Then::Go(otherwise)
    }

    pub(super) fn step(&mut self, key: RunKey, workflow: &'a WorkflowPlan, pc: u32) -> Then {
        let op = workflow.ops.get(pc as usize);
        if let Some(then) = op.and_then(|op| self.behind_passed(key, workflow, op)) {
            return then;
        }
        if op.and_then(Op::step).is_some_and(|step| self.must_ask(key, step)) {
            if let Some(run) = self.run_mut(key) {
                run.state = RunState::Asking;
            }
            return Then::Rest;
        }
        match op {
            None | Some(Op::End) => {
                self.exit(key, None, LogKind::Finished);
                Then::Rest
            }
            Some(Op::Jump(target)) => Then::Go(*target),
            Some(Op::Branch { step, condition, otherwise }) => {
                self.branch(key, workflow, (*step, *condition), [pc + 1, *otherwise])
            }
            Some(Op::Split { step, label, arms }) => {
                self.pass(key, *step);
                self.take_arm(key, workflow, (*step, label), arms)
            }
            Some(Op::Exit { step, guard, goal }) => self.leave_step(key, *step, *guard, *goal, pc),
            Some(Op::Wait { step, guard, wait }) => {
                if !self.guard(key, *step, *guard) {
                    self.pass(key, *step);
                    return self.past_wait(key, pc);
                }
                self.enter_wait(key, *step, wait)
            }
            Some(Op::Do { step, guard, act }) => {
                // Exits are asked before every action too (semantics S4.4); within a turn only enrolments can have changed.
                if !self.flows.is_empty() {
                    self.watch(key);
                    if self.run(key).is_none() {
                        return Then::Rest;
                    }
                }
                self.pass(key, *step);
                if !self.guard(key, *step, *guard) {
                    return Then::Go(pc + 1);
                }
                self.act(key, *step, act)
            }
        }
    }

    pub(super) fn past_wait(&mut self, key: RunKey, pc: u32) -> Then {
        if let Some(run) = self.run_mut(key) {
            run.timed_out = false;
        }
        Then::Go(pc + 1)
    }

    fn leave_step(&mut self, key: RunKey, step: u32, guard: Option<CondId>, goal: bool, pc: u32) -> Then {
        if !self.guard(key, step, guard) {
            self.pass(key, step);
            return Then::Go(pc + 1);
        }
        let kind = if goal { LogKind::Goal("goal".into()) } else { LogKind::Exited(Exited::Step) };
        self.exit(key, Some(step), kind);
        Then::Rest
    }

    fn take_arm(
        &mut self,
        key: RunKey,
        workflow: &WorkflowPlan,
        (step, label): (u32, &str),
        arms: &[ArmPlan],
    ) -> Then {
        let entity = self.world.entity(key.entity);
        let id = format!("{}:{}", crate::plan::subject_word(entity.subject), entity.id);
        let taken = split::arm(&workflow.origin, label, &id, arms).and_then(|at| arms.get(at));
        let Some(taken) = taken else { return Then::Go(u32::MAX) };
        let split =
            workflow.steps.get(step as usize).map_or_else(|| "".into(), |step| Arc::clone(step.name()));
        let arm = TakenArm { split, arm: Arc::clone(&taken.name) };
        if let Some(run) = self.run_mut(key) {
            run.arms = run.arms.iter().cloned().chain([arm]).collect();
        }
        self.log_run(key, Some(step), LogKind::Arm(Arc::clone(&taken.name)));
        Then::Go(taken.target)
    }

    pub(super) fn guard(&mut self, key: RunKey, step: u32, guard: Option<CondId>) -> bool {
        let holds = guard.is_none_or(|guard| self.holds(key, guard));
        if !holds {
            self.log_run(key, Some(step), LogKind::Skipped(Skipped::Guard));
        }
        holds
    }

    pub(super) fn holds(&self, key: RunKey, condition: CondId) -> bool {
        self.run(key).is_some_and(|run| self.here(key, run).holds(condition))
    }

    /// The point of view of a run.
    pub(super) fn here<'r>(&'r self, key: RunKey, run: &'r Run) -> Here<'r> {
        Here::run(self.world, self.plan, self.now, self.world.entity(key.entity), run)
    }

    pub(super) fn enter_wait(&mut self, key: RunKey, step: u32, wait: &WaitPlan) -> Then {
        match self.wait_from(key, wait) {
            Ok((until, next)) => {
                let date = matches!(wait, WaitPlan::Until { what: crate::plan::WaitUntilPlan::Date(_), .. });
                let shown = if date { until.min(next) } else { until };
                if let Some(run) = self.run_mut(key) {
                    (run.state, run.timed_out) = (RunState::Waiting { until, next }, false);
                }
                self.touched.insert(key.entity);
                self.log_run(key, Some(step), LogKind::Waiting(shown));
                Then::Rest
            }
            Err(ended) => {
                self.leave_wait(key, step, wait, ended);
                self.run(key).map_or(Then::Rest, |run| Then::Go(run.pc + 1))
            }
        }
    }

    /// Lets a run go on whose wait has ended.
    pub(super) fn end_wait(&mut self, key: RunKey, ended: Ended) {
        let Some(workflow) = self.text(key) else { return };
        let Some(pc) = self.run(key).map(|run| run.pc) else { return };
        if let Some(Op::Wait { step, wait, .. }) = workflow.ops.get(pc as usize) {
            self.leave_wait(key, *step, wait, ended);
            self.go_to(key, pc + 1);
            self.advance_or_hold(key);
        }
    }

    pub(super) fn leave_wait(&mut self, key: RunKey, step: u32, wait: &WaitPlan, ended: Ended) {
        self.touched.insert(key.entity);
        let gives_up = matches!(wait, WaitPlan::Until { else_exit: true, .. });
        if gives_up && matches!(ended, Ended::TimedOut | Ended::Past) {
            return self.exit(key, Some(step), LogKind::Exited(Exited::WaitElse));
        }
        let now = self.now;
        if let Some(run) = self.run_mut(key) {
            run.passed.set(step);
            run.state = RunState::Ready;
            run.entered = now;
            run.timed_out = ended == Ended::TimedOut;
        }
    }

    /// The zone that a wait's local time is in.
    pub(super) fn wait_zone(&self, key: RunKey, calendar: Option<u32>) -> chrono_tz::Tz {
        let own = super::env::zone(self.plan, self.world.entity(key.entity));
        self.calendar(calendar).and_then(|calendar| calendar.zone).unwrap_or(own)
    }

    /// The end of so many business days from an instant.
    pub(super) fn business_days(
        &self,
        key: RunKey,
        from: Instant,
        count: u32,
        calendar: Option<u32>,
    ) -> Option<Instant> {
        calendar::business_days(self.calendar(calendar), from, self.wait_zone(key, calendar), count)
    }

    /// The name of a workflow.
    pub(super) fn workflow_name(&self, workflow: u32) -> Arc<str> {
        self.workflow(workflow).map_or_else(|| "".into(), |workflow| Arc::clone(&workflow.name))
    }
}
