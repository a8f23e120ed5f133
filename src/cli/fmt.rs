//! `wf fmt`

use super::input::{STDIN, is_stdin, stdin};
use super::report::{self, count};
use super::{Failure, Outcome, Output, Result};
use crate::format::{self, FormatError};
use crate::project::{self, Texts};
use clap::Args;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Lay files out the one way
///
/// Writes the files that change, and prints their names. Comments stay where they are; a file with a syntax error is
/// reported and left as it is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Fmt {
    /// Files, folders (all .wf files below), or `-` for standard input to standard output
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing; print the names of files that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change as a unified diff, and exit with 1 if there is anything
    #[arg(long)]
    diff: bool,
}

const EXAMPLE: &str = "\
Examples:
  wf fmt
  wf fmt --check examples
  wf fmt - < draft.wf";

impl Fmt {
    pub(super) fn run(self, out: &mut Output) -> Result {
        if self.paths.iter().any(|path| is_stdin(path)) {
            return self.run_on_stdin(out);
        }
        let texts = project::read(&self.paths)?;
        let laid_out = lay_out(&texts);
        report::draw(&texts.diagnostics, &texts.sources, false, out);
        let tally = Tally { unreadable: !texts.diagnostics.is_empty(), ..Tally::default() };
        let mut run = Run { only_look: self.check || self.diff, diff: self.diff, texts: &texts, tally, out };
        for ((path, file), laid) in texts.files.iter().zip(laid_out) {
            run.settle(path, file, laid)?;
        }
        let Run { only_look, tally, .. } = run;
        out.note_line(&tally.line(only_look));
        Ok(tally.outcome(only_look))
    }

    fn run_on_stdin(&self, out: &mut Output) -> Result {
        if self.paths.len() > 1 {
            return Err(Failure::new("`-` stands alone: give either files or standard input"));
        }
        let texts = project::read_bytes(STDIN, stdin()?);
        report::draw(&texts.diagnostics, &texts.sources, false, out);
        let Some((_, file)) = texts.files.first() else { return Ok(Outcome::Unreadable) };
        let old = texts.sources.get(file.id).map(|file| &*file.text).unwrap_or_default();
        match lay_out(&texts).pop() {
            Some(Laid::Anew(_)) if self.check && !self.diff => out.result_line(STDIN),
            Some(Laid::Anew(text)) if self.diff => out.result(&format::diff(old, &text, STDIN)),
            Some(Laid::Anew(text)) => {
                out.result(&text);
                return Ok(Outcome::Clean);
            }
            Some(Laid::Same) if !self.check && !self.diff => {
                out.result(old);
                return Ok(Outcome::Clean);
            }
            Some(Laid::Failed(error)) => say_why_not(STDIN, error, file, &texts, out),
            Some(Laid::Same) | None => return Ok(Outcome::Clean),
        }
        Ok(Outcome::Findings)
    }
}

/// A run over files.
struct Run<'a> {
    only_look: bool,
    diff: bool,
    texts: &'a Texts,
    tally: Tally,
    out: &'a mut Output,
}

impl Run<'_> {
    /// Writes or shows what came of laying a file out.
    fn settle(&mut self, path: &Path, file: &project::File, laid: Laid) -> std::result::Result<(), Failure> {
        let name = project::shown(path);
        match laid {
            Laid::Same => self.tally.unchanged += 1,
            Laid::Failed(error) => {
                self.tally.failed += 1;
                say_why_not(&name, error, file, self.texts, self.out);
            }
            Laid::Anew(text) => {
                self.tally.changed += 1;
                if self.diff {
                    let old = self.texts.sources.get(file.id).map(|file| &*file.text).unwrap_or_default();
                    self.out.result(&format::diff(old, &text, &name));
                } else {
                    self.out.result_line(&name);
                }
                if !self.only_look {
                    write(path, &text)?;
                }
            }
        }
        Ok(())
    }
}

/// What came of laying a file out.
enum Laid {
    Same,
    Anew(String),
    Failed(FormatError),
}

fn lay_out(texts: &Texts) -> Vec<Laid> {
    let one = |(_, file): &(PathBuf, project::File)| {
        let old = texts.sources.get(file.id).map(|file| &*file.text).unwrap_or_default();
        match format::format(old, &file.parsed) {
            Ok(text) if text == old => Laid::Same,
            Ok(text) => Laid::Anew(text),
            Err(error) => Laid::Failed(error),
        }
    };
    project::on_deep_stack(|| texts.files.par_iter().map(one).collect())
}

fn say_why_not(name: &str, error: FormatError, file: &project::File, texts: &Texts, out: &mut Output) {
    if error == FormatError::Errors {
        let errors: Vec<_> = file.parsed.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
        report::draw(&errors, &texts.sources, false, out);
    } else {
        out.note_line(&format!("{name}: {error}"));
    }
}

/// Puts the new text in the place of the old at once, so that a crash leaves one or the other.
fn write(path: &Path, text: &str) -> std::result::Result<(), Failure> {
    let failed = |error| Failure::new(format!("`{}` can't be written: {error}", project::shown(path)));
    let real = path.canonicalize().map_err(failed)?;
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = real.with_file_name(name);
    let permissions = real.metadata().map_err(failed)?.permissions();
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, permissions))
        .and_then(|()| std::fs::rename(&beside, &real));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        failed(error)
    })
}

#[derive(Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    failed: usize,
    unreadable: bool,
}

impl Tally {
    fn line(&self, only_look: bool) -> String {
        let verb = if only_look { "would change" } else { "changed" };
        let failed = if self.failed > 0 { format!(", {} with errors", self.failed) } else { String::new() };
        let ok = if self.failed == 0 && (self.changed == 0 || !only_look) { "ok: " } else { "" };
        format!("{ok}{} {verb}, {} unchanged{failed}", count(self.changed, "file"), self.unchanged)
    }

    fn outcome(&self, only_look: bool) -> Outcome {
        match self {
            Self { unreadable: true, .. } => Outcome::Unreadable,
            Self { failed, changed, .. } if *failed > 0 || (only_look && *changed > 0) => Outcome::Findings,
            _ => Outcome::Clean,
        }
    }
}
