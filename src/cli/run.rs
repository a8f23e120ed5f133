//! `wf run`: a history through a project.

use super::kept::{Beginning, Kept};
use super::report::FORMAT_VERSION;
use super::{Failure, Outcome, Output, Result};
use crate::base::Instant;
use crate::check::checked::Subject;
use crate::engine::effect::Reject;
use crate::engine::{LogEntry, World};
use crate::ingest::{History, Line, Rejected};
use crate::plan::Plan;
use crate::project::{self, Project, Target};
use crate::simulate::{Simulation, Summary, Taken, words};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Play a history of messages through a project
///
/// Reads Segment-style messages (one JSON object a line, plain or .gz), applies them in the order of their time under a
/// virtual clock, and prints what the workflows do. Nothing leaves the machine: no connector is called.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Run {
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT")]
    path: PathBuf,
    /// Messages, oldest first; several files are merged by time
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    history: Vec<PathBuf>,
    /// Let time pass up to this instant (RFC 3339; default: now); later messages are rejected
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    until: Option<Instant>,
    /// How to print what happens
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
    /// Print changes of segments, stages, health and status too
    #[arg(long)]
    facts: bool,
    /// Print the summary alone
    #[arg(long)]
    summary: bool,
    /// Print only what happens in this workflow
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// Print only what happens to this entity (`account:acme`)
    #[arg(long, value_name = "ENTITY")]
    entity: Option<String>,
    /// Keep the lines and values that could not be taken in this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Keep the world in this folder and go on from it next time; no message is applied twice. Without --until, time
    /// then passes up to the last message only. If the project has changed, the world goes on in the present text, and
    /// what that does is said
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Examples:
  wf run examples/ravenstack --history examples/ravenstack/history.jsonl.gz --summary
  wf run . --history events.jsonl --entity account:acme --facts
  wf run . --history events.jsonl.gz --output json | jq -c 'select(.kind == \"action\")'";

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object a line, in order
    Json,
}

pub(super) fn instant(text: &str) -> std::result::Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "not an instant such as `2026-01-05T09:00:00Z`".to_owned())
}

/// The instant at which the command runs: the only look at the clock.
pub(super) fn clock() -> Instant {
    Instant(chrono::Utc::now().timestamp_millis())
}

/// Loads a project that has to be without errors.
pub(super) fn load_whole(path: PathBuf, out: &mut Output) -> std::result::Result<Project, Failure> {
    let project = project::load(Target::Path(path))?;
    if project.plan.is_none() {
        super::report::draw(&project.diagnostics, &project.sources, false, out);
        return Err(Failure::new("the project has errors").help(Some("`wf check` shows them alone")));
    }
    Ok(project)
}

impl Run {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = load_whole(self.path.clone(), out)?;
        let Some(plan) = &project.plan else { return Ok(Outcome::Findings) };
        self.check_names(plan)?;
        let until = self.until.unwrap_or_else(clock);
        let history = History::open(&self.history, until).map_err(|error| Failure::new(error.to_string()))?;
        let rejects = Rejects::open(self.rejects.as_ref())?;
        let (kept, begin) = match &self.store {
            Some(folder) => {
                Kept::open(folder, plan, self.facts, out).map(|(kept, begin)| (Some(kept), begin))?
            }
            None => (None, Beginning::new(plan)),
        };
        let Beginning { plan, world, seen, log } = begin;
        let mut simulation = Simulation::resume(&plan, world, seen);
        simulation.count(&log);
        let mut playing =
            Playing { run: &self, plan: &plan, out, rejects, kept, applied: 0, duplicates: 0, ahead: 0 };
        playing.print(&simulation.world, &log);
        playing.play(simulation, history, until)
    }

    fn check_names(&self, plan: &Plan) -> std::result::Result<(), Failure> {
        let Some(name) = &self.workflow else { return Ok(()) };
        if plan.workflow(name).is_some() {
            return Ok(());
        }
        let names = plan.workflows.iter().map(|workflow| &*workflow.name);
        let near = crate::diag::suggest::did_you_mean(name, names);
        Err(Failure::new(format!("there is no workflow `{name}`")).help(near))
    }
}

/// Values and lines that could not be taken.
struct Rejects {
    file: Option<BufWriter<File>>,
    count: u64,
    shown: Vec<String>,
}

/// So many rejects are shown; the others are counted.
const SHOWN: usize = 10;

impl Rejects {
    fn open(path: Option<&PathBuf>) -> std::result::Result<Self, Failure> {
        let open = |path: &PathBuf| {
            let wrong = |error| Failure::new(format!("{} can't be written: {error}", path.display()));
            File::create(path).map(BufWriter::new).map_err(wrong)
        };
        Ok(Self { file: path.map(open).transpose()?, count: 0, shown: Vec::new() })
    }

    fn line(&mut self, rejected: &Rejected) -> std::io::Result<()> {
        let place = format!("{}:{}", rejected.file, rejected.line);
        let text = &rejected.text;
        self.add(&place, &rejected.reason, &json!({ "file": &*rejected.file, "line": rejected.line, "reason": rejected.reason, "text": text }))
    }

    fn value(&mut self, line: &Place, reject: &Reject) -> std::io::Result<()> {
        let place = format!("{}:{}", line.file, line.line);
        let reason = format!("`{}`: {}", reject.name, reject.reason);
        self.add(&place, &reason, &json!({ "file": line.file, "line": line.line, "field": &*reject.name, "reason": &*reject.reason }))
    }

