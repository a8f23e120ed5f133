//! `shadowed-stage`: a stage that never wins, because a later one has the same condition.

use crate::check::checked::Subject;
use crate::check::cx::Cx;
use crate::check::expect::bare;
use crate::diag::{Code, Diagnostic};
use std::collections::HashMap;

/// Stages whose condition stands again further down.
pub(super) fn check(cx: &mut Cx<'_>) {
    let names = cx.names;
    for subject in [Subject::Account, Subject::Contact] {
        let Some((block, _, std)) = names.stages[subject] else { continue };
        if std {
            continue;
        }
        let mut laters = HashMap::new();
        let mut found = Vec::new();
        for stage in block.stages.iter().rev() {
            let Some(condition) = &stage.condition else { continue };
            let Some(later) = laters.insert(bare(condition), stage) else { continue };
            let message =
                format!("the stage `{}` never wins: a later one has the same condition", stage.name.value);
            let odd = Diagnostic::new(Code::ShadowedStage, stage.name.at.0, message);
            found.push(
                odd.other(later.name.at.0, "the last that matches wins").help("change one of the conditions"),
            );
        }
        for odd in found.into_iter().rev() {
            cx.report(odd);
        }
    }
}
