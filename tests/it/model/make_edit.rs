//! Random edits of random projects: steps with and without labels added, taken out, moved and changed, workflows renamed,
//! removed and added, other triggers, policies, exits, states, segments.

use super::make::{Draft, Flow, subject};
use super::make_flow::flow;
use super::project::Project;
use super::random::Random;
use super::words::{Words, condition};

/// Lets most workflows take somebody in and keep him for a while, and gives some steps labels.
pub fn inhabited(random: &mut Random, mut draft: Draft) -> Draft {
    let known = words(&draft, true);
    for flow in &mut draft.workflows {
        let of = if is_account(flow) { "account" } else { "contact" };
        if random.percent(75) && flow.steps.iter().all(|step| !step.contains("event.")) {
            let trigger =
                random.one(&["is created", "is created", "performs \"Login\"", "performs \"Export\""]);
            flow.triggers = vec![format!("{of} {trigger}")];
            flow.policy = random.one(&["once", "every time", "every time, restart"]).to_string();
            flow.only_if = flow.only_if.take().filter(|_| random.percent(20));
            flow.ends.retain(|_| random.percent(40));
            flow.state = random.one(&["live", "live", "live", "draft"]).to_string();
            let more = super::make_flow::flow(random, &known, "", of == "account");
            let plain =
                more.steps.into_iter().filter(|step| !step.contains("event.") && !step.contains("split"));
            flow.steps.extend(plain);
        }
        for _ in 0..=random.below(2) {
            let wait = random.one(&[
                "wait 3d",
                "wait 1w",
                "wait until performs \"Paid\" at most 1 month",
                "wait 36h",
                "wait until 09:00",
                "wait 2 business days in \"office\"",
            ]);
            flow.steps.insert(random.below(flow.steps.len() + 1), (*wait).to_owned());
        }
        for (at, step) in flow.steps.iter_mut().enumerate() {
            if random.percent(20) && !step.starts_with("label") && !step.starts_with("if") {
                *step = format!("label \"L{at}\": {step}");
            }
        }
    }
    draft
}

