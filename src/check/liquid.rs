//! Liquid texts: parsed, checked against what is in scope where they are rendered, their problems placed in the source.
//!
//! In: a literal or the text of a file, and a [`TextScope`]. Out: a parsed [`Liquid`], and diagnostics at the bytes of
//! the literal or of the file. In what is sent as a message an attribute may be missing: then it would be held (S6.4).

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::lookup::quoted;
use super::names::Names;
use crate::base::{FileId, Idx, Span};
use crate::diag::{Code, Diagnostic, Severity};
use crate::syntax::ast::{self, TextMap};
use crate::template::{self, Escape, Field, Problem, ProblemKind, Schema, Ty};
use crate::value::{Type, Words};
use std::sync::Arc;

/// What a Liquid text can read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct TextScope {
    /// `account`, and `owner`.
    pub account: bool,
    /// `contact`: whom the workflow is about, or who gets the message.
    pub contact: bool,
    /// `event`.
    pub event: TextEvent,
    /// Names kept by earlier steps.
    pub kept: Vec<Arc<str>>,
    /// Parameters of an action.
    pub params: Vec<(Arc<str>, Type)>,
}

/// What `event` is to a Liquid text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum TextEvent {
    /// Nothing.
    #[default]
    None,
    /// One of these: what they have in common can be read.
    Of(Vec<Idx<Event>>),
    /// Not known.
    Any,
}

impl TextScope {
    /// Everything that a message could read: for a template that nothing sends.
    pub(super) fn widest() -> Self {
        Self { account: true, contact: true, event: TextEvent::Any, ..Self::default() }
    }

    /// The parameters of an action only.
    pub(super) fn action(params: &[Param]) -> Self {
        let params = params.iter().map(|param| (Arc::clone(&param.name), param.ty.clone())).collect();
        Self { params, ..Self::default() }
    }
}

/// Where the bytes of a Liquid text stand.
#[derive(Clone, Copy)]
pub(super) enum Place<'t> {
    /// In a literal.
    Literal(&'t TextMap, Span),
    /// They are a file.
    File(FileId, Span),
}

impl<'t> Place<'t> {
    /// The place of a literal.
    pub(super) fn of(text: &'t ast::Text) -> Self {
        Self::Literal(&text.map, text.at.0)
    }

    /// The whole.
    pub(super) fn whole(self) -> Span {
        match self {
            Self::Literal(_, span) | Self::File(_, span) => span,
        }
    }

    fn span(self, at: template::Span) -> Span {
        match self {
            Self::File(file, _) => Span { file, start: at.start, end: at.end },
            Self::Literal(map, span) => {
                let start = map.source(at.start as usize);
                let end = if at.end > at.start { map.source(at.end as usize - 1) + 1 } else { start };
                if start < span.start || end > span.end { span } else { Span { start, end, ..span } }
            }
        }
    }
}

/// Parses a Liquid text.
pub(super) fn parse(cx: &mut Cx<'_>, source: &str, place: Place<'_>) -> Option<Liquid> {
    let (template, errors) = template::parse(source, template::Options::default());
    for error in &errors {
        let wrong = Diagnostic::new(Code::TemplateSyntax, place.span(error.span), error.to_string());
        cx.report(match error.kind.help() {
            Some(help) => wrong.help(help),
            None => wrong,
        });
    }
    let source = Arc::clone(&template.text);
    errors.is_empty().then(|| Liquid { source, template: Arc::new(template), span: place.whole() })
}

/// How a text is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'s> {
    /// What it can read.
    pub scope: &'s TextScope,
    /// What values are put into.
    pub escape: Escape,
    /// Whether it is sent as a message, which is held where a value is missing.
    pub sent: bool,
}

/// Checks a parsed text against what it can read; gives the diagnostics.
pub(super) fn problems(
    cx: &Cx<'_>,
    text: &Liquid,
    place: Place<'_>,
    Reading { scope, escape, sent }: Reading<'_>,
) -> Vec<Diagnostic> {
    if text.template.nodes.iter().all(|node| matches!(node, template::ast::Node::Text(_)))
        && escape != Escape::Html
    {
        return Vec::new();
    }
    let fields = Fields { names: cx.names, out: &cx.out, stages: &cx.stage_words, scope, sent };
    let found = template::check(&text.template, &fields, escape);
    found.problems.iter().map(|problem| diagnostic(&fields, problem, place)).collect()
}

