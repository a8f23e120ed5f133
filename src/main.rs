//! The `wf` command: parse the arguments, call a command, map the exit code.

use std::process::ExitCode;
use wayfare::cli;

fn main() -> ExitCode {
    let mut out = cli::Output::standard();
    let outcome = cli::parse(std::env::args_os(), &mut out).and_then(|command| cli::run(command, &mut out));
    ExitCode::from(cli::exit_code(outcome, &mut out))
}
