//! An answer in sentences.

use super::{Answer, Enrolment, Guard, Part, Trigger};
use std::fmt::Write;

/// The answer as a colleague would give it.
pub fn sentences(answer: &Answer) -> String {
    let mut text = String::new();
    let Answer { entity, workflow, at, .. } = answer;
    let head = match answer.state {
        "in" => format!("{entity} is in \"{workflow}\" at {at}."),
        "was in" => format!("{entity} was in \"{workflow}\", and is not at {at}."),
        _ => format!("{entity} was never in \"{workflow}\" up to {at}."),
    };
    let _ = writeln!(text, "{head}");
    section(&mut text, "Enrolments", answer.enrolments.iter().map(enrolment));
    section(
        &mut text,
        "Firings that did not enrol",
        answer
            .not_enrolled
            .iter()
            .map(|firing| format!("{}: {}\n{}", firing.at, firing.reason, parts(&firing.failing, 4))),
    );
    section(&mut text, "What would start it", answer.triggers.iter().map(trigger));
    section(&mut text, "Its `if`", answer.guard.iter().map(guard));
    section(&mut text, "What would keep a firing out now", answer.kept_out.iter().map(Clone::clone));
    let to_come = answer.to_come.iter().map(|next| format!("{}: {}", next.at, next.what));
    section(&mut text, "What time alone brings next", to_come);
    text
}

fn section(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "\n{title}:");
    for item in items {
        let _ = writeln!(text, "  {}", item.trim_end());
    }
}

fn enrolment(enrolment: &Enrolment) -> String {
    let mut text = format!("from {}, by {}", enrolment.from, enrolment.by);
    if let (Some(to), Some(ended)) = (&enrolment.to, &enrolment.ended) {
        let _ = write!(text, ", to {to}: {ended}");
    }
    if let Some(stands) = &enrolment.stands {
        let until = stands.until.as_ref().map_or("something happens", String::as_str);
        let _ = write!(
            text,
            "\n    at step {} since {}: {}, until {until}",
            stands.step, stands.since, stands.text
        );
        let _ = write!(text, "\n{}", parts(&stands.failing, 6));
    }
    if enrolment.draft { format!("[draft] {text}") } else { text }
}

fn trigger(trigger: &Trigger) -> String {
    let mut text = trigger.text.to_string();
    if let Some(note) = &trigger.note {
        let _ = write!(text, "\n    {note}");
    }
    let _ = write!(text, "\n{}", parts(&trigger.failing, 4));
    text
}

fn guard(guard: &Guard) -> String {
    let now = if guard.holds { "holds now" } else { "does not hold now" };
    let mut text = format!("{}\n    {now}\n{}", guard.text, parts(&guard.failing, 6));
    if let Some((at, failing)) = &guard.last_firing {
        let _ = write!(text, "    did not hold at the firing of {at}\n{}", parts(failing, 6));
    }
    text
}

fn parts(failing: &[Part], indent: usize) -> String {
    let mut text = String::new();
    for part in failing {
        let is = if part.wanted { "is not so" } else { "is so" };
        let since = part.since.as_ref().map_or(String::new(), |at| format!(" since {at}"));
        let _ = writeln!(text, "{:indent$}{} {is}{since}{}", "", quoted(&part.text), values(part));
        text.push_str(&parts(&part.because, indent + 2));
    }
    text
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

fn values(part: &Part) -> String {
    let value = |known: &super::Known| match &known.since {
        Some(since) => format!("{} is {} (of {since})", known.name, known.shown),
        None => format!("{} is {}", known.name, known.shown),
    };
    let list: Vec<String> = part.values.iter().map(value).collect();
    if list.is_empty() { String::new() } else { format!(": {}", list.join(", ")) }
}
