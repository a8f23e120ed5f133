//! A report as CSV (source: RFC 4180): one table, whose first column says what a row is about.

use super::Report;

/// The report as CSV.
pub fn text(report: &Report) -> String {
    let mut out = String::from("about,name,measure,count\r\n");
    let mut row = |about: &str, name: &str, measure: &str, count: u64| {
        out.push_str(&format!("{},{},{},{count}\r\n", cell(about), cell(name), cell(measure)));
    };
    let totals = [
        ("enrolled", report.enrolled),
        ("enrolled now", report.enrolled_now),
        ("finished", report.finished),
        ("goals", report.goals),
        ("failed", report.failed),
    ];
    for (measure, count) in totals {
        row("workflow", &report.workflow, measure, count);
    }
    for step in &report.steps {
        let counts = &step.counts;
        let fixed = [
            ("done", counts.done),
            ("waited", counts.waited),
            ("at now", step.at_now),
            ("skipped", counts.skipped),
            ("failed", counts.failed),
        ];
        for (measure, count) in fixed {
            row("step", &step.step, measure, count);
        }
        for (measure, count) in &counts.rows {
            row("step", &step.step, measure, *count);
        }
    }
    for day in &report.days {
        let counts = day.counts;
        row("day", &day.day, "enrolled", counts.enrolled);
        row("day", &day.day, "ended", counts.ended);
        row("day", &day.day, "goals", counts.goals);
        row("day", &day.day, "actions", counts.actions);
    }
    for (about, words) in report.reasons() {
        for (reason, count) in words {
            row("reason", reason, about, *count);
        }
    }
    out
}

/// A cell: quoted, and with an apostrophe before what a spreadsheet would take as a formula.
fn cell(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let defused = if matches!(first, Some('=' | '+' | '-' | '@')) { "'" } else { "" };
    format!("\"{defused}{}\"", text.replace('"', "\"\""))
}
