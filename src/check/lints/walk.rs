//! Walks over trees that several lints share. Trees are as deep as the parser allows, so recursion is bounded.

use crate::check::checked::{Expr, ExprKind};
use crate::check::names::Names;
use crate::syntax::ast::{Arg, ArgKind, ClauseKind, Field, Step, StepKind, Text};
use crate::syntax::ast::{Expr as Written, ExprKind as WrittenKind};

/// The steps of every workflow.
pub(super) fn bodies<'a>(names: &'a Names<'_>) -> impl Iterator<Item = &'a [Step]> {
    let clauses = names.workflows.iter().flat_map(|entry| &entry.decl.clauses);
    clauses.filter_map(|clause| match &clause.kind {
        ClauseKind::Do(steps) => Some(steps.as_slice()),
        _ => None,
    })
}

/// The blocks inside a step.
pub(super) fn blocks(step: &Step) -> Vec<&[Step]> {
    match &step.kind {
        StepKind::Branch(branch) => {
            let arms = branch.arms.iter().map(|(_, block)| block.as_slice());
            arms.chain(branch.otherwise.as_deref()).collect()
        }
        StepKind::Split(arms) => arms.iter().map(|arm| arm.steps.as_slice()).collect(),
        _ => Vec::new(),
    }
}

/// Every step, inner ones too, in the order of the text.
pub(super) fn steps<'s>(body: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in body {
        visit(step);
        for block in blocks(step) {
            steps(block, visit);
        }
    }
}

/// The literal texts of a step's arguments.
pub(super) fn step_texts<'s>(step: &'s Step, visit: &mut dyn FnMut(&'s Text)) {
    match &step.kind {
        StepKind::Call(call) => {
            call.positional.iter().for_each(|expr| expr_texts(expr, visit));
            call.named.iter().for_each(|named| texts(&named.value, visit));
        }
        StepKind::Set(named) => named.iter().for_each(|named| texts(&named.value, visit)),
        StepKind::Record { fields, .. } => field_texts(fields.as_deref().unwrap_or_default(), visit),
        _ => {}
    }
}

/// The literal texts of fields.
pub(super) fn field_texts<'s>(fields: &'s [Field], visit: &mut dyn FnMut(&'s Text)) {
    for field in fields {
        texts(&field.value, visit);
    }
}

/// The literal texts of an argument.
pub(super) fn texts<'s>(arg: &'s Arg, visit: &mut dyn FnMut(&'s Text)) {
    match &arg.kind {
        ArgKind::Object(fields) => field_texts(fields, visit),
        ArgKind::List(items) => items.iter().for_each(|item| texts(item, visit)),
        ArgKind::Value(expr) => expr_texts(expr, visit),
        _ => {}
    }
}

/// The literal text that a value is, or begins with.
pub(super) fn expr_texts<'s>(expr: &'s Written, visit: &mut dyn FnMut(&'s Text)) {
    match &expr.kind {
        WrittenKind::Text(text) => visit(text),
        WrittenKind::Paren(inner) => expr_texts(inner, visit),
        WrittenKind::Arithmetic { left, right, .. } => {
            expr_texts(left, visit);
            expr_texts(right, visit);
        }
        _ => {}
    }
}

/// Every part of a checked expression, the whole first.
pub(super) fn parts<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Not(inner) | ExprKind::IsMissing(inner) | ExprKind::Negative(inner) => parts(inner, visit),
        ExprKind::Shift { base: inner, .. } | ExprKind::Matches { value: inner, .. } => parts(inner, visit),
        ExprKind::And(items) | ExprKind::Or(items) => items.iter().for_each(|item| parts(item, visit)),
        ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
            parts(left, visit);
            parts(right, visit);
        }
        ExprKind::TextTest { value, part, .. } => {
            parts(value, visit);
            parts(part, visit);
        }
        ExprKind::In { value, list } => {
            parts(value, visit);
            for item in list {
                parts(item, visit);
            }
        }
        ExprKind::Quantified { condition, .. } => parts(condition, visit),
        ExprKind::CountOf { condition, .. } => condition.iter().for_each(|condition| parts(condition, visit)),
        _ => {}
    }
}
