//! Why a path means nothing at a place, and what was probably meant.
//!
//! Called only once it is known that `resolve` finds nothing.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::lookup::{Unknown, quoted};
use super::resolve::RESPONSE;
use super::scope::{Bare, EventScope, Here, Scope};
use crate::base::Span;
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast;
use crate::value::Type;

const BUILT_IN: [&str; 4] = ["id", "created_at", "stage", "health"];

impl Cx<'_> {
    /// Why a path means nothing; `hint` is the type of what it stands beside.
    pub(super) fn explain(&self, path: &ast::Path, scope: &Scope<'_>, hint: Option<&Type>) -> Diagnostic {
        let span = path.at.0;
        match path.parts.as_slice() {
            [name] => self.explain_bare(&name.node, span, scope, hint),
            [head, rest @ ..] => match head.node.as_str() {
                "event" => self.explain_event(rest, span, scope),
                "response" => explain_response(rest, span, scope),
                "account" => self.explain_of(Subject::Account, rest, span, scope),
                "contact" => self.explain_of(Subject::Contact, rest, span, scope),
                other => self.explain_head(other, path, scope),
            },
            [] => Diagnostic::new(Code::UnknownAttribute, span, "a name is wanted here"),
        }
    }

    fn explain_bare(&self, name: &str, span: Span, scope: &Scope<'_>, hint: Option<&Type>) -> Diagnostic {
        if matches!(name, "account" | "contact" | "event" | "response") {
            let message = format!("`{name}` alone is no value");
            let help = format!("say what of it: `{name}.…`");
            return Diagnostic::new(Code::NotAValue, span, message).help(help);
        }
        let event = scope.awaited.map_or(scope.event, EventScope::Filter);
        match (scope.bare, event, scope.this) {
            (Bare::Params, ..) => explain_parameter(name, span, scope),
            (Bare::Event, EventScope::Filter(event), _) => {
                if let Some(this) =
                    scope.this.filter(|this| self.find_member(Who::This, *this, name).is_some())
                {
                    return not_of_event(name, span, this, scope);
                }
                text_instead(self.unknown_property(event, name, span), name, span, hint)
            }
            (_, _, Some(this)) => self.unknown_attribute(this, name, Here { scope, span }, hint),
            _ => explain_parameter(name, span, scope),
        }
    }

    fn unknown_attribute(
        &self,
        of: Subject,
        name: &str,
        Here { scope, span }: Here<'_>,
        hint: Option<&Type>,
    ) -> Diagnostic {
        let word = subject_word(of);
        if let Some(outer) = scope.outer.filter(|outer| self.find_member(Who::Outer, *outer, name).is_some())
        {
            let whole = format!("{}.{name}", subject_word(outer));
            let message =
                format!("inside this `where`, `{name}` would be an attribute of the {word}, and it has none");
            return Diagnostic::new(Code::OuterName, span, message)
                .label(format!("the {} outside has an attribute of this name", subject_word(outer)))
                .help(format!("write `{whole}`"))
                .fix(span, whole);
        }
        let unknown = Unknown { code: Code::UnknownAttribute, span, what: "attribute", name, quoted: false };
        let mut unknown =
            unknown.among(self.names.attributes[of].names().chain(BUILT_IN).take(self.patience()));
        unknown.message = format!("{} has no attribute `{name}`", article(of));
        if let Some(unknown) = self.of_the_other(&unknown, of, name, Here { scope, span }) {
            return unknown;
        }
        let unknown = text_instead(unknown, name, span, hint);
        if unknown.help.is_some() {
            return unknown;
        }
        if let Some(attribute) = self.attribute_with_word(of, name) {
            return unknown.help(format!("it is a word of `{attribute}`: write `{attribute} = {name}`"));
        }
        unknown.help(format!("declare it: `attributes of {word} {{ {name} text }}`"))
    }

    /// The attribute whose list has that word.
    fn attribute_with_word(&self, of: Subject, word: &str) -> Option<&str> {
        let has = |ty: &Type| matches!(ty, Type::OneOf(words) if words.iter().any(|it| **it == *word));
        let found = self.out.attributes.values().find(|it| it.subject == of && has(&it.ty))?;
        Some(&found.name)
    }

    /// A name that the other kind of entity has, where that can be asked.
    fn of_the_other(
        &self,
        unknown: &Diagnostic,
        of: Subject,
        name: &str,
        Here { scope, span }: Here<'_>,
    ) -> Option<Diagnostic> {
        let other = if of == Subject::Account { Subject::Contact } else { Subject::Account };
        self.names.attributes[other].get(name).filter(|_| scope.this == Some(of))?;
        let unknown = Diagnostic { help: None, fix: None, ..unknown.clone() };
        Some(match of {
            Subject::Contact => {
                unknown.help(format!("write `account.{name}`")).fix(span, format!("account.{name}"))
            }
            Subject::Account => unknown.help(format!("its contacts have: `any contact where {name} …`")),
        })
    }

    fn explain_of(&self, of: Subject, rest: &[ast::Name], span: Span, scope: &Scope<'_>) -> Diagnostic {
        let word = subject_word(of);
        let [name] = rest else {
            let message = format!("`{word}.{}` has no parts", rest.first().map_or("", |part| &part.node));
            let help = "a path has two parts: the entity and its attribute";
            return Diagnostic::new(Code::UnknownAttribute, span, message).help(help);
        };
        if scope.aggregate {
            return aggregate_filter(&format!("{word}.{}", name.node), span);
        }
        match (scope.this, Self::who(of, scope)) {
            (_, Some(_)) => {
                let here = Here { scope: &Scope::default(), span: name.span() };
                self.unknown_attribute(of, &name.node, here, None)
            }
            (Some(this), None) => {
                let message = format!("{} has no `{word}`: it has several", article(this));
                Diagnostic::new(Code::WrongSubject, span, message)
                    .help(format!("ask its {word}s: `any {word} where {} …`", name.node))
            }
            (None, None) => explain_parameter(&format!("{word}.{}", name.node), span, scope),
        }
    }

    fn explain_event(&self, rest: &[ast::Name], span: Span, scope: &Scope<'_>) -> Diagnostic {
        let [name] = rest else {
            let name = rest.first().map_or("", |part| &part.node);
            let message = format!("`event.{name}` has no parts");
            return Diagnostic::new(Code::UnknownProperty, span, message).help("a property has one name");
        };
        match scope.event {
            EventScope::None => Diagnostic::new(Code::NoEvent, span, "no event is at hand here")
                .help("`event` can be read in a workflow whose triggers are all `performs \"…\"`"),
            EventScope::Filter(event) => self.unknown_property(event, &name.node, name.span()),
            EventScope::Triggers { events: [(event, _)], other: None } => {
                self.unknown_property(*event, &name.node, name.span())
            }
            EventScope::Triggers { events, other } => self.not_every_trigger(&name.node, span, events, other),
        }
    }

    fn not_every_trigger(
        &self,
        name: &str,
        span: Span,
        events: &[(crate::base::Idx<Event>, Span)],
        other: Option<Span>,
    ) -> Diagnostic {
        let message = format!("not every trigger of this workflow is an event that has `{name}`");
        let mut wrong = Diagnostic::new(Code::NotEveryTrigger, span, message);
        if let Some(place) = other {
            let help = if events.is_empty() {
                "let the workflow begin `when … performs \"…\"`"
            } else {
                "make it a workflow of its own"
            };
            return wrong.other(place, "this trigger is no event").help(help);
        }
        let mut first: Option<&Type> = None;
        for (event, place) in events {
            let property = self.names.properties.get(event.index()).and_then(|table| table.get(name));
            let ty = property
                .and_then(|entry| self.out.events.get(*event)?.properties.get(entry.idx))
                .map(|it| &it.ty);
            match (ty, first) {
                (None, _) => wrong = wrong.other(*place, format!("this event has no `{name}`")),
                (Some(ty), Some(first)) if ty != first => {
                    wrong = wrong.other(*place, format!("here it is {ty}, before it is {first}"));
                }
                (Some(ty), _) => first = first.or(Some(ty)),
            }
        }
        wrong.help("declare the property for each of the events, with one type")
    }

    fn explain_head(&self, head: &str, path: &ast::Path, scope: &Scope<'_>) -> Diagnostic {
        let span = path.at.0;
        let message = format!("`{}` means nothing here", path.text());
        let unknown = Diagnostic::new(Code::UnknownAttribute, span, message);
        if self.find_simple(head, scope) {
            return unknown.help(format!("`{head}` has no parts"));
        }
        match suggest::nearest(head, ["account", "contact", "event", "response"]) {
            Some(near) => {
                let first = path.parts.first().map_or(span, ast::Name::span);
                unknown.help(format!("did you mean `{near}`?")).fix(first, near)
            }
            None => unknown.help("a path begins with `account`, `contact`, `event` or `response`"),
        }
    }

    fn find_simple(&self, name: &str, scope: &Scope<'_>) -> bool {
        scope.this.is_some_and(|this| self.find_member(Who::This, this, name).is_some())
    }
}

