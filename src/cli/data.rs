//! `wf backup`, `wf restore`, `wf verify`: what is done with a server's data folder.

use super::live::Server;
use super::{Failure, Outcome, Output, Result};
use crate::runtime::{RuntimeError, keep};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

#[expect(clippy::needless_pass_by_value, reason = "it is how errors are mapped")]
fn failure(error: RuntimeError) -> Failure {
    Failure::new(error.to_string()).help(Some(error.help()))
}

/// Copy everything that a server knows
///
/// The copy is the journal, read again and found whole; `wf restore` makes a data folder of it. With --data the folder of
/// a server that does not run; else the server is asked, and goes on meanwhile.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  wf backup /backups/monday\n  wf backup /backups/monday --data /var/lib/wayfare"
)]
pub struct Backup {
    /// An empty folder, or one that does not exist yet, on the machine of the data
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// The data folder of a server that does not run
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

impl Backup {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let records = if let Some(data) = &self.data {
            keep::backup(data, &self.to).map_err(failure)?
        } else {
            let to = std::path::absolute(&self.to).map_err(|error| Failure::new(error.to_string()))?;
            let answer = self.server.post(&["backup"], &json!({ "to": to }))?;
            answer.get("records").and_then(serde_json::Value::as_u64).unwrap_or_default()
        };
        out.result_line(&format!("{records} records are in {}", self.to.display()));
        Ok(Outcome::Clean)
    }
}

/// Make a data folder of a backup
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf restore /backups/monday --data /var/lib/wayfare")]
pub struct Restore {
    /// The backup
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// The data folder: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Restore {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let records = keep::restore(&self.from, &self.data).map_err(failure)?;
        out.result_line(&format!(
            "{records} records are in {}; `wf serve --data` goes on from them",
            self.data.display()
        ));
        Ok(Outcome::Clean)
    }
}

/// Look at every byte of a data folder that no server has open
///
/// Reads every record of the journal and every value of the store, then plays the journal and sees that it comes to what
/// the store holds.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  wf verify --data /var/lib/wayfare\n\nExit codes: 0 all is well, 1 the store is not what the journal makes, 2 something is damaged."
)]
pub struct Verify {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Verify {
    pub(super) fn run(self, out: &mut Output) -> Result {
        let found = keep::verify(&self.data).map_err(failure)?;
        out.result_line(&format!(
            "journal  {} records in {} segments, all whole",
            found.records, found.segments
        ));
        out.result_line(&format!(
            "store    {} values, all whole, up to record {}",
            found.values, found.position
        ));
        match found.same {
            Some(Ok(())) => out.result_line("replay   the journal comes to what the store holds"),
            Some(Err(difference)) => {
                out.result_line(&format!(
                    "replay   the journal comes to something else than the store: {}",
                    difference.0
                ));
                out.note_line(
                    "  help: put the folder `store` aside: the next start makes it anew from the journal",
                );
                return Ok(Outcome::Findings);
            }
            None => out.result_line("replay   not done: the journal's beginning is not kept any more"),
        }
        Ok(Outcome::Clean)
    }
}
