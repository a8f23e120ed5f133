//! `too-many`: more of something than the machine numbers.
//!
//! In: the result so far. Out: an error at the first that is too many. The bounds are a little below 65,535, so that what an
//! old text still needs finds room beside a new one. Not here: what a file bounds already (a workflow has fewer triggers
//! than that, since it stands in one file).

use super::checked::*;
use super::cx::Cx;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// How many attributes accounts may have, and how many contacts.
const ATTRIBUTES: usize = 60_000;
/// How many properties an event may have.
const PROPERTIES: usize = 60_000;
/// How many segments and `matches` triggers may be about accounts, and how many about contacts.
const FACTS: usize = 60_000;
/// How many comparisons a condition may have.
const TESTS: usize = 60_000;

/// Counts what the definitions and workflows have.
pub(super) fn check(cx: &mut Cx<'_>) {
    let out = &cx.out;
    let mut found: Vec<Diagnostic> = Vec::new();
    for (subject, whose) in [(Subject::Account, "accounts"), (Subject::Contact, "contacts")] {
        let attributes = out.attributes.values().filter(|attribute| attribute.subject == subject);
        let spans = attributes.map(|attribute| attribute.span);
        found.extend(surplus(spans, ATTRIBUTES, &format!("attributes of {whose}")));
        let segments = out.segments.values().filter(|segment| segment.subject == subject);
        let workflows = out.workflows.values().filter(|workflow| workflow.subject == subject);
        let triggers = workflows.flat_map(|workflow| &workflow.triggers);
        let matches = triggers.filter(|trigger| matches!(trigger.kind, TriggerKind::Matches(_)));
        let spans = segments.map(|segment| segment.span).chain(matches.map(|trigger| trigger.span));
        found.extend(surplus(spans, FACTS, &format!("segments and `matches` triggers about {whose}")));
    }
    for event in out.events.values() {
        let spans = event.properties.values().map(|property| property.span);
        found.extend(surplus(spans, PROPERTIES, &format!("properties of \"{}\"", event.name)));
    }
    cx.diags.extend(found);
}

/// An error at the first that is too many.
fn surplus(mut spans: impl Iterator<Item = Span>, most: usize, what: &str) -> Option<Diagnostic> {
    spans.nth(most).map(|span| too_many(span, most, what))
}

fn too_many(span: Span, most: usize, what: &str) -> Diagnostic {
    let most = format!("{},{:03}", most / 1_000, most % 1_000);
    let message = format!("there are more than {most} {what}");
    Diagnostic::new(Code::TooMany, span, message)
}

impl Cx<'_> {
    /// The condition, unless it has too many comparisons.
    pub(super) fn bounded(&mut self, condition: Expr) -> Option<Expr> {
        if tests(&condition) <= TESTS {
            return Some(condition);
        }
        let wrong = too_many(condition.span, TESTS, "comparisons in this condition");
        self.fail(wrong.help("name parts of it: make them segments, and ask `in segment \"…\"`"))
    }
}

/// How many tests a condition becomes at most.
fn tests(condition: &Expr) -> usize {
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().map(tests).sum(),
        ExprKind::Not(inner) => tests(inner),
        // Two questions: at least so many, and no more.
        ExprKind::Compare { op: CompareOp::Eq, left, right } if is_count(left) || is_count(right) => 2,
        ExprKind::In { list, .. } if !list.iter().all(is_constant) => list.len(),
        _ => 1,
    }
}

fn is_count(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Aggregate { .. } | ExprKind::CountOf { .. })
}

fn is_constant(item: &Expr) -> bool {
    matches!(item.kind, ExprKind::Const(_))
}
