//! The engine against the reference model over a deploy: random projects, random edits of them, random histories.
//!
//! `WAYFARE_EDITS` says how many cases are made, `WAYFARE_SEED` with which number they begin; a case is its seed. Seeds that
//! once found something stand in tests/cases/edits/seeds.txt and are tried first.

use super::model::history::history;
use super::model::make::{Draft, draft};
use super::model::make_edit::{edited, inhabited};
use super::model::project::Project;
use super::model::random::Random;
use super::model::{Line, Model, Text, compare};
use super::property::number;
use rayon::prelude::*;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wayfare::base::Instant;
use wayfare::engine::migrate::{Options, deploy};
use wayfare::engine::{Input, InputKind, World, apply};
use wayfare::plan::Plan;

/// A case: a text, another one, a history, and where in it the other one is deployed.
#[derive(Clone)]
struct Case {
    before: Draft,
    after: Draft,
    history: Vec<Input>,
    /// Before which input, and how long after the one before it.
    place: usize,
    at: Instant,
}

fn case(seed: u64) -> Case {
    let mut random = Random(seed.wrapping_add(1 << 40));
    let first = draft(&mut random);
    let before = inhabited(&mut random, first);
    let after = edited(&mut random, &before, random_quiet(seed));
    let mut history = history(&mut random);
    let first = history[0].at;
    let known = |account: &str, contact: &str| {
        let kind = InputKind::Group {
            account: account.into(),
            contact: Some(contact.into()),
            traits: r#"{"status":"trial","seats":3}"#.into(),
            time: first,
        };
        Input { at: first, kind }
    };
    let seen = InputKind::Identify { contact: "x".into(), account: None, traits: "{}".into(), time: first };
    history.splice(0..0, [known("a", "x"), Input { at: first, kind: seen }, known("b", "y")]);
    for input in &mut history {
        extra(&mut random, input);
        by_hand(&mut random, input, &before);
    }
    let place = (3 + random.below(history.len() - 3)).min(history.len() - 1);
    let (from, to) = (history[place - 1].at, history[place].at);
    let at = *random.one(&[from, to, Instant(from.0.midpoint(to.0))]);
    Case { before, after, history, place, at }
}

/// Half of the edits ask for no events that were not kept.
fn random_quiet(seed: u64) -> bool {
    seed.is_multiple_of(2)
}

/// Some messages carry a trait that only some texts declare.
fn extra(random: &mut Random, input: &mut Input) {
    let (InputKind::Group { traits, .. } | InputKind::Identify { traits, .. }) = &mut input.kind else {
        return;
    };
    if random.percent(60) {
        return;
    }
    let value = random.one(&["1", "3", "5", "\"7\"", "\"text\"", "null", "true", "\"2026-01-05T09:00:00Z\""]);
    let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(traits).unwrap();
    object.insert("extra".into(), serde_json::from_str(value).unwrap());
    *traits = serde_json::Value::Object(object).to_string().into();
}

/// Some ticks are a workflow disabled or enabled by hand.
fn by_hand(random: &mut Random, input: &mut Input, draft: &Draft) {
    if !matches!(input.kind, InputKind::Enrol { .. } | InputKind::TakeOut { .. } | InputKind::Mail { .. })
        || random.percent(60)
    {
        return;
    }
    let workflow = random.one(&draft.workflows).name.as_str().into();
    input.kind = if random.percent(50) {
        InputKind::Disable { workflow }
    } else {
        InputKind::Enable { workflow, resume: random.percent(50) }
    };
}

/// What differed.
struct Difference {
    place: String,
    model: Vec<Line>,
    engine: Vec<Line>,
    state: Vec<String>,
}

/// Both over a case; the engine's world is stored and read back behind the deploy.
struct Both<'a> {
    model: Model<'a>,
    world: World,
    ours: Vec<Line>,
    theirs: Vec<Line>,
}

impl Both<'_> {
    fn compare(
        &mut self,
        place: &str,
        plan: &Plan,
        project: &Project,
        new: (Vec<Line>, Vec<Line>),
    ) -> Result<(), Box<Difference>> {
        let same = new.0 == new.1;
        self.ours.extend(new.0);
        self.theirs.extend(new.1);
        let (mine, its) = (self.model.state(), compare::state(&project.checked, plan, &self.world));
        if same && mine == its {
            return Ok(());
        }
        let only = |a: &[String], b: &[String], sign: &str| -> Vec<String> {
            a.iter().filter(|line| !b.contains(line)).map(|line| format!("  {sign} {line}")).collect()
        };
        let state = [only(&mine, &its, "M"), only(&its, &mine, "E")].concat();
        let (model, engine) = (std::mem::take(&mut self.ours), std::mem::take(&mut self.theirs));
        Err(Box::new(Difference { place: place.to_owned(), model, engine, state }))
    }
}

