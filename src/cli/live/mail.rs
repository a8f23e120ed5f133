//! `wf stats email`: what became of messages.

use super::since::since;
use super::table::table;
use super::{Format, Output, Result, Server, cell, print};
use clap::{Args, Subcommand};
use serde_json::Value;

/// Statistics of a server over all its workflows
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf stats email")]
pub struct Stats {
    #[command(subcommand)]
    about: About,
}

/// What they are about.
#[derive(Subcommand, Debug)]
enum About {
    Email(Email),
}

/// Show what became of e-mail: sent, delivered, opened, clicked, replied, bounced, unsubscribed; by step and template
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  wf stats email\n  wf stats email \"Trial nurture\" --since 30d --output json"
)]
struct Email {
    /// A workflow's name; without one, all that sent some
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Show days from here on: an instant, a day, or a while ago (`30d`)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Stats {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let About::Email(email) = self.about;
        email.run(out)
    }
}

impl Email {
    fn run(self, out: &mut Output) -> Result {
        let mut query: Vec<_> = self.name.iter().map(|name| ("workflow", name.clone())).collect();
        if let Some(text) = &self.since {
            query.push(("since", since(text)?));
        }
        let answer = self.server.get(&["stats", "email"], &query)?;
        Ok(print(self.output, &answer, out, |answer| shown(answer, self.since.is_some())))
    }
}

fn shown(answer: &Value, days: bool) -> String {
    let workflows: Vec<&Value> = answer["workflows"].as_array().into_iter().flatten().collect();
    if workflows.is_empty() {
        return "no e-mail was sent\n".into();
    }
    let mut text = String::new();
    for workflow in workflows {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}{}\n{}", cell(&workflow["workflow"]), mail_table(workflow)));
        let list = workflow["days"].as_array().into_iter().flatten();
        let rows: Vec<_> = list.map(|day| row(cell(&day["day"]), day)).collect();
        if days && !rows.is_empty() {
            text.push_str(&format!("\n{}", headed("day (UTC)", &rows)));
        }
    }
    text
}

/// The columns: what is reported by machines and refused by providers is in the JSON.
const COLUMNS: [(&str, &str); 8] = [
    ("sent", "sent"),
    ("deliv.", "delivered"),
    ("opened", "opened"),
    ("click", "clicked"),
    ("reply", "replied"),
    ("bounce", "bounced"),
    ("spam", "complained"),
    ("unsub", "unsubscribed"),
];

fn row(name: String, counts: &Value) -> Vec<String> {
    std::iter::once(name).chain(COLUMNS.map(|(_, field)| cell(&counts[field]))).collect()
}

fn headed(first: &str, rows: &[Vec<String>]) -> String {
    let heads: Vec<&str> = std::iter::once(first).chain(COLUMNS.map(|(head, _)| head)).collect();
    table(&heads, rows)
}

/// A workflow's messages by step and template, and all of them.
pub(super) fn mail_table(mail: &Value) -> String {
    let steps = mail["steps"].as_array().into_iter().flatten();
    let name = |step: &Value| format!("{} {}", cell(&step["step"]), cell(&step["template"]));
    let mut rows: Vec<_> = steps.map(|step| row(name(step), step)).collect();
    if rows.is_empty() {
        return "none\n".into();
    }
    if rows.len() > 1 {
        rows.push(row("all".into(), &mail["all"]));
    }
    headed("step, template", &rows)
}
