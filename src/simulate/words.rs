//! The log in words and as JSON.

use crate::base::Instant;
use crate::engine::effect::{
    Answer, Exited, Gone, NotEnrolled, Noted, Prepared, RowChange, RowEvent, Skipped,
};
use crate::engine::{Line, LogEntry, LogKind, World};
use crate::plan::{Plan, subject_word};
use crate::value::Value;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// `account:A-2e4581`
pub fn entity(world: &World, eid: crate::engine::Eid) -> String {
    let entity = world.entity(eid);
    format!("{}:{}", subject_word(entity.subject), entity.id)
}

/// The kind of a line, as in `--output json`.
pub fn kind(kind: &LogKind) -> &'static str {
    match kind {
        LogKind::Enrolled(_) => "enrolled",
        LogKind::NotEnrolled(_) => "not-enrolled",
        LogKind::Waiting(_) => "waiting",
        LogKind::Action(_) => "action",
        LogKind::Skipped(_) => "skipped",
        LogKind::Failed(_) => "failed",
        LogKind::Exited(_) => "exited",
        LogKind::Finished => "finished",
        LogKind::Goal(_) => "goal",
        LogKind::Fact(_) => "fact",
        LogKind::Row(_) => "outbox",
        LogKind::Noted(_) => "noted",
        LogKind::Arm(_) => "arm",
    }
}

/// The workflow's name.
pub fn workflow<'p>(plan: &'p Plan, entry: &LogEntry) -> Option<&'p Arc<str>> {
    plan.workflows.get(entry.workflow? as usize).map(|workflow| &workflow.name)
}

/// The step's name: its label, or its place.
pub fn step<'p>(plan: &'p Plan, entry: &LogEntry) -> Option<&'p Arc<str>> {
    let workflow = plan.version(entry.workflow?, entry.version)?;
    workflow.steps.get(entry.step? as usize).map(crate::plan::StepPlan::name)
}

/// One line as JSON.
pub fn json(plan: &Plan, world: &World, entry: &LogEntry) -> Json {
    let mut detail = detail(&entry.kind);
    if entry.shadow {
        detail.insert("draft".into(), true.into());
    }
    json!({
        "at": entry.at.to_string(),
        "workflow": workflow(plan, entry),
        "entity": entity(world, entry.entity),
        "kind": kind(&entry.kind),
        "step": step(plan, entry),
        "detail": detail,
    })
}

/// A line as it is kept, as JSON; `entity` is the name of whom it is about.
pub fn line_json(line: &Line, entity: &str) -> Json {
    let mut detail = detail(&line.kind);
    if line.shadow {
        detail.insert("draft".into(), true.into());
    }
    json!({
        "at": line.at.to_string(),
        "workflow": line.workflow,
        "entity": entity,
        "kind": kind(&line.kind),
        "step": line.step,
        "detail": detail,
        "text": said(&line.kind, line.shadow),
    })
}

