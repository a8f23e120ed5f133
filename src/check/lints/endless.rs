//! `endless-wait`: a `wait until` that nothing ends if its condition never comes true.

use super::walk;
use crate::check::checked::WaitUntil;
use crate::check::checked::{Step as Checked, StepKind as CheckedKind, Wait as CheckedWait};
use crate::check::cx::Cx;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{StepKind, Wait};

/// Waits without `at most` for what may never happen. A date or a time of day comes by itself.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    let dates = dates(cx);
    for body in walk::bodies(names) {
        walk::steps(body, &mut |step| {
            let StepKind::Wait(Wait::Until { what, at_most: None, else_exit: false }) = &step.kind else {
                return;
            };
            if dates.contains(&step.at.0) {
                return;
            }
            let place = crate::check::wait::place(what);
            let odd = Diagnostic::new(Code::EndlessWait, place, "this wait may never end");
            cx.report(odd.help("say how long it waits at most: `at most 7d`"));
        });
    }
}

/// The places of waits for a date or a time of day; only the checked form knows a date from a condition.
fn dates(cx: &Cx<'_>) -> std::collections::HashSet<crate::base::Span> {
    fn gather(steps: &[Checked], found: &mut std::collections::HashSet<crate::base::Span>) {
        for step in steps {
            match &step.kind {
                CheckedKind::Wait(CheckedWait::Until {
                    what: WaitUntil::Date(_) | WaitUntil::Clock { .. },
                    ..
                }) => {
                    found.insert(step.span);
                }
                CheckedKind::Branch { arms, otherwise } => {
                    for (_, block) in arms {
                        gather(block, found);
                    }
                    gather(otherwise, found);
                }
                CheckedKind::Split { arms, .. } => arms.iter().for_each(|arm| gather(&arm.steps, found)),
                _ => {}
            }
        }
    }
    let mut found = std::collections::HashSet::new();
    cx.out.workflows.values().for_each(|workflow| gather(&workflow.steps, &mut found));
    found
}
