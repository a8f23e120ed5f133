//! Workflows: triggers, policy, steps, arguments.

use super::super::checked::*;
use super::super::collect::subject_word;
use super::expr::{exact, level, value};
use super::shared::clock;
use super::{Lines, joined, name, word};
use crate::base::Idx;

pub(super) fn workflows(out: &mut Lines<'_>) {
    for workflow in out.checked.workflows.values() {
        let was = workflow.was.as_ref().map_or(String::new(), |was| format!(" was {was:?}"));
        let (subject, state) = (subject_word(workflow.subject), word(workflow.state));
        out.line(format!("workflow {:?}{was} of {subject} {state}", workflow.name));
        out.inside(|out| clauses(out, workflow));
    }
}

fn clauses(out: &mut Lines<'_>, workflow: &Workflow) {
    for trigger in &workflow.triggers {
        out.line(format!("when {}", fires(out, &trigger.kind, workflow.subject)));
    }
    if let Some(condition) = &workflow.only_if {
        out.line(format!("if {}", out.expr(condition)));
    }
    out.line(enrolment(out, &workflow.enrolment));
    if !workflow.kept.is_empty() {
        out.line(format!("keeps{}", joined(&workflow.kept, ToString::to_string)));
    }
    out.line("do");
    out.inside(|out| steps(out, &workflow.steps));
    for (head, conditions) in [("exit-when", &workflow.exits), ("goal-when", &workflow.goals)] {
        for condition in conditions {
            out.line(format!("{head} {}", out.expr(condition)));
        }
    }
    out.line(format!("on-edit {}", word(workflow.on_edit)));
}

fn enrolment(out: &Lines<'_>, of: &Enrolment) -> String {
    let restart = if of.restart { " restart" } else { "" };
    let pause = of.pause.map_or(String::new(), |pause| format!(" at-most-once-per {}", exact(pause)));
    let by = out.optional("in-parallel-by ", of.parallel_by.as_ref());
    format!("{}{restart}{by}{pause}", if of.every { "every-time" } else { "once" })
}

fn fires(out: &Lines<'_>, of: &TriggerKind, subject: Subject) -> String {
    let checked = out.checked;
    match of {
        TriggerKind::Segment { segment, enters } => {
            let segment = name(&checked.segments, *segment, |it| &it.name);
            format!("{}-segment {segment}", side(*enters))
        }
        TriggerKind::Stage { stage, enters } => {
            let name = checked.stages_of(subject).and_then(|stages| stages.names.get(*stage));
            format!("{}-stage {:?}", side(*enters), name.map_or("", |name| name))
        }
        TriggerKind::Health { change, to } => {
            let to = to.map_or(String::new(), |to| format!(" to {}", level(to)));
            format!("health-{}{to}", word(change))
        }
        TriggerKind::Changes { of, from, to, becomes } => {
            let part = |word: &str, of: &Option<crate::value::Value>| {
                of.as_ref().map_or(String::new(), |of| format!(" {word} {}", value(of)))
            };
            let head = if *becomes { "becomes" } else { "changes" };
            format!("{head} {}{}{}", out.expr(of), part("from", from), part("to", to))
        }
        TriggerKind::Matches(condition) => format!("matches {}", out.expr(condition)),
        TriggerKind::Performs { event, filter } => performs(out, *event, filter.as_ref()),
        TriggerKind::Created => "created".into(),
        TriggerKind::Reaches(at) => format!("reaches {}", out.expr(at)),
        TriggerKind::Clock { day, time, calendar } => {
            let day = match day {
                ClockDay::Week(day) => word(day),
                ClockDay::Month(day) => format!("day-{day}-of-month"),
            };
            format!("clock {day} {}{}", clock(*time), in_calendar(checked, *calendar))
        }
        TriggerKind::ByHand => "by-hand".into(),
    }
}

fn side(enters: bool) -> &'static str {
    if enters { "enters" } else { "leaves" }
}

fn performs(out: &Lines<'_>, event: Idx<Event>, filter: Option<&Expr>) -> String {
    let event = name(&out.checked.events, event, |it| &it.name);
    format!("performs {event}{}", out.optional("where ", filter))
}

fn in_calendar(checked: &Checked, calendar: Option<Idx<Calendar>>) -> String {
    calendar.map_or(String::new(), |at| format!(" in {}", name(&checked.calendars, at, |it| &it.name)))
}

fn steps(out: &mut Lines<'_>, steps: &[Step]) {
    for it in steps {
        step(out, it);
    }
}

fn step(out: &mut Lines<'_>, step: &Step) {
    let label = step.label.as_ref().map_or(String::new(), |label| format!("label {label:?}: "));
    let on_failure = if step.on_failure == OnFailure::Exit { " | on-failure exit" } else { "" };
    let behind = format!("{}{on_failure}", out.optional("| if ", step.guard.as_ref()));
    match &step.kind {
        StepKind::Branch { arms, otherwise } => {
            for (at, (condition, inside)) in arms.iter().enumerate() {
                let head = if at == 0 { "if" } else { "else-if" };
                out.line(format!("{label}{head} {}", out.expr(condition)));
                out.inside(|out| steps(out, inside));
            }
            if !otherwise.is_empty() {
                out.line("else");
                out.inside(|out| steps(out, otherwise));
            }
        }
        StepKind::Split { label, arms } => {
            out.line(format!("split {label:?}"));
            out.inside(|out| {
                for arm in arms {
                    out.line(format!("{}% {:?}", arm.percent, arm.name));
                    out.inside(|out| steps(out, &arm.steps));
                }
            });
        }
        plain => out.line(format!("{label}{}{behind}", does(out, plain))),
    }
}

