//! `wf plan`: what a project compiles to, as listings meant for code review.

mod listings;
mod snapshot;

use super::graph::select;
use super::input::Where;
use super::report::{self, FORMAT_VERSION};
use super::{Failure, Outcome, Output, Result};
use clap::{Args, ValueEnum};
use listings::Listing;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show what workflows compile to
///
/// Prints one listing a workflow: its triggers, conditions and instructions, and what each condition reads. Listings
/// are stable: keep them beside the project with `--snapshot`, and let `--check` fail in CI when one has changed, so
/// that a review sees what an edit does.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Plan {
    #[command(flatten)]
    place: Where,
    /// Only this workflow
    #[arg(long, value_name = "NAME", conflicts_with_all = ["snapshot", "check"])]
    workflow: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    output: Format,
    /// Write one listing a workflow into this folder, and take away those of workflows that are gone
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "output"])]
    snapshot: Option<PathBuf>,
    /// Compare with the listings in this folder; print a diff and exit with 1 where one is stale
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    check: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Examples:
  wf plan --workflow \"Trial nurture\"
  wf plan examples/trial-nurture --snapshot examples/trial-nurture/plans
  wf plan examples/trial-nurture --check examples/trial-nurture/plans";

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For machines: one object with a `format_version`
    Json,
}

impl Plan {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let project = self.place.load()?;
        if let Some(outcome) = report::refuse(&project, out) {
            return Ok(outcome);
        }
        let names: Vec<_> =
            select(&project, self.workflow.as_deref())?.iter().map(|w| w.name.to_string()).collect();
        let made = listings::of(&project)?;
        let listings: Vec<_> =
            made.listings.iter().filter(|listing| names.contains(&listing.workflow)).collect();
        if let Some(folder) = self.snapshot {
            return snapshot::write(&folder, &listings, out);
        }
        if let Some(folder) = self.check {
            return snapshot::compare(&folder, &listings, out);
        }
        match self.output {
            Format::Text => print(&made, &listings, out),
            Format::Json => report::print_json(&as_json(&made, &listings), out),
        }
        Ok(Outcome::Clean)
    }
}

/// The hashes go in front: the listings that `--snapshot` keeps are without the plan's, which any edit changes.
fn print(made: &listings::Made, listings: &[&Listing], out: &mut Output) {
    out.result_line(&format!("# plan {}", made.hash));
    for listing in listings {
        out.result(&format!("\n# workflow {}\n{}", listing.hash, listing.text));
    }
}

fn as_json(made: &listings::Made, listings: &[&Listing]) -> Value {
    let workflows = listings.iter().map(|listing| json!({ "name": listing.workflow, "hash": listing.hash, "sheet": listing.sheet, "listing": listing.text }));
    json!({
        "format_version": FORMAT_VERSION,
        "hash": made.hash,
        "workflows": workflows.collect::<Vec<_>>(),
    })
}
