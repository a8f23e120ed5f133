//! `wf deploy`, `wf versions`, `wf rollback`.

use super::table::table;
use super::{Failure, Format, Outcome, Output, Result, Server, cell, print};
use crate::project::Bundle;
use clap::Args;
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// Make a server run this project
///
/// Prints what changes: workflows that are new, changed in which steps, or gone; who is under way and what becomes of
/// them; how many present members a new trigger finds. Then asks, and applies all of it at once or nothing.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  wf deploy --dry-run\n  wf deploy . --server https://wayfare.acme.com --yes --note \"softer win-back\""
)]
pub struct Deploy {
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Only print what would change
    #[arg(long)]
    dry_run: bool,
    /// Take present members into this workflow, as if they had come in now
    #[arg(long, value_name = "NAME")]
    backfill: Vec<String>,
    /// Enable this workflow, and let those go on whose wait ended meanwhile
    #[arg(long, value_name = "NAME")]
    resume: Vec<String>,
    /// Why, for the list of versions
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// How to print what changes
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Deploy {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let project = super::super::run::load_whole(self.path.clone(), out)?;
        drop(project);
        let bundle = Bundle::take(&self.path).map_err(|error| Failure::new(error.to_string()))?;
        let body = |dry_run: bool, onto: &Value| {
            json!({
                "files": bundle.files, "backfill": self.backfill, "resume": self.resume, "note": self.note,
                "dry_run": dry_run, "onto": onto,
            })
        };
        let compared = self.server.post(&["deploys"], &body(true, &Value::Null))?;
        print(self.output, &compared, out, |compared| changes(compared, "changes"));
        if self.dry_run {
            return Ok(Outcome::Clean);
        }
        if !self.yes && !asked(out)? {
            out.note_line("nothing was deployed");
            return Ok(Outcome::Findings);
        }
        let done = self.server.post(&["deploys"], &body(false, &compared["version"]))?;
        out.result_line(&format!("version {} runs", cell(&done["version"])));
        Ok(Outcome::Clean)
    }
}

fn changes(answer: &Value, word: &str) -> String {
    match answer["text"].as_str().filter(|text| !text.is_empty()) {
        Some(text) => text.to_owned(),
        None => format!("nothing {word}\n"),
    }
}

/// Whether a person at the terminal says yes.
fn asked(out: &mut Output) -> std::result::Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("nobody can be asked").help(Some("`--yes` deploys without asking")));
    }
    out.note("Deploy? [y/N] ");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::new(error.to_string()))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// List the versions that a server ran
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf versions")]
pub struct Versions {
    #[command(flatten)]
    server: Server,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Versions {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let answer = self.server.get(&["deploys"], &[])?;
        Ok(print(self.output, &answer, out, |answer| {
            let rows = answer["deploys"].as_array().into_iter().flatten();
            let fields = ["version", "at", "by", "note"];
            let rows: Vec<Vec<String>> =
                rows.map(|row| fields.iter().map(|field| cell(&row[*field])).collect()).collect();
            table(&fields, &rows)
        }))
    }
}

/// Make a server run an earlier version again
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf rollback 3")]
pub struct Rollback {
    /// The version
    #[arg(value_name = "VERSION")]
    version: u32,
    #[command(flatten)]
    server: Server,
}

impl Rollback {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let answer = self.server.post(&["deploys", &self.version.to_string(), "rollback"], &json!({}))?;
        out.result(&changes(&answer, "changed"));
        out.result_line(&format!(
            "version {} runs, with the files of version {}",
            cell(&answer["version"]),
            self.version
        ));
        Ok(Outcome::Clean)
    }
}
