//! `wf ls`, `wf open`, `wf disable`, `wf enable`.

use super::mail::mail_table;
use super::table::table;
use super::{Format, Outcome, Output, Result, Server, cell, percent, print, step_row};
use clap::Args;
use serde_json::{Value, json};

/// List a server's workflows, and how they do
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf ls --state live")]
pub struct Ls {
    #[command(flatten)]
    server: Server,
    /// Only those: `live`, `draft` or `disabled`
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Ls {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let query: Vec<_> = self.state.iter().map(|state| ("state", state.clone())).collect();
        let answer = self.server.get(&["workflows"], &query)?;
        Ok(print(self.output, &answer, out, listed))
    }
}

const COLUMNS: [(&str, &str); 9] = [
    ("workflow", "name"),
    ("state", "state"),
    ("now", "enrolled_now"),
    ("in all", "enrolled"),
    ("finished", "finished"),
    ("exited", "exited"),
    ("goals", "goal_rate_per_mille"),
    ("failed", "failed"),
    ("last activity", "last_activity"),
];

fn listed(answer: &Value) -> String {
    let workflows = answer["workflows"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = workflows
        .map(|workflow| {
            let cells = COLUMNS.iter().map(|(_, field)| match *field {
                "goal_rate_per_mille" => percent(&workflow[*field]),
                // To the minute.
                "last_activity" => cell(&workflow[*field]).replace('T', " ").chars().take(16).collect(),
                _ => cell(&workflow[*field]),
            });
            let mut cells: Vec<String> = cells.collect();
            if workflow["drift"] == true
                && let Some(state) = cells.get_mut(1)
            {
                state.push_str(" by hand");
            }
            cells
        })
        .collect();
    if rows.is_empty() {
        return "no workflows\n".into();
    }
    table(&COLUMNS.map(|(head, _)| head), &rows)
}

/// Show a workflow of a server: its statistics, its steps with counts
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf open \"Trial nurture\"")]
pub struct Open {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Open {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let answer = self.server.get(&["workflows", &self.name], &[])?;
        Ok(print(self.output, &answer, out, opened))
    }
}

fn opened(answer: &Value) -> String {
    let mut text = format!("{} ({})\n", cell(&answer["name"]), cell(&answer["state"]));
    if let Some(about) = answer["description"].as_str() {
        text.push_str(&format!("{about}\n"));
    }
    text.push('\n');
    for (head, field) in [
        ("enrolled", "enrolled"),
        ("now", "enrolled_now"),
        ("finished", "finished"),
        ("goals", "goals"),
        ("goal rate", "goal_rate_per_mille"),
        ("exited", "exited"),
        ("not enrolled", "not_enrolled"),
        ("failed", "failed"),
        ("last activity", "last_activity"),
    ] {
        let value = &answer[field];
        let shown = if head == "goal rate" { percent(value) } else { cell(value) };
        text.push_str(&format!("{head:<14} {shown}\n"));
    }
    for (head, field) in [
        ("actions", "actions_by_kind"),
        ("exits", "exits"),
        ("not enrolled by", "reasons_not_enrolled"),
        ("skipped by", "skipped"),
        ("outbox", "outbox"),
        ("failures", "failures"),
    ] {
        let counts = answer[field].as_object().into_iter().flatten();
        let counts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
        if !counts.is_empty() {
            text.push_str(&format!("{head:<14} {}\n", counts.join(", ")));
        }
    }
    let steps = answer["steps"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = steps.map(step_row).collect();
    text.push('\n');
    text.push_str(&table(&["step", "", "now", "done", "waited", "skipped", "failed"], &rows));
    if answer["mail"]["steps"].as_array().is_some_and(|steps| !steps.is_empty()) {
        text.push_str(&format!("\n{}", mail_table(&answer["mail"])));
    }
    text
}

/// Disable a workflow on a server at once, whatever its file says
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf disable \"Win-back\"")]
pub struct Disable {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    server: Server,
}

impl Disable {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        self.server.post(&["workflows", &self.name, "disable"], &json!({}))?;
        out.result_line(&format!("disabled `{}`, until it is enabled by hand", self.name));
        Ok(Outcome::Clean)
    }
}

/// Enable a workflow on a server that was disabled by hand
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf enable \"Win-back\" --resume")]
pub struct Enable {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Let those go on whose wait ended meanwhile; else they leave
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    server: Server,
}

impl Enable {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let body = json!({ "resume": self.resume });
        let answer = self.server.post(&["workflows", &self.name, "enable"], &body)?;
        out.result_line(&format!("`{}` is {}", self.name, cell(&answer["state"])));
        Ok(Outcome::Clean)
    }
}
