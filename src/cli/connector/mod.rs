//! `wf connector`: what connectors there are, what they send, and one call of one, by hand.

mod given;
mod list;
mod secrets;
mod show;
mod trial;

use super::run::load_whole;
use super::{Output, Result};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Look at connectors and try their actions
///
/// Connectors and actions are declared in .wf, in the project or in the standard library (`wf std list`).
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Connector {
    #[command(subcommand)]
    what: What,
}

const EXAMPLE: &str = "\
Examples:
  wf connector list
  wf connector show hubspot
  wf connector try slack --arg channel='#test' --arg message='Hello *there*' --dry-run";

#[derive(Subcommand, Debug)]
enum What {
    /// List the connectors of a project, and whether their secrets are set
    #[command(after_help = "Example:\n  wf connector list examples/trial-nurture")]
    List(List),
    /// Show what a connector declares, with its actions
    #[command(after_help = "Example:\n  wf connector show hubspot")]
    Show(Show),
    Try(trial::Try),
}

#[derive(Args, Debug)]
struct List {
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT", default_value = ".")]
    path: PathBuf,
}

#[derive(Args, Debug)]
struct Show {
    /// The connector's name
    #[arg(value_name = "CONNECTOR")]
    connector: String,
    /// A project's folder or one below it, or a single .wf file
    #[arg(value_name = "PROJECT", default_value = ".")]
    path: PathBuf,
}

impl Connector {
    pub(super) fn run(self, out: &mut Output) -> Result {
        match self.what {
            What::List(List { path }) => Ok(list::run(&load_whole(path, out)?, out)),
            What::Show(Show { connector, path }) => show::run(&load_whole(path, out)?, &connector, out),
            What::Try(trial) => trial.run(out),
        }
    }
}