fn does(out: &Lines<'_>, of: &StepKind) -> String {
    let checked = out.checked;
    let attribute = |at: Idx<Attribute>| checked.attributes.get(at).map_or("", |it| &it.name);
    match of {
        StepKind::Branch { .. } | StepKind::Split { .. } => String::new(),
        StepKind::Wait(of) => wait(out, of),
        StepKind::Exit => "exit".into(),
        StepKind::Goal => "goal".into(),
        StepKind::Set(items) => {
            let item = |(at, value): &(_, _)| format!("{}:{}", attribute(*at), out.expr(value));
            format!("set{}", joined(items, item))
        }
        StepKind::AddTag(at, tag) => format!("add-tag {} {tag:?}", attribute(*at)),
        StepKind::RemoveTag(at, tag) => format!("remove-tag {} {tag:?}", attribute(*at)),
        StepKind::Record { event, fields } => {
            let found = checked.events.get(*event);
            let key =
                |at: Idx<Property>| found.and_then(|it| it.properties.get(at)).map_or("", |it| &it.name);
            let field = |(at, value): &(_, _)| format!("{}:{}", key(*at), out.expr(value));
            format!("record {}{}", name(&checked.events, *event, |it| &it.name), joined(fields, field))
        }
        StepKind::Assign { attribute: at, to } => format!("assign {} {}", attribute(*at), assignee(out, to)),
        StepKind::Start { workflow, contacts } => {
            format!("start {}", other(out, *workflow, contacts.as_ref()))
        }
        StepKind::Stop { workflow, contacts } => format!("stop {}", other(out, *workflow, contacts.as_ref())),
        StepKind::Call(call) => {
            let keep = joined(&call.keep, |(at, value)| format!("| keep.{at} = {}", out.expr(value)));
            format!("call {}{}{keep}", action(checked, call.action), joined(&call.args, |it| arg(out, it)))
        }
    }
}

fn other(out: &Lines<'_>, workflow: Idx<Workflow>, contacts: Option<&Contacts>) -> String {
    let for_whom = contacts.map_or(String::new(), |it| format!(" for {}", contacts_text(out, it)));
    format!("{}{for_whom}", name(&out.checked.workflows, workflow, |it| &it.name))
}

fn contacts_text(out: &Lines<'_>, of: &Contacts) -> String {
    format!("(contacts{})", out.optional("where ", of.filter.as_ref()))
}

fn assignee(out: &Lines<'_>, of: &Assignee) -> String {
    let team = |at: Idx<Team>| name(&out.checked.teams, at, |it| &it.name);
    match of {
        Assignee::User(user) => out.expr(user),
        Assignee::NextOf(at) => format!("(next-of {})", team(*at)),
        Assignee::LeastLoadedOf(at) => format!("(least-loaded-of {})", team(*at)),
    }
}

fn wait(out: &Lines<'_>, of: &Wait) -> String {
    let checked = out.checked;
    match of {
        Wait::For(of) => format!("wait {}", delay(checked, of)),
        Wait::Until { what, at_most, else_exit } => {
            let what = match what {
                WaitUntil::Clock { time, calendar } => {
                    format!("clock {}{}", clock(*time), in_calendar(checked, *calendar))
                }
                WaitUntil::Performs { event, filter } => performs(out, *event, filter.as_ref()),
                WaitUntil::Mail { what, template } => {
                    format!("{} {}", word(what), name(&checked.templates, *template, |it| &it.name))
                }
                WaitUntil::Date(at) => format!("reached {}", out.expr(at)),
                WaitUntil::Condition(condition) => out.expr(condition),
            };
            let at_most =
                at_most.as_ref().map_or(String::new(), |it| format!(" | at-most {}", delay(checked, it)));
            format!("wait-until {what}{at_most}{}", if *else_exit { " | else-exit" } else { "" })
        }
    }
}

fn delay(checked: &Checked, of: &Delay) -> String {
    match of {
        Delay::Period(period) => exact(*period),
        Delay::BusinessDays { count, calendar } => {
            format!("{count} business-days{}", in_calendar(checked, *calendar))
        }
    }
}

/// The name of an action.
pub(super) fn action(checked: &Checked, of: ActionRef) -> String {
    match of {
        ActionRef::BuiltIn(of) => word(of),
        ActionRef::Declared(at) => checked.actions.get(at).map_or_else(String::new, |it| it.name.to_string()),
    }
}

/// An argument; parameters that are not given are `-`.
pub(super) fn arg(out: &Lines<'_>, of: &Arg) -> String {
    let checked = out.checked;
    match of {
        Arg::Absent => "-".into(),
        Arg::Value(value) => out.expr(value),
        Arg::Template(liquid) => format!("(template {:?})", liquid.source),
        Arg::Message(at) => format!("(message {})", name(&checked.templates, *at, |it| &it.name)),
        Arg::Team(at) => format!("(team {})", name(&checked.teams, *at, |it| &it.name)),
        Arg::Recipients(of) => match of {
            Recipients::Contacts(of) => contacts_text(out, of),
            Recipients::Contact => "<contact>".into(),
            Recipients::EventContact => "<event.contact>".into(),
            Recipients::Address(address) => format!("(address {})", out.expr(address)),
        },
        Arg::Object(of) => fields(out, of),
        Arg::List(items) => format!("(list{})", joined(items, |it| arg(out, it))),
        Arg::Assignee(of) => assignee(out, of),
        Arg::Entity => "<entity>".into(),
    }
}

/// `{ key:value }`
pub(super) fn fields(out: &Lines<'_>, of: &[(std::sync::Arc<str>, Arg)]) -> String {
    format!("{{{} }}", joined(of, |(key, value)| format!("{key}:{}", arg(out, value))))
}
