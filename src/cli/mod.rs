//! The `wf` command line: one file a command. The only user of clap.
//!
//! In: arguments, files through `project`, standard input. Out: results on standard output, everything else on
//! standard error, and an [`Outcome`] that becomes the exit code: 0 clean, 1 findings, 2 wrong use or unreadable input,
//! 130 interrupted.
//! Not here: what a command finds out (the passes do), reading project files (`project`).
//! Tests: tests/it/cli.rs; the manual docs/cli.md is made from the help texts by a test.

mod check;
mod completions;
mod connect;
mod connector;
mod data;
mod explain;
mod fmt;
mod graph;
mod input;
mod kept;
mod live;
mod new;
mod output;
mod plan;
mod report;
mod run;
mod run_table;
mod serve;
mod stdlib;
mod test;
mod why;

pub use output::Output;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use output::{Choice, Failure};
use std::ffi::OsString;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// All is well.
    Clean,
    /// It worked, and found something that is to be mended.
    Findings,
    /// Some of the input could not be read.
    Unreadable,
    /// A person stopped it.
    Interrupted,
}

/// What a command gives back.
pub type Result = std::result::Result<Outcome, Failure>;

/// Customer journeys as code: check, format, test, plan and run workflows written as .wf text
#[derive(Parser, Debug)]
#[command(name = "wf", version, max_term_width = 100, after_help = EXAMPLE)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "\
Examples:
  wf new acme && cd acme    start a project
  wf check                  find mistakes in the project here
  wf graph | less           see how its workflows run

Exit codes: 0 clean, 1 findings, 2 wrong use or unreadable input, 130 interrupted.";

#[derive(Args, Debug)]
struct Global {
    /// When to colour the output (`NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE` are heeded by `auto`)
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Colour {
    /// On a terminal
    Auto,
    /// At all times
    Always,
    /// Never
    Never,
}

impl From<Colour> for Choice {
    fn from(colour: Colour) -> Self {
        match colour {
            Colour::Auto => Self::Auto,
            Colour::Always => Self::Always,
            Colour::Never => Self::Never,
        }
    }
}

/// What can be asked.
#[derive(Subcommand, Debug)]
pub enum Command {
    New(new::New),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Test(test::Test),
    Run(run::Run),
    Why(why::Why),
    Serve(serve::Serve),
    Deploy(live::Deploy),
    Versions(live::Versions),
    Rollback(live::Rollback),
    Ls(live::Ls),
    Open(live::Open),
    Disable(live::Disable),
    Enable(live::Enable),
    Logs(live::Logs),
    Report(live::Report),
    Stats(live::Stats),
    Show(live::Show),
    Outbox(live::Outbox),
    Backup(data::Backup),
    Restore(data::Restore),
    Verify(data::Verify),
    Plan(plan::Plan),
    Graph(graph::Graph),
    Connect(connect::Connect),
    Connector(connector::Connector),
    Std(stdlib::Std),
    ExplainCode(explain::ExplainCode),
    Completions(completions::Completions),
}

/// The command that the arguments ask for; help, version and wrong use are printed here and end with an outcome.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
    out: &mut Output,
) -> std::result::Result<Command, Failure> {
    let args: Vec<OsString> = args.into_iter().collect();
    out.colour(asked_colour(&args));
    let command = Cli::command().color(out.clap_colour());
    let parsed = command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => {
            out.colour(cli.global.color.into());
            Ok(cli.command)
        }
        Err(error) => Err(said_by_clap(&error, out)),
    }
}

/// `--color` must be known before clap speaks of mistakes in the other arguments.
fn asked_colour(args: &[OsString]) -> Choice {
    let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
    let behind = words.windows(2).find_map(|pair| match pair {
        [flag, value] if flag == "--color" => Some(value.to_string()),
        _ => None,
    });
    let joined = words.iter().find_map(|arg| arg.strip_prefix("--color=").map(str::to_owned));
    behind.or(joined).and_then(|word| Colour::from_str(&word, true).ok()).map_or(Choice::Auto, Into::into)
}

fn said_by_clap(error: &clap::Error, out: &mut Output) -> Failure {
    let to_stderr = error.use_stderr();
    let styled = error.render();
    let text = if out.is_coloured(to_stderr) { styled.ansi().to_string() } else { styled.to_string() };
    if to_stderr {
        out.note(&text);
        return Failure::Said(Outcome::Unreadable);
    }
    out.result(&text);
    Failure::Said(Outcome::Clean)
}

/// Does what the command says.
pub fn run(command: Command, out: &mut Output) -> Result {
    match command {
        Command::New(new) => new.run(out),
        Command::Check(check) => check.run(out),
        Command::Fmt(fmt) => fmt.run(out),
        Command::Test(test) => test.run(out),
        Command::Run(run) => run.run(out),
        Command::Why(why) => why.run(out),
        Command::Serve(serve) => serve.run(out),
        Command::Deploy(deploy) => deploy.run(out),
        Command::Versions(versions) => versions.run(out),
        Command::Rollback(rollback) => rollback.run(out),
        Command::Ls(ls) => ls.run(out),
        Command::Open(open) => open.run(out),
        Command::Disable(disable) => disable.run(out),
        Command::Enable(enable) => enable.run(out),
        Command::Logs(logs) => logs.run(out),
        Command::Report(report) => report.run(out),
        Command::Stats(stats) => stats.run(out),
        Command::Show(show) => show.run(out),
        Command::Outbox(outbox) => outbox.run(out),
        Command::Backup(backup) => backup.run(out),
        Command::Restore(restore) => restore.run(out),
        Command::Verify(verify) => verify.run(out),
        Command::Plan(plan) => plan.run(out),
        Command::Graph(graph) => graph.run(out),
        Command::Connect(connect) => connect.run(out),
        Command::Connector(connector) => connector.run(out),
        Command::Std(std) => std.run(out),
        Command::ExplainCode(explain) => explain.run(out),
        Command::Completions(completions) => Ok(completions.run(out)),
    }
}

/// The exit code of an outcome, after whatever is left to say was said.
pub fn exit_code(outcome: Result, out: &mut Output) -> u8 {
    let outcome = outcome.unwrap_or_else(|failure| out.failure(failure));
    let written = out.finish();
    match (outcome, written) {
        (_, false) | (Outcome::Unreadable, _) => 2,
        (Outcome::Interrupted, _) => 130,
        (Outcome::Findings, _) => 1,
        (Outcome::Clean, _) => 0,
    }
}

/// The manual: the help text of every command, in order, as (command line, text).
pub fn manual() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let mut root = Cli::command().term_width(100);
    root.build();
    pages.push(("wf".to_owned(), root.render_long_help().to_string()));
    for command in root.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        add_pages(command, "wf", &mut pages);
    }
    pages
}

fn add_pages(command: &mut clap::Command, above: &str, pages: &mut Vec<(String, String)>) {
    let name = format!("{above} {}", command.get_name());
    pages.push((name.clone(), command.render_long_help().to_string()));
    for below in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        add_pages(below, &name, pages);
    }
}