/// Another text of the project that can be checked, some random changes away. `quiet`: what is new asks for no events.
pub fn edited(random: &mut Random, draft: &Draft, quiet: bool) -> Draft {
    let mut made = draft.clone();
    let mut left = 1 + random.below(4);
    for _ in 0..24 {
        let mut next = made.clone();
        change(random, &mut next, quiet);
        if Project::read(&next.text(), &next.zone).is_ok() {
            made = next;
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    made
}

/// The words of a draft, as far as its texts tell.
fn words(draft: &Draft, quiet: bool) -> Words {
    let mut words = Words { quiet, ..Words::default() };
    words.workflows = draft.workflows.iter().map(|flow| (flow.name.clone(), is_account(flow))).collect();
    for declaration in &draft.declarations {
        let account = declaration.contains("of account");
        if let Some(rest) = declaration.strip_prefix("segment \"") {
            words.segments.push((rest.split('"').next().unwrap().to_owned(), account));
        } else if declaration.starts_with("stages") {
            words.staged.push(account);
        } else if declaration.starts_with("health") && !words.healthy.contains(&account) {
            words.healthy.push(account);
        }
    }
    words
}

fn is_account(flow: &Flow) -> bool {
    flow.triggers.first().is_some_and(|trigger| trigger.starts_with("account"))
}

fn change(random: &mut Random, draft: &mut Draft, quiet: bool) {
    let words = words(draft, quiet);
    let count = draft.workflows.len();
    match random.below(18) {
        0..=11 if count > 0 => {
            let flow = &mut draft.workflows[random.below(count)];
            change_flow(random, flow, &words);
        }
        12 if count > 1 => _ = draft.workflows.remove(random.below(count)),
        13 => {
            let account = random.percent(70);
            let made = flow(random, &words, "W8", account);
            draft.workflows.retain(|flow| flow.name != "W8");
            draft.workflows.push(made);
        }
        14 if count > 0 => rename(random, draft),
        15 => {
            let account = random.percent(65);
            let text = condition(random, &words, account, 1);
            let name = if random.percent(50) { "S0" } else { "S9" };
            draft.declarations.retain(|one| !one.starts_with(&format!("segment \"{name}\"")));
            draft.declarations.push(format!("segment \"{name}\" of {} where {text}", subject(account)));
        }
        16 if !draft.declarations.is_empty() => {
            _ = draft.declarations.remove(random.below(draft.declarations.len()));
        }
        _ => extra(random, draft),
    }
}

/// The trait `extra`, which every history has, undeclared, or declared in one way or another.
fn extra(random: &mut Random, draft: &mut Draft) {
    draft.declarations.retain(|one| !one.contains("extra"));
    let ty = random.one(&["text", "number", "time", "bool"]);
    let whose = random.one(&["account", "contact"]);
    draft.declarations.push(format!("attributes of {whose} {{ extra {ty} }}"));
    if *ty == "number" {
        draft.declarations.retain(|one| !one.contains("segment \"X\""));
        draft.declarations.push(format!("segment \"X\" of {whose} where extra > 2"));
    }
}

fn rename(random: &mut Random, draft: &mut Draft) {
    let at = random.below(draft.workflows.len());
    let old = draft.workflows[at].name.clone();
    if draft.workflows[at].was.is_some() || old == "W8" {
        return;
    }
    let (from, to) = (format!("\"{old}\""), format!("\"{old} new\""));
    let other = |text: &mut String| *text = text.replace(&from, &to);
    draft.declarations.iter_mut().for_each(other);
    for flow in &mut draft.workflows {
        let texts =
            flow.triggers.iter_mut().chain(&mut flow.only_if).chain(&mut flow.steps).chain(&mut flow.ends);
        texts.for_each(other);
    }
    let flow = &mut draft.workflows[at];
    flow.name = format!("{old} new");
    flow.was = random.percent(80).then_some(old);
}

fn change_flow(random: &mut Random, flow: &mut Flow, words: &Words) {
    let account = is_account(flow);
    let other = super::make_flow::flow(random, words, &flow.name, account);
    let (count, place) = (flow.steps.len(), |random: &mut Random, count: usize| random.below(count.max(1)));
    match random.below(17) {
        0..=1 => {
            let at = random.below(count + 1);
            flow.steps.insert(at, other.steps[0].clone());
        }
        2..=3 if count > 1 => _ = flow.steps.remove(random.below(count)),
        4..=5 if count > 1 => {
            let step = flow.steps.remove(random.below(count));
            flow.steps.insert(random.below(count), step);
        }
        14 if count > 0 => {
            // Another wait in the place of one.
            let waits: Vec<usize> = (0..count).filter(|at| flow.steps[*at].starts_with("wait")).collect();
            if !waits.is_empty() {
                let at = *random.one(&waits);
                let condition = super::words::plain(random, words, account);
                flow.steps[at] = format!("wait until ({condition}) at most {}", super::words::period(random));
            }
        }
        6 if count > 0 => {
            let at = place(random, count);
            let label = flow.steps[at].strip_prefix("label \"").and_then(|rest| rest.split_once("\": "));
            let label = label.map(|(name, _)| format!("label \"{name}\": ")).unwrap_or_default();
            let step = other.steps[0].clone();
            let step = if step.starts_with("label") || step.starts_with("if") { step } else { label + &step };
            flow.steps[at] = step;
        }
        7 | 13 if count > 0 => {
            // A wait of another length.
            let at = place(random, count);
            for (old, new) in [
                ("3d", "5d"),
                ("1w", "2d"),
                ("1d", "3d"),
                ("2 b", "1 b"),
                ("36h", "1w"),
                ("1 month", "1w"),
                ("09:00", "02:30"),
            ] {
                if flow.steps[at].contains(old) && flow.steps[at].contains("wait") {
                    flow.steps[at] = flow.steps[at].replace(old, new);
                    break;
                }
            }
        }
        8 if count > 0 => {
            // A step into a block, or out of it.
            let at = place(random, count);
            let step = flow.steps[at].clone();
            let inner = step.strip_prefix("if ").and_then(|rest| rest.split_once("{ ")?.1.strip_suffix(" }"));
            flow.steps[at] = match inner {
                Some(inner) if !inner.contains('}') => inner.to_owned(),
                _ => format!("if {} {{ {step} }}", super::words::plain(random, words, account)),
            };
        }
        9 => flow.ends = other.ends,
        10 => {
            flow.triggers = other.triggers;
            flow.policy = other.policy;
        }
        11 => flow.only_if = other.only_if,
        _ => {
            if random.percent(40) {
                flow.state = random.one(&["live", "draft", "disabled"]).to_string();
            } else {
                flow.on_edit = Some(random.one(&["move", "finish", "exit", "finish"]).to_string());
            }
        }
    }
}