/// Parses a literal and checks it.
pub(super) fn literal(cx: &mut Cx<'_>, text: &ast::Text, scope: &TextScope) -> Option<Liquid> {
    let place = Place::of(text);
    let liquid = parse(cx, &text.value, place)?;
    for problem in problems(cx, &liquid, place, Reading { scope, escape: Escape::None, sent: false }) {
        cx.report(problem);
    }
    Some(liquid)
}

fn diagnostic(fields: &Fields<'_>, problem: &Problem, place: Place<'_>) -> Diagnostic {
    let span = place.span(problem.span);
    let mut wrong = Diagnostic::new(code(&problem.kind), span, problem.kind.to_string());
    if problem.severity == template::Severity::Warning {
        wrong.severity = Severity::Warning;
    }
    if let ProblemKind::UnknownName { name, .. } = &problem.kind
        && let Some((help, replacement)) = fields.instead(name)
    {
        let wrong = wrong.help(help);
        return match replacement {
            Some(replacement) => wrong.fix(Span { end: span.start + name.len() as u32, ..span }, replacement),
            None => wrong,
        };
    }
    match problem.kind.help() {
        Some(help) => wrong.help(help),
        None => wrong,
    }
}

fn code(kind: &ProblemKind) -> Code {
    match kind {
        ProblemKind::UnknownName { .. }
        | ProblemKind::UnknownField { .. }
        | ProblemKind::NoFields { .. }
        | ProblemKind::UnknownPartial { .. } => Code::TemplateName,
        ProblemKind::UnknownFilter { .. }
        | ProblemKind::ArgumentCount { .. }
        | ProblemKind::UnknownArgument { .. }
        | ProblemKind::FilterType { .. } => Code::TemplateFilter,
        ProblemKind::MaybeMissing { .. } => Code::MaybeMissing,
        _ => Code::TemplateMeaning,
    }
}

/// What a scope means to the template checker.
struct Fields<'c> {
    names: &'c Names<'c>,
    out: &'c Checked,
    stages: &'c BySubject<Words>,
    scope: &'c TextScope,
    sent: bool,
}

const BUILT_IN: [&str; 4] = ["id", "created_at", "stage", "health"];

impl Fields<'_> {
    /// What to write instead of a name that is not in scope.
    fn instead(&self, name: &str) -> Option<(String, Option<String>)> {
        match name {
            "contact" if self.scope.account => {
                let help = "this goes to no contact: read `account`, or send it to contacts";
                return Some((help.into(), None));
            }
            "event" if self.scope.account => {
                let help = "`event` can be read where every trigger of the workflow is `performs \"…\"`";
                return Some((help.into(), None));
            }
            _ => {}
        }
        let subjects = [(Subject::Account, self.scope.account), (Subject::Contact, self.scope.contact)];
        let mut having = subjects
            .into_iter()
            .filter(|(subject, there)| *there && self.attribute(*subject, name).is_some());
        let whole = format!("{}.{name}", subject_word(having.next()?.0));
        Some((format!("write `{whole}`"), Some(whole)))
    }

    fn attribute(&self, subject: Subject, name: &str) -> Option<Ty> {
        match name {
            "id" => Some(Ty::Text),
            "created_at" => Some(Ty::Time),
            "stage" => Some(Ty::Words(self.stages[subject].clone())),
            "health" => Some(ty(&Type::Level)),
            _ => {
                let attribute = self.names.attributes[subject].get(name)?.idx;
                Some(ty(&self.out.attributes.get(attribute)?.ty))
            }
        }
    }

    /// Whether an attribute is taken from the data, which need not have it. The address that a message goes to is there.
    fn may_miss(&self, subject: Subject, name: &str) -> bool {
        let address = subject == Subject::Contact && name == "email";
        let attribute = self.names.attributes[subject].get(name).map(|known| known.idx);
        let attribute = attribute.and_then(|idx| self.out.attributes.get(idx));
        !address && attribute.is_some_and(|attribute| attribute.derived.is_none())
    }

    fn property(&self, name: &str) -> Option<Ty> {
        let TextEvent::Of(events) = &self.scope.event else { return None };
        let mut found: Option<Ty> = None;
        for event in events {
            let property = self.names.properties.get(event.index())?.get(name)?.idx;
            let of = ty(&self.out.events.get(*event)?.properties.get(property)?.ty);
            found = Some(if found.as_ref().is_none_or(|first| *first == of) { of } else { Ty::Any });
        }
        found
    }

    fn of_scope(&self, name: &str) -> Option<Ty> {
        let object = |there: bool| there.then(|| Ty::Object(name.into()));
        match name {
            "account" => object(self.scope.account),
            "contact" => object(self.scope.contact),
            "event" => match &self.scope.event {
                TextEvent::None => None,
                TextEvent::Of(_) => object(true),
                TextEvent::Any => Some(Ty::Any),
            },
            "owner" if self.scope.account => self.attribute(Subject::Account, "owner"),
            "now" => Some(Ty::Time),
            _ => None,
        }
    }
}

