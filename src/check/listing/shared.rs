//! What workflows share: teams, calendars, limits, templates.

use super::super::checked::*;
use super::super::collect::subject_word;
use super::expr::exact;
use super::{Lines, flow, joined, word};

pub(super) fn shared(out: &mut Lines<'_>) {
    let checked = out.checked;
    for team in checked.teams.values() {
        out.line(format!("team {:?}{}", team.name, joined(&team.members, |it| format!("{it:?}"))));
    }
    for calendar in checked.calendars.values() {
        calendar_lines(out, calendar);
    }
    for limit in &checked.limits {
        let what = match limit.what {
            LimitOf::Emails => "emails".into(),
            LimitOf::Action(action) => flow::action(checked, action),
        };
        let (per, window) = (subject_word(limit.per), exact(limit.window));
        out.line(format!("limit {} {what} per {per} in {window}", limit.count));
    }
    for template in checked.templates.values() {
        out.line(format!("template {:?}", template.name));
        let part = |part: &MessagePart| format!("{} {:?}", word(part.kind), part.text.source);
        out.inside(|out| template.parts.iter().for_each(|it| out.line(part(it))));
    }
}

fn calendar_lines(out: &mut Lines<'_>, calendar: &Calendar) {
    let zone = calendar.zone.as_ref().map_or(String::new(), |zone| format!(" {zone:?}"));
    out.line(format!("calendar {:?}{zone}", calendar.name));
    out.inside(|out| {
        for (day, hours) in calendar.hours.iter().enumerate().filter(|(_, hours)| !hours.is_empty()) {
            let hours = joined(hours, |(from, to)| format!("{}..{}", clock(*from), clock(*to)));
            out.line(format!("day {}{hours}", day + 1));
        }
        for (first, last) in &calendar.closed {
            out.line(format!("closed {first}..{last}"));
        }
    });
}

pub(super) fn clock(at: Clock) -> String {
    format!("{:02}:{:02}", at.0 / 60, at.0 % 60)
}
