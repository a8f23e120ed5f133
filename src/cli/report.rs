//! Diagnostics as commands show them: drawn for people, as JSON for machines, counted in one line.

use super::{Outcome, Output};
use crate::base::SourceMap;
use crate::diag::{Code, Diagnostic, render};
use crate::project::Project;
use serde_json::{Value, json};

/// The version of everything that commands print as JSON.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Draws diagnostics, on standard output if they are the result of the command, else on standard error.
pub(super) fn draw(diagnostics: &[Diagnostic], sources: &SourceMap, are_result: bool, out: &mut Output) {
    let coloured = out.is_coloured(!are_result);
    for diagnostic in diagnostics {
        let text = render::human(diagnostic, sources, coloured);
        let text = format!("{}\n\n", text.trim_end());
        if are_result { out.result(&text) } else { out.note(&text) }
    }
}

/// How many of what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Summary {
    files: usize,
    workflows: usize,
    errors: usize,
    warnings: usize,
    unreadable: bool,
}

impl Summary {
    pub(super) fn of(project: &Project) -> Self {
        let errors = project.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        Self {
            files: project.own_files().count(),
            workflows: project.checked.workflows.len(),
            errors,
            warnings: project.diagnostics.len() - errors,
            unreadable: project.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::Unreadable),
        }
    }

    /// What the findings come to; `strict`: warnings count.
    pub(super) fn outcome(self, strict: bool) -> Outcome {
        match self {
            Self { unreadable: true, .. } => Outcome::Unreadable,
            Self { errors, warnings, .. } if errors > 0 || (strict && warnings > 0) => Outcome::Findings,
            _ => Outcome::Clean,
        }
    }

    /// `3 files, 2 workflows: 1 error, 2 warnings`, or `ok: 3 files, 2 workflows`.
    pub(super) fn line(self) -> String {
        let what = format!("{}, {}", count(self.files, "file"), count(self.workflows, "workflow"));
        match (self.errors, self.warnings) {
            (0, 0) => format!("ok: {what}"),
            (errors, 0) => format!("{what}: {}", count(errors, "error")),
            (0, warnings) => format!("{what}: {}", count(warnings, "warning")),
            (errors, warnings) => {
                format!("{what}: {}, {}", count(errors, "error"), count(warnings, "warning"))
            }
        }
    }

    pub(super) fn json(self) -> Value {
        json!({
            "files": self.files,
            "workflows": self.workflows,
            "errors": self.errors,
            "warnings": self.warnings,
        })
    }
}

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Prints a value as the command's result.
pub(super) fn print_json(value: &Value, out: &mut Output) {
    out.result_line(&format!("{value:#}"));
}

/// Says on standard error what is wrong with a project that a command needs whole; `None` if it is.
pub(super) fn refuse(project: &Project, out: &mut Output) -> Option<Outcome> {
    draw(&project.diagnostics, &project.sources, false, out);
    if !project.has_errors() {
        return None;
    }
    let summary = Summary::of(project);
    out.note_line(&summary.line());
    Some(summary.outcome(false))
}
