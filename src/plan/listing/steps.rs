//! Flat instructions to nested steps.
//!
//! Invariant: blocks only get shorter on the way in, and deeper ones than [`DEPTH`] are left out, so that it ends.

use super::words::clock;
use super::*;
use crate::check::checked::{MailEvent, OnFailure};

/// Blocks inside each other; the language allows fewer.
const DEPTH: usize = 256;

pub(super) fn of(lister: &Lister<'_>, workflow: &WorkflowPlan) -> Vec<StepSheet> {
    let writer = lister.writer(workflow.subject).kept(&workflow.kept);
    let reader = Reader { lister, workflow, writer };
    reader.block(0, workflow.ops.len(), 0)
}

#[derive(Clone, Copy)]
pub(super) struct Reader<'r, 'a> {
    pub(super) lister: &'r Lister<'a>,
    pub(super) workflow: &'r WorkflowPlan,
    pub(super) writer: Writer<'r>,
}

impl Reader<'_, '_> {
    /// The steps of `ops[from..to]`.
    fn block(self, from: usize, to: usize, depth: usize) -> Vec<StepSheet> {
        let mut steps = Vec::new();
        let mut at = from;
        while let Some(op) = self.workflow.ops.get(at).filter(|_| at < to && depth < DEPTH) {
            let (step, next) = match op {
                Op::Branch { step, .. } => self.branch(*step, at, to, depth),
                Op::Split { step, label, arms } => self.split(*step, label, arms, (at, to, depth)),
                _ => (self.simple(op), at + 1),
            };
            steps.extend(step);
            at = next.max(at + 1);
        }
        steps
    }

    fn step(self, at: u32, text: String, guard: Option<CondId>) -> Option<StepSheet> {
        let step = self.workflow.steps.get(at as usize)?;
        Some(StepSheet {
            path: Arc::clone(&step.path),
            label: step.label.clone(),
            text,
            guard: guard.map(|guard| self.writer.text(guard)),
            details: Vec::new(),
            blocks: Vec::new(),
        })
    }

    fn simple(self, op: &Op) -> Option<StepSheet> {
        match op {
            Op::Do { step, guard, act } => {
                let (text, details) = self.act(act);
                Some(StepSheet { details, ..self.step(*step, text, *guard)? })
            }
            Op::Wait { step, guard, wait } => self.step(*step, self.wait(wait), *guard),
            Op::Exit { step, guard, goal } => {
                self.step(*step, if *goal { "goal" } else { "exit" }.into(), *guard)
            }
            _ => None,
        }
    }

    /// The arms of a branch: each test leads to the next, each block ends with a jump behind all.
    fn branch(self, step: u32, from: usize, to: usize, depth: usize) -> (Option<StepSheet>, usize) {
        let mut sheet = self.step(step, "branch".into(), None);
        let (mut at, mut end) = (from, None);
        while let Some(Op::Branch { step: same, condition, otherwise }) = self.workflow.ops.get(at) {
            let next = *otherwise as usize;
            if *same != step || next <= at || at >= to {
                break;
            }
            let body = self.block(at + 1, (next - 1).min(to), depth + 1);
            let word = if at == from { "if" } else { "else if" };
            let head = format!("{word} {}", self.writer.text(*condition));
            if let Some(sheet) = &mut sheet {
                sheet.blocks.push(BlockSheet { head, steps: body });
            }
            if let Some(Op::Jump(behind)) = self.workflow.ops.get(next - 1) {
                end = end.or(Some(*behind as usize));
            }
            at = next;
        }
        let end = end.unwrap_or(at).clamp(at, to.max(at));
        let otherwise = self.block(at, end, depth + 1);
        if let Some(sheet) = sheet.as_mut().filter(|_| !otherwise.is_empty()) {
            sheet.blocks.push(BlockSheet { head: "else".into(), steps: otherwise });
        }
        (sheet, end)
    }

    fn split(
        self,
        step: u32,
        label: &str,
        arms: &[ArmPlan],
        (at, to, depth): (usize, usize, usize),
    ) -> (Option<StepSheet>, usize) {
        let text = if label.is_empty() { "split".into() } else { format!("split by hash of {label:?}") };
        let mut end = at + 1;
        let mut blocks = Vec::new();
        for (arm, next) in arms.iter().zip(arms.iter().skip(1).map(Some).chain([None])) {
            let start = arm.target as usize;
            if end == at + 1 {
                end = self.behind(start, next, to);
            }
            let stop = next.map_or(end, |next| next.target as usize).saturating_sub(1).min(to);
            let head = format!("{} {:?}", percent(arm.share), arm.name);
            let steps = if start > at { self.block(start, stop, depth + 1) } else { Vec::new() };
            blocks.push(BlockSheet { head, steps });
        }
        (self.step(step, text, None).map(|sheet| StepSheet { blocks, ..sheet }), end.min(to))
    }

    /// Where the arms of a split meet: behind the jump at the end of the first one.
    fn behind(self, start: usize, next: Option<&ArmPlan>, to: usize) -> usize {
        let jump = next.and_then(|next| (next.target as usize).checked_sub(1)).filter(|jump| *jump >= start);
        let jump = jump.and_then(|jump| self.workflow.ops.get(jump));
        match jump {
            Some(Op::Jump(behind)) => *behind as usize,
            _ => to,
        }
    }

    fn wait(self, wait: &WaitPlan) -> String {
        let (what, at_most, else_exit) = match wait {
            WaitPlan::For(delay) => return format!("wait {}", self.delay(*delay)),
            WaitPlan::Until { what, at_most, else_exit } => (what, at_most, else_exit),
        };
        let mut text = format!("wait until {}", self.until(what));
        if let Some(delay) = at_most {
            text = format!("{text} at most {}", self.delay(*delay));
        }
        if *else_exit {
            text.push_str(" else exit");
        }
        text
    }

    fn until(self, what: &WaitUntilPlan) -> String {
        match what {
            WaitUntilPlan::Clock(time, calendar) => {
                format!("{}{}", clock(*time), self.lister.calendar(*calendar))
            }
            WaitUntilPlan::Performs(event, filter) => {
                let filter =
                    filter.map_or_else(String::new, |filter| format!(" where {}", self.writer.text(filter)));
                format!("performs {}{filter}", self.lister.event(*event))
            }
            WaitUntilPlan::Mail(what, template) => {
                let what = match what {
                    MailEvent::Sent => "sent",
                    MailEvent::Opened => "opened",
                    MailEvent::Clicked => "clicked",
                    MailEvent::Replied => "replied",
                };
                format!("{what} {}", self.lister.message(*template))
            }
            WaitUntilPlan::Date(date) => self.writer.value(*date),
            WaitUntilPlan::Condition(condition) => self.writer.text(*condition),
        }
    }

    fn delay(self, delay: DelayPlan) -> String {
        match delay {
            DelayPlan::Period(period) => period.to_string(),
            DelayPlan::BusinessDays(count, calendar) => {
                format!("{count} business days{}", self.lister.calendar(calendar))
            }
        }
    }

    pub(super) fn on_failure(on_failure: OnFailure) -> &'static str {
        match on_failure {
            OnFailure::Continue => "continue",
            OnFailure::Exit => "exit",
        }
    }
}

/// A share in millionths.
fn percent(share: u32) -> String {
    let (whole, rest) = (share / 10_000, share % 10_000);
    if rest == 0 {
        return format!("{whole}%");
    }
    format!("{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
}
