//! Who gets a message.

use super::args::{shape, team_of};
use super::checked::*;
use super::flow::Flow;
use super::team::address;
use super::types::spoken;
use crate::base::Span;
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, ArgKind, ExprKind as Written};
use crate::value::{Type, Value};

/// Whether whoever gets this is a contact, so that the message can speak of one.
pub(super) fn is_contact(arg: &ast::Arg) -> bool {
    match &arg.kind {
        ArgKind::Contacts(_) => true,
        ArgKind::Value(ast::Expr { kind: Written::Path(path), .. }) => {
            matches!(path.text().as_str(), "contact" | "event.contact")
        }
        _ => false,
    }
}

impl Flow<'_, '_> {
    /// The argument of `to:`.
    pub(super) fn recipients(&mut self, arg: &ast::Arg) -> Option<Recipients> {
        match &arg.kind {
            ArgKind::Contacts(filter) => Some(Recipients::Contacts(self.contacts(filter.as_ref())?)),
            ArgKind::Value(expr) => match &expr.kind {
                Written::Path(path) if path.single() == Some("contact") => self.contact(expr.at.0),
                Written::Path(path) if path.text() == "event.contact" => self.event_contact(expr.at.0),
                Written::Path(path) if self.cx.find(path, &self.env.scope()).is_none() => {
                    let unknown = self.unknown_recipient(path);
                    self.cx.fail(unknown)
                }
                Written::Text(text) => {
                    let address = address(self.cx, text)?;
                    Some(Recipients::Address(Expr::constant(Value::Text(address), Type::Email, text.at.0)))
                }
                _ => self.address_value(expr),
            },
            _ => {
                team_of(self.cx, arg);
                self.cx.fail(nobody(arg.at.0, shape(arg)))
            }
        }
    }

    /// A name that means nothing here.
    fn unknown_recipient(&self, path: &ast::Path) -> Diagnostic {
        let span = path.at.0;
        let unknown = self.cx.explain(path, &self.env.scope(), None);
        if unknown.fix.is_some() || self.cx.names.broken.leaves_open(unknown.code) {
            return unknown;
        }
        match suggest::nearest(&path.text(), ["contact", "contacts", "owner"]) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(span, near),
            None => nobody(span, &format!("`{}`", path.text())),
        }
    }

    /// Whether what is said of the recipient is wrong anyway, so that the message needs no complaint of its own.
    pub(super) fn is_nobody(&self, arg: &ast::Arg) -> bool {
        let ArgKind::Value(ast::Expr { kind: Written::Path(path), .. }) = &arg.kind else { return false };
        self.cx.find(path, &self.env.scope()).is_none()
    }

    /// `contacts where …`
    pub(super) fn contacts(&mut self, filter: Option<&ast::Expr>) -> Option<Contacts> {
        let Some(filter) = filter else { return Some(Contacts { filter: None }) };
        let scope = self.env.scope().related(Subject::Contact);
        let filter = self.cx.condition(filter, &scope)?;
        Some(Contacts { filter: Some(filter) })
    }

    fn contact(&mut self, span: Span) -> Option<Recipients> {
        if self.env.subject == Subject::Contact {
            return Some(Recipients::Contact);
        }
        let message = "a workflow about accounts has no `contact`: an account has several";
        let wrong = Diagnostic::new(Code::WrongRecipient, span, message);
        self.cx.fail(if self.env.all_events() {
            wrong
                .help("write `event.contact` for who did it, or `contacts where …`")
                .fix(span, "event.contact")
        } else {
            wrong.help("write `contacts`, or `contacts where …`").fix(span, "contacts")
        })
    }

    fn event_contact(&mut self, span: Span) -> Option<Recipients> {
        if self.env.all_events() {
            return Some(Recipients::EventContact);
        }
        let message = "`event.contact` needs every trigger of the workflow to be an event";
        let mut wrong = Diagnostic::new(Code::WrongRecipient, span, message);
        if let Some(other) = self.env.other {
            wrong = wrong.other(other, "this trigger is no event");
        }
        self.cx.fail(match self.env.subject {
            Subject::Contact => wrong.help("write `contact`").fix(span, "contact"),
            Subject::Account => wrong.help("write `contacts`, or `contacts where …`").fix(span, "contacts"),
        })
    }

    fn address_value(&mut self, expr: &ast::Expr) -> Option<Recipients> {
        let found = self.cx.value(expr, &self.env.scope(), None)?;
        match found.ty {
            Type::User | Type::Email | Type::Any => Some(Recipients::Address(found)),
            Type::Text => {
                let wrong =
                    nobody(expr.at.0, "a text").help("let its attribute be of type `email` or `user`");
                self.cx.fail(wrong)
            }
            ref other => self.cx.fail(nobody(expr.at.0, &spoken(other))),
        }
    }
}

fn nobody(span: Span, found: &str) -> Diagnostic {
    let message = format!("{found} can't get a message");
    Diagnostic::new(Code::WrongRecipient, span, message)
        .help("write `contacts where …`, `contact`, `event.contact`, `owner`, or an e-mail address")
}