fn run(case: &Case, before: &Project, after: &Project) -> Result<(), Box<Difference>> {
    let mut world = World::simulated();
    world.log_facts = true;
    let mut both = Both { model: Model::new(text_of(before)), world, ours: Vec::new(), theirs: Vec::new() };
    for (at, input) in case.history[..case.place].iter().enumerate() {
        let expected = both.model.apply(input);
        if both.model.exhausted {
            return Ok(());
        }
        let found = apply(&mut both.world, &before.plan, input).log;
        let found = compare::lines(&before.plan, &both.world, &found);
        both.compare(&format!("input {at}"), &before.plan, before, (expected, found))?;
    }
    let expected = both.model.deploy(case.at, text_of(after));
    if both.model.exhausted {
        return Ok(());
    }
    let deployed = deploy(&mut both.world, &before.plan, after.plan.clone(), case.at, &Options::default());
    let mut found = compare::lines(&before.plan, &both.world, &deployed.before.log);
    found.extend(compare::lines(&deployed.plan, &both.world, &deployed.effects.log));
    // As a store would keep it.
    let bytes = wayfare::plan::stored::write(&deployed.plan).unwrap();
    let plan = wayfare::plan::stored::read(&bytes).unwrap();
    both.compare("the deploy", &plan, after, (expected, found))?;
    for (at, input) in case.history.iter().enumerate().skip(case.place) {
        let expected = both.model.apply(input);
        if both.model.exhausted {
            return Ok(());
        }
        let found = apply(&mut both.world, &plan, input).log;
        let found = compare::lines(&plan, &both.world, &found);
        both.compare(&format!("input {at}"), &plan, after, (expected, found))?;
    }
    Ok(())
}

fn text_of(project: &Project) -> Text<'_> {
    Text { checked: &project.checked, sources: &project.sources }
}

/// What is wrong with a case, if anything is.
fn tried(case: &Case) -> Option<String> {
    let read = |draft: &Draft| Project::read(&draft.text(), &draft.zone);
    let (before, after) = match (read(&case.before), read(&case.after)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => {
            let errors = [before.err(), after.err()].into_iter().flatten().collect::<Vec<_>>();
            return Some(format!("does not check: {}", errors.join("\n")));
        }
    };
    match catch_unwind(AssertUnwindSafe(|| run(case, &before, &after))) {
        Ok(result) => result.err().map(|difference| shown(case, &difference)),
        Err(_) => Some(format!("{}panicked", head(case))),
    }
}

fn own(text: &str) -> &str {
    text.split("json { message: message } }\n").last().unwrap()
}

fn head(case: &Case) -> String {
    let mut out = format!(
        "{}---- deployed at {} before input {}:\n{}",
        own(&case.before.text()),
        case.at,
        case.place,
        own(&case.after.text())
    );
    for (at, input) in case.history.iter().enumerate() {
        let _ = writeln!(out, "{at}: {} {:?}", input.at, input.kind);
    }
    out
}

fn shown(case: &Case, difference: &Difference) -> String {
    let both = difference.model.len().max(difference.engine.len());
    let side = |list: &[Line], at: usize| list.get(at).map_or("-".to_owned(), |line| format!("{line:?}"));
    let logs = (0..both).map(|at| {
        let (model, engine) = (side(&difference.model, at), side(&difference.engine, at));
        if model == engine { format!("    {model}") } else { format!("  M {model}\n  E {engine}") }
    });
    let mut logs: Vec<String> = logs.collect();
    let first = logs.iter().position(|line| line.starts_with("  M")).unwrap_or(logs.len().saturating_sub(1));
    logs.truncate(first + 12);
    logs.drain(..first.saturating_sub(24));
    let Difference { place, state, .. } = difference;
    format!("{}at {place} (M: model, E: engine):\n{}\n{}", head(case), logs.join("\n"), state.join("\n"))
}

/// A case made small: what can be left out of both texts, or of the history.
fn shrink(mut case: Case) -> Case {
    let differs = |case: &Case| tried(case).is_some_and(|found| !found.starts_with("does not check"));
    'again: loop {
        for smaller in smaller(&case) {
            if differs(&smaller) {
                case = smaller;
                continue 'again;
            }
        }
        return case;
    }
}

fn without<T: Clone>(list: &[T], at: usize) -> Vec<T> {
    list.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, item)| item.clone()).collect()
}

