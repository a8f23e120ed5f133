//! `shadowed-stage`: a stage that never wins, because a later one has the same condition.

use crate::check::checked::Subject;
use crate::check::cx::Cx;
use crate::check::expect::bare;
use crate::diag::{Code, Diagnostic};

/// Stages whose condition stands again further down.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for subject in [Subject::Account, Subject::Contact] {
        let Some((block, _, std)) = names.stages[subject] else { continue };
        if std {
            continue;
        }
        for (at, stage) in block.stages.iter().enumerate() {
            let Some(condition) = &stage.condition else { continue };
            let later =
                block.stages.iter().skip(at + 1).find(|later| {
                    later.condition.as_ref().is_some_and(|later| bare(later) == bare(condition))
                });
            let Some(later) = later else { continue };
            let message =
                format!("the stage `{}` never wins: a later one has the same condition", stage.name.value);
            let odd = Diagnostic::new(Code::ShadowedStage, stage.name.at.0, message);
            cx.report(
                odd.other(later.name.at.0, "the last that matches wins").help("change one of the conditions"),
            );
        }
    }
}
