//! `wf check`

use super::input::Where;
use super::report::{self, FORMAT_VERSION, Summary};
use super::{Output, Result};
use crate::diag::render;
use crate::project::Project;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// Find mistakes in a project
///
/// Reads every .wf file of the project, checks names, types and templates, and prints what is wrong, each with its
/// place and one thing to do. `# wf: allow(CODE) reason` above a line silences a warning there.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Check {
    #[command(flatten)]
    place: Where,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
    /// Count warnings as findings
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Vec<Deny>,
}

const EXAMPLE: &str = "\
Examples:
  wf check
  wf check examples/trial-nurture --deny warnings
  wf check --output json | jq '.diagnostics[].message'
  echo 'when account is created do exit' | wf check -";

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines: one object with a `format_version`
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Deny {
    /// Every warning
    Warnings,
}

impl Check {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = self.place.load()?;
        let summary = Summary::of(&project);
        match self.output {
            Format::Human => report::draw(&project.diagnostics, &project.sources, true, out),
            Format::Json => report::print_json(&json(&project, summary), out),
        }
        out.note_line(&summary.line());
        Ok(summary.outcome(self.deny.contains(&Deny::Warnings)))
    }
}

fn json(project: &Project, summary: Summary) -> Value {
    let diagnostics = project.diagnostics.iter().map(|diagnostic| render::json(diagnostic, &project.sources));
    json!({
        "format_version": FORMAT_VERSION,
        "project": project.checked.settings.name,
        "summary": summary.json(),
        "diagnostics": diagnostics.collect::<Vec<_>>(),
    })
}
