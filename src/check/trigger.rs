//! Triggers.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::scope::Scope;
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, TriggerKind as Written};
use crate::value::{Level, Value};

/// The triggers of a workflow about `subject`.
pub(super) fn triggers(cx: &mut Cx<'_>, triggers: &[ast::Trigger], subject: Subject) -> Vec<Trigger> {
    let Some(first) = triggers.first() else { return Vec::new() };
    let mut made = Vec::with_capacity(triggers.len());
    for trigger in triggers {
        if trigger.subject.node != subject {
            mixed(cx, trigger, first);
            continue;
        }
        let kind = kind(cx, trigger, subject);
        made.extend(kind.map(|kind| Trigger { kind, span: trigger.at.0 }));
    }
    made
}

fn mixed(cx: &mut Cx<'_>, trigger: &ast::Trigger, first: &ast::Trigger) {
    let (here, there) = (subject_word(trigger.subject.node), subject_word(first.subject.node));
    let message = format!("this trigger is about a {here}, and the workflow about {there}s");
    let mixed = Diagnostic::new(
        Code::MixedSubjects,
        trigger.subject.span(),
        message.replace("a account", "an account"),
    );
    let mixed = mixed.other(first.subject.span(), "the first trigger decides");
    cx.report(mixed.help(format!("make a workflow of its own for {here}s")));
}

fn kind(cx: &mut Cx<'_>, trigger: &ast::Trigger, subject: Subject) -> Option<TriggerKind> {
    let scope = Scope::definition(subject);
    Some(match &trigger.kind {
        Written::EntersSegment(name) => {
            TriggerKind::Segment { segment: cx.segment_of(name, subject)?, enters: true }
        }
        Written::LeavesSegment(name) => {
            TriggerKind::Segment { segment: cx.segment_of(name, subject)?, enters: false }
        }
        Written::EntersStage(name) => TriggerKind::Stage { stage: cx.stage(subject, name)?, enters: true },
        Written::LeavesStage(name) => TriggerKind::Stage { stage: cx.stage(subject, name)?, enters: false },
        Written::Health { change, to } => {
            TriggerKind::Health { change: *change, to: level(cx, *change, to.as_ref())? }
        }
        Written::Becomes { attribute, value } => {
            let of = own(cx, attribute, subject)?;
            let to = cx.constant(value, &of.ty.clone())?;
            TriggerKind::Changes { of, from: None, to: Some(to), becomes: true }
        }
        Written::Changes { attribute, from, to } => {
            changes(cx, attribute, (from.as_ref(), to.as_ref()), subject)?
        }
        Written::Matches(condition) => TriggerKind::Matches(cx.condition(condition, &scope)?),
        Written::Performs { event, filter } => {
            let event = cx.event(event)?;
            let filter = match filter {
                Some(filter) => Some(cx.condition(filter, &scope.filter(event))?),
                None => None,
            };
            TriggerKind::Performs { event, filter }
        }
        Written::Created => TriggerKind::Created,
        Written::Reaches { offset, attribute } => {
            TriggerKind::Reaches(cx.time_expr(attribute, offset.as_ref(), &scope)?)
        }
        Written::Clock { day, time, calendar } => clock(cx, day, time, calendar.as_ref())?,
        Written::ByHand => TriggerKind::ByHand,
    })
}

/// The attribute that a trigger watches: the subject's own.
fn own(cx: &mut Cx<'_>, path: &ast::Path, subject: Subject) -> Option<Expr> {
    let of = cx.attribute_path(path, &Scope::definition(subject))?;
    let (ExprKind::Attribute { of: who, .. } | ExprKind::BuiltIn { of: who, .. }) = &of.kind else {
        return Some(of);
    };
    if *who == Who::This {
        return Some(of);
    }
    let message = format!("`{}` is not an attribute of the {} itself", path.text(), subject_word(subject));
    let wrong = Diagnostic::new(Code::WrongSubject, path.at.0, message);
    cx.fail(wrong.help("write `when account …`, and act for its contacts"))
}

fn changes(
    cx: &mut Cx<'_>,
    path: &ast::Path,
    (from, to): (Option<&ast::Expr>, Option<&ast::Expr>),
    subject: Subject,
) -> Option<TriggerKind> {
    let of = own(cx, path, subject)?;
    let ty = of.ty.clone();
    let mut literal = |expr: Option<&ast::Expr>| match expr {
        Some(expr) => cx.constant(expr, &ty).map(Some),
        None => Some(None),
    };
    let (before, after) = (literal(from), literal(to));
    let (before, after) = (before?, after?);
    if let (Some(written), true) = (to, before.is_some() && before == after) {
        let message = "nothing changes from a value to the same value";
        return cx.fail(
            Diagnostic::new(Code::ImpossibleTrigger, written.at.0, message).help("name another value"),
        );
    }
    if let (Some(written), Some(Value::Missing)) = (from, &before) {
        let message = "at first sight nothing changes: a value that was missing is no former value";
        let wrong = Diagnostic::new(Code::ImpossibleTrigger, written.at.0, message);
        return cx.fail(wrong.help("write `becomes …`, which fires then too"));
    }
    Some(TriggerKind::Changes { of, from: before, to: after, becomes: false })
}

/// The level of `drops to bad`; outer `None` after an error.
#[expect(clippy::option_option, reason = "the level itself may be left out")]
fn level(cx: &mut Cx<'_>, change: HealthChange, to: Option<&Node<Level>>) -> Option<Option<Level>> {
    let Some(to) = to else { return Some(None) };
    let (verb, other) = match (change, to.node) {
        (HealthChange::Drops, Level::Good) => ("drops", "rises"),
        (HealthChange::Rises, Level::Bad) => ("rises", "drops"),
        _ => return Some(Some(to.node)),
    };
    let end = if other == "rises" { "best" } else { "worst" };
    let message = format!("health never {verb} to its {end} level");
    let wrong = Diagnostic::new(Code::ImpossibleTrigger, to.span(), message);
    cx.fail(wrong.help(format!("write `{other} to …`")))
}

fn clock(
    cx: &mut Cx<'_>,
    day: &Node<ClockDay>,
    time: &Node<Clock>,
    calendar: Option<&ast::Text>,
) -> Option<TriggerKind> {
    let calendar = match calendar {
        Some(name) => Some(cx.calendar(name)?),
        None => None,
    };
    Some(TriggerKind::Clock { day: day.node, time: time.node, calendar })
}

/// The events of triggers that are events, and the place of the first that is none.
pub(super) fn events(triggers: &[Trigger]) -> (Vec<(crate::base::Idx<Event>, Span)>, Option<Span>) {
    let events = triggers
        .iter()
        .filter_map(|trigger| match trigger.kind {
            TriggerKind::Performs { event, .. } => Some((event, trigger.span)),
            _ => None,
        })
        .collect();
    let other = triggers.iter().find(|trigger| !matches!(trigger.kind, TriggerKind::Performs { .. }));
    (events, other.map(|trigger| trigger.span))
}