impl Schema for Fields<'_> {
    fn root(&self, name: &str) -> Option<Field> {
        let param = || self.scope.params.iter().find(|(known, _)| **known == *name).map(|(_, of)| ty(of));
        let kept = || self.scope.kept.iter().any(|known| **known == *name).then_some(Ty::Any);
        let found = param().or_else(kept).or_else(|| self.of_scope(name))?;
        Some(Field { ty: found, optional: false })
    }

    fn roots(&self) -> Vec<&str> {
        let scope = self.scope;
        let known = ["account", "contact", "event", "owner", "now"]
            .into_iter()
            .filter(|name| self.of_scope(name).is_some());
        let own = scope.params.iter().map(|(name, _)| &**name).chain(scope.kept.iter().map(|name| &**name));
        known.chain(own).collect()
    }

    fn field(&self, object: &str, field: &str) -> Option<Field> {
        let (found, optional) = match object {
            "account" => (self.attribute(Subject::Account, field), self.may_miss(Subject::Account, field)),
            "contact" => (self.attribute(Subject::Contact, field), self.may_miss(Subject::Contact, field)),
            "event" => (self.property(field), true),
            _ => (None, false),
        };
        found.map(|ty| Field { ty, optional: optional && self.sent })
    }

    fn fields(&self, object: &str) -> Vec<&str> {
        match object {
            "account" => {
                BUILT_IN.into_iter().chain(self.names.attributes[Subject::Account].names()).collect()
            }
            "contact" => {
                BUILT_IN.into_iter().chain(self.names.attributes[Subject::Contact].names()).collect()
            }
            "event" => match &self.scope.event {
                TextEvent::Of(events) => events
                    .first()
                    .and_then(|event| self.names.properties.get(event.index()))
                    .map_or(Vec::new(), |table| table.names().collect()),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

/// The type to a Liquid text.
fn ty(ty: &Type) -> Ty {
    match ty {
        Type::Text | Type::Email | Type::User | Type::Template => Ty::Text,
        Type::OneOf(words) | Type::Stage(words) => Ty::Words(words.clone()),
        Type::Level => Ty::Words(["bad", "average", "good"].map(Arc::from).into()),
        Type::Number => Ty::Number,
        Type::Bool => Ty::Bool,
        Type::Time => Ty::Time,
        Type::Date => Ty::Date,
        Type::Duration => Ty::Duration,
        Type::List(of) => Ty::List(Arc::new(self::ty(of))),
        Type::Object | Type::Any | Type::Missing => Ty::Any,
    }
}

/// A warning where a plain text has the braces of a template.
pub(super) fn braces(cx: &mut Cx<'_>, text: &ast::Text, what: &str) {
    if text.value.contains("{{") || text.value.contains("{%") {
        let message = format!("{what} is no template: the braces are sent as they stand");
        let odd = Diagnostic::new(Code::BracesInText, text.at.0, message);
        cx.report(odd.help(format!(
            "give a value instead of {}, or a parameter of type `template`",
            quoted("{{ … }}")
        )));
    }
}
