//! `wf report`: what a workflow did, and what came of it.

use super::mail::mail_table;
use super::since::since;
use super::table::table;
use super::{Outcome, Output, Result, Server, cell, percent};
use clap::{Args, ValueEnum};
use serde_json::Value;

/// Report on a workflow of a server: its funnel, split arms, days, times to goal, weeks of enrolment, e-mail, failures
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Report {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Show days and weeks from here on: an instant, a day, or a while ago (`30d`)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Form::Human, value_name = "FORMAT")]
    output: Form,
}

const EXAMPLE: &str = "\
Examples:
  wf report \"Trial nurture\" --since 30d
  wf report \"Trial nurture\" --output html > report.html";

/// What a report can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Form {
    /// For people
    Human,
    /// What the server answered
    Json,
    /// One table, for a spreadsheet
    Csv,
    /// One page that needs nothing else
    Html,
}

impl Report {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let mut query = Vec::new();
        if let Some(text) = &self.since {
            query.push(("since", since(text)?));
        }
        let path = ["workflows", &*self.name, "report"];
        let text = match self.output {
            Form::Human => shown(&self.server.get(&path, &query)?),
            Form::Json => format!("{:#}\n", self.server.get(&path, &query)?),
            Form::Csv => self.server.get_text(&path, &with(query, "csv"))?,
            Form::Html => self.server.get_text(&path, &with(query, "html"))?,
        };
        out.result(&text);
        Ok(Outcome::Clean)
    }
}

fn with(mut query: Vec<(&'static str, String)>, format: &str) -> Vec<(&'static str, String)> {
    query.push(("format", format.to_owned()));
    query
}

/// The parts of a list of an answer as rows.
fn rows(list: &Value, row: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    list.as_array().into_iter().flatten().map(row).collect()
}

fn counts(value: &Value, fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| cell(&value[*field])).collect()
}

fn shown(answer: &Value) -> String {
    let mut text = format!("{}\n\n{}", cell(&answer["workflow"]), totals(answer));
    let mut part = |head: &str, table: String| text.push_str(&format!("\n{head}\n{table}"));
    part("Steps", steps(answer));
    for split in answer["splits"].as_array().into_iter().flatten() {
        let name = if split["text"].is_string() { &split["text"] } else { &split["split"] };
        part(&format!("Arms of {}", cell(name)), arms(split));
    }
    let fields = ["day", "enrolled", "ended", "goals", "actions", "failed"];
    part("Day by day (UTC)", some(&fields, &rows(&answer["days"], |day| counts(day, &fields))));
    part("Time to goal", times(&answer["time_to_goal"]));
    part("By week of enrolment", cohorts(&answer["cohorts"]));
    part("E-mail", mail_table(&answer["mail"]));
    for (head, field) in [
        ("Exits", "exits"),
        ("Not enrolled", "not_enrolled"),
        ("Skipped", "skipped"),
        ("Failures", "failures"),
    ] {
        let reasons = answer[field].as_object().into_iter().flatten();
        let reasons: Vec<_> = reasons.map(|(reason, count)| vec![reason.clone(), cell(count)]).collect();
        part(head, some(&["reason", "count"], &reasons));
    }
    text
}

fn some(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() { "none\n".into() } else { table(heads, rows) }
}

fn totals(answer: &Value) -> String {
    let heads = ["", "enrolled", "now", "ended", "goals", "goal rate", "actions", "failed"];
    let number = |field: &str| answer[field].as_u64().unwrap_or_default();
    let ended = number("enrolled").saturating_sub(number("enrolled_now")).to_string();
    let all = vec![
        "since the beginning".into(),
        cell(&answer["enrolled"]),
        cell(&answer["enrolled_now"]),
        ended,
        cell(&answer["goals"]),
        percent(&answer["goal_rate_per_mille"]),
        String::new(),
        cell(&answer["failed"]),
    ];
    let period = &answer["in_period"];
    let since = answer["since"].as_str().map(|since| {
        let named = |field: &str| cell(&period[field]);
        let blank = String::new();
        let [enrolled, ended, goals] = ["enrolled", "ended", "goals"].map(named);
        let since = format!("since {since}");
        vec![since, enrolled, blank.clone(), ended, goals, blank, named("actions"), named("failed")]
    });
    table(&heads, &[all].into_iter().chain(since).collect::<Vec<_>>())
}

fn steps(answer: &Value) -> String {
    let heads = ["step", "", "now", "done", "waited", "skipped", "failed"];
    some(&heads, &rows(&answer["steps"], super::step_row))
}

fn arms(split: &Value) -> String {
    let heads = ["arm", "enrolled", "ended", "goals", "goal rate"];
    let row = |arm: &Value| {
        let mut cells = counts(arm, &["arm", "enrolled", "ended", "goals"]);
        cells.push(percent(&arm["goal_rate_per_mille"]));
        cells
    };
    some(&heads, &rows(&split["arms"], row))
}

fn times(times: &Value) -> String {
    let below = |class: &Value| {
        class["below_ms"].as_i64().map_or_else(|| "longer".into(), |ms| format!("< {}", length(ms)))
    };
    let row = |class: &Value| vec![below(class), cell(&class["count"])];
    let classes = rows(&times["counts"], row);
    let classes: Vec<_> =
        classes.into_iter().filter(|row| row.get(1).is_some_and(|count| count != "0")).collect();
    let mean = times["mean_ms"].as_i64().map(|mean| format!("on average {}\n", length(mean)));
    some(&["time", "goals"], &classes) + &mean.unwrap_or_default()
}

/// A length of time in its largest unit.
fn length(millis: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = UNITS.into_iter().find(|(unit, _)| millis >= *unit);
    unit.map_or_else(|| format!("{millis}ms"), |(unit, word)| format!("{}{word}", millis / unit))
}

/// Converted within 1, 2, 4, 8 and any number of weeks.
fn cohorts(list: &Value) -> String {
    let row = |cohort: &Value| {
        let goals = |weeks: usize| {
            let some = cohort["goals"].as_array().into_iter().flatten().take(weeks);
            some.filter_map(Value::as_u64).sum::<u64>().to_string()
        };
        let ended = cohort["ended"].as_array().into_iter().flatten().filter_map(Value::as_u64).sum::<u64>();
        let first = [cell(&cohort["week"]), cell(&cohort["enrolled"]), ended.to_string()];
        first.into_iter().chain([1, 2, 4, 8, usize::MAX].map(goals)).collect()
    };
    let heads = ["week of", "enrolled", "ended", "goals in 1 week", "in 2", "in 4", "in 8", "in all"];
    some(&heads, &rows(list, row))
}
