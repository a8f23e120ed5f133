//! Workflows: their clauses, their enrolment, their names.
//!
//! In: the declared workflows, with attributes, events, actions and templates known. Out: [`Workflow`]s in the order of
//! their names. A workflow with an error keeps its place, with what of it could be checked.

use super::checked::*;
use super::cx::Cx;
use super::flow::{Env, Flow};
use super::message::Sent;
use super::names::Entry;
use super::once::Once;
use super::scope::Scope;
use super::trigger;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ClauseKind, EnrolmentOptionKind as Kind};
use std::collections::HashMap;
use std::sync::Arc;

/// Checks all workflows.
pub(super) fn workflows(cx: &mut Cx<'_>, sent: &mut Sent) {
    let names = cx.names;
    let mut former = HashMap::new();
    for entry in names.workflows.iter() {
        was(cx, entry, &mut former);
        let workflow = workflow(cx, entry, sent);
        cx.out.workflows.push(workflow);
    }
}

type Declared<'a> = Entry<'a, Workflow, ast::Workflow>;

/// The clauses of a workflow, each in its place.
#[derive(Default)]
struct Clauses<'a> {
    description: Once<&'a ast::Text>,
    state: Once<State>,
    triggers: Once<&'a [ast::Trigger]>,
    only_if: Once<&'a ast::Expr>,
    enrolment: Once<&'a ast::Enrolment>,
    steps: Once<&'a [ast::Step]>,
    exits: Vec<&'a ast::Expr>,
    goals: Vec<&'a ast::Expr>,
    on_edit: Once<OnEdit>,
}

impl<'a> Clauses<'a> {
    fn of(cx: &mut Cx<'_>, clauses: &'a [ast::Clause]) -> Self {
        let mut all = Self::default();
        for clause in clauses {
            let span = clause.at.0;
            let twice = |what| (Code::DuplicateClause, what);
            match &clause.kind {
                ClauseKind::Description(text) => {
                    all.description.put(cx, text, span, twice("the description"));
                }
                ClauseKind::State(state) => {
                    all.state.put(cx, *state, span, twice("the state of the workflow"));
                }
                ClauseKind::When(triggers) => all.when(cx, triggers, span),
                ClauseKind::OnlyIf(condition) => {
                    all.only_if.put(cx, condition, span, twice("the `if` of the workflow"));
                }
                ClauseKind::Enrolment(it) => all.enrolment.put(cx, it, span, twice("how often it enrols")),
                ClauseKind::Do(steps) => all.steps.put(cx, steps, first_word(span, 2), twice("`do`")),
                ClauseKind::ExitWhen(condition) => all.exits.push(condition),
                ClauseKind::GoalWhen(condition) => all.goals.push(condition),
                ClauseKind::OnEdit(policy) => all.on_edit.put(cx, *policy, span, twice("`on edit`")),
            }
        }
        all
    }

    fn when(&mut self, cx: &mut Cx<'_>, triggers: &'a [ast::Trigger], span: Span) {
        let Some((_, first)) = self.triggers.placed() else {
            return self.triggers.put(cx, triggers, span, (Code::DuplicateClause, "`when`"));
        };
        let word = first_word(span, 4);
        let twice =
            Diagnostic::new(Code::DuplicateClause, word, "`when` is said twice").other(*first, "first here");
        cx.report(twice.help("join triggers by `or when …`").fix(word, "or when"));
    }
}

/// The first word of a place, which is so long.
fn first_word(span: Span, length: u32) -> Span {
    Span { end: span.end.min(span.start + length), ..span }
}

