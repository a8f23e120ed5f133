//! `duplicate-condition`: a branch asks what an earlier arm has asked, so it is never taken.

use super::walk;
use crate::check::cx::Cx;
use crate::check::expect::bare;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{Expr, StepKind};
use std::collections::HashMap;

/// Arms of one branch that ask the same.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for body in walk::bodies(names) {
        walk::steps(body, &mut |step| {
            let StepKind::Branch(branch) = &step.kind else { return };
            let mut firsts = HashMap::new();
            for (condition, _) in &branch.arms {
                let first: &Expr = firsts.entry(bare(condition)).or_insert(condition);
                if std::ptr::eq(first, condition) {
                    continue;
                }
                let message = "an earlier arm asks the same, so this one is never taken";
                let odd = Diagnostic::new(Code::DuplicateCondition, condition.at.0, message);
                cx.report(
                    odd.other(first.at.0, "asked here")
                        .help("change one of the conditions, or take the arm out"),
                );
            }
        });
    }
}
