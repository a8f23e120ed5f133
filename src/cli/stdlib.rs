//! `wf std`

use super::{Failure, Outcome, Output, Result};
use crate::diag::suggest;
use crate::project::library::{self, MODULES};
use clap::{Args, Subcommand};

/// Read the standard library
///
/// The modules that `use std.NAME` brings in are written in the language itself: read them to see what they declare
/// and to copy from.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Std {
    #[command(subcommand)]
    what: What,
}

const EXAMPLE: &str = "\
Examples:
  wf std list
  wf std show std.slack";

#[derive(Subcommand, Debug)]
enum What {
    /// List the modules
    #[command(after_help = "Example:\n  wf std list")]
    List,
    /// Print the text of a module
    #[command(after_help = "Example:\n  wf std show std.slack > slack.wf")]
    Show {
        /// Its name, with or without `std.`
        module: String,
    },
}

impl Std {
    pub(super) fn run(self, out: &mut Output) -> Result {
        match self.what {
            What::List => list(out),
            What::Show { module } => out.result(find(&module)?.text),
        }
        Ok(Outcome::Clean)
    }
}

fn list(out: &mut Output) {
    let width = MODULES.iter().map(|module| module.name.len()).max().unwrap_or(0);
    for module in MODULES {
        out.result_line(&format!("{:width$}  {}", module.name, module.about()));
    }
}

fn find(name: &str) -> std::result::Result<&'static library::Module, Failure> {
    library::find(name).ok_or_else(|| {
        let full = if name.starts_with("std.") { name.to_owned() } else { format!("std.{name}") };
        let help = suggest::did_you_mean(&full, library::names())
            .unwrap_or_else(|| format!("the modules are {}", library::names().join(", ")));
        Failure::new(format!("the standard library has no module `{name}`")).help(Some(help))
    })
}
