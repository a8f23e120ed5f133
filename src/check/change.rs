//! Steps that change something: attributes, tags, owners, events, enrolments in other workflows.

use super::args::{shape, team_of};
use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::flow::Flow;
use super::once::firsts;
use super::scope::Scope;
use super::types::spoken;
use crate::base::{At, Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ArgKind};
use crate::value::{Type, Value};

/// An attribute that can be given a value, with its type.
pub(super) fn settable(
    cx: &mut Cx<'_>,
    name: &ast::Name,
    subject: Subject,
) -> Option<(Idx<Attribute>, Type)> {
    let path = ast::Path { parts: vec![name.clone()], at: name.at };
    let found = cx.attribute_path(&path, &Scope::definition(subject))?;
    let ExprKind::Attribute { attribute, .. } = found.kind else {
        let message = format!("`{}` can't be set: Wayfare keeps it itself", name.node);
        let wrong = Diagnostic::new(Code::NotSettable, name.span(), message);
        return cx.fail(wrong.help("set an attribute that you declared"));
    };
    let declared = cx.names.attributes[subject].get(&name.node).map(|entry| (entry.span, &entry.decl.source));
    if let Some((span, ast::AttributeSource::Derived(_))) = declared {
        let message = format!("`{}` can't be set: it is worked out", name.node);
        let wrong = Diagnostic::new(Code::NotSettable, name.span(), message).other(span, "worked out here");
        return cx.fail(wrong.help("set what it is worked out from"));
    }
    Some((attribute, found.ty))
}

/// A literal of a type; a list of them for a list.
pub(super) fn literal(cx: &mut Cx<'_>, arg: &ast::Arg, ty: &Type) -> Option<Value> {
    match (&arg.kind, ty) {
        (ArgKind::Value(expr), _) => cx.constant(expr, ty),
        (ArgKind::List(items), Type::List(of)) => {
            let items: Vec<_> = items.iter().map(|item| literal(cx, item, of)).collect();
            Some(Value::List(items.into_iter().collect::<Option<Vec<_>>>()?.into()))
        }
        _ => cx.fail(misplaced(arg, ty)),
    }
}

fn misplaced(arg: &ast::Arg, ty: &Type) -> Diagnostic {
    let message = format!("{} is wanted here, not {}", spoken(ty), shape(arg));
    Diagnostic::new(Code::WrongArgument, arg.at.0, message)
}

impl Flow<'_, '_> {
    /// `set plan: "gold"`
    pub(super) fn set(&mut self, fields: &[ast::Named]) -> Option<Vec<(Idx<Attribute>, Expr)>> {
        let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
        firsts(self.cx, names, (Code::DuplicateField, "field"));
        let set: Vec<_> = fields.iter().map(|field| self.set_one(field)).collect();
        set.into_iter().collect()
    }

    fn set_one(&mut self, field: &ast::Named) -> Option<(Idx<Attribute>, Expr)> {
        let (attribute, ty) = settable(self.cx, &field.name, self.env.subject)?;
        let value = match &field.value.kind {
            ArgKind::Value(expr) => self.cx.value(expr, &self.env.scope(), Some(&ty))?,
            ArgKind::List(_) => Expr::constant(literal(self.cx, &field.value, &ty)?, ty, field.value.at.0),
            ArgKind::NextOf(_) | ArgKind::LeastLoadedOf(_) if ty == Type::User => {
                team_of(self.cx, &field.value);
                let wrong = misplaced(&field.value, &ty);
                return self.cx.fail(wrong.help(format!("write `assign {}: …`", field.name.node)));
            }
            _ => return self.cx.fail(misplaced(&field.value, &ty)),
        };
        Some((attribute, value))
    }

    /// The attribute that holds the tags.
    pub(super) fn tags(&mut self, step: &ast::Step) -> Option<Idx<Attribute>> {
        let subject = self.env.subject;
        let names = self.cx.names;
        let entry = names.attributes[subject].get("tags");
        let ty = entry.and_then(|entry| self.cx.out.attributes.get(entry.idx)).map(|attribute| &attribute.ty);
        if let (Some(entry), Some(Type::List(of))) = (entry, ty)
            && **of == Type::Text
        {
            let name = ast::Name::new("tags".into(), step.at.0);
            return settable(self.cx, &name, subject).map(|_| entry.idx);
        }
        let word = subject_word(subject);
        let message = format!("{word}s have no attribute `tags` of type `list of text`");
        let mut missing = Diagnostic::new(Code::MissingTags, step.at.0, message);
        if let Some(entry) = entry {
            missing = missing.other(entry.span, "declared here with another type");
        }
        self.cx.fail(missing.help(format!("declare it: `attributes of {word} {{ tags list of text }}`")))
    }

    /// `record "Event" { … }`
    pub(super) fn record(&mut self, event: &ast::Text, fields: &[ast::Field]) -> Option<StepKind> {
        let event = self.cx.event(event)?;
        let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
        firsts(self.cx, names, (Code::DuplicateField, "field"));
        let fields: Vec<_> = fields.iter().map(|field| self.recorded(event, field)).collect();
        Some(StepKind::Record { event, fields: fields.into_iter().collect::<Option<_>>()? })
    }

