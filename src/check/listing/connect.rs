//! Connectors and declared actions.

use super::super::checked::*;
use super::expr::{exact, value};
use super::flow::{arg, fields};
use super::{Lines, joined, word};

pub(super) fn connectors(out: &mut Lines<'_>) {
    for connector in out.checked.connectors.values() {
        out.line(format!("connector {}", connector.name));
        out.inside(|out| items(out, connector));
    }
    for action in out.checked.actions.values() {
        let through = action.through.and_then(|at| out.checked.connectors.get(at));
        let through = through.map_or(String::new(), |it| format!(" through {}", it.name));
        let params = joined(&action.params, |param| {
            let default = param.default.as_ref().map_or(String::new(), |it| format!(" = {}", value(it)));
            format!("({} {}{default})", param.name, param.ty)
        });
        out.line(format!("action {}{through}{params}", action.name));
        out.inside(|out| {
            request(out, &action.request);
            rules(out, &action.rules);
        });
    }
}

fn items(out: &mut Lines<'_>, of: &Connector) {
    if let Some(base) = &of.base {
        out.line(format!("base {base:?}"));
    }
    if let Some(auth) = &of.auth {
        out.line(format!("auth {auth:?}"));
    }
    for rate in &of.rates {
        let by = rate.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
        out.line(format!("rate {} per {}{by}", rate.count, exact(rate.per)));
    }
    for (key, value) in &of.headers {
        out.line(format!("header {key:?} {}", out.expr(value)));
    }
    if let Some(header) = &of.idempotency {
        out.line(format!("idempotency {header:?}"));
    }
    if let Some(timeout) = &of.timeout {
        out.line(format!("timeout {}", exact(*timeout)));
    }
    rules(out, &of.rules);
}

fn rules(out: &mut Lines<'_>, of: &Rules) {
    for (head, conditions) in [("ok", &of.ok), ("retry", &of.retry)] {
        for condition in conditions {
            out.line(format!("{head} {}", out.expr(condition)));
        }
    }
    if let Some(value) = &of.fail {
        out.line(format!("fail {}", out.expr(value)));
    }
    for (key, value) in &of.keep {
        out.line(format!("keep {key} = {}", out.expr(value)));
    }
}

fn request(out: &mut Lines<'_>, of: &Request) {
    let body = match &of.body {
        Body::None => String::new(),
        Body::Json(of) => format!(" json {}", arg(out, of)),
        Body::Form(of) => format!(" form {}", fields(out, of)),
        Body::Raw(of) => format!(" raw {}", out.expr(of)),
    };
    let part = |word: &str, of: &[(std::sync::Arc<str>, Arg)]| {
        if of.is_empty() { String::new() } else { format!(" {word} {}", fields(out, of)) }
    };
    let more = of.more_headers.map_or(String::new(), |at| format!(" headers param.{at}"));
    let (query, headers) = (part("query", &of.query), part("headers", &of.headers));
    out.line(format!("request {} {:?}{query}{headers}{more}{body}", word(of.method), of.path.source));
}
