//! `wf why`: whether an entity is in a workflow, and why.

use super::report::{FORMAT_VERSION, print_json};
use super::run::{clock, instant, load_whole};
use super::{Failure, Outcome, Output, Result};
use crate::base::Instant;
use crate::ingest::History;
use crate::plan::{Plan, subject_word};
use crate::simulate::why::{Answer, Asked, Play, words};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Tell why an entity is, was or is not in a workflow
///
/// Plays a history up to an instant, and tells what fired, what kept it out, which conditions fail with their present
/// values and since when, and what time alone will bring. Nothing leaves the machine.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Why {
    /// The entity: `account:acme`, `contact:ana`, or its id alone
    #[arg(value_name = "ENTITY")]
    entity: String,
    /// The workflow's name
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT", default_value = ".")]
    path: PathBuf,
    /// As of this instant (RFC 3339; default: now)
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Instant>,
    /// Messages, oldest first; several files are merged by time
    #[arg(long, value_name = "FILE", num_args = 1..)]
    history: Vec<PathBuf>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLE: &str = "\
Example:
  wf why account:A-2e4581 \"Win-back\" examples/ravenstack \\
    --history examples/ravenstack/history.jsonl.gz --at 2024-11-24T00:00Z";

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object with a `format_version`
    Json,
}

impl Why {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = load_whole(self.path.clone(), out)?;
        let Some(plan) = &project.plan else { return Ok(Outcome::Findings) };
        let id = self.id(plan)?;
        let asked = Asked::new((&project.checked, &project.sources, plan), &self.workflow, id);
        let Some(asked) = asked else { return Err(unknown(plan, &self.workflow)) };
        let answer = self.play(Play::new(asked), id)?;
        match self.output {
            Format::Human => out.result(&words::sentences(&answer)),
            Format::Json => print_json(&object(&answer), out),
        }
        Ok(Outcome::Clean)
    }

    /// The entity's id, once its kind is known to be the workflow's.
    fn id(&self, plan: &Plan) -> std::result::Result<&str, Failure> {
        let Some((_, workflow)) = plan.workflow(&self.workflow) else {
            return Err(unknown(plan, &self.workflow));
        };
        let word = subject_word(workflow.subject);
        match self.entity.split_once(':') {
            Some((kind, id)) if kind == word => Ok(id),
            Some((kind @ ("account" | "contact"), _)) => {
                let what = format!("`{}` is about {word}s, and `{}` is a {kind}", self.workflow, self.entity);
                Err(Failure::new(what).help(Some(format!("write `{word}:` and its id"))))
            }
            _ => Ok(&self.entity),
        }
    }

    fn play(&self, mut play: Play<'_>, id: &str) -> std::result::Result<Answer, Failure> {
        let at = self.at.unwrap_or_else(clock);
        let wrong = |error: crate::ingest::HistoryError| Failure::new(error.to_string());
        let mut history = History::open(&self.history, at).map_err(wrong)?;
        while let Some(line) = history.next_line().map_err(wrong)? {
            // What can't be taken, or comes later, is no part of the answer: `wf run` tells of it.
            if let Ok(line) = line {
                play.take(line);
            }
        }
        play.until(at);
        play.answer().ok_or_else(|| {
            let ids = play.ids();
            let near = crate::diag::suggest::did_you_mean(id, ids.iter().map(|id| &**id));
            Failure::new(format!("nothing is known of `{}` at {at}", self.entity)).help(near)
        })
    }
}

fn unknown(plan: &Plan, name: &str) -> Failure {
    let names = plan.workflows.iter().map(|workflow| &*workflow.name);
    let near = crate::diag::suggest::did_you_mean(name, names);
    Failure::new(format!("there is no workflow `{name}`")).help(near)
}

fn object(answer: &Answer) -> serde_json::Value {
    let mut object = serde_json::to_value(answer).unwrap_or_default();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("format_version".into(), FORMAT_VERSION.into());
    }
    object
}
