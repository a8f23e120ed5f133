//! Workflows: a clause a line, in the author's order; the steps beneath `do`, one step further in.
//!
//! In: a workflow or its bare clauses. Out: their tokens. Of several triggers each has its line.

use super::doc::Gap;
use super::print::{Printer, Shape};
use crate::syntax::ast::{Clause, ClauseKind, Trigger, TriggerKind, Workflow};

impl Printer<'_> {
    /// The rest of `workflow "X" { … }`.
    pub fn workflow(&mut self, workflow: &Workflow) {
        for name in workflow.name.iter().chain(&workflow.was) {
            self.through(name.at);
        }
        self.list(Shape::LINES, &workflow.clauses, |clause| clause.at.0, Self::clause);
    }

    /// The clauses of a bare workflow.
    pub fn clauses(&mut self, clauses: &[Clause]) {
        self.lines(clauses, Self::clause);
    }

    fn clause(&mut self, clause: &Clause) {
        match &clause.kind {
            ClauseKind::When(triggers) => self.triggers(triggers),
            ClauseKind::Do(steps) => self.item(|p| p.steps(steps)),
            ClauseKind::OnlyIf(condition)
            | ClauseKind::ExitWhen(condition)
            | ClauseKind::GoalWhen(condition) => {
                self.item(|p| p.expr(condition));
            }
            ClauseKind::Description(_)
            | ClauseKind::State(_)
            | ClauseKind::Enrolment(_)
            | ClauseKind::OnEdit(_) => {
                self.words(clause.at);
            }
        }
    }

    fn triggers(&mut self, triggers: &[Trigger]) {
        let [only] = triggers else {
            return self.item(|p| {
                for (at, trigger) in triggers.iter().enumerate() {
                    if at > 0 {
                        p.doc.gap(Gap::Hard);
                    }
                    p.item(|p| p.trigger(trigger));
                }
            });
        };
        self.item(|p| p.trigger(only));
    }

    fn trigger(&mut self, trigger: &Trigger) {
        self.through(trigger.subject.at);
        match &trigger.kind {
            TriggerKind::Becomes { value, .. }
            | TriggerKind::Matches(value)
            | TriggerKind::Performs { filter: Some(value), .. } => self.expr(value),
            TriggerKind::Changes { from, to, .. } => {
                for value in from.iter().chain(to) {
                    self.expr(value);
                }
            }
            _ => {}
        }
        self.through(trigger.at);
    }
}
