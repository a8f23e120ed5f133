//! `wf explain-code`

use super::{Failure, Outcome, Output, Result};
use crate::diag::{Code, pages, suggest};
use clap::Args;

/// Explain the code of a diagnostic
///
/// Prints the page about a code that `wf check` showed: what is wrong, an example, and its mended form.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct ExplainCode {
    /// The code, as `wf check` shows it: `unknown-attribute`
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// List all codes
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

const EXAMPLE: &str = "\
Examples:
  wf explain-code syntax
  wf explain-code --list";

impl ExplainCode {
    pub(super) fn run(self, out: &mut Output) -> Result {
        match self.code {
            Some(name) => out.result(page(&name)?),
            None => list(out),
        }
        Ok(Outcome::Clean)
    }
}

fn page(name: &str) -> std::result::Result<&'static str, Failure> {
    let name = name.trim().to_lowercase();
    let code = Code::parse(&name).ok_or_else(|| unknown(&name))?;
    pages::page(code).ok_or_else(|| Failure::new(format!("there is no page about `{code}` yet")))
}

fn unknown(name: &str) -> Failure {
    let help = suggest::did_you_mean(name, Code::ALL.iter().map(|code| code.as_str()))
        .unwrap_or_else(|| "`wf explain-code --list` lists all codes".into());
    Failure::new(format!("there is no code `{name}`")).help(Some(help))
}

fn list(out: &mut Output) {
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.as_str());
    let width = codes.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
    for code in codes {
        let about = pages::page(code).map_or("", pages::about);
        out.result_line(format!("{:width$}  {about}", code.as_str()).trim_end());
    }
}
