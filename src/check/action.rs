//! Declared actions: parameters, one request, rules.
//!
//! A bare name in a request is a parameter; `account.…`, `contact.…`, `owner`, `entity` and `now` are in reach too: the
//! account and the contact of the enrolment that calls it ([`Who::Account`], and [`Who::This`] for the contact).

use super::args;
use super::builtin;
use super::checked::*;
use super::connector::{header_name, rules};
use super::cx::Cx;
use super::declared;
use super::liquid::{self, TextScope};
use super::names::Entry;
use super::once::{Once, firsts};
use super::scope::Scope;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, ArgKind, ConnectorItemKind as Item, ExprKind as Written, RequestPart};
use crate::value::{Type, Value};
use std::sync::Arc;

/// Checks all actions.
pub(super) fn actions(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.actions.iter() {
        let action = action(cx, entry);
        cx.out.actions.push(action);
    }
}

fn action(cx: &mut Cx<'_>, entry: &Entry<'_, Action, ast::ActionDecl>) -> Action {
    let decl = entry.decl;
    if builtin::find(&entry.name).is_some() {
        let message = format!("`{}` is what Wayfare does itself", entry.name);
        cx.report(
            Diagnostic::new(Code::ReservedAction, entry.span, message).help("give the action another name"),
        );
    }
    let params = params(cx, &decl.params);
    let through = decl.through.as_ref().and_then(|name| connector(cx, name));
    let scope = Scope { this: Some(Subject::Contact), ..Scope::action(&params) };
    let request = request(cx, decl, entry.span, &scope);
    let rules = rules(cx, &decl.items, &scope);
    declared::check(cx, &request, &rules);
    Action { name: Arc::clone(&entry.name), request, through, rules, span: entry.span, params }
}

fn params(cx: &mut Cx<'_>, params: &[ast::Param]) -> Vec<Param> {
    let names = params.iter().map(|param| (param.name.node.as_str(), param.name.span()));
    firsts(cx, names, (Code::DuplicateParameter, "parameter"));
    params.iter().map(|param| self::param(cx, param)).collect()
}

fn param(cx: &mut Cx<'_>, param: &ast::Param) -> Param {
    let ty = cx.written_type(&param.ty).unwrap_or(Type::Any);
    let default = param.default.as_ref().map(|default| match (&default.kind, &ty) {
        (Written::Missing, _) => Value::Missing,
        (Written::Text(text), Type::Template) => Value::Text(cx.intern(&text.value)),
        (_, Type::Object | Type::Template) => {
            let message = format!("the default of `{}` can only be `missing`", param.name.node);
            cx.report(Diagnostic::new(Code::WrongArgument, default.at.0, message).help("write `= missing`"));
            Value::Missing
        }
        _ => cx.constant(default, &ty).unwrap_or_default(),
    });
    Param { name: cx.intern(&param.name.node), ty, default }
}

fn connector(cx: &mut Cx<'_>, name: &ast::Name) -> Option<Idx<Connector>> {
    let names = cx.names;
    if let Some(entry) = names.connectors.get(&name.node) {
        return Some(entry.idx);
    }
    if names.broken.may_declare("connector", &name.node) {
        return None;
    }
    let message = format!("there is no connector `{}`", name.node);
    let unknown = Diagnostic::new(Code::UnknownConnector, name.span(), message);
    cx.fail(match suggest::nearest(&name.node, names.connectors.names().take(cx.patience())) {
        Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(name.span(), near),
        None => unknown.help(format!("declare it: `connector {} {{ base \"https://…\" }}`", name.node)),
    })
}

/// A request that sends nothing, beside an error.
fn nothing(span: Span) -> Request {
    let (template, _) = crate::template::parse("", crate::template::Options::default());
    let path = Liquid { source: "".into(), template: Arc::new(template), span };
    Request {
        method: Method::Post,
        path,
        query: Vec::new(),
        headers: Vec::new(),
        more_headers: None,
        body: Body::None,
    }
}