fn smaller(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    for at in 0..case.history.len() {
        if case.history.len() > 1 && !(at < case.place && case.place == 1) {
            let place = case.place - usize::from(at < case.place);
            all.push(Case { history: without(&case.history, at), place, ..case.clone() });
        }
    }
    let drafts: [(&Draft, fn(&Case, Draft) -> Case); 2] = [
        (&case.before, |case, before| Case { before, ..case.clone() }),
        (&case.after, |case, after| Case { after, ..case.clone() }),
    ];
    // First of both, then of one of them.
    for name in case.before.workflows.iter().chain(&case.after.workflows).map(|flow| flow.name.clone()) {
        let cut = |draft: &Draft| {
            let mut draft = draft.clone();
            draft.workflows.retain(|flow| flow.name != name && flow.was.as_ref() != Some(&name));
            draft
        };
        all.push(Case { before: cut(&case.before), after: cut(&case.after), ..case.clone() });
    }
    for declaration in case.before.declarations.iter().chain(&case.after.declarations) {
        let cut = |draft: &Draft| {
            let mut draft = draft.clone();
            draft.declarations.retain(|one| one != declaration);
            draft
        };
        all.push(Case { before: cut(&case.before), after: cut(&case.after), ..case.clone() });
    }
    for (draft, put) in drafts {
        for (place, flow) in draft.workflows.iter().enumerate() {
            let mut parts = Vec::new();
            let cut = |flow: &super::model::make::Flow| flow.clone();
            for at in 0..flow.steps.len() {
                parts.push(super::model::make::Flow { steps: without(&flow.steps, at), ..cut(flow) });
            }
            for at in 0..flow.ends.len() {
                parts.push(super::model::make::Flow { ends: without(&flow.ends, at), ..cut(flow) });
            }
            for at in 0..flow.triggers.len() {
                parts.push(super::model::make::Flow { triggers: without(&flow.triggers, at), ..cut(flow) });
            }
            if flow.only_if.is_some() {
                parts.push(super::model::make::Flow { only_if: None, ..cut(flow) });
            }
            for part in parts {
                let mut workflows = draft.workflows.clone();
                workflows[place] = part;
                all.push(put(case, Draft { workflows, ..draft.clone() }));
            }
        }
    }
    all
}

#[test]
fn s8_model_and_engine_agree_over_edits() {
    let kept = include_str!("../cases/edits/seeds.txt");
    let kept = kept.lines().filter_map(|line| line.split('#').next()?.trim().parse::<u64>().ok());
    let first = number("WAYFARE_SEED", 1);
    let seeds: Vec<u64> = kept.chain(first..first + number("WAYFARE_EDITS", 400)).collect();
    println!("seeds {first} and on");
    let bad: Vec<u64> = seeds.par_iter().copied().filter(|seed| tried(&case(*seed)).is_some()).collect();
    let show = number("WAYFARE_SHOW", 2) as usize;
    let shown: Vec<String> = bad
        .iter()
        .take(show)
        .map(|seed| format!("seed {seed}\n{}", tried(&shrink(case(*seed))).unwrap_or_default()))
        .collect();
    assert!(bad.is_empty(), "{}\n{} of {} cases differ: {bad:?}", shown.join("\n\n"), bad.len(), seeds.len());
}

#[test]
#[ignore = "says how much the random edits reach"]
fn what_random_edits_reach() {
    let mut found: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for seed in 1..=number("WAYFARE_EDITS", 500) {
        let case = case(seed);
        let read = |draft: &Draft| Project::read(&draft.text(), &draft.zone);
        let (Ok(before), Ok(after)) = (read(&case.before), read(&case.after)) else {
            *found.entry("does not check".into()).or_default() += 1;
            continue;
        };
        let mut world = World::simulated();
        for input in &case.history[..case.place] {
            apply(&mut world, &before.plan, input);
        }
        let under_way: usize = world.iter().map(|(_, entity)| entity.runs.len()).sum();
        let deployed = deploy(&mut world, &before.plan, after.plan.clone(), case.at, &Options::default());
        let mut count = |what: &str, by: usize| *found.entry(what.to_owned()).or_default() += by;
        count("same text", usize::from(case.before.text() == case.after.text()));
        count("somebody under way", usize::from(under_way > 0));
        for row in &deployed.table.workflows {
            count(format!("workflow {:?}", row.change).split('{').next().unwrap(), 1);
            let fates = row.fates;
            for (what, by) in [
                ("moved", fates.moved),
                ("finishing", fates.finishing),
                ("left", fates.left),
                ("cleared", fates.cleared),
                ("ended", fates.ended),
            ] {
                count(what, by as usize);
            }
            for step in &row.steps {
                count(&format!("step {:?} at", step.change), step.at as usize);
                count("skip", step.skip as usize);
            }
        }
        for input in &case.history[case.place..] {
            for entry in apply(&mut world, &deployed.plan, input).log {
                count("passed", usize::from(format!("{:?}", entry.kind).contains("Passed")));
            }
        }
    }
    println!("{found:#?}");
}