    fn add(&mut self, place: &str, reason: &str, kept: &serde_json::Value) -> std::io::Result<()> {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(format!("{place}: {reason}"));
        }
        match &mut self.file {
            Some(file) => writeln!(file, "{kept}"),
            None => Ok(()),
        }
    }
}

/// Where a line stands.
struct Place {
    file: String,
    line: u64,
}

/// A history at play.
struct Playing<'r> {
    run: &'r Run,
    plan: &'r Plan,
    out: &'r mut Output,
    rejects: Rejects,
    kept: Option<Kept>,
    applied: u64,
    duplicates: u64,
    /// Of a time of their own that is later than their instant.
    ahead: u64,
}

impl Playing<'_> {
    fn play(&mut self, mut simulation: Simulation<'_>, mut history: History, until: Instant) -> Result {
        simulation.world.log_facts = self.run.facts;
        let progress = progress(self.run.summary);
        while let Some(line) = history.next_line().map_err(|error| Failure::new(error.to_string()))? {
            match line {
                Ok(line) => self.take(&mut simulation, line)?,
                Err(rejected) => self.rejects.line(&rejected).map_err(unwritable)?,
            }
            if self.applied.is_multiple_of(512) {
                progress.set_position(self.applied);
            }
        }
        if self.kept.is_none() || self.run.until.is_some() {
            let last = simulation.pass(until);
            self.print(&simulation.world, &last.log);
            if let Some(kept) = &mut self.kept {
                kept.log.extend(last.log);
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.checkpoint(self.plan, &mut simulation.world)?;
        }
        progress.finish_and_clear();
        self.finish(&mut simulation)
    }

    fn take(&mut self, simulation: &mut Simulation<'_>, line: Line) -> std::result::Result<(), Failure> {
        let place = Place { file: line.file.to_string(), line: line.line };
        let id = Arc::clone(&line.message.id);
        self.ahead += u64::from(line.message.time.is_some_and(|time| time > line.at));
        match simulation.take(line) {
            Taken::Duplicate => self.duplicates += 1,
            Taken::Applied(log, rejects) => {
                self.applied += 1;
                for reject in &rejects {
                    self.rejects.value(&place, reject).map_err(unwritable)?;
                }
                self.print(&simulation.world, &log);
                if let Some(kept) = &mut self.kept {
                    kept.taken(id, log, self.plan, &mut simulation.world)?;
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, world: &World, log: &[LogEntry]) {
        if self.run.summary {
            return;
        }
        for entry in log {
            if !self.wanted(world, entry) {
                continue;
            }
            match self.run.output {
                Format::Json => self.out.result_line(&words::json(self.plan, world, entry).to_string()),
                Format::Human => self.out.result_line(&human(self.plan, world, entry)),
            }
        }
    }

    fn wanted(&self, world: &World, entry: &LogEntry) -> bool {
        let workflow = words::workflow(self.plan, entry).map(|name| &**name);
        let in_workflow = self.run.workflow.as_deref().is_none_or(|name| workflow == Some(name));
        let of_entity =
            self.run.entity.as_deref().is_none_or(|name| words::entity(world, entry.entity) == name);
        in_workflow && of_entity
    }

    fn finish(&mut self, simulation: &mut Simulation<'_>) -> Result {
        if let Some(file) = &mut self.rejects.file {
            file.flush().map_err(unwritable)?;
        }
        let accounts =
            simulation.world.iter().filter(|(_, entity)| entity.subject == Subject::Account).count();
        let contacts = simulation.world.len() - accounts;
        let counts = (self.applied, self.duplicates, self.rejects.count);
        let summary = simulation.summary();
        match self.run.output {
            Format::Human => {
                let table = super::run_table::table(summary);
                self.out.result(&table);
            }
            Format::Json if self.run.summary => {
                self.out.result_line(
                    &json!({ "format_version": FORMAT_VERSION, "summary": summary }).to_string(),
                );
            }
            Format::Json => {}
        }
        for shown in std::mem::take(&mut self.rejects.shown) {
            self.out.note_line(&format!("rejected: {shown}"));
        }
        self.out.note_line(&tally(counts, accounts, contacts, summary));
        if self.ahead > 0 {
            let many = self.ahead;
            self.out.note_line(&format!("{many} of a `timestamp` after their arrival, which counts instead"));
        }
        Ok(Outcome::Clean)
    }
}

fn tally(counts: (u64, u64, u64), accounts: usize, contacts: usize, summary: &Summary) -> String {
    let (applied, duplicates, rejects) = counts;
    let workflows = summary.workflows.len();
    let mut text = format!(
        "{applied} messages of {accounts} accounts and {contacts} contacts through {workflows} workflows"
    );
    if duplicates > 0 {
        text.push_str(&format!("; {duplicates} seen before and dropped"));
    }
    if rejects > 0 {
        text.push_str(&format!("; {rejects} rejected"));
    }
    text
}

fn human(plan: &Plan, world: &World, entry: &LogEntry) -> String {
    let workflow = words::workflow(plan, entry).map_or("-", |name| &**name);
    let entity = words::entity(world, entry.entity);
    format!("{}  {entity:<20}  {workflow:<16}  {}", entry.at, words::sentence(entry))
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::new(format!("the file of rejects can't be written: {error}"))
}

/// Shown on a terminal, unless what happens is printed there too.
fn progress(alone: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() || !alone && std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {pos} messages, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style);
    bar
}