    fn recorded(&mut self, event: Idx<Event>, field: &ast::Field) -> Option<(Idx<Property>, Expr)> {
        let property = self.cx.property(event, &field.name.node, field.name.span())?;
        let ty = self.cx.out.events.get(event)?.properties.get(property)?.ty.clone();
        let value = match &field.value.kind {
            ArgKind::Value(expr) => self.cx.value(expr, &self.env.scope(), Some(&ty))?,
            _ => Expr::constant(literal(self.cx, &field.value, &ty)?, ty, field.value.at.0),
        };
        Some((property, value))
    }

    /// `assign owner: next of "CSM"`
    pub(super) fn assign(&mut self, to: &ast::Named) -> Option<StepKind> {
        if let ArgKind::NextOf(team) | ArgKind::LeastLoadedOf(team) = &to.value.kind {
            self.cx.team(team)?;
        }
        let (attribute, ty) = settable(self.cx, &to.name, self.env.subject)?;
        if ty != Type::User {
            let message = format!("`{}` is {}, not a user", to.name.node, spoken(&ty));
            let mut wrong = Diagnostic::new(Code::NotAUser, to.name.span(), message);
            if let Some(entry) = self.cx.names.attributes[self.env.subject].get(&to.name.node) {
                wrong = wrong.other(entry.span, "declared here");
            }
            return self.cx.fail(wrong.help("declare it as `user`, or use `set`"));
        }
        let to = match &to.value.kind {
            ArgKind::NextOf(team) => Assignee::NextOf(self.cx.team(team)?),
            ArgKind::LeastLoadedOf(team) => Assignee::LeastLoadedOf(self.cx.team(team)?),
            ArgKind::Value(expr) => Assignee::User(self.cx.value(expr, &self.env.scope(), Some(&ty))?),
            _ => return self.cx.fail(misplaced(&to.value, &ty)),
        };
        Some(StepKind::Assign { attribute, to })
    }

    /// The workflow of `start` or `stop`, and `for: contacts where …`.
    pub(super) fn other_workflow(
        &mut self,
        name: &ast::Text,
        named: &[ast::Named],
        verb: &str,
    ) -> Option<(Idx<Workflow>, Option<Contacts>)> {
        let workflow = self.cx.workflow(name);
        let contacts = self.for_contacts(named, verb);
        let (workflow, contacts) = (workflow?, contacts?);
        let other = self.cx.names.workflow_subject(workflow);
        let problem = match (self.env.subject, other, &contacts) {
            (Subject::Account, Subject::Contact, Some(_)) => None,
            (here, there, None) if here == there => None,
            (Subject::Account, Subject::Contact, None) => Some((
                format!("`{}` is about contacts, and this workflow about accounts", name.value),
                format!("say which contacts: `{verb} \"{}\" for: contacts where …`", name.value),
            )),
            (Subject::Contact, Subject::Account, _) => Some((
                format!("`{}` is about accounts, and this workflow about contacts", name.value),
                format!("{verb} a workflow about contacts, or let an account's workflow do it"),
            )),
            _ => Some((
                format!(
                    "`{}` is about the same {} as this workflow, so it takes no `for:`",
                    name.value,
                    subject_word(other)
                ),
                "leave `for:` out".into(),
            )),
        };
        match problem {
            None => Some((workflow, contacts)),
            Some((message, help)) => {
                self.cx.fail(Diagnostic::new(Code::WrongFor, name.at.0, message).help(help))
            }
        }
    }

    #[expect(clippy::option_option, reason = "outer: an error; inner: `for:` may be left out")]
    fn for_contacts(&mut self, named: &[ast::Named], verb: &str) -> Option<Option<Contacts>> {
        let mut found: Option<(Option<Contacts>, Span)> = None;
        for argument in named {
            let At(span) = argument.name.at;
            match (&found, argument.name.node.as_str(), &argument.value.kind) {
                (None, "for", ArgKind::Contacts(filter)) => {
                    found = Some((Some(self.contacts(filter.as_ref())?), span));
                }
                (Some((_, first)), "for", _) => {
                    let twice = Diagnostic::new(Code::DuplicateArgument, span, "`for` is given twice");
                    return self.cx.fail(twice.other(*first, "first here").help("take one of them out"));
                }
                (None, "for", _) => {
                    let message = format!("`for` takes contacts, not {}", shape(&argument.value));
                    let wrong = Diagnostic::new(Code::WrongArgument, argument.value.at.0, message);
                    return self.cx.fail(wrong.help("write `for: contacts where …`"));
                }
                (_, other, _) => {
                    let unknown =
                        Diagnostic::new(Code::UnknownArgument, span, format!("`{verb}` has no `{other}`"));
                    return self.cx.fail(unknown.help("it takes `for: contacts where …`"));
                }
            }
        }
        Some(found.and_then(|(contacts, _)| contacts))
    }
}
