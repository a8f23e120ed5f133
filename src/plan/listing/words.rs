//! Triggers and the head of a workflow in the words of the language.

use super::*;
use crate::check::checked::{Clock, ClockDay, HealthChange, OnEdit, State, Weekday};
use crate::value::Value;

/// State, enrolment and the rest of what stands at the top.
pub(super) fn head(workflow: &WorkflowPlan, writer: Writer<'_>) -> Vec<(&'static str, String)> {
    let mut head = Vec::new();
    if let Some(was) = &workflow.was {
        head.push(("was", format!("{was:?}")));
    }
    let state = match workflow.state {
        State::Draft => "draft",
        State::Live => "live",
        State::Disabled => "disabled",
    };
    head.push(("state", state.into()));
    head.push(("enrolment", enrolment(&workflow.enrolment, writer)));
    let on_edit = match workflow.on_edit {
        OnEdit::Move => "move",
        OnEdit::Finish => "finish",
        OnEdit::Exit => "exit",
    };
    head.push(("on edit", on_edit.into()));
    head
}

fn enrolment(plan: &EnrolmentPlan, writer: Writer<'_>) -> String {
    let mut text = String::from(if plan.every { "every time" } else { "once" });
    if plan.restart {
        text.push_str(", restart");
    }
    if let Some(key) = plan.parallel_by {
        text = format!("{text}, in parallel by {}", writer.value(key));
    }
    if let Some(pause) = plan.pause {
        text = format!("{text}, at most once per {pause}");
    }
    text
}

impl Lister<'_> {
    pub(super) fn trigger(&self, trigger: &TriggerPlan, subject: Subject) -> String {
        let writer = self.writer(subject);
        match &trigger.kind {
            TriggerPlanKind::Bit { bit, on } => self.bit(*bit, *on, subject),
            TriggerPlanKind::Stage { stage, enters } => format!("{} stage {stage:?}", enters_word(*enters)),
            TriggerPlanKind::Health { change, to } => health(*change, *to),
            TriggerPlanKind::Slot { slot, from, to, becomes } => {
                let side = |word: &str, value: &Option<Value>| {
                    value.as_ref().map_or_else(String::new, |value| format!(" {word} {}", literal(value)))
                };
                let name = self.slot(subject, *slot);
                if *becomes {
                    return format!("{name}{}", side("becomes", to));
                }
                format!("{name} changes{}{}", side("from", from), side("to", to))
            }
            TriggerPlanKind::Performs { event, filter } => {
                let filter =
                    filter.map_or_else(String::new, |filter| format!(" where {}", writer.text(filter)));
                format!("performs {}{filter}", self.event(*event))
            }
            TriggerPlanKind::Created => "is created".into(),
            TriggerPlanKind::Reaches(instant) => format!("reaches {}", writer.value(*instant)),
            TriggerPlanKind::Clock(plan) => {
                format!("reaches {} {}{}", day(plan.day), clock(plan.time), self.calendar(plan.calendar))
            }
            TriggerPlanKind::ByHand => "is enrolled by hand".into(),
        }
    }

    /// A segment's bit, or one of a condition.
    fn bit(&self, bit: u16, on: bool, subject: Subject) -> String {
        let plan = self.plan.subject(subject).bits.get(usize::from(bit));
        if let Some(plan) = plan.filter(|plan| plan.segment) {
            return format!("{} segment {:?}", enters_word(on), plan.name);
        }
        match self.facts.get(&Made::Bit(subject.index(), bit)).map(|fact| &fact.kind) {
            Some(FactKind::Bit(_, condition)) => format!("matches {}", self.writer(subject).text(*condition)),
            _ => "matches ?".into(),
        }
    }
}

fn enters_word(on: bool) -> &'static str {
    if on { "enters" } else { "leaves" }
}

fn health(change: HealthChange, to: Option<Level>) -> String {
    let change = match change {
        HealthChange::Drops => "drops",
        HealthChange::Rises => "rises",
        HealthChange::Changes => "changes",
    };
    to.map_or_else(|| format!("health {change}"), |to| format!("health {change} to {}", level(to)))
}

pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Bad => "bad",
        Level::Average => "average",
        Level::Good => "good",
    }
}

/// A value as it is written.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Missing => "missing".into(),
        other => other.as_ref().to_string(),
    }
}

pub(super) fn clock(clock: Clock) -> String {
    format!("{:02}:{:02}", clock.0 / 60, clock.0 % 60)
}

fn day(day: ClockDay) -> String {
    match day {
        ClockDay::Week(day) => format!("each {}", weekday(day)),
        ClockDay::Month(day) => format!("day {day} of each month"),
    }
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}
