//! `unreachable-step`: a step that stands behind an end on every path.

use super::walk;
use crate::check::cx::Cx;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{Step, StepKind};

/// Steps that no path leads to.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for body in walk::bodies(names) {
        block(cx, body);
    }
}

/// Reports the first step behind an end; gives whether the block always ends.
fn block(cx: &mut Cx<'_>, steps: &[Step]) -> bool {
    let mut end: Option<&Step> = None;
    for step in steps {
        if let Some(end) = end {
            let odd = Diagnostic::new(Code::UnreachableStep, step.at.0, "no path leads to this step");
            cx.report(
                odd.other(end.at.0, "everyone has left here")
                    .help("take it out, or let something pass before it"),
            );
            return true;
        }
        if ends(cx, step) {
            end = Some(step);
        }
    }
    end.is_some()
}

fn ends(cx: &mut Cx<'_>, step: &Step) -> bool {
    let inner: Vec<bool> = walk::blocks(step).into_iter().map(|inner| block(cx, inner)).collect();
    let whole = match &step.kind {
        StepKind::Exit | StepKind::Goal => return step.guard.is_none(),
        StepKind::Branch(branch) => branch.otherwise.is_some(),
        StepKind::Split(arms) => !arms.is_empty(),
        _ => false,
    };
    whole && inner.into_iter().all(|ends| ends)
}
