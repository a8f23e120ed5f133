//! `unused-segment`, `unused-template`, `unused-team`, `unused-calendar`: declared, and named nowhere.
//!
//! A project without workflows only declares, so nothing of it is called unused.

use crate::check::cx::Cx;
use crate::check::names::Table;
use crate::diag::{Code, Diagnostic};
use std::collections::HashSet;

/// What is declared and named nowhere.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    if names.workflows.iter().next().is_none() {
        return;
    }
    let mut found = Vec::new();
    found.extend(unused(&names.segments, &cx.used.segments, (Code::UnusedSegment, "segment")));
    found.extend(unused(&names.templates, &cx.used.templates, (Code::UnusedTemplate, "template")));
    found.extend(unused(&names.teams, &cx.used.teams, (Code::UnusedTeam, "team")));
    found.extend(unused(&names.calendars, &cx.used.calendars, (Code::UnusedCalendar, "calendar")));
    for odd in found {
        cx.report(odd);
    }
}

fn unused<T, D>(table: &Table<'_, T, D>, used: &HashSet<u32>, (code, what): (Code, &str)) -> Vec<Diagnostic> {
    let odd = table.iter().filter(|entry| !entry.std && !used.contains(&entry.idx.raw()));
    odd.map(|entry| {
        let message = format!("the {what} `{}` is named nowhere", entry.name);
        Diagnostic::new(code, entry.span, message).help("use it, or take it out")
    })
    .collect()
}
