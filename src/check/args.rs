//! Arguments of a typed parameter, and the objects and lists of a request's body.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::liquid::{self, TextScope};
use super::once::firsts;
use super::scope::{Bare, Scope};
use super::types::spoken;
use crate::base::{At, Node, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ArgKind, ExprKind as Written};
use crate::value::Type;
use std::sync::Arc;

/// A parameter that is given an argument.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'w> {
    /// Its name.
    pub name: &'w str,
    /// Its type.
    pub ty: &'w Type,
}

/// An argument of a typed parameter.
pub(super) fn typed(
    cx: &mut Cx<'_>,
    arg: &ast::Arg,
    wanted: Wanted<'_>,
    (scope, texts): (&Scope<'_>, &TextScope),
) -> Option<Arg> {
    match (&arg.kind, wanted.ty) {
        (ArgKind::Value(expr), _) => value(cx, expr, wanted, (scope, texts)),
        (ArgKind::Object(fields), Type::Object) => Some(Arg::Object(object(cx, fields, scope)?)),
        (ArgKind::List(items), Type::List(of)) => {
            let of = Wanted { ty: of, ..wanted };
            let items: Vec<_> = items.iter().map(|item| typed(cx, item, of, (scope, texts))).collect();
            Some(Arg::List(items.into_iter().collect::<Option<_>>()?))
        }
        (ArgKind::NextOf(team), Type::User) => Some(Arg::Assignee(Assignee::NextOf(cx.team(team)?))),
        (ArgKind::LeastLoadedOf(team), Type::User) => {
            Some(Arg::Assignee(Assignee::LeastLoadedOf(cx.team(team)?)))
        }
        _ => {
            team_of(cx, arg);
            cx.fail(wrong(wanted, arg.at.0, shape(arg)))
        }
    }
}

/// The team that a misplaced argument names: it is used, if wrongly.
pub(super) fn team_of(cx: &mut Cx<'_>, arg: &ast::Arg) {
    if let ArgKind::NextOf(team) | ArgKind::LeastLoadedOf(team) = &arg.kind {
        cx.team(team);
    }
}

/// What an argument is, in words.
pub(super) fn shape(arg: &ast::Arg) -> &'static str {
    match &arg.kind {
        ArgKind::Object(_) => "fields in braces",
        ArgKind::List(_) => "a list",
        ArgKind::Contacts(_) => "contacts",
        ArgKind::NextOf(_) | ArgKind::LeastLoadedOf(_) => "a member of a team",
        ArgKind::Secret(_) => "a secret",
        ArgKind::Value(_) => "a value",
    }
}

/// `name` takes this, not that.
pub(super) fn wrong(wanted: Wanted<'_>, span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` takes {}, not {found}", wanted.name, spoken(wanted.ty));
    Diagnostic::new(Code::WrongArgument, span, message)
}

fn value(
    cx: &mut Cx<'_>,
    expr: &ast::Expr,
    wanted: Wanted<'_>,
    (scope, texts): (&Scope<'_>, &TextScope),
) -> Option<Arg> {
    match (&expr.kind, wanted.ty) {
        (Written::Text(text), Type::Template) => Some(Arg::Template(liquid::literal(cx, text, texts)?)),
        (Written::Missing, Type::Template | Type::Object) => {
            Some(Arg::Value(Expr::constant(crate::value::Value::Missing, Type::Missing, expr.at.0)))
        }
        (Written::Path(path), Type::Object) if path.single() == Some("entity") => Some(Arg::Entity),
        (_, Type::Object) => {
            let found = cx.value(expr, scope, None)?;
            if matches!(found.ty, Type::Object | Type::Any) {
                return Some(Arg::Value(found));
            }
            cx.fail(
                wrong(wanted, expr.at.0, &spoken(&found.ty))
                    .help("write fields in braces: `{ name: account.name }`"),
            )
        }
        (_, Type::Template) => {
            let found = cx.value(expr, scope, None)?;
            if matches!(found.ty, Type::List(_) | Type::Object) {
                return cx.fail(wrong(wanted, expr.at.0, &spoken(&found.ty)));
            }
            Some(Arg::Value(found))
        }
        (written, ty) => {
            if let Written::Text(text) = written {
                liquid::braces(cx, text, &format!("`{}`", wanted.name));
            }
            Some(Arg::Value(cx.value(expr, scope, Some(ty))?))
        }
    }
}

/// The fields of an object.
pub(super) fn object(
    cx: &mut Cx<'_>,
    fields: &[ast::Field],
    scope: &Scope<'_>,
) -> Option<Vec<(Arc<str>, Arg)>> {
    let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
    let first = firsts(cx, names, (Code::DuplicateField, "field"));
    let mut made = Some(Vec::with_capacity(fields.len()));
    for (field, first) in fields.iter().zip(first) {
        let name = cx.intern(&field.name.node);
        match (json(cx, &field.value, scope).filter(|_| first), &mut made) {
            (Some(value), Some(made)) => made.push((name, value)),
            _ => made = None,
        }
    }
    made
}

/// A value in an object or a list.
pub(super) fn json(cx: &mut Cx<'_>, arg: &ast::Arg, scope: &Scope<'_>) -> Option<Arg> {
    match &arg.kind {
        ArgKind::Object(fields) => Some(Arg::Object(object(cx, fields, scope)?)),
        ArgKind::List(items) => {
            let items: Vec<_> = items.iter().map(|item| json(cx, item, scope)).collect();
            Some(Arg::List(items.into_iter().collect::<Option<_>>()?))
        }
        ArgKind::Value(expr) => json_value(cx, expr, scope),
        _ => {
            let message = format!("{} can't be sent", shape(arg));
            let wrong = Diagnostic::new(Code::WrongArgument, arg.at.0, message);
            cx.fail(wrong.help("write a value, fields in braces, or a list in brackets"))
        }
    }
}

fn json_value(cx: &mut Cx<'_>, expr: &ast::Expr, scope: &Scope<'_>) -> Option<Arg> {
    let missing = || Expr::constant(crate::value::Value::Missing, Type::Missing, expr.at.0);
    match &expr.kind {
        Written::Path(path) if path.single() == Some("entity") => return Some(Arg::Entity),
        Written::Missing => return Some(Arg::Value(missing())),
        Written::Text(text) => liquid::braces(cx, text, "this text"),
        _ => {}
    }
    Some(Arg::Value(cx.value(&owner_of_account(expr, scope), scope, None)?))
}

/// In an action's declaration a bare `owner` is the account's, unless a parameter has the name.
pub(super) fn owner_of_account<'e>(
    expr: &'e ast::Expr,
    scope: &Scope<'_>,
) -> std::borrow::Cow<'e, ast::Expr> {
    use std::borrow::Cow;
    let Written::Path(path) = &expr.kind else { return Cow::Borrowed(expr) };
    let param = scope.params.iter().any(|param| &*param.name == "owner");
    if scope.bare != Bare::Params || param || path.single() != Some("owner") {
        return Cow::Borrowed(expr);
    }
    let part = |name: &str| Node::new(name.to_owned(), expr.at.0);
    let parts = vec![part(subject_word(Subject::Account)), part("owner")];
    Cow::Owned(ast::Expr { kind: Written::Path(ast::Path { parts, at: At(expr.at.0) }), at: expr.at })
}
