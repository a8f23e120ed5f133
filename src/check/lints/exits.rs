//! `no-exit`: a workflow that waits, with neither exit nor goal.

use super::walk;
use crate::check::cx::Cx;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::ClauseKind;

/// Workflows that go on whatever becomes of the entity.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.workflows.iter() {
        let ends = |kind: &ClauseKind| matches!(kind, ClauseKind::ExitWhen(_) | ClauseKind::GoalWhen(_));
        let acts = |kind: &ClauseKind| match kind {
            ClauseKind::Do(steps) => {
                let mut any = false;
                walk::steps(steps, &mut |_| any = true);
                any
            }
            _ => false,
        };
        let clauses = || entry.decl.clauses.iter().map(|clause| &clause.kind);
        if clauses().any(ends) || !clauses().any(acts) {
            continue;
        }
        let odd = Diagnostic::new(Code::NoExit, entry.span, "this workflow has neither exit nor goal");
        cx.report(odd.help("say what ends it early: `exit when …`, or `goal when …`"));
    }
}
