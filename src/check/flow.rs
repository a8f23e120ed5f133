//! The steps of a workflow, in order.
//!
//! In: the steps as written and what is in scope at the beginning. Out: checked steps. Invariant: a name kept by a step
//! is in scope of the steps behind it, in the order of the text, and of no other. A step with an error is left out.
//! Waits are in `wait`, changes in `change`, calls in `call`.

use super::checked::*;
use super::cx::Cx;
use super::liquid::{TextEvent, TextScope};
use super::message::Sent;
use super::once::firsts;
use super::scope::{EventScope, Scope};
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, StepKind as Written};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is in scope in a workflow.
#[derive(Debug)]
pub(super) struct Env {
    /// What it is about.
    pub subject: Subject,
    /// The events of its triggers that are events.
    pub events: Vec<(Idx<Event>, Span)>,
    /// The place of a trigger that is no event.
    pub other: Option<Span>,
    /// Names kept so far.
    pub kept: Vec<Arc<str>>,
    /// Whether the step before is a wait that can time out.
    pub timed: bool,
}

impl Env {
    /// What names mean at the present step.
    pub(super) fn scope(&self) -> Scope<'_> {
        let event = EventScope::Triggers { events: &self.events, other: self.other };
        let scope = Scope::workflow(self.subject, event).with_kept(&self.kept);
        if self.timed { scope.with_timed_out() } else { scope }
    }

    /// Whether every trigger is an event.
    pub(super) fn all_events(&self) -> bool {
        self.other.is_none() && !self.events.is_empty()
    }

    /// What a Liquid text can read at the present step; `contact`: it goes to contacts.
    pub(super) fn texts(&self, contact: bool) -> TextScope {
        let event = if self.all_events() {
            TextEvent::Of(self.events.iter().map(|(event, _)| *event).collect())
        } else {
            TextEvent::None
        };
        let contact = contact || self.subject == Subject::Contact;
        TextScope { account: true, contact, event, kept: self.kept.clone(), params: Vec::new() }
    }

    /// The place of a kept name, a new one if it was not kept before.
    pub(super) fn keep(&mut self, name: Arc<str>) -> usize {
        if let Some(at) = self.kept.iter().position(|known| *known == name) {
            return at;
        }
        self.kept.push(name);
        self.kept.len() - 1
    }
}

/// The checking of one workflow's steps.
pub(super) struct Flow<'c, 'a> {
    /// The state of checking.
    pub cx: &'c mut Cx<'a>,
    /// What is in scope.
    pub env: Env,
    /// Where templates are sent.
    pub sent: &'c mut Sent,
    /// The templates sent by earlier steps.
    pub sends: HashSet<u32>,
    labels: HashMap<String, Span>,
    split: Option<Span>,
}

impl<'c, 'a> Flow<'c, 'a> {
    /// Before the first step.
    pub(super) fn new(cx: &'c mut Cx<'a>, env: Env, sent: &'c mut Sent) -> Self {
        Self { cx, env, sent, sends: HashSet::new(), labels: HashMap::new(), split: None }
    }

    /// Steps, in order.
    pub(super) fn steps(&mut self, steps: &[ast::Step]) -> Vec<Step> {
        let mut timed = false;
        let mut made = Vec::with_capacity(steps.len());
        for step in steps {
            self.env.timed = timed;
            made.extend(self.step(step));
            timed = matches!(&step.kind, Written::Wait(ast::Wait::Until { at_most: Some(_), .. }));
        }
        self.env.timed = false;
        made
    }

    fn step(&mut self, step: &ast::Step) -> Option<Step> {
        self.label(step);
        self.tails(step);
        let guard = step.guard.as_ref().map(|guard| self.cx.condition(guard, &self.env.scope()));
        let kind = self.kind(step);
        let guard = match guard {
            Some(guard) => Some(guard?),
            None => None,
        };
        let label = step.label.as_ref().map(|label| self.cx.intern(&label.value));
        let on_failure = step.on_failure.as_ref().map_or(OnFailure::Continue, |policy| policy.node);
        Some(Step { label, kind: kind?, guard, on_failure, span: step.at.0 })
    }

    fn label(&mut self, step: &ast::Step) {
        let Some(label) = &step.label else { return };
        if let Some(first) = self.labels.get(&label.value) {
            let message = format!("two steps have the label `{}`", label.value);
            let twice = Diagnostic::new(Code::DuplicateLabel, label.at.0, message);
            self.cx.report(twice.other(*first, "first here").help("give this step another label"));
            return;
        }
        self.labels.insert(label.value.clone(), label.at.0);
    }

