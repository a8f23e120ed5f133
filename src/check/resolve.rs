//! What a path means at a place: an attribute, a built-in, a property, a parameter, a kept value, a response.
//!
//! A bare name is looked up in the innermost scope alone (semantics S1.7); the heads `account`, `contact`, `event`
//! and `response` reach out of it. Finding is apart from explaining, since words of a `one of` list are first looked
//! for as names in silence. Not here: those words (`words`), why a path means nothing (`explain`).

use super::checked::*;
use super::cx::Cx;
use super::scope::{Bare, EventScope, Scope};
use crate::base::Idx;
use crate::syntax::ast;
use crate::value::Type;

/// What a path means, with its type.
pub(super) type Found = (ExprKind, Type);

impl Cx<'_> {
    /// An attribute or a built-in of the entity at hand, or of one that is named (`account.status`).
    pub fn attribute_path(&mut self, path: &ast::Path, scope: &Scope<'_>) -> Option<Expr> {
        match self.find(path, scope) {
            Some((kind @ (ExprKind::Attribute { .. } | ExprKind::BuiltIn { .. }), ty)) => {
                Some(Expr { kind, ty, span: path.at.0 })
            }
            Some(_) => {
                let message = format!("`{}` is no attribute", path.text());
                let wrong =
                    crate::diag::Diagnostic::new(crate::diag::Code::UnknownAttribute, path.at.0, message);
                self.fail(wrong.help("an attribute of the entity is wanted here"))
            }
            None => {
                let unknown = self.explain(path, scope, None);
                self.fail(unknown)
            }
        }
    }

    /// A path as a value.
    pub(super) fn path(&mut self, path: &ast::Path, scope: &Scope<'_>, hint: Option<&Type>) -> Option<Expr> {
        if let Some((kind, ty)) = self.find(path, scope) {
            return Some(Expr { kind, ty, span: path.at.0 });
        }
        let unknown = self.explain(path, scope, hint);
        self.fail(unknown)
    }

    /// What a path means; `None` if it means nothing here.
    pub(super) fn find(&self, path: &ast::Path, scope: &Scope<'_>) -> Option<Found> {
        match path.parts.as_slice() {
            [name] => self.find_bare(&name.node, scope),
            [head, rest @ ..] => match (head.node.as_str(), rest) {
                ("event", [name]) => self.find_event(&name.node, scope),
                ("response", parts) => find_response(parts, scope),
                ("account", [name]) => self.find_of(Subject::Account, &name.node, scope),
                ("contact", [name]) => self.find_of(Subject::Contact, &name.node, scope),
                _ => None,
            },
            [] => None,
        }
    }

    fn find_bare(&self, name: &str, scope: &Scope<'_>) -> Option<Found> {
        if let Some(at) = scope.kept.iter().position(|kept| **kept == *name) {
            return Some((ExprKind::Kept(at), Type::Any));
        }
        match scope.bare {
            Bare::Entity => self.find_member(Who::This, scope.this?, name),
            Bare::Event => match scope.awaited {
                Some(event) => self.find_property(name, &scope.filter(event)),
                None => self.find_property(name, scope),
            },
            Bare::Params => {
                let at = scope.params.iter().position(|param| *param.name == *name)?;
                scope.params.get(at).map(|param| (ExprKind::Param(at), param.ty.clone()))
            }
        }
    }

    /// Whose members `account.x` or `contact.x` are here.
    pub(super) fn who(subject: Subject, scope: &Scope<'_>) -> Option<Who> {
        if scope.aggregate {
            None
        } else if scope.outer == Some(subject) {
            Some(Who::Outer)
        } else if scope.this == Some(subject) {
            Some(Who::This)
        } else {
            (scope.this == Some(Subject::Contact) && subject == Subject::Account).then_some(Who::Account)
        }
    }

    fn find_of(&self, subject: Subject, name: &str, scope: &Scope<'_>) -> Option<Found> {
        self.find_member(Self::who(subject, scope)?, subject, name)
    }

    /// An attribute or a built-in of a subject.
    pub(super) fn find_member(&self, of: Who, subject: Subject, name: &str) -> Option<Found> {
        let built_in = |which, ty| Some((ExprKind::BuiltIn { of, subject, which }, ty));
        match name {
            "id" => built_in(BuiltIn::Id, Type::Text),
            "created_at" => built_in(BuiltIn::CreatedAt, Type::Time),
            "stage" => built_in(BuiltIn::Stage, Type::Stage(self.stage_words[subject].clone())),
            "health" => built_in(BuiltIn::Health, Type::Level),
            _ => {
                let attribute = self.names.attributes[subject].get(name)?.idx;
                let ty = self.out.attributes.get(attribute)?.ty.clone();
                Some((ExprKind::Attribute { of, attribute }, ty))
            }
        }
    }

    /// `event.x`: in the `where` of a wait, of the event that enrolled.
    fn find_event(&self, name: &str, scope: &Scope<'_>) -> Option<Found> {
        let (kind, ty) = self.find_property(name, scope)?;
        match (kind, scope.awaited) {
            (ExprKind::EventProperty(of), Some(_)) => Some((ExprKind::EnrollingProperty(of), ty)),
            (ExprKind::EventContact, Some(_)) => None,
            (kind, _) => Some((kind, ty)),
        }
    }

    /// A property of the event at hand, or who did it.
    fn find_property(&self, name: &str, scope: &Scope<'_>) -> Option<Found> {
        let events: Vec<Idx<Event>> = match scope.event {
            EventScope::None => return None,
            EventScope::Filter(event) => vec![event],
            EventScope::Triggers { events, other } => {
                if other.is_some() || events.is_empty() {
                    return None;
                }
                events.iter().map(|(event, _)| *event).collect()
            }
        };
        if name == "contact" {
            return Some((ExprKind::EventContact, Type::Text));
        }
        let mut found = Vec::with_capacity(events.len());
        let mut ty: Option<&Type> = None;
        for event in events {
            let property = self.names.properties.get(event.index())?.get(name)?.idx;
            let of = &self.out.events.get(event)?.properties.get(property)?.ty;
            if ty.is_some_and(|first| first != of) {
                return None;
            }
            ty = Some(of);
            found.push((event, property));
        }
        Some((ExprKind::EventProperty(found), ty?.clone()))
    }
}

/// The parts of a response that can be read.
pub(super) const RESPONSE: [&str; 4] = ["status", "json", "headers", "text"];

fn find_response(parts: &[ast::Name], scope: &Scope<'_>) -> Option<Found> {
    let (first, rest) = parts.split_first()?;
    if !scope.response {
        return None;
    }
    let ty = match (first.node.as_str(), rest.len()) {
        ("status", 0) => Type::Number,
        ("text", 0) => Type::Text,
        ("headers", 1) => Type::Text,
        ("json", _) => Type::Any,
        _ => return None,
    };
    Some((ExprKind::Response(parts.iter().map(|part| part.node.as_str().into()).collect()), ty))
}