fn object(fields: Json) -> Map<String, Json> {
    match fields {
        Json::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn detail(kind: &LogKind) -> Map<String, Json> {
    object(match kind {
        LogKind::Enrolled(by) => json!({ "by": by }),
        LogKind::NotEnrolled(why) => json!({ "reason": not_enrolled(why) }),
        LogKind::Waiting(until) if *until == Instant::MAX => json!({}),
        LogKind::Waiting(until) => json!({ "until": until.to_string() }),
        LogKind::Action(prepared) => action(prepared),
        LogKind::Skipped(why) => json!({ "reason": skipped(why) }),
        LogKind::Failed(why) => json!({ "reason": why }),
        LogKind::Exited(why) => json!({ "reason": exited(why) }),
        LogKind::Finished => json!({}),
        LogKind::Goal(when) => json!({ "when": when }),
        LogKind::Fact(change) => {
            json!({ "fact": change.name, "from": change.from.to_json(), "to": change.to.to_json() })
        }
        LogKind::Row(change) => row(change),
        LogKind::Noted(what) => json!({ "note": noted(what) }),
        LogKind::Arm(arm) => json!({ "arm": arm }),
    })
}

fn action(prepared: &Prepared) -> Json {
    let args: Map<String, Json> =
        prepared.args.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect();
    let mut fields = object(json!({ "action": prepared.name, "args": args, "key": prepared.key }));
    if let Some(to) = &prepared.to {
        fields.insert("to".into(), to.as_ref().into());
    }
    if !prepared.missing.is_empty() {
        fields.insert("held".into(), json!(prepared.missing));
    }
    Json::Object(fields)
}

fn row(change: &RowChange) -> Json {
    let mut fields = object(match &change.event {
        RowEvent::Held(why) | RowEvent::Dead(why) | RowEvent::Asked(why) => json!({ "reason": why }),
        RowEvent::Sent(reference) => json!({ "reference": reference }),
        RowEvent::Retrying(why, at) => json!({ "reason": why, "next": at.to_string() }),
        RowEvent::Withdrawn { why, perhaps } => json!({ "reason": gone(why), "perhaps_delivered": perhaps }),
        RowEvent::TooLate(why) => json!({ "reason": gone(why) }),
        RowEvent::Reported(what, detail) if detail.is_empty() => json!({ "report": what.word() }),
        RowEvent::Reported(what, detail) => json!({ "report": what.word(), "detail": detail }),
        _ => json!({}),
    });
    fields.insert("row".into(), change.row.into());
    fields.insert("action".into(), change.action.as_ref().into());
    fields.insert("event".into(), row_event(&change.event).into());
    if let Some(template) = &change.template {
        fields.insert("template".into(), template.as_ref().into());
    }
    if !change.by.is_empty() {
        fields.insert("by".into(), change.by.as_ref().into());
    }
    if let Some(Answer { status, text, whole }) = change.answer.as_deref() {
        let answer = json!({ "status": status, "text": text, "whole": whole });
        fields.insert("answer".into(), answer);
    }
    Json::Object(fields)
}

/// One word for what became of a row.
pub fn row_event(event: &RowEvent) -> &'static str {
    match event {
        RowEvent::Held(_) => "held",
        RowEvent::Sent(_) => "sent",
        RowEvent::Retrying(..) => "retrying",
        RowEvent::Dead(_) => "dead",
        RowEvent::Withdrawn { .. } => "withdrawn",
        RowEvent::TooLate(_) => "too late",
        RowEvent::Edited => "edited",
        RowEvent::Approved => "approved",
        RowEvent::Asked(_) => "asked",
        RowEvent::Discarded => "discarded",
        RowEvent::Retried => "retried",
        RowEvent::Expired => "expired",
        RowEvent::Stale => "stale",
        RowEvent::Renewed => "renewed",
        RowEvent::Reported(what, _) => what.word(),
    }
}

/// What is to be seen of an entity's data.
pub fn noted(what: &Noted) -> String {
    match what {
        Noted::NoAccount(event) => {
            format!("\"{event}\" names none of its several accounts: it counts for the contact alone")
        }
        Noted::UnknownZone(name) => {
            format!("`timezone` is \"{name}\", which is no time zone: the project's counts")
        }
        Noted::TooManyEvents(event) => {
            format!("more \"{event}\" than are kept: what reaches back to the oldest of them is missing")
        }
        Noted::NoResult(attribute) => format!("{attribute} has no value: division by zero or overflow"),
    }
}

/// Why something prepared is taken back.
pub fn gone(why: &Gone) -> String {
    match why {
        Gone::Exited(why) => format!("its enrolment exited: {}", exited(why)),
        Gone::Goal(when) => format!("a goal was reached: {when}"),
        Gone::NotAContact => "the contact no longer belongs to the account".into(),
        Gone::NoMatch => "the contact no longer meets the `where` of its step".into(),
        Gone::Suppressed(why) => format!("the address is {}", why.word()),
    }
}

fn row_words(change: &RowChange) -> String {
    let (action, event) = (&change.action, row_event(&change.event));
    let more = match &change.event {
        RowEvent::Held(why) | RowEvent::Dead(why) | RowEvent::Asked(why) => format!(": {why}"),
        RowEvent::Sent(Some(reference)) => format!(" as {reference}"),
        RowEvent::Retrying(why, at) => format!(" at {at}: {why}"),
        RowEvent::Withdrawn { why, perhaps: true } => format!(", perhaps delivered: {}", gone(why)),
        RowEvent::Withdrawn { why, .. } | RowEvent::TooLate(why) => format!(": {}", gone(why)),
        RowEvent::Reported(_, detail) if !detail.is_empty() => format!(": {detail}"),
        _ => String::new(),
    };
    let by = if change.by.is_empty() { String::new() } else { format!(" by {}", change.by) };
    let answer = change.answer.as_ref().map(|answer| format!(" ({})", answer.status)).unwrap_or_default();
    format!("{action} {event}{by}{more}{answer}")
}

/// Why a firing did not enrol.
pub fn not_enrolled(why: &NotEnrolled) -> String {
    match why {
        NotEnrolled::OnlyIf => "its `if` does not hold".into(),
        NotEnrolled::Once => "it was in before (once)".into(),
        NotEnrolled::AlreadyIn => "it is in".into(),
        NotEnrolled::Pause(until) => format!("paused until {until}"),
        NotEnrolled::ExitTrue(text) => format!("an exit holds already: {text}"),
        NotEnrolled::GoalTrue(text) => format!("a goal holds already: {text}"),
        NotEnrolled::NoKey => "the value of `in parallel by` is missing".into(),
        NotEnrolled::Disabled => "the workflow is disabled".into(),
        NotEnrolled::Removed => "the workflow was removed".into(),
    }
}

/// Why a step was passed over.
pub fn skipped(why: &Skipped) -> String {
    match why {
        Skipped::Guard => "its `if` does not hold".into(),
        Skipped::NoRecipient => "nobody to send to".into(),
        Skipped::Limit(limit) => format!("limit reached: {limit}"),
        Skipped::EmptyTeam => "nobody is in the team".into(),
        Skipped::Past => "the date is past".into(),
        Skipped::Backfill => "backfill".into(),
        Skipped::Passed => "it was passed before the text changed".into(),
        Skipped::Suppressed(address, why) => format!("{address} is {}", why.word()),
        Skipped::TooDeep(name) => {
            format!("too many changes caused one another in this instant: {name}")
        }
    }
}

/// Why an enrolment ended before its end.
pub fn exited(why: &Exited) -> String {
    match why {
        Exited::When(text) => text.to_string(),
        Exited::Step => "step exit".into(),
        Exited::WaitElse => "else exit".into(),
        Exited::Restarted => "restarted".into(),
        Exited::Stopped(by) => format!("stopped by \"{by}\""),
        Exited::ByHand => "by hand".into(),
        Exited::Deleted => "deleted".into(),
        Exited::EditedAway => "edited away".into(),
        Exited::Disabled => "disabled".into(),
        Exited::WentLive => "went live".into(),
        Exited::Failed => "an action failed".into(),
        Exited::Merged => "merged".into(),
    }
}

/// One line for people, without its instant and names.
pub fn sentence(entry: &LogEntry) -> String {
    said(&entry.kind, entry.shadow)
}

fn said(kind: &LogKind, shadow: bool) -> String {
    let text = match kind {
        LogKind::Enrolled(by) => format!("enrolled: {by}"),
        LogKind::NotEnrolled(why) => format!("not enrolled: {}", not_enrolled(why)),
        LogKind::Waiting(until) if *until == Instant::MAX => "waits".into(),
        LogKind::Waiting(until) => format!("waits until {until}"),
        LogKind::Action(prepared) => action_words(prepared),
        LogKind::Skipped(why) => format!("skipped: {}", skipped(why)),
        LogKind::Failed(why) => format!("failed: {why}"),
        LogKind::Exited(why) => format!("exited: {}", exited(why)),
        LogKind::Finished => "finished".into(),
        LogKind::Goal(when) => format!("goal: {when}"),
        LogKind::Fact(change) => format!("{}: {} -> {}", change.name, change.from, change.to),
        LogKind::Row(change) => row_words(change),
        LogKind::Noted(what) => noted(what),
        LogKind::Arm(arm) => format!("takes arm {arm}"),
    };
    if shadow { format!("[draft] {text}") } else { text }
}

fn action_words(prepared: &Prepared) -> String {
    let mut words = prepared.name.to_string();
    for (name, value) in prepared.args.iter().filter(|(name, value)| !is_long(name) && !value.is_missing()) {
        match value {
            Value::Text(text) => words.push_str(&format!(" {name}: \"{}\"", shortened(text))),
            value => words.push_str(&format!(" {name}: {value}")),
        }
    }
    if let Some(to) = &prepared.to {
        words.push_str(&format!(" to {to}"));
    }
    if !prepared.missing.is_empty() {
        words.push_str(&format!(" (held: {} missing)", prepared.missing.join(", ")));
    }
    words
}

fn is_long(name: &str) -> bool {
    matches!(name, "text" | "html" | "markdown")
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(72) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or(&line)),
        None => line,
    }
}