fn request(cx: &mut Cx<'_>, decl: &ast::ActionDecl, span: Span, scope: &Scope<'_>) -> Request {
    let mut found = Once::default();
    for item in &decl.items {
        if let Item::Request(request) = &item.kind {
            found.put(cx, request, request.method.span(), (Code::DuplicateItem, "the request"));
        }
    }
    let Some(written) = found.value() else {
        let missing = Diagnostic::new(Code::MissingRequest, span, "this action sends nothing");
        cx.report(missing.help("add its request: `post \"/path\" json { … }`"));
        return nothing(span);
    };
    goes_somewhere(cx, decl, written);
    let mut made = nothing(span);
    made.method = written.method.node;
    if let Some(path) = liquid::literal(cx, &written.path, &TextScope::action(scope.params)) {
        made.path = path;
    }
    parts(cx, written, scope, &mut made);
    made
}

/// The path alone is an address where no connector has a base.
fn goes_somewhere(cx: &mut Cx<'_>, decl: &ast::ActionDecl, written: &ast::Request) {
    let through = decl.through.as_ref().and_then(|name| cx.names.connectors.get(&name.node));
    if decl.through.is_some() && through.is_none() {
        return;
    }
    let has_base = through.is_some_and(|entry| {
        entry.decl.items.iter().any(|item| matches!(item.kind, Item::Base(_) | Item::BaseSecret(_)))
    });
    let path = &written.path.value;
    if has_base || path.starts_with("https://") || path.starts_with("http://") || path.starts_with("{{") {
        return;
    }
    let missing = Diagnostic::new(Code::MissingBase, written.path.at.0, "this request goes nowhere");
    let missing = match through {
        Some(entry) => missing.other(entry.span, "this connector has no base"),
        None => missing,
    };
    cx.report(missing.help("give the connector a `base \"https://…\"`, or write the whole address here"));
}

fn parts(cx: &mut Cx<'_>, written: &ast::Request, scope: &Scope<'_>, made: &mut Request) {
    let (mut query, mut headers, mut body) = (Once::default(), Once::default(), Once::default());
    let span = written.path.at.0;
    let twice = |what| (Code::DuplicateItem, what);
    for part in &written.parts {
        match part {
            RequestPart::Query(fields) => query.put(cx, fields, place(fields, span), twice("`query`")),
            RequestPart::Headers(arg) => headers.put(cx, arg, arg.at.0, twice("`headers`")),
            RequestPart::Json(arg) => {
                let value = args::json(cx, arg, scope).map(Body::Json);
                body.put(cx, value, arg.at.0, twice("the body"));
            }
            RequestPart::Form(fields) => {
                let value = args::object(cx, fields, scope).map(Body::Form);
                body.put(cx, value, place(fields, span), twice("the body"));
            }
            RequestPart::Raw(expr) => {
                let value = cx.value(&args::owner_of_account(expr, scope), scope, None).map(Body::Raw);
                body.put(cx, value, expr.at.0, twice("the body"));
            }
        }
    }
    made.query = query.value().and_then(|fields| args::object(cx, fields, scope)).unwrap_or_default();
    made.body = body.value().flatten().unwrap_or(Body::None);
    if let Some(arg) = headers.value() {
        self::headers(cx, arg, scope, made);
    }
}

fn place(fields: &[ast::Field], otherwise: Span) -> Span {
    fields.first().map_or(otherwise, |field| field.at.0)
}

fn headers(cx: &mut Cx<'_>, arg: &ast::Arg, scope: &Scope<'_>, made: &mut Request) {
    match &arg.kind {
        ArgKind::Object(fields) => {
            for field in fields {
                header_name(cx, &field.name.node, field.name.span());
            }
            made.headers = args::object(cx, fields, scope).unwrap_or_default();
        }
        ArgKind::Value(expr) => {
            let Some(found) = cx.value(expr, scope, None) else { return };
            if let (ExprKind::Param(at), Type::Object) = (&found.kind, &found.ty) {
                made.more_headers = Some(*at);
            } else {
                let wrong = Diagnostic::new(Code::WrongArgument, expr.at.0, "headers are fields with names");
                cx.report(wrong.help("write `headers { … }`, or name a parameter of type `object`"));
            }
        }
        _ => {
            let wrong = Diagnostic::new(Code::WrongArgument, arg.at.0, "headers are fields with names");
            cx.report(wrong.help("write `headers { … }`, or name a parameter of type `object`"));
        }
    }
}
