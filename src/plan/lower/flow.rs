//! Workflows to flat lists of ops.

use super::super::*;
use super::{Lowering, actions};
use crate::base::hash::digest;
use crate::check::checked::{self, BuiltIn, ExprKind, TriggerKind};
use rust_decimal::prelude::ToPrimitive;

/// A workflow's ops as they grow.
struct Flow<'l, 'a> {
    lowering: &'l mut Lowering<'a>,
    subject: Subject,
    ops: Vec<Op>,
    steps: Vec<StepPlan>,
    /// The step in whose block the next one stands, and in which.
    inside: Option<(u32, u16)>,
}

impl Lowering<'_> {
    /// A workflow.
    pub(super) fn workflow(&mut self, workflow: &checked::Workflow) -> WorkflowPlan {
        let subject = workflow.subject;
        let triggers = workflow.triggers.iter().map(|trigger| self.trigger(trigger, subject)).collect();
        let only_if = workflow.only_if.as_ref().map(|only_if| self.condition(only_if, subject));
        let enrolment = EnrolmentPlan {
            every: workflow.enrolment.every,
            restart: workflow.enrolment.restart,
            parallel_by: workflow.enrolment.parallel_by.as_ref().map(|key| self.value(key, subject)),
            pause: workflow.enrolment.pause,
        };
        let mut flow =
            Flow { lowering: &mut *self, subject, ops: Vec::new(), steps: Vec::new(), inside: None };
        flow.steps(&workflow.steps, "");
        flow.ops.push(Op::End);
        let (ops, mut steps) = (flow.ops, flow.steps);
        self.note_needs(&ops, &mut steps, &workflow.kept);
        WorkflowPlan {
            name: Arc::clone(&workflow.name),
            was: workflow.was.clone(),
            origin: workflow.was.as_ref().unwrap_or(&workflow.name).clone(),
            removed: false,
            subject,
            description: workflow.description.clone(),
            state: workflow.state,
            on_edit: workflow.on_edit,
            enrolment,
            triggers,
            only_if,
            exits: self.watches(&workflow.exits, subject),
            goals: self.watches(&workflow.goals, subject),
            ops,
            steps,
            kept: workflow.kept.clone(),
        }
    }

    fn watches(&mut self, conditions: &[checked::Expr], subject: Subject) -> Vec<Watch> {
        let watch = |condition: &checked::Expr| Watch {
            condition: self.condition(condition, subject),
            text: self.words(condition.span),
        };
        conditions.iter().map(watch).collect()
    }

    fn trigger(&mut self, trigger: &checked::Trigger, subject: Subject) -> TriggerPlan {
        let text = self.words(trigger.span);
        let kind = match &trigger.kind {
            TriggerKind::Segment { segment, enters } => {
                TriggerPlanKind::Bit { bit: self.layout.bit(*segment), on: *enters }
            }
            TriggerKind::Stage { stage, enters } => {
                let stages = self.checked.stages.get(subject.index()).and_then(Option::as_ref);
                let stage = stages.and_then(|stages| stages.names.get(*stage)).cloned().unwrap_or_default();
                TriggerPlanKind::Stage { stage, enters: *enters }
            }
            TriggerKind::Health { change, to } => TriggerPlanKind::Health { change: *change, to: *to },
            TriggerKind::Changes { of, from, to, becomes } => {
                let slot = self.slot_of(of);
                TriggerPlanKind::Slot { slot, from: from.clone(), to: to.clone(), becomes: *becomes }
            }
            TriggerKind::Matches(condition) => {
                let condition = self.condition(condition, subject);
                TriggerPlanKind::Bit { bit: self.matched_bit(condition, &text, subject), on: true }
            }
            TriggerKind::Performs { event, filter } => {
                let filter = filter.as_ref().map(|filter| self.condition(filter, subject));
                TriggerPlanKind::Performs { event: event.raw(), filter }
            }
            TriggerKind::Created => TriggerPlanKind::Created,
            TriggerKind::Reaches(instant) => TriggerPlanKind::Reaches(self.value(instant, subject)),
            TriggerKind::Clock { day, time, calendar } => TriggerPlanKind::Clock(ClockPlan {
                day: *day,
                time: *time,
                calendar: calendar.map(crate::base::arena::Idx::raw),
            }),
            TriggerKind::ByHand => TriggerPlanKind::ByHand,
        };
        TriggerPlan { kind, text }
    }

    fn slot_of(&self, of: &checked::Expr) -> u16 {
        match &of.kind {
            ExprKind::Attribute { attribute, .. } => self.layout.slot(*attribute),
            ExprKind::BuiltIn { which: BuiltIn::Id, .. } => BuiltInSlot::Id as u16,
            ExprKind::BuiltIn { which: BuiltIn::CreatedAt, .. } => BuiltInSlot::CreatedAt as u16,
            ExprKind::BuiltIn { which: BuiltIn::Stage, .. } => BuiltInSlot::Stage as u16,
            ExprKind::BuiltIn { which: BuiltIn::Health, .. } => BuiltInSlot::Health as u16,
            _ => u16::MAX,
        }
    }
}

impl Flow<'_, '_> {
    fn pc(&self) -> Pc {
        self.ops.len() as Pc
    }

    /// The steps of a block of a step.
    fn block(&mut self, of: (u32, u16), steps: &[checked::Step], prefix: &str) {
        let outside = self.inside.replace(of);
        self.steps(steps, prefix);
        self.inside = outside;
    }

