//! Diagnostics for people (through miette) and as JSON. The only user of miette.
//!
//! In: diagnostics and the files that they speak of. Out: a text, or a JSON value with a `format_version`. Both are sorted
//! by file, place and code, and say nothing twice. Invariants: a source line is shown through a window of
//! [`WINDOW`] bytes around its labels however long it is, a label that goes over several lines on its first; control and
//! direction characters of the source never reach the terminal. Tests: tests/it/render.rs.

use super::{Diagnostic, Label, Severity};
use crate::base::{Position, SourceFile, SourceMap, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};
use serde_json::{Value, json};
use std::fmt::{self, Write as _};

/// The version of the JSON form.
pub const FORMAT_VERSION: u32 = 1;

/// How much of a line is shown on each side of a label, in bytes.
const WINDOW: usize = 120;

/// How a text for people looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// With lines drawn in Unicode rather than ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, unicode: true, width: 100 }
    }
}

/// All diagnostics as a text for people, one behind the other.
pub fn render_human(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        let report = Report::new(diagnostic, sources);
        let hint = format!("more: wf explain-code {}", diagnostic.code);
        let handler = GraphicalReportHandler::new_themed(theme(style))
            .with_width(style.width.max(40))
            .with_links(false)
            .with_context_lines(1)
            .with_footer(hint);
        if handler.render_report(&mut text, &report).is_err() {
            let _ = writeln!(text, "{}: {}", diagnostic.code, harmless(&diagnostic.message));
        }
    }
    text
}

/// One diagnostic as a text for people.
pub fn human(diagnostic: &Diagnostic, sources: &SourceMap, colour: bool) -> String {
    render_human(std::slice::from_ref(diagnostic), sources, Style { colour, ..Style::default() })
}

fn theme(style: Style) -> GraphicalTheme {
    match (style.colour, style.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => {
            GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() }
        }
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    }
}

/// All diagnostics as JSON.
pub fn render_json(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    let list: Vec<Value> = in_order(diagnostics).into_iter().map(|found| json(found, sources)).collect();
    json!({ "format_version": FORMAT_VERSION, "diagnostics": list })
}

/// One diagnostic as JSON: places in lines and columns from 1 and in bytes from 0.
pub fn json(found: &Diagnostic, sources: &SourceMap) -> Value {
    let mut value = json!({
        "code": found.code.as_str(),
        "severity": found.severity,
        "message": found.message,
        "label": found.primary.text,
        "labels": found.others.iter().map(|label| label_json(label, sources)).collect::<Vec<_>>(),
        "help": found.help,
        "fix": found.fix.as_ref().map(|fix| {
            let mut value = json!({ "replacement": fix.replacement });
            place_json(&mut value, fix.span, sources);
            value
        }),
    });
    place_json(&mut value, found.primary.span, sources);
    value
}

fn label_json(label: &Label, sources: &SourceMap) -> Value {
    let mut value = json!({ "text": label.text });
    place_json(&mut value, label.span, sources);
    value
}

fn place_json(value: &mut Value, span: Span, sources: &SourceMap) {
    let Some(object) = value.as_object_mut() else { return };
    let file = sources.get(span.file);
    object.insert("file".to_owned(), json!(file.map(|file| &*file.name)));
    for (name, offset) in [("start", span.start), ("end", span.end)] {
        let position = file.map(|file| file.position(offset));
        let (line, column) =
            position.map_or((None, None), |Position { line, column }| (Some(line), Some(column)));
        object.insert(name.to_owned(), json!({ "line": line, "column": column, "byte": offset }));
    }
}

/// Sorted by file, place and code, without repetitions.
fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut list: Vec<&Diagnostic> = diagnostics.iter().collect();
    list.sort_by(|a, b| {
        let key = |found: &Diagnostic| (found.primary.span, found.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    list.dedup();
    list
}

/// A text without characters that steer a terminal; each is replaced by one of the same length in bytes.
fn harmless(text: &str) -> String {
    let mut previous_was_return = false;
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if previous_was_return {
            shown.push(if c == '\n' { ' ' } else { '?' });
        }
        previous_was_return = c == '\r';
        match c {
            '\r' => {}
            '\n' | '\t' => shown.push(c),
            '\0'..='\u{1F}' | '\u{7F}' => shown.push('?'),
            '\u{80}'..='\u{9F}' | '\u{AD}' => shown.push('¿'),
            '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' => {
                shown.push('\u{FFFD}');
            }
            _ => shown.push(c),
        }
    }
    if previous_was_return {
        shown.push('?');
    }
    shown
}

/// A part of a file as it is shown.
#[derive(Debug)]
struct Snippet {
    name: String,
    /// Which bytes of the file it is.
    span: Span,
    /// Where it begins in the row of all snippets of its report.
    base: usize,
    /// Its text, harmless, with a blank for a label at its end.
    text: String,
    begins: Position,
}

/// A diagnostic as miette takes it: its labels stand in a row of snippets.
#[derive(Debug)]
struct Report<'a> {
    found: &'a Diagnostic,
    message: String,
    snippets: Vec<Snippet>,
    labels: Vec<LabeledSpan>,
}

