//! A report as CSV (source: RFC 4180): one table, whose first column says what a row is about.

use super::{Report, length};
use crate::stats::{DayCounts, MailCounts};

/// The table as it grows.
struct Table(String);

impl Table {
    fn row(&mut self, about: &str, name: &str, measure: &str, count: u64) {
        self.0.push_str(&format!("{},{},{},{count}\r\n", cell(about), cell(name), cell(measure)));
    }

    fn rows<'m>(&mut self, about: &str, name: &str, counts: impl IntoIterator<Item = (&'m str, u64)>) {
        for (measure, count) in counts {
            self.row(about, name, measure, count);
        }
    }

    fn day(&mut self, about: &str, day: &str, counts: DayCounts) {
        let DayCounts { enrolled, ended, goals, actions, failed } = counts;
        let measures = [("enrolled", enrolled), ("ended", ended), ("goals", goals)];
        self.rows(about, day, measures.into_iter().chain([("actions", actions), ("failed", failed)]));
    }

    fn mail(&mut self, about: &str, name: &str, counts: &MailCounts) {
        self.rows(about, name, counts.measures());
    }
}

/// The report as CSV.
pub fn text(report: &Report) -> String {
    let mut table = Table(String::from("about,name,measure,count\r\n"));
    let totals = [
        ("enrolled", report.enrolled),
        ("enrolled now", report.enrolled_now),
        ("finished", report.finished),
        ("goals", report.goals),
        ("failed", report.failed),
    ];
    table.rows("workflow", &report.workflow, totals);
    if let Some(since) = &report.since {
        table.day("since", since, report.in_period);
    }
    steps(&mut table, report);
    for day in &report.days {
        table.day("day", &day.day, day.counts);
    }
    for class in &report.time_to_goal.counts {
        let below =
            class.below_ms.map_or_else(|| "longer".into(), |below| format!("below {}", length(below)));
        table.row("time to goal", &below, "goals", class.count);
    }
    cohorts(&mut table, report);
    for row in &report.mail.steps {
        table.mail("e-mail", &format!("{}: {}", row.step, row.template), &row.counts);
    }
    for day in &report.mail.days {
        table.mail("e-mail of a day", &day.day, &day.counts);
    }
    for (about, words) in report.reasons() {
        for (reason, count) in words {
            table.row("reason", reason, about, *count);
        }
    }
    table.0
}

fn steps(table: &mut Table, report: &Report) {
    for step in &report.steps {
        let counts = &step.counts;
        let fixed = [
            ("done", counts.done),
            ("waited", counts.waited),
            ("at now", step.at_now),
            ("skipped", counts.skipped),
            ("failed", counts.failed),
        ];
        table.rows("step", &step.step, fixed);
        table.rows("step", &step.step, counts.rows.iter().map(|(measure, count)| (&**measure, *count)));
    }
    for split in &report.splits {
        for arm in &split.arms {
            let counts = [("enrolled", arm.enrolled), ("ended", arm.ended), ("goals", arm.goals)];
            table.rows("arm", &format!("{}: {}", split.split, arm.arm), counts);
        }
    }
}

fn cohorts(table: &mut Table, report: &Report) {
    for row in &report.cohorts {
        table.row("week of enrolment", &row.week, "enrolled", row.enrolled);
        for (what, counts) in [("ended", &row.ended), ("goals", &row.goals)] {
            for (weeks, count) in counts.iter().enumerate() {
                table.row("week of enrolment", &row.week, &format!("{what} after {weeks} weeks"), *count);
            }
        }
    }
}

/// A cell: quoted, and with an apostrophe before what a spreadsheet would take as a formula (source: OWASP on CSV
/// injection).
fn cell(text: &str) -> String {
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let defused = if begins(text) || begins(text.trim_start()) { "'" } else { "" };
    format!("\"{defused}{}\"", text.replace('"', "\"\""))
}
