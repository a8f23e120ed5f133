//! `duplicate-condition`: a branch asks what an earlier arm has asked, so it is never taken.

use super::walk;
use crate::check::cx::Cx;
use crate::check::expect::bare;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::StepKind;

/// Arms of one branch that ask the same.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for body in walk::bodies(names) {
        walk::steps(body, &mut |step| {
            let StepKind::Branch(branch) = &step.kind else { return };
            for (at, (condition, _)) in branch.arms.iter().enumerate() {
                let mut earlier = branch.arms.iter().take(at).map(|(earlier, _)| earlier);
                let Some(first) = earlier.find(|earlier| bare(earlier) == bare(condition)) else { continue };
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
