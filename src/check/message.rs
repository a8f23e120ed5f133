//! Templates of messages: their parts, the files that hold them, and every scope in which they are sent.
//!
//! A template is parsed once and checked in each scope in which a step sends it; one that nothing sends is checked in
//! the widest. Whether a name is in reach depends on who sends it, so the step is shown beside the problem.

use super::checked::*;
use super::cx::Cx;
use super::liquid::{self, Place, Reading, TextScope};
use super::names::Entry;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Where templates are sent, gathered from the steps.
#[derive(Debug, Default)]
pub(super) struct Sent {
    by_template: BTreeMap<Idx<MessageTemplate>, Vec<Sending>>,
}

/// A step that sends a template.
#[derive(Debug)]
struct Sending {
    action: BuiltInAction,
    scope: TextScope,
    span: Span,
}

impl Sent {
    /// A step sends this template. Steps with the same action and scope count once.
    pub(super) fn add(
        &mut self,
        template: Idx<MessageTemplate>,
        action: BuiltInAction,
        scope: TextScope,
        span: Span,
    ) {
        let sendings = self.by_template.entry(template).or_default();
        if !sendings.iter().any(|known| known.action == action && known.scope == scope) {
            sendings.push(Sending { action, scope, span });
        }
    }
}

/// Parses all templates.
pub(super) fn templates(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.templates.iter() {
        let parts = parts(cx, entry);
        cx.out.templates.push(MessageTemplate { name: Arc::clone(&entry.name), parts, span: entry.span });
    }
}

type Declared<'a> = Entry<'a, MessageTemplate, ast::Template>;

fn parts(cx: &mut Cx<'_>, entry: &Declared<'_>) -> Vec<MessagePart> {
    let mut kinds: Vec<(PartKind, Span)> = Vec::new();
    let mut made = Vec::new();
    for part in &entry.decl.parts {
        let (kind, span) = (part.kind.node, part.kind.span());
        if let Some((_, first)) = kinds.iter().find(|(known, _)| *known == kind) {
            let twice = Diagnostic::new(
                Code::DuplicatePart,
                span,
                format!("the template has `{}` twice", word(kind)),
            );
            cx.report(twice.other(*first, "first here").help("take one of them out"));
            continue;
        }
        kinds.push((kind, span));
        if let Some(text) = part_text(cx, part) {
            made.push(MessagePart { kind, text });
        }
    }
    conflicts(cx, &kinds);
    made
}

fn conflicts(cx: &mut Cx<'_>, kinds: &[(PartKind, Span)]) {
    let place = |wanted| kinds.iter().find(|(kind, _)| *kind == wanted).map(|(_, span)| *span);
    let Some(markdown) = place(PartKind::Markdown) else { return };
    let Some(other) = place(PartKind::Html).or_else(|| place(PartKind::Text)) else { return };
    let message = "text and HTML are made from `markdown`, so it stands alone";
    let conflict = Diagnostic::new(Code::ConflictingParts, markdown, message);
    cx.report(conflict.other(other, "this part would be made from it").help("keep one of the two"));
}

fn part_text(cx: &mut Cx<'_>, part: &ast::TemplatePart) -> Option<Liquid> {
    if !part.file {
        return liquid::parse(cx, &part.text.value, Place::of(&part.text));
    }
    let (file, source) = read(cx, part)?;
    let whole = Span::new(file, 0, source.len());
    liquid::parse(cx, &source, Place::File(file, whole))
}

fn read(cx: &mut Cx<'_>, part: &ast::TemplatePart) -> Option<(crate::base::FileId, Arc<str>)> {
    let span = part.text.at.0;
    match cx.input.assets.read(&part.text.value, span.file) {
        Ok(found) => Some(found),
        Err(why) => {
            let message = format!("the file `{}` can't be read: {why}", part.text.value);
            let missing = Diagnostic::new(Code::MissingFile, span, message);
            cx.fail(missing.help("the path goes from the folder of the project"))
        }
    }
}

fn word(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Subject => "subject",
        PartKind::Text => "text",
        PartKind::Html => "html",
        PartKind::Markdown => "markdown",
    }
}

/// Checks all templates in the scopes in which they are sent.
pub(super) fn check(cx: &mut Cx<'_>, sent: &Sent) {
    let names = cx.names;
    let widest =
        [Sending { action: BuiltInAction::Gmail, scope: TextScope::widest(), span: Span::default() }];
    for entry in names.templates.iter() {
        match sent.by_template.get(&entry.idx) {
            Some(sendings) => {
                complete(cx, entry, sendings);
                in_scopes(cx, entry, sendings, true);
            }
            None => in_scopes(cx, entry, &widest, false),
        }
    }
}

fn in_scopes(cx: &mut Cx<'_>, entry: &Declared<'_>, sendings: &[Sending], shown: bool) {
    let Some(message) = cx.out.templates.get(entry.idx) else { return };
    let parts = message.parts.clone();
    let mut known = HashSet::new();
    for part in &parts {
        let Some(written) = entry.decl.parts.iter().find(|written| written.kind.node == part.kind) else {
            continue;
        };
        let place = if written.file {
            Place::File(part.text.span.file, part.text.span)
        } else {
            Place::of(&written.text)
        };
        let escape = escape_of(part.kind);
        for sending in sendings {
            let reading = Reading { scope: &sending.scope, escape, sent: shown };
            for problem in liquid::problems(cx, &part.text, place, reading) {
                if known.insert((problem.code, problem.primary.span, problem.message.clone())) {
                    cx.report(if shown { problem.other(sending.span, "sent from here") } else { problem });
                }
            }
        }
    }
}

/// Whether the template has what its senders need.
fn complete(cx: &mut Cx<'_>, entry: &Declared<'_>, sendings: &[Sending]) {
    let has = |kind| entry.decl.parts.iter().any(|part| part.kind.node == kind);
    let name = &entry.name;
    if let (false, Some(first)) = (has(PartKind::Subject), sendings.first()) {
        let missing = Diagnostic::new(
            Code::MissingSubject,
            entry.span,
            format!("the template `{name}` has no subject"),
        );
        cx.report(missing.other(first.span, "sent from here").help("add `subject \"…\"` to it"));
    }
    if has(PartKind::Markdown) {
        return;
    }
    let lacks = |action| match action {
        BuiltInAction::Html => (!has(PartKind::Html)).then_some("html"),
        BuiltInAction::Email => (!has(PartKind::Text)).then_some("text"),
        _ => (!has(PartKind::Text) && !has(PartKind::Html)).then_some("text"),
    };
    let Some((sending, part)) = sendings.iter().find_map(|it| Some((it, lacks(it.action)?))) else { return };
    let missing =
        Diagnostic::new(Code::MissingBody, entry.span, format!("the template `{name}` has no `{part}`"));
    cx.report(missing.other(sending.span, "sent from here").help(format!("add `{part} \"…\"` to it")));
}