impl<'a> Report<'a> {
    fn new(found: &'a Diagnostic, sources: &SourceMap) -> Self {
        let all: Vec<&Label> = std::iter::once(&found.primary).chain(&found.others).collect();
        let mut report =
            Self { found, message: harmless(&found.message), snippets: Vec::new(), labels: Vec::new() };
        let shown: Vec<(Span, &str)> = all
            .iter()
            .filter_map(|label| Some((first_line(label.span, sources)?, label.text.as_str())))
            .collect();
        for (at, (span, _)) in shown.iter().enumerate() {
            let taken = report.snippets.iter().any(|snippet| holds(snippet.span, *span));
            if let (false, Some(file)) = (taken, sources.get(span.file)) {
                let near = shown.iter().skip(at).map(|(span, _)| *span);
                let window = window(file, *span, near);
                let ends_at_label = shown.iter().any(|(span, _)| span.start == window.end);
                report.add_snippet(file, window, ends_at_label);
            }
        }
        for (at, (span, text)) in shown.iter().enumerate() {
            if let Some(snippet) = report.snippets.iter().find(|snippet| holds(snippet.span, *span)) {
                let start = snippet.base + (span.start - snippet.span.start) as usize;
                let length = (span.end - span.start) as usize;
                let text = (!text.is_empty()).then(|| harmless(text));
                report.labels.push(if at == 0 {
                    LabeledSpan::new_primary_with_span(text, (start, length))
                } else {
                    LabeledSpan::new_with_span(text, (start, length))
                });
            }
        }
        report
    }

    fn add_snippet(&mut self, file: &SourceFile, span: Span, ends_at_label: bool) {
        let base = self.snippets.last().map_or(0, |last| last.base + last.text.len() + 1);
        let text = file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let text = harmless(text) + if ends_at_label { " " } else { "" };
        self.snippets.push(Snippet {
            name: file.name.to_string(),
            span,
            base,
            text,
            begins: file.position(span.start),
        });
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// The part of a span on its first line, inside its file, on character boundaries.
fn first_line(span: Span, sources: &SourceMap) -> Option<Span> {
    let file = sources.get(span.file)?;
    let start = floor(&file.text, span.start as usize);
    let end = floor(&file.text, (span.end as usize).max(start).min(start + WINDOW * 4));
    let text = file.text.get(start..end)?;
    let line = text.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    Some(Span::new(span.file, start, start + line.len()))
}

/// The lines around a span, and around others of the same file that stand within a few lines of it; where a line is too
/// long for a terminal, only the span's own surroundings.
fn window(file: &SourceFile, span: Span, near: impl Iterator<Item = Span>) -> Span {
    let mut lines = around(file, span);
    for other in near.filter(|other| other.file == span.file) {
        let more = around(file, other);
        let gap = file.position(other.start).line.abs_diff(file.position(span.start).line);
        if gap <= 6 && more.to(lines).end - more.to(lines).start <= 8 * WINDOW as u32 {
            lines = lines.to(more);
        }
    }
    lines
}

fn around(file: &SourceFile, span: Span) -> Span {
    let text = &*file.text;
    let (start, end) = (span.start as usize, span.end as usize);
    let first = floor(text, start.saturating_sub(WINDOW));
    let last = floor(text, end.saturating_add(WINDOW));
    let before = text.get(first..start).unwrap_or_default();
    let behind = text.get(end..last).unwrap_or_default();
    let own = before.rfind('\n').map_or(0, |at| at + 1);
    let begin = match before.get(..own.saturating_sub(1)).and_then(|lines| lines.rfind('\n')) {
        Some(line_before) => first + line_before + 1,
        None if first == 0 => 0,
        None => first + own,
    };
    let own_end = behind.find('\n').unwrap_or(behind.len());
    let rest = behind.get(own_end + 1..).unwrap_or_default();
    let end = match rest.find('\n') {
        Some(line_behind) => end + own_end + 1 + line_behind,
        None if last == text.len() && !rest.is_empty() => last,
        None => end + own_end,
    };
    Span { start: begin as u32, end: end as u32, ..span }
}

fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl SourceCode for Report<'_> {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let holds = |snippet: &&Snippet| snippet.base <= start && end <= snippet.base + snippet.text.len();
        let snippet = self.snippets.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let upto = snippet.text.get(..start - snippet.base).ok_or(MietteError::OutOfBounds)?;
        let name = snippet.name.clone();
        if before + after == 0 {
            let line = snippet.begins.line + upto.matches('\n').count();
            let column = match upto.rsplit_once('\n') {
                Some((_, last)) => last.chars().count() + 1,
                None => snippet.begins.column + upto.chars().count(),
            };
            let data = snippet.text.as_bytes().get(upto.len()..end - snippet.base).unwrap_or_default();
            return Ok(Box::new(MietteSpanContents::new_named(name, data, *span, line - 1, column - 1, 1)));
        }
        let whole = SourceSpan::from((snippet.base, snippet.text.len()));
        let (line, count) = (snippet.begins.line - 1, snippet.text.matches('\n').count() + 1);
        let column = snippet.begins.column - 1;
        Ok(Box::new(MietteSpanContents::new_named(name, snippet.text.as_bytes(), whole, line, column, count)))
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.found.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.found.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let help = self.found.help.as_ref()?;
        Some(Box::new(harmless(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.snippets.is_empty()).then_some(self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