/// The `where` of an aggregate reads something that is not the event's.
pub(super) fn aggregate_filter(what: &str, span: Span) -> Diagnostic {
    let message = format!("what counts events can't read `{what}`");
    Diagnostic::new(Code::AggregateFilter, span, message)
        .label("the events are counted once, whatever this is then")
        .help("compare the event's own properties with values that stand in the text")
}

/// A name of the entity inside an event's `where`.
fn not_of_event(name: &str, span: Span, this: Subject, scope: &Scope<'_>) -> Diagnostic {
    let whole = format!("{}.{name}", subject_word(this));
    if scope.aggregate {
        return aggregate_filter(&whole, span);
    }
    let message = format!("inside this `where`, `{name}` would be a property of the event, and it has none");
    Diagnostic::new(Code::OuterName, span, message)
        .label(format!("the {} has an attribute of this name", subject_word(this)))
        .help(format!("write `{whole}`"))
        .fix(span, whole)
}

fn explain_parameter(name: &str, span: Span, scope: &Scope<'_>) -> Diagnostic {
    let unknown = Unknown { code: Code::UnknownParameter, span, what: "parameter", name, quoted: false };
    let unknown = unknown.among(scope.params.iter().map(|param| &*param.name));
    if unknown.help.is_some() {
        return unknown;
    }
    unknown.help("an action reads its parameters, `response.…`, and the entity as `account.…`: declare a parameter for it")
}

