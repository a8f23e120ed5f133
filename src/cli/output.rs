//! Where everything that is printed goes: results to standard output, the rest to standard error, in colour or not.

use super::Outcome;
use std::io::{self, IsTerminal, Write};

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// Wrong use, or input that can't be read.
    Refused {
        /// What is wrong.
        message: String,
        /// One thing to do.
        help: Option<String>,
    },
    /// All was said already.
    Said(Outcome),
}

impl Failure {
    /// What is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), help: None }
    }

    /// With one thing to do.
    pub fn help(self, text: Option<impl Into<String>>) -> Self {
        match self {
            Self::Refused { message, .. } => Self::Refused { message, help: text.map(Into::into) },
            said @ Self::Said(_) => said,
        }
    }
}

impl From<crate::project::LoadError> for Failure {
    fn from(error: crate::project::LoadError) -> Self {
        Self::new(error.to_string()).help(error.help())
    }
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// At all times.
    Always,
    /// Never.
    Never,
}

struct Stream {
    to: Box<dyn Write>,
    terminal: bool,
    coloured: bool,
    /// The reader went away: nothing more is written, and nothing is said of it.
    closed: bool,
    failed: Option<io::Error>,
}

impl Stream {
    fn new(to: Box<dyn Write>, terminal: bool) -> Self {
        Self { to, terminal, coloured: false, closed: false, failed: None }
    }

    fn write(&mut self, text: &str) {
        if !self.closed && self.failed.is_none() {
            let written = self.to.write_all(text.as_bytes());
            self.judge(written);
        }
    }

    fn flush(&mut self) {
        if !self.closed && self.failed.is_none() {
            let flushed = self.to.flush();
            self.judge(flushed);
        }
    }

    fn judge(&mut self, result: io::Result<()>) {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => self.failed = Some(error),
            Ok(()) => {}
        }
    }
}

/// Standard output and standard error.
pub struct Output {
    results: Stream,
    notes: Stream,
    choice: Choice,
}

impl Output {
    /// Those of the process.
    pub fn standard() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let terminals = (stdout.is_terminal(), stderr.is_terminal());
        let results = Stream::new(Box::new(io::BufWriter::new(stdout)), terminals.0);
        Self { results, notes: Stream::new(Box::new(stderr), terminals.1), choice: Choice::Auto }
    }

    /// Settles when to colour: the argument, else `NO_COLOR`, else `FORCE_COLOR` or `CLICOLOR_FORCE`, else whether it
    /// is a terminal that knows colours.
    pub(super) fn colour(&mut self, choice: Choice) {
        self.choice = choice;
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let said = match choice {
            Choice::Always => Some(true),
            Choice::Never => Some(false),
            Choice::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => {
                Some(false)
            }
            Choice::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => Some(true),
            Choice::Auto if std::env::var_os("TERM").is_some_and(|term| term == "dumb") => Some(false),
            Choice::Auto => None,
        };
        for stream in [&mut self.results, &mut self.notes] {
            stream.coloured = said.unwrap_or(stream.terminal);
        }
    }

    /// The same choice in clap's words; what clap makes is printed here, so only one question is left to it.
    pub(super) fn clap_colour(&self) -> clap::ColorChoice {
        if self.results.coloured || self.notes.coloured {
            clap::ColorChoice::Always
        } else {
            clap::ColorChoice::Never
        }
    }

    /// Whether standard error (or else standard output) is in colour.
    pub(super) fn is_coloured(&self, stderr: bool) -> bool {
        if stderr { self.notes.coloured } else { self.results.coloured }
    }

    /// Prints a part of the result.
    pub fn result(&mut self, text: &str) {
        self.results.write(text);
    }

    /// Prints a part of the result, and ends the line.
    pub fn result_line(&mut self, text: &str) {
        self.results.write(text);
        self.results.write("\n");
    }

    /// Says something beside the result. What the result holds so far comes first.
    pub fn note(&mut self, text: &str) {
        self.results.flush();
        self.notes.write(text);
    }

    /// Says something beside the result, and ends the line.
    pub fn note_line(&mut self, text: &str) {
        self.note(&format!("{text}\n"));
    }

    /// Says why a command could not do its work.
    pub(super) fn failure(&mut self, failure: Failure) -> Outcome {
        match failure {
            Failure::Said(outcome) => outcome,
            Failure::Refused { message, help } => {
                self.error(&message, help.as_deref());
                Outcome::Unreadable
            }
        }
    }

    /// Says that something is wrong that has no place in a text.
    pub(super) fn error(&mut self, message: &str, help: Option<&str>) {
        let (strong, plain) = if self.notes.coloured { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        self.note_line(&format!("{strong}error:{plain} {message}"));
        if let Some(help) = help {
            self.note_line(&format!("  help: {help}"));
        }
    }

    /// Writes out what is left; whether all of it could be written. A reader that went away counts as content.
    pub(super) fn finish(&mut self) -> bool {
        self.results.flush();
        self.notes.flush();
        let Some(error) = self.results.failed.take() else { return self.notes.failed.is_none() };
        self.error(&format!("standard output can't be written: {error}"), None);
        false
    }
}
