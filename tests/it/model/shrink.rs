//! Smaller cases that still differ: leaves out messages, workflows, declarations, parts, as long as that can be done.

use super::make::Draft;
use wayfare::engine::Input;

/// Every case that is one piece smaller.
fn smaller(draft: &Draft, history: &[Input]) -> Vec<(Draft, Vec<Input>)> {
    let mut all = Vec::new();
    for at in 0..history.len() {
        all.push((draft.clone(), without(history, at)));
    }
    for at in 0..draft.workflows.len() {
        all.push((Draft { workflows: without(&draft.workflows, at), ..draft.clone() }, history.to_vec()));
    }
    for at in (0..draft.declarations.len()).rev() {
        all.push((
            Draft { declarations: without(&draft.declarations, at), ..draft.clone() },
            history.to_vec(),
        ));
    }
    for (place, flow) in draft.workflows.iter().enumerate() {
        let mut parts = Vec::new();
        parts.extend(
            (0..flow.steps.len())
                .map(|at| super::make::Flow { steps: without(&flow.steps, at), ..flow.clone() }),
        );
        parts.extend(
            (0..flow.ends.len())
                .map(|at| super::make::Flow { ends: without(&flow.ends, at), ..flow.clone() }),
        );
        parts.extend(
            (0..flow.triggers.len())
                .map(|at| super::make::Flow { triggers: without(&flow.triggers, at), ..flow.clone() }),
        );
        parts.extend(flow.only_if.is_some().then(|| super::make::Flow { only_if: None, ..flow.clone() }));
        for part in parts {
            let mut workflows = draft.workflows.clone();
            workflows[place] = part;
            all.push((Draft { workflows, ..draft.clone() }, history.to_vec()));
        }
    }
    all
}

fn without<T: Clone>(list: &[T], at: usize) -> Vec<T> {
    list.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, item)| item.clone()).collect()
}

/// The smallest case found that `differs`.
pub fn shrink(
    mut draft: Draft,
    mut history: Vec<Input>,
    differs: &dyn Fn(&Draft, &[Input]) -> bool,
) -> (Draft, Vec<Input>) {
    let mut left = 2_000;
    'again: while left > 0 {
        for (draft_less, history_less) in smaller(&draft, &history) {
            left -= 1;
            if left == 0 {
                break 'again;
            }
            if differs(&draft_less, &history_less) {
                (draft, history) = (draft_less, history_less);
                continue 'again;
            }
        }
        break;
    }
    (draft, history)
}
