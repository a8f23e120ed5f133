//! Diagnostics for people (through miette) and as JSON. The only user of miette.
//!
//! Only the lines around a place are looked at, and only the first line of a longer place is drawn, so that a huge
//! file costs no more than a small one. A line too long to be drawn is told by its position and an excerpt.

use super::{Diagnostic, Label, Severity};
use crate::base::{SourceFile, SourceMap, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceSpan};
use serde_json::{Value, json};
use std::fmt;

/// Columns that a drawing takes.
const WIDTH: usize = 100;
/// Bytes of a line that is still drawn.
const LONGEST_LINE: usize = 400;
/// Characters shown on each side of a place in a longer line.
const AROUND: usize = 40;

/// A diagnostic as people read it: what is wrong, the lines where it is, one thing to do.
pub fn human(diagnostic: &Diagnostic, sources: &SourceMap, coloured: bool) -> String {
    let theme = if coloured { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(WIDTH);
    let mut text = String::new();
    match Drawn::of(diagnostic, sources) {
        Some(drawn) if handler.render_report(&mut text, &drawn).is_ok() => text,
        _ => line(diagnostic, sources),
    }
}

/// A diagnostic on one line: `a.wf:3:7: error[syntax]: …`.
pub fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let Diagnostic { code, message, primary, .. } = diagnostic;
    let kind = severity(diagnostic.severity);
    let place = sources
        .locate(primary.span)
        .map_or_else(String::new, |(name, at)| format!("{name}:{}:{}: ", at.line, at.column));
    let excerpt = sources.get(primary.span.file).map_or_else(String::new, |file| excerpt(file, primary.span));
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("\n  help: {help}"));
    format!("{place}{kind}[{code}]: {message}{excerpt}{help}\n")
}

/// A diagnostic as a JSON object. Offsets count bytes from 0, lines and columns (in characters) from 1.
pub fn json(diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
    let fix = diagnostic.fix.as_ref().map(|fix| {
        let mut value = place(fix.span, sources);
        value["replacement"] = fix.replacement.as_str().into();
        value
    });
    let others: Vec<_> = diagnostic.others.iter().map(|label| labelled(label, sources)).collect();
    json!({
        "code": diagnostic.code.as_str(),
        "severity": severity(diagnostic.severity),
        "message": diagnostic.message,
        "primary": labelled(&diagnostic.primary, sources),
        "others": others,
        "help": diagnostic.help,
        "fix": fix,
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn labelled(label: &Label, sources: &SourceMap) -> Value {
    let mut value = place(label.span, sources);
    value["text"] = label.text.as_str().into();
    value
}

fn place(span: Span, sources: &SourceMap) -> Value {
    let position = |offset: u32| {
        let at = sources.get(span.file).map(|file| file.position(offset));
        json!({ "offset": offset, "line": at.map(|at| at.line), "column": at.map(|at| at.column) })
    };
    let file = sources.get(span.file).map(|file| file.name.to_string());
    json!({ "file": file, "start": position(span.start), "end": position(span.end) })
}

/// What stands around a place, for lines that are too long to be drawn.
fn excerpt(file: &SourceFile, span: Span) -> String {
    let before = file.text.get(..span.start as usize).unwrap_or_default();
    let behind = file.text.get(span.start as usize..).unwrap_or_default();
    let before: String = before.chars().rev().take_while(|c| *c != '\n').take(AROUND).collect();
    let before: String = before.chars().rev().collect();
    let behind: String = behind.chars().take_while(|c| *c != '\n').take(AROUND).collect();
    if before.is_empty() && behind.is_empty() { String::new() } else { format!("\n  near: …{before}⟨here⟩{behind}…") }
}

/// A diagnostic in the shape that miette draws: labels of one file; those of other files are drawn behind it.
#[derive(Debug)]
struct Drawn<'a> {
    message: String,
    code: Option<&'static str>,
    severity: miette::Severity,
    labels: Vec<LabeledSpan>,
    help: Option<&'a str>,
    source: Lines<'a>,
    elsewhere: Vec<Drawn<'a>>,
}

impl<'a> Drawn<'a> {
    /// `None` if a place is not of the source map, or in a line that is too long.
    fn of(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Option<Self> {
        let primary = &diagnostic.primary;
        let source = Lines(sources.get(primary.span.file)?);
        let mut labels = vec![source.label(primary, true)?];
        let mut elsewhere = Vec::new();
        for other in &diagnostic.others {
            if other.span.file == primary.span.file {
                labels.push(source.label(other, false)?);
            } else {
                elsewhere.push(Self::other(other, sources)?);
            }
        }
        Some(Self {
            message: diagnostic.message.clone(),
            code: Some(diagnostic.code.as_str()),
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            labels,
            help: diagnostic.help.as_deref(),
            source,
            elsewhere,
        })
    }

    fn other(label: &Label, sources: &'a SourceMap) -> Option<Self> {
        let source = Lines(sources.get(label.span.file)?);
        Some(Self {
            message: label.text.clone(),
            code: None,
            severity: miette::Severity::Advice,
            labels: vec![source.label(&Label { span: label.span, text: String::new() }, true)?],
            help: None,
            source,
            elsewhere: Vec::new(),
        })
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn miette::Diagnostic> + 'b>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|other| other as &dyn miette::Diagnostic)))
    }
}

/// A file, of which miette is shown the lines that it asks for.
#[derive(Debug)]
struct Lines<'a>(&'a SourceFile);

impl Lines<'_> {
    /// The label, on the first line of its place; `None` if that line is too long.
    fn label(&self, label: &Label, primary: bool) -> Option<LabeledSpan> {
        let text = &*self.0.text;
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        let first = text.get(start..end)?.split('\n').next().unwrap_or_default().trim_end();
        let (from, to) = (self.back(start, 0), self.forth(start, 0));
        if to - from > LONGEST_LINE {
            return None;
        }
        let words = Some(label.text.clone()).filter(|text| !text.is_empty());
        let span = SourceSpan::from((start, first.len()));
        Some(if primary {
            LabeledSpan::new_primary_with_span(words, span)
        } else {
            LabeledSpan::new_with_span(words, span)
        })
    }

    /// Where the line begins that is `lines` above the one of `at`.
    fn back(&self, at: usize, lines: usize) -> usize {
        let before = self.0.text.get(..at).unwrap_or_default();
        before.rmatch_indices('\n').nth(lines).map_or(0, |(at, _)| at + 1)
    }

    /// Where the line ends that is `lines` below the one of `at`.
    fn forth(&self, at: usize, lines: usize) -> usize {
        let behind = self.0.text.get(at..).unwrap_or_default();
        behind.match_indices('\n').nth(lines).map_or(self.0.text.len(), |(far, _)| at + far)
    }
}

impl miette::SourceCode for Lines<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'b> + 'b>, MietteError> {
        let start = self.back(span.offset(), before);
        let end = self.forth(span.offset() + span.len(), after);
        let data = self.0.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        let line = self.0.position(start as u32).line - 1;
        let lines = data.matches('\n').count() + 1;
        let span = SourceSpan::from((start, data.len()));
        let name = self.0.name.to_string();
        Ok(Box::new(MietteSpanContents::new_named(name, data.as_bytes(), span, line, 0, lines)))
    }
}
