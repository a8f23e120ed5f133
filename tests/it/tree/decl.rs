//! Declarations.

use super::expr::clock;
use super::flow::{clause, fields};
use super::statement::statements;
use super::{Lines, arg, expr, joined, optional, text, texts, word};
use wayfare::syntax::ast::*;

pub(super) fn decl(out: &mut Lines, decl: &Decl) {
    match &decl.kind {
        DeclKind::Use(path) => out.line(format!("use {}", path.text())),
        DeclKind::Attributes(of) => {
            block(out, format!("attributes {}", word(of.subject.node)), &of.items, attribute);
        }
        DeclKind::Event(of) => {
            let braces = if of.properties.is_none() { " -" } else { "" };
            let properties = of.properties.as_deref().unwrap_or_default();
            block(out, format!("event {}{braces}", text(&of.name)), properties, attribute);
        }
        DeclKind::Segment(of) => {
            let condition = expr(&of.condition);
            out.line(format!("segment {} {} {condition}", text(&of.name), word(of.subject.node)));
        }
        DeclKind::Stages(of) => block(out, format!("stages {}", word(of.subject.node)), &of.stages, |of| {
            format!("stage {}{}", text(&of.name), optional("", of.condition.as_ref(), expr))
        }),
        DeclKind::Health(of) => {
            let stage = optional("in ", of.stage.as_ref(), text);
            block(out, format!("health {}{stage}", word(of.subject.node)), &of.rules, |rule| {
                format!("{} {}", word(rule.level.node), expr(&rule.condition))
            });
        }
        DeclKind::Team(of) => out.line(format!("team {}{}", text(&of.name), texts(&of.members))),
        DeclKind::Calendar(of) => block(out, format!("calendar {}", text(&of.name)), &of.items, calendar),
        DeclKind::Limit(of) => {
            let (what, per) = (of.what.text(), word(of.per.node));
            out.line(format!("limit {} {what} per {per} in {}", of.count.node, of.window.node));
        }
        DeclKind::Template(of) => block(out, format!("template {}", text(&of.name)), &of.parts, |part| {
            let file = if part.file { "file " } else { "" };
            format!("{} {file}{}", word(part.kind.node), text(&part.text))
        }),
        DeclKind::Workflow(of) => workflow(out, of),
        DeclKind::Connector(of) => block(out, format!("connector {}", of.name.node), &of.items, item),
        DeclKind::Action(of) => {
            let through = optional("through ", of.through.as_ref(), |it| it.node.clone());
            let params = joined(&of.params, param);
            block(out, format!("action {}{through}{params}", of.name.text()), &of.items, item);
        }
        DeclKind::Test(of) => {
            out.line(format!("test {}", text(&of.name)));
            out.inside(|out| statements(out, &of.statements));
        }
    }
}

fn block<T>(out: &mut Lines, head: String, items: &[T], print: impl Fn(&T) -> String) {
    out.line(head);
    out.inside(|out| items.iter().for_each(|item| out.line(print(item))));
}

fn workflow(out: &mut Lines, of: &Workflow) {
    let name = of.name.as_ref().map_or("-".into(), text);
    out.line(format!("workflow {name}{}", optional("was ", of.was.as_ref(), text)));
    out.inside(|out| of.clauses.iter().for_each(|it| clause(out, it)));
}

fn attribute(of: &Attribute) -> String {
    let source = match &of.source {
        AttributeSource::Own => String::new(),
        AttributeSource::From(name) => format!(" from {}", text(name)),
        AttributeSource::Derived(value) => format!(" = {}", expr(value)),
    };
    format!("{} {}{source}", of.name.node, ty(&of.ty))
}

fn ty(of: &TypeExpr) -> String {
    match &of.kind {
        TypeKind::OneOf(words) => format!("(one-of{})", joined(words, one_of)),
        TypeKind::List(of) => format!("(list-of {})", ty(of)),
        plain => word(plain),
    }
}

fn one_of(of: &Word) -> String {
    if of.quoted { format!("{:?}", of.text) } else { of.text.clone() }
}

fn param(of: &Param) -> String {
    format!("({} {}{})", of.name.node, ty(&of.ty), optional("= ", of.default.as_ref(), expr))
}

fn calendar(of: &CalendarItem) -> String {
    match &of.kind {
        CalendarItemKind::Zone(zone) => format!("zone {}", text(zone)),
        CalendarItemKind::Hours { first, last, from, to } => {
            let days = format!("{}..{}", word(first.node), word(last.node));
            format!("hours {days} {}..{}", clock(from.node), clock(to.node))
        }
        CalendarItemKind::Closed { first, last } => format!("closed {}..{}", first.node, last.node),
    }
}

fn item(of: &ConnectorItem) -> String {
    match &of.kind {
        ConnectorItemKind::Base(base) => format!("base {}", text(base)),
        ConnectorItemKind::BaseSecret(name) => format!("base (secret {})", text(name)),
        ConnectorItemKind::Auth(of) => format!("auth {}", auth(of)),
        ConnectorItemKind::Rate { count, per, by } => {
            let by = optional("by ", by.as_ref(), |by| by.node.clone());
            format!("rate {} per {}{by}", count.node, per.node)
        }
        ConnectorItemKind::Header { name, value } => format!("header {} {}", text(name), expr(value)),
        ConnectorItemKind::Idempotency(name) => format!("idempotency {}", text(name)),
        ConnectorItemKind::Timeout(period) => format!("timeout {}", period.node),
        ConnectorItemKind::Ok(condition) => format!("ok {}", expr(condition)),
        ConnectorItemKind::Retry(condition) => format!("retry {}", expr(condition)),
        ConnectorItemKind::Fail(value) => format!("fail {}", expr(value)),
        ConnectorItemKind::Keep { name, value } => format!("keep {} = {}", name.node, expr(value)),
        ConnectorItemKind::Request(of) => {
            let method = word(of.method.node);
            format!("request {method} {}{}", text(&of.path), joined(&of.parts, request_part))
        }
    }
}

fn auth(of: &Auth) -> String {
    match of {
        Auth::Bearer(name) => format!("bearer {}", text(name)),
        Auth::Basic(user, password) => {
            format!("basic {}{}", text(user), optional("", password.as_ref(), text))
        }
        Auth::Header(header, name) => format!("header {} {}", text(header), text(name)),
        Auth::OAuth(of) => format!("oauth {}", fields(of)),
        Auth::Signed(name) => format!("signed {}", text(name)),
    }
}

fn request_part(of: &RequestPart) -> String {
    match of {
        RequestPart::Json(of) => format!("json {}", arg(of)),
        RequestPart::Form(of) => format!("form {}", fields(of)),
        RequestPart::Raw(value) => format!("raw {}", expr(value)),
        RequestPart::Query(of) => format!("query {}", fields(of)),
        RequestPart::Headers(of) => format!("headers {}", arg(of)),
    }
}
