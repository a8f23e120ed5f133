//! What tests expect.

use super::builtin::{self, SlotKind};
use super::call;
use super::checked::*;
use super::collect::subject_word;
use super::scope::Scope;
use super::team::address;
use super::test::Bench;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ActionCheck, ClauseKind, EntityExpectation as What, Expectation};
use std::sync::Arc;

impl Bench<'_, '_> {
    /// An expectation.
    pub(super) fn expectation(&mut self, expectation: &Expectation) -> Option<TestStatementKind> {
        match expectation {
            Expectation::NothingMore => Some(TestStatementKind::ExpectNothingMore),
            Expectation::NoAction { action, args } => self.action(action, (args, &[]), true),
            Expectation::Action { action, args, checks } => self.action(action, (args, checks), false),
            Expectation::Entity { subject, id, what } => {
                self.of_entity(subject.as_ref().map(|it| it.node), id, what)
            }
        }
    }

    fn action(
        &mut self,
        path: &ast::Path,
        (written, checks): (&[ast::Text], &[ActionCheck]),
        negated: bool,
    ) -> Option<TestStatementKind> {
        let action = call::action(self.cx, path)?;
        let args = self.action_args(action, path, written);
        let (mut to, mut containing) = (None, Vec::new());
        for check in checks {
            match check {
                ActionCheck::To(text) => to = Some(self.to(action, path, text)?),
                ActionCheck::Containing(text) => containing.push(text.value.as_str().into()),
            }
        }
        Some(TestStatementKind::ExpectAction { negated, action, args: args?, to, containing })
    }

    fn to(&mut self, action: ActionRef, path: &ast::Path, text: &ast::Text) -> Option<Arc<str>> {
        if matches!(action, ActionRef::BuiltIn(action) if builtin::is_mail(action)) {
            return address(self.cx, text);
        }
        let message = format!("`{}` goes to no address", path.text());
        let wrong = Diagnostic::new(Code::UnknownArgument, text.at.0, message);
        self.cx.fail(wrong.help("leave `to …` out"))
    }

    fn action_args(
        &mut self,
        action: ActionRef,
        path: &ast::Path,
        args: &[ast::Text],
    ) -> Option<Vec<Arc<str>>> {
        let most = match action {
            ActionRef::BuiltIn(action) => {
                if let (Some(slot), Some(first)) = (builtin::slots(action).first(), args.first()) {
                    match slot.kind {
                        SlotKind::Message => self.cx.template(first).map(|_| ())?,
                        SlotKind::Team => self.cx.team(first).map(|_| ())?,
                        _ => {}
                    }
                }
                builtin::slots(action).len()
            }
            ActionRef::Declared(idx) => self.cx.out.actions.get(idx).map_or(0, |action| action.params.len()),
        };
        if let Some(extra) = args.get(most) {
            let message = format!("`{}` takes {most} arguments, and this is one more", path.text());
            return self
                .cx
                .fail(Diagnostic::new(Code::TooManyArguments, extra.at.0, message).help("take it out"));
        }
        Some(args.iter().map(|arg| self.cx.intern(&arg.value)).collect())
    }

    fn of_entity(
        &mut self,
        subject: Option<Subject>,
        id: &ast::Text,
        what: &What,
    ) -> Option<TestStatementKind> {
        let (workflow, rest) = match what {
            What::Holds(condition) => {
                let entity = match subject {
                    Some(subject) => self.entity(id, subject),
                    None => self.either(id),
                }?;
                let condition = self.cx.condition(condition, &Scope::definition(entity.subject))?;
                return Some(TestStatementKind::ExpectHolds { entity, condition });
            }
            What::Enrolled { workflow, .. }
            | What::Exited { workflow, .. }
            | What::Waiting { workflow, .. } => (workflow, what),
            What::Finished(workflow) => (workflow, what),
        };
        let place = workflow.at.0;
        let workflow = self.cx.workflow(workflow)?;
        let entity = self.of_workflow(subject, id, workflow, place)?;
        Some(match rest {
            What::Enrolled { negated, .. } => {
                TestStatementKind::ExpectEnrolled { negated: *negated, entity, workflow }
            }
            What::Exited { because, .. } => {
                let because = match because {
                    Some(reason) => Some(self.reason(workflow, reason)?),
                    None => None,
                };
                TestStatementKind::ExpectExited { entity, workflow, because }
            }
            What::Waiting { until, .. } => {
                TestStatementKind::ExpectWaiting { entity, workflow, until: until.as_ref().map(|at| at.node) }
            }
            _ => TestStatementKind::ExpectFinished { entity, workflow },
        })
    }

    /// The entity that is, or was, in a workflow: of the workflow's subject.
    fn of_workflow(
        &mut self,
        said: Option<Subject>,
        id: &ast::Text,
        workflow: Idx<Workflow>,
        place: Span,
    ) -> Option<TestEntity> {
        let subject = self.cx.names.workflow_subject(workflow);
        if said.is_none_or(|said| said == subject) {
            return self.entity(id, subject);
        }
        let message = format!("this workflow is about {}s", subject_word(subject));
        let wrong = Diagnostic::new(Code::WrongSubject, place, message).other(id.at.0, "and this is none");
        self.cx.fail(wrong.help(format!(
            "expect it of {} {}",
            if subject == Subject::Account { "an" } else { "a" },
            subject_word(subject)
        )))
    }

    /// One of the workflow's exits or, behind them, goals: by its text.
    fn reason(&mut self, workflow: Idx<Workflow>, reason: &ast::Expr) -> Option<usize> {
        let names = self.cx.names;
        let clauses = names.workflows.at(workflow).map_or(&[][..], |entry| &entry.decl.clauses);
        let exits = clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::ExitWhen(condition) => Some(condition),
            _ => None,
        });
        let goals = clauses.iter().filter_map(|clause| match &clause.kind {
            ClauseKind::GoalWhen(condition) => Some(condition),
            _ => None,
        });
        let reasons: Vec<&ast::Expr> = exits.chain(goals).collect();
        if let Some(at) = reasons.iter().position(|known| bare(known) == bare(reason)) {
            return Some(at);
        }
        let message = "the workflow has no such exit and no such goal";
        let mut unknown = Diagnostic::new(Code::UnknownReason, reason.at.0, message);
        for known in &reasons {
            unknown = unknown.other(known.at.0, "one that it has");
        }
        self.cx.fail(unknown.help("write the condition as the workflow has it"))
    }
}

/// A condition without parentheses around it.
pub(super) fn bare(expr: &ast::Expr) -> &ast::Expr {
    match &expr.kind {
        ast::ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}
