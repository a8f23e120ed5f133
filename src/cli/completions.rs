//! `wf completions`

use super::{Cli, Outcome, Output};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a script that completes `wf` commands in a shell
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLE: &str = "\
Examples:
  wf completions bash > ~/.local/share/bash-completion/completions/wf
  wf completions zsh > ~/.zfunc/_wf
  wf completions fish > ~/.config/fish/completions/wf.fish";

impl Completions {
    pub(super) fn run(self, out: &mut Output) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "wf", &mut script);
        out.result(&String::from_utf8_lossy(&script));
        Outcome::Clean
    }
}