    /// What stands behind a step that can't have it.
    fn tails(&mut self, step: &ast::Step) {
        if matches!(step.kind, Written::Call(_)) {
            return;
        }
        if let Some(policy) = &step.on_failure {
            let message = "only a step that calls an action can fail";
            self.cx.report(
                Diagnostic::new(Code::MisplacedOnFailure, policy.span(), message).help("leave it out"),
            );
        }
        if let Some(keep) = step.keep.first() {
            let message = "only a step that calls an action has a response to keep a value of";
            self.cx
                .report(Diagnostic::new(Code::MisplacedKeep, keep.name.span(), message).help("leave it out"));
        }
    }

    fn kind(&mut self, step: &ast::Step) -> Option<StepKind> {
        Some(match &step.kind {
            Written::Branch(branch) => self.branch(branch)?,
            Written::Split(arms) => self.split(step, arms),
            Written::Wait(wait) => StepKind::Wait(self.wait(wait)?),
            Written::Exit => StepKind::Exit,
            Written::Goal => StepKind::Goal,
            Written::Set(fields) => StepKind::Set(self.set(fields)?),
            Written::AddTag(tag) => StepKind::AddTag(self.tags(step)?, self.cx.intern(&tag.value)),
            Written::RemoveTag(tag) => StepKind::RemoveTag(self.tags(step)?, self.cx.intern(&tag.value)),
            Written::Record { event, fields } => self.record(event, fields.as_deref().unwrap_or_default())?,
            Written::Assign(to) => self.assign(to)?,
            Written::Start { workflow, named } => {
                let (workflow, contacts) = self.other_workflow(workflow, named, "start")?;
                StepKind::Start { workflow, contacts }
            }
            Written::Stop { workflow, named } => {
                let (workflow, contacts) = self.other_workflow(workflow, named, "stop")?;
                StepKind::Stop { workflow, contacts }
            }
            Written::Call(call) => StepKind::Call(self.call(call, &step.keep)?),
        })
    }

    fn branch(&mut self, branch: &ast::Branch) -> Option<StepKind> {
        let conditions: Vec<Option<Expr>> = branch
            .arms
            .iter()
            .map(|(condition, _)| self.cx.condition(condition, &self.env.scope()))
            .collect();
        let blocks: Vec<Vec<Step>> = branch.arms.iter().map(|(_, steps)| self.steps(steps)).collect();
        let otherwise = branch.otherwise.as_ref().map_or(Vec::new(), |steps| self.steps(steps));
        let conditions: Option<Vec<Expr>> = conditions.into_iter().collect();
        Some(StepKind::Branch { arms: conditions?.into_iter().zip(blocks).collect(), otherwise })
    }

    fn split(&mut self, step: &ast::Step, arms: &[ast::Arm]) -> StepKind {
        match (self.split, &step.label) {
            (Some(first), None) => {
                let message = "a second split needs a label, so that its shares stay apart from the first";
                let bare = Diagnostic::new(Code::SplitWithoutLabel, split_word(step), message);
                let bare = bare.other(first, "the first split");
                self.cx.report(
                    bare.help("write `label \"…\":` before it").fix(step.at.0.before(), "label \"second\": "),
                );
            }
            _ => self.split = self.split.or(Some(split_word(step))),
        }
        let names = arms.iter().map(|arm| (arm.name.value.as_str(), arm.name.at.0));
        firsts(self.cx, names, (Code::DuplicateArm, "arm"));
        self.shares(step, arms);
        let made = arms
            .iter()
            .map(|arm| Arm {
                percent: arm.percent.node.normalize(),
                name: self.cx.intern(&arm.name.value),
                steps: self.steps(&arm.steps),
            })
            .collect();
        let label = step.label.as_ref().map_or("", |label| label.value.as_str());
        StepKind::Split { label: self.cx.intern(label), arms: made }
    }

    fn shares(&mut self, step: &ast::Step, arms: &[ast::Arm]) {
        let total = arms.iter().try_fold(Decimal::ZERO, |total, arm| total.checked_add(arm.percent.node));
        if let Some(empty) = arms.iter().find(|arm| arm.percent.node.is_zero()) {
            let message = format!("nobody goes down the arm `{}`", empty.name.value);
            let wrong = Diagnostic::new(Code::SplitShares, empty.percent.span(), message);
            return self.cx.report(wrong.help("give it a share, or take it out"));
        }
        if total == Some(Decimal::ONE_HUNDRED) {
            return;
        }
        let sum = total.map_or("far more".into(), |total| format!("{}%", total.normalize()));
        let message = format!("the shares add up to {sum}, not to 100%");
        let mut wrong = Diagnostic::new(Code::SplitShares, split_word(step), message);
        for arm in arms {
            wrong = wrong.other(arm.percent.span(), "");
        }
        self.cx.report(wrong.help("change the shares until they add up to 100%"));
    }
}

/// The place of the word `split`, or of the label before it.
fn split_word(step: &ast::Step) -> Span {
    let start = step.label.as_ref().map_or(step.at.0, |label| label.at.0);
    if step.label.is_some() { start } else { Span { end: start.start + 5, ..start } }
}