fn explain_response(rest: &[ast::Name], span: Span, scope: &Scope<'_>) -> Diagnostic {
    if !scope.response {
        return Diagnostic::new(Code::NoResponse, span, "no response is at hand here")
            .help("read it in `ok`, `retry`, `fail` or `keep`, and keep what later steps need");
    }
    let name = rest.first().map_or("", |part| &part.node);
    let message = format!("a response has no `{name}`");
    let unknown = Diagnostic::new(Code::UnknownProperty, span, message);
    match suggest::nearest(name, RESPONSE) {
        Some(near) => unknown.help(format!("did you mean `response.{near}`?")),
        None => unknown.help("it has `status`, `text`, `json.…` and `headers.…`"),
    }
}

/// Beside a text a name that is none was probably meant as a text.
fn text_instead(unknown: Diagnostic, name: &str, span: Span, hint: Option<&Type>) -> Diagnostic {
    match hint {
        Some(Type::Text | Type::Email | Type::User) if unknown.fix.is_none() => {
            let text = quoted(name);
            unknown.help(format!("a text stands in quotes: `{text}`")).fix(span, text)
        }
        _ => unknown,
    }
}

/// `an account`, `a contact`.
pub(super) fn article(subject: Subject) -> &'static str {
    match subject {
        Subject::Account => "an account",
        Subject::Contact => "a contact",
    }
}
