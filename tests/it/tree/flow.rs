//! Workflows: clauses, triggers, steps, arguments.

use super::expr::clock;
use super::{Lines, expr, joined, optional, text, texts, word};
use wayfare::syntax::ast::*;

pub(super) fn clause(out: &mut Lines, clause: &Clause) {
    match &clause.kind {
        ClauseKind::Description(of) => out.line(format!("description {}", text(of))),
        ClauseKind::State(state) => out.line(word(state)),
        ClauseKind::When(triggers) => triggers.iter().for_each(|it| out.line(trigger(it))),
        ClauseKind::OnlyIf(condition) => out.line(format!("if {}", expr(condition))),
        ClauseKind::Enrolment(of) => {
            let every = if of.every { "every-time" } else { "once" };
            out.line(format!("{every}{}", joined(&of.options, option)));
        }
        ClauseKind::Do(of) => {
            out.line("do");
            out.inside(|out| steps(out, of));
        }
        ClauseKind::ExitWhen(condition) => out.line(format!("exit-when {}", expr(condition))),
        ClauseKind::GoalWhen(condition) => out.line(format!("goal-when {}", expr(condition))),
        ClauseKind::OnEdit(on_edit) => out.line(format!("on-edit {}", word(on_edit))),
    }
}

fn option(of: &EnrolmentOption) -> String {
    match &of.kind {
        EnrolmentOptionKind::Restart => "restart".into(),
        EnrolmentOptionKind::ParallelBy(path) => format!("(in-parallel-by {})", path.text()),
        EnrolmentOptionKind::AtMostOncePer(period) => format!("(at-most-once-per {})", period.node),
    }
}

/// A trigger, on one line.
pub(crate) fn trigger(of: &Trigger) -> String {
    format!("when {} {}", word(of.subject.node), fires(&of.kind))
}

fn fires(of: &TriggerKind) -> String {
    match of {
        TriggerKind::EntersSegment(name) => format!("enters-segment {}", text(name)),
        TriggerKind::LeavesSegment(name) => format!("leaves-segment {}", text(name)),
        TriggerKind::EntersStage(name) => format!("enters-stage {}", text(name)),
        TriggerKind::LeavesStage(name) => format!("leaves-stage {}", text(name)),
        TriggerKind::Health { change, to } => {
            format!("health-{}{}", word(change), optional("to ", to.as_ref(), |to| word(to.node)))
        }
        TriggerKind::Becomes { attribute, value } => format!("becomes {} {}", attribute.text(), expr(value)),
        TriggerKind::Changes { attribute, from, to } => {
            let (from, to) = (optional("from ", from.as_ref(), expr), optional("to ", to.as_ref(), expr));
            format!("changes {}{from}{to}", attribute.text())
        }
        TriggerKind::Matches(condition) => format!("matches {}", expr(condition)),
        TriggerKind::Performs { event, filter } => performs(event, filter.as_ref()),
        TriggerKind::Created => "created".into(),
        TriggerKind::Reaches { offset: None, attribute } => format!("reaches {}", attribute.text()),
        TriggerKind::Reaches { offset: Some(offset), attribute } => {
            format!("reaches {}", instant(offset, attribute))
        }
        TriggerKind::Clock { day, time, calendar } => {
            let day = match day.node {
                ClockDay::Week(day) => word(day),
                ClockDay::Month(day) => format!("day-{day}-of-month"),
            };
            format!("clock {day} {}{}", clock(time.node), optional("in ", calendar.as_ref(), text))
        }
        TriggerKind::ByHand => "by-hand".into(),
    }
}

fn performs(event: &Text, filter: Option<&Expr>) -> String {
    format!("performs {}{}", text(event), optional("where ", filter, expr))
}

fn instant(offset: &Offset, of: &Path) -> String {
    format!("({} {} {})", if offset.before { "before" } else { "after" }, offset.period.node, of.text())
}

pub(super) fn steps(out: &mut Lines, of: &[Step]) {
    of.iter().for_each(|it| step(out, it));
}