    fn steps(&mut self, steps: &[checked::Step], prefix: &str) {
        for (step, number) in steps.iter().zip(1u32..) {
            let path = format!("{prefix}{number}");
            self.step(step, &path);
        }
    }

    fn step(&mut self, step: &checked::Step, path: &str) {
        let at = self.describe(step, path);
        let guard = step.guard.as_ref().map(|guard| self.lowering.condition(guard, self.subject));
        match &step.kind {
            checked::StepKind::Branch { arms, otherwise } => self.branch(at, arms, otherwise, path),
            checked::StepKind::Split { label, arms } => self.split(at, label, arms, path),
            checked::StepKind::Wait(wait) => {
                let wait = Box::new(self.wait(wait));
                self.ops.push(Op::Wait { step: at, guard, wait });
            }
            checked::StepKind::Exit => self.ops.push(Op::Exit { step: at, guard, goal: false }),
            checked::StepKind::Goal => self.ops.push(Op::Exit { step: at, guard, goal: true }),
            kind => {
                if let Some(act) = self.lowering.act(kind, step, self.subject) {
                    self.ops.push(Op::Do { step: at, guard, act: Box::new(act) });
                }
            }
        }
        let behind = self.pc();
        if let Some(described) = self.steps.get_mut(at as usize) {
            described.behind = behind;
        }
    }

    fn describe(&mut self, step: &checked::Step, path: &str) -> u32 {
        let head = self.lowering.step_words(step);
        let at = self.steps.len() as u32;
        let digest = digest(&[&head]);
        let blocks = match &step.kind {
            checked::StepKind::Branch { arms, .. } => {
                let conditions = arms.iter().map(|(condition, _)| self.lowering.words(condition.span));
                conditions.chain(["".into()]).collect()
            }
            checked::StepKind::Split { arms, .. } => arms.iter().map(|arm| Arc::clone(&arm.name)).collect(),
            _ => Vec::new(),
        };
        self.steps.push(StepPlan {
            label: step.label.clone(),
            path: path.into(),
            text: head.into(),
            digest,
            inside: self.inside,
            blocks,
            entry: self.pc(),
            behind: 0,
            needs: Vec::new(),
        });
        at
    }

    fn branch(
        &mut self,
        at: u32,
        arms: &[(checked::Expr, Vec<checked::Step>)],
        otherwise: &[checked::Step],
        path: &str,
    ) {
        let mut ends = Vec::new();
        for ((condition, steps), number) in arms.iter().zip(1u16..) {
            let condition = self.lowering.condition(condition, self.subject);
            let test = self.pc();
            self.ops.push(Op::Branch { step: at, condition, otherwise: 0 });
            self.block((at, number - 1), steps, &format!("{path}.{number}."));
            ends.push(self.pc());
            self.ops.push(Op::Jump(0));
            let next = self.pc();
            if let Some(Op::Branch { otherwise, .. }) = self.ops.get_mut(test as usize) {
                *otherwise = next;
            }
        }
        self.block((at, arms.len() as u16), otherwise, &format!("{path}.else."));
        self.land(&ends);
    }

    /// Jumps at these places lead here.
    fn land(&mut self, jumps: &[Pc]) {
        let here = self.pc();
        for jump in jumps {
            if let Some(Op::Jump(target)) = self.ops.get_mut(*jump as usize) {
                *target = here;
            }
        }
    }

    fn split(&mut self, at: u32, label: &Arc<str>, arms: &[checked::Arm], path: &str) {
        let test = self.pc();
        self.ops.push(Op::End);
        let mut planned = Vec::new();
        let mut ends = Vec::new();
        for (arm, place) in arms.iter().zip(0u16..) {
            let share = (arm.percent * rust_decimal::Decimal::from(10_000)).to_u32().unwrap_or(0);
            planned.push(ArmPlan { name: Arc::clone(&arm.name), share, target: self.pc() });
            self.block((at, place), &arm.steps, &format!("{path}.{}.", arm.name));
            ends.push(self.pc());
            self.ops.push(Op::Jump(0));
        }
        self.land(&ends);
        if let Some(op) = self.ops.get_mut(test as usize) {
            *op = Op::Split { step: at, label: Arc::clone(label), arms: planned };
        }
    }

    fn wait(&mut self, wait: &checked::Wait) -> WaitPlan {
        match wait {
            checked::Wait::For(delay) => WaitPlan::For(actions::delay(delay)),
            checked::Wait::Until { what, at_most, else_exit } => WaitPlan::Until {
                what: self.wait_until(what),
                at_most: at_most.as_ref().map(actions::delay),
                else_exit: *else_exit,
            },
        }
    }

    fn wait_until(&mut self, what: &checked::WaitUntil) -> WaitUntilPlan {
        match what {
            checked::WaitUntil::Clock { time, calendar } => {
                WaitUntilPlan::Clock(*time, calendar.map(crate::base::arena::Idx::raw))
            }
            checked::WaitUntil::Performs { event, filter } => {
                let filter = filter.as_ref().map(|filter| self.lowering.condition(filter, self.subject));
                WaitUntilPlan::Performs(event.raw(), filter)
            }
            checked::WaitUntil::Mail { what, template } => WaitUntilPlan::Mail(*what, template.raw()),
            checked::WaitUntil::Date(date) => WaitUntilPlan::Date(self.lowering.value(date, self.subject)),
            checked::WaitUntil::Condition(condition) => {
                WaitUntilPlan::Condition(self.lowering.condition(condition, self.subject))
            }
        }
    }
}
