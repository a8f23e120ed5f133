//! Declared names by their text, with the near name where there is none of that text.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast;

/// A name that was not found.
pub(super) struct Unknown<'n> {
    /// What is wrong, as a code.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// What kind of thing was looked for: `segment`.
    pub what: &'n str,
    /// What was written.
    pub name: &'n str,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

impl Unknown<'_> {
    /// The diagnostic, with the near name among `names` if there is one.
    pub(super) fn among<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Diagnostic {
        let message = format!("there is no {} `{}`", self.what, self.name);
        let unknown = Diagnostic::new(self.code, self.span, message);
        match suggest::nearest(self.name, names) {
            Some(near) => {
                let written = if self.quoted { quoted(near) } else { near.to_owned() };
                unknown.help(format!("did you mean `{near}`?")).fix(self.span, written)
            }
            None => unknown,
        }
    }
}

/// A text as a literal.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The kinds of names that stand in quotes: method, table, index, code, word, how to declare one.
macro_rules! lookups {
    ($($(#[doc = $doc:literal])+ $name:ident: $table:ident -> $of:ident, $code:ident, $declare:literal;)+) => {
        impl Cx<'_> {
            $($(#[doc = $doc])+
            pub fn $name(&mut self, name: &ast::Text) -> Option<Idx<$of>> {
                let names = self.names;
                if let Some(entry) = names.$table.get(&name.value) {
                    self.used.$table.insert(entry.idx.raw());
                    return Some(entry.idx);
                }
                if names.broken.may_declare(stringify!($name), &name.value) {
                    return None;
                }
                let (code, what) = (Code::$code, stringify!($name));
                let unknown = Unknown { code, span: name.at.0, what, name: &name.value, quoted: true };
                let unknown = unknown.among(names.$table.names().take(self.patience()));
                self.fail(declare_instead(unknown, $declare, &name.value))
            })+
        }
    };
}

fn declare_instead(unknown: Diagnostic, how: &str, name: &str) -> Diagnostic {
    if unknown.help.is_some() { unknown } else { unknown.help(how.replace('?', &quoted(name))) }
}

lookups! {
    /// The segment of that name.
    segment: segments -> Segment, UnknownSegment, "declare it: `segment ? of account where …`";
    /// The event of that name.
    event: events -> Event, UnknownEvent, "declare it: `event ? { }`";
    /// The workflow of that name.
    workflow: workflows -> Workflow, UnknownWorkflow, "declare it: `workflow ? { … }`";
    /// The calendar of that name.
    calendar: calendars -> Calendar, UnknownCalendar, "declare it: `calendar ? { mon..fri 09:00..18:00 }`";
    /// The team of that name.
    team: teams -> Team, UnknownTeam, "declare it: `team ? { \"ana@acme.com\" }`";
    /// The template of that name.
    template: templates -> MessageTemplate, UnknownTemplate, "declare it: `template ? { subject \"…\" text \"…\" }`";
}

impl Cx<'_> {
    /// Among how many names a near one is looked for: where hundreds of things are wrong, no more.
    pub(super) fn patience(&self) -> usize {
        if self.diags.len() < 200 { usize::MAX } else { 0 }
    }

    /// The segment of that name, which must be of this subject.
    pub fn segment_of(&mut self, name: &ast::Text, subject: Subject) -> Option<Idx<Segment>> {
        let idx = self.segment(name)?;
        let names = self.names;
        let entry = names.segments.at(idx)?;
        let of = entry.decl.subject.node;
        if of == subject {
            return Some(idx);
        }
        let (of, wanted) = (subject_word(of), subject_word(subject));
        let message = format!("the segment `{}` is of {of}s, not of {wanted}s", name.value);
        let wrong =
            Diagnostic::new(Code::WrongSubject, name.at.0, message).other(entry.span, "declared here");
        let help = match subject {
            Subject::Contact => {
                format!("ask the contact's account: `account in segment {}`", quoted(&name.value))
            }
            Subject::Account => {
                format!("ask the account's contacts: `any contact where in segment {}`", quoted(&name.value))
            }
        };
        self.fail(wrong.help(help))
    }

    /// The workflow of that name, which must be about this subject.
    pub fn workflow_of(&mut self, name: &ast::Text, subject: Subject) -> Option<Idx<Workflow>> {
        let idx = self.workflow(name)?;
        let names = self.names;
        let of = names.workflow_subject(idx);
        if of == subject {
            return Some(idx);
        }
        let (of, wanted) = (subject_word(of), subject_word(subject));
        let message = format!("the workflow `{}` is about {of}s, not about {wanted}s", name.value);
        let wrong = Diagnostic::new(Code::WrongSubject, name.at.0, message);
        let place = names.workflows.at(idx).map_or(name.at.0, |entry| entry.span);
        self.fail(wrong.other(place, "declared here").help(format!("name a workflow about {wanted}s")))
    }

    /// The property of that name of an event.
    pub fn property(&mut self, event: Idx<Event>, name: &str, span: Span) -> Option<Idx<Property>> {
        let names = self.names;
        if let Some(entry) = names.properties.get(event.index()).and_then(|table| table.get(name)) {
            return Some(entry.idx);
        }
        let unknown = self.unknown_property(event, name, span);
        self.fail(unknown)
    }

    pub(super) fn unknown_property(&self, event: Idx<Event>, name: &str, span: Span) -> Diagnostic {
        let properties = self.names.properties.get(event.index());
        let what = self.names.events.at(event).map_or("property", |_| "property");
        let unknown = Unknown { code: Code::UnknownProperty, span, what, name, quoted: false };
        let mut unknown =
            unknown.among(properties.into_iter().flat_map(super::names::Table::names).take(self.patience()));
        if let Some(entry) = self.names.events.at(event) {
            unknown.message = format!("the event `{}` has no property `{name}`", entry.name);
            unknown = unknown.other(entry.span, "declared here");
        }
        if unknown.help.is_none() {
            unknown = unknown.help(format!("declare it in the event's braces: `{name} text`"));
        }
        unknown
    }

    /// The stage of that name of a subject, by its place.
    pub fn stage(&mut self, subject: Subject, name: &ast::Text) -> Option<usize> {
        let at = self.stage_words[subject].iter().position(|word| **word == *name.value);
        if at.is_some() {
            return at;
        }
        let unknown = self.unknown_stage(subject, &name.value, name.at.0);
        self.fail(unknown)
    }

    pub(super) fn unknown_stage(&self, subject: Subject, name: &str, span: Span) -> Diagnostic {
        let what = format!("stage of {}s", subject_word(subject));
        let unknown = Unknown { code: Code::UnknownStage, span, what: &what, name, quoted: true };
        let words = &self.stage_words[subject];
        let unknown = unknown.among(words.iter().map(|word| &**word).take(self.patience()));
        if unknown.help.is_some() {
            return unknown;
        }
        match self.names.stages[subject] {
            Some((_, place, _)) => {
                unknown.other(place, "the stages").help(format!("the stages are {}", listed(words)))
            }
            None => unknown
                .help(format!("declare the stages: `stages of {} {{ stage \"…\" }}`", subject_word(subject))),
        }
    }
}

/// Words in a sentence.
pub(super) fn listed(words: &[std::sync::Arc<str>]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