fn step(out: &mut Lines, step: &Step) {
    let label = step.label.as_ref().map_or(String::new(), |label| format!("label {}: ", text(label)));
    let guard = optional("| if ", step.guard.as_ref(), expr);
    let on_failure = optional("| on-failure ", step.on_failure.as_ref(), |it| word(it.node));
    let keep = joined(&step.keep, |it| format!("| keep {} = {}", it.name.node, expr(&it.value)));
    let behind = format!("{guard}{on_failure}{keep}");
    match &step.kind {
        StepKind::Branch(branch) => {
            for (at, (condition, inside)) in branch.arms.iter().enumerate() {
                let word = if at == 0 { "if" } else { "else-if" };
                out.line(format!("{label}{word} {}{behind}", expr(condition)));
                out.inside(|out| steps(out, inside));
            }
            if let Some(otherwise) = &branch.otherwise {
                out.line("else");
                out.inside(|out| steps(out, otherwise));
            }
        }
        StepKind::Split(arms) => {
            out.line(format!("{label}split{behind}"));
            out.inside(|out| arms.iter().for_each(|it| arm(out, it)));
        }
        plain => out.line(format!("{label}{}{behind}", does(plain))),
    }
}

fn arm(out: &mut Lines, arm: &Arm) {
    out.line(format!("{}% {}", arm.percent.node, text(&arm.name)));
    out.inside(|out| steps(out, &arm.steps));
}

fn does(of: &StepKind) -> String {
    match of {
        StepKind::Branch(_) | StepKind::Split(_) => panic!("printed with what stands inside"),
        StepKind::Wait(of) => wait(of),
        StepKind::Exit => "exit".into(),
        StepKind::Goal => "goal".into(),
        StepKind::Set(of) => format!("set{}", joined(of, named)),
        StepKind::AddTag(tag) => format!("add-tag {}", text(tag)),
        StepKind::RemoveTag(tag) => format!("remove-tag {}", text(tag)),
        StepKind::Record { event, fields: of } => {
            format!("record {}{}", text(event), optional("", of.as_ref(), |of| fields(of)))
        }
        StepKind::Assign(of) => format!("assign {}", named(of)),
        StepKind::Start { workflow, named: of } => format!("start {}{}", text(workflow), joined(of, named)),
        StepKind::Stop { workflow, named: of } => format!("stop {}{}", text(workflow), joined(of, named)),
        StepKind::Call(Call { action, positional, named: of }) => {
            format!("call {}{}{}", action.text(), joined(positional, expr), joined(of, named))
        }
    }
}

fn wait(of: &Wait) -> String {
    match of {
        Wait::For(of) => format!("wait {}", delay(of)),
        Wait::Until { what, at_most, else_exit } => {
            let what = match what {
                WaitUntil::Clock { time, calendar } => {
                    format!("clock {}{}", clock(time.node), optional("in ", calendar.as_ref(), text))
                }
                WaitUntil::Performs { event, filter } => performs(event, filter.as_ref()),
                WaitUntil::Mail { what, template } => format!("{} {}", word(what.node), text(template)),
                WaitUntil::Date { offset, attribute } => instant(offset, attribute),
                WaitUntil::Condition(condition) => expr(condition),
            };
            let at_most = optional("| at-most ", at_most.as_ref(), delay);
            format!("wait-until {what}{at_most}{}", if *else_exit { " | else-exit" } else { "" })
        }
    }
}

fn delay(of: &Delay) -> String {
    match of {
        Delay::Period(period) => period.node.to_string(),
        Delay::BusinessDays { count, calendar } => {
            format!("{} business-days{}", count.node, optional("in ", calendar.as_ref(), text))
        }
    }
}

fn named(of: &Named) -> String {
    format!("{}:{}", of.name.node, arg(&of.value))
}

pub(super) fn fields(of: &[Field]) -> String {
    format!("{{{} }}", joined(of, field))
}

fn field(of: &Field) -> String {
    let quote = if of.quoted { "\"" } else { "" };
    format!("{quote}{}{quote}:{}", of.name.node, arg(&of.value))
}

/// An argument, on one line.
pub(crate) fn arg(of: &Arg) -> String {
    match &of.kind {
        ArgKind::Object(of) => fields(of),
        ArgKind::List(items) => format!("(list{})", joined(items, arg)),
        ArgKind::Contacts(filter) => format!("(contacts{})", optional("where ", filter.as_ref(), expr)),
        ArgKind::NextOf(team) => format!("(next-of {})", text(team)),
        ArgKind::LeastLoadedOf(team) => format!("(least-loaded-of {})", text(team)),
        ArgKind::Secret(name) => format!("(secret {})", text(name)),
        ArgKind::Value(value) => expr(value),
    }
}

/// ` "a" "b"`: what stands behind an action's name in an expectation.
pub(super) fn called(action: &Path, args: &[Text]) -> String {
    format!("{}{}", action.text(), texts(args))
}