fn workflow(cx: &mut Cx<'_>, entry: &Declared<'_>, sent: &mut Sent) -> Workflow {
    let clauses = Clauses::of(cx, &entry.decl.clauses);
    missing(cx, entry.span, &clauses);
    let subject = cx.names.workflow_subject(entry.idx);
    let triggers = trigger::triggers(cx, clauses.triggers.value().unwrap_or_default(), subject);
    let (events, other) = trigger::events(&triggers);
    let env = Env { subject, events, other, kept: Vec::new(), timed: false };
    let only_if = clauses.only_if.value().and_then(|condition| cx.condition(condition, &env.scope()));
    let enrolment = clauses.enrolment.value().map(|it| enrolment(cx, it, &env.scope())).unwrap_or_default();
    let watched = |cx: &mut Cx<'_>, all: &[&ast::Expr]| -> Vec<Expr> {
        let known =
            |expr: &&ast::Expr| cx.condition(expr, &env.scope()).unwrap_or_else(|| Expr::unknown(expr.at.0));
        all.iter().map(known).collect()
    };
    let (exits, goals) = (watched(cx, &clauses.exits), watched(cx, &clauses.goals));
    let mut flow = Flow::new(cx, env, sent);
    let steps = flow.steps(clauses.steps.value().unwrap_or_default());
    let kept = flow.env.kept;
    Workflow {
        name: Arc::clone(&entry.name),
        was: entry.decl.was.as_ref().map(|was| cx.intern(&was.value)),
        subject,
        description: clauses.description.value().map(|text| text.value.as_str().into()),
        state: clauses.state.value().unwrap_or(State::Draft),
        triggers,
        only_if,
        enrolment,
        steps,
        exits,
        goals,
        on_edit: clauses.on_edit.value().unwrap_or(OnEdit::Move),
        kept,
        span: entry.span,
    }
}

fn missing(cx: &mut Cx<'_>, span: Span, clauses: &Clauses<'_>) {
    if clauses.triggers.placed().is_none() {
        let missing = Diagnostic::new(Code::MissingTrigger, span, "nothing starts this workflow");
        cx.report(missing.help("add a trigger, such as `when account is created`"));
    }
    if clauses.steps.placed().is_none_or(|(steps, _)| steps.is_empty()) {
        let missing = Diagnostic::new(Code::MissingSteps, span, "this workflow does nothing");
        cx.report(missing.help("add its steps: `do …`"));
    }
}

fn enrolment(cx: &mut Cx<'_>, written: &ast::Enrolment, scope: &Scope<'_>) -> Enrolment {
    let (mut restart, mut key, mut pause) = (Once::default(), Once::default(), Once::default());
    for option in &written.options {
        let span = option.at.0;
        let twice = |what| (Code::ContradictingEnrolment, what);
        match &option.kind {
            Kind::Restart => restart.put(cx, (), span, twice("`restart`")),
            Kind::ParallelBy(path) => key.put(cx, path, span, twice("`in parallel by`")),
            Kind::AtMostOncePer(period) => pause.put(cx, period, span, twice("`at most once per`")),
        }
    }
    let key = key.value().and_then(|path: &ast::Path| {
        let expr = ast::Expr { kind: ast::ExprKind::Path(path.clone()), at: path.at };
        cx.value(&expr, scope, None)
    });
    let pause = pause.value().and_then(|period| cx.period(period, "pause"));
    Enrolment { every: written.every, restart: restart.value().is_some(), parallel_by: key, pause }
}

/// What `was` names must be free, and claimed by no other.
fn was<'a>(cx: &mut Cx<'_>, entry: &Declared<'a>, former: &mut HashMap<&'a str, Span>) {
    let Some(was) = &entry.decl.was else { return };
    let conflict = |message: String| Diagnostic::new(Code::WasConflict, was.at.0, message);
    if *was.value == *entry.name {
        let wrong = conflict(format!("the workflow has the name `{}` still", was.value));
        return cx.report(wrong.help("leave `was` out"));
    }
    if let Some(present) = cx.names.workflows.get(&was.value) {
        let wrong = conflict(format!("the workflow `{}` is still there", was.value))
            .other(present.span, "declared here");
        return cx.report(wrong.help("take the old one out, or leave `was` out"));
    }
    match former.get(was.value.as_str()) {
        Some(first) => {
            let wrong =
                conflict(format!("two workflows were `{}`", was.value)).other(*first, "the other one");
            cx.report(wrong.help("only one can take its enrolments over"));
        }
        None => {
            former.insert(&was.value, was.at.0);
        }
    }
}
