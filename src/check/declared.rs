//! What a declared action may read: parameters, attributes, the response. Nothing that is worked out from events or
//! relations, for a request is built when it leaves, and only what stood in slots is kept until then.

use super::checked::*;
use super::cx::Cx;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// Reports what the action's request and rules can't read.
pub(super) fn check(cx: &mut Cx<'_>, request: &Request, rules: &Rules) {
    let mut found: Vec<(Span, &'static str)> = Vec::new();
    let mut look =
        |expr: &Expr| expr.walk(&mut |part| found.extend(beyond(&part.kind).map(|what| (part.span, what))));
    let fields = request.query.iter().chain(&request.headers).map(|(_, arg)| arg);
    fields.for_each(|arg| values(arg, &mut look));
    match &request.body {
        Body::None => {}
        Body::Json(arg) => values(arg, &mut look),
        Body::Form(fields) => fields.iter().for_each(|(_, arg)| values(arg, &mut look)),
        Body::Raw(value) => look(value),
    }
    rules.ok.iter().chain(&rules.retry).chain(&rules.fail).for_each(&mut look);
    for (span, what) in found {
        let message = format!("a declaration can't read {what}");
        let wrong = Diagnostic::new(Code::NotInDeclaration, span, message);
        cx.report(wrong.help("add a parameter, and give it this value where the action is called"));
    }
}

/// Every value of an argument.
fn values<'a>(arg: &'a Arg, look: &mut impl FnMut(&'a Expr)) {
    match arg {
        Arg::Value(value) => look(value),
        Arg::Object(fields) => fields.iter().for_each(|(_, arg)| values(arg, look)),
        Arg::List(items) => items.iter().for_each(|arg| values(arg, look)),
        _ => {}
    }
}

/// What an expression reads that no slot holds, in words.
fn beyond(kind: &ExprKind) -> Option<&'static str> {
    match kind {
        ExprKind::Aggregate { .. } => Some("events"),
        ExprKind::InSegment { .. } => Some("segments"),
        ExprKind::InWorkflow { .. } => Some("enrolments"),
        ExprKind::Quantified { .. } | ExprKind::CountOf { .. } => Some("related entities"),
        _ => None,
    }
}
