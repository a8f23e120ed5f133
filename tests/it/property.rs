//! The engine against the reference model: the same projects and histories, the same logs and states.
//!
//! `WAYFARE_CASES` says how many cases are made, `WAYFARE_SEED` with which number they begin; a case is its seed. Seeds
//! that once found something stand in tests/cases/engine/seeds.txt and are tried first.

use super::model::compare;
use super::model::history::history;
use super::model::make::{Draft, draft};
use super::model::project::Project;
use super::model::random::Random;
use super::model::shrink::shrink;
use super::model::{Line, Model, Text};
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wayfare::engine::{Input, World, apply};

/// What differed first.
struct Difference {
    /// Which input, in order.
    input: usize,
    /// The logs so far.
    model: Vec<Line>,
    engine: Vec<Line>,
    /// Lines of the state that only one of them has.
    state: Vec<String>,
}

fn world() -> World {
    let mut world = World::simulated();
    world.log_facts = true;
    world
}

/// Runs both over a history, and looks at log and state behind every input.
fn run(project: &Project, history: &[Input], brute: bool) -> Result<(), Box<Difference>> {
    let mut model = Model::new(Text { checked: &project.checked, sources: &project.sources });
    model.brute = brute;
    let mut world = world();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (input, message) in history.iter().enumerate() {
        let expected = model.apply(message);
        if model.exhausted {
            return Ok(());
        }
        let effects = catch_unwind(AssertUnwindSafe(|| apply(&mut world, &project.plan, message)));
        let Ok(effects) = effects else {
            let state = vec!["the engine panicked".to_owned()];
            return Err(Box::new(Difference { input, model: ours, engine: theirs, state }));
        };
        let found = compare::lines(&project.plan, &world, &effects.log);
        let same = expected == found;
        ours.extend(expected);
        theirs.extend(found);
        let (mine, its) = (model.state(), compare::state(&project.checked, &project.plan, &world));
        if !same || mine != its {
            let state = [only(&mine, &its, "M"), only(&its, &mine, "E")].concat();
            return Err(Box::new(Difference { input, model: ours, engine: theirs, state }));
        }
    }
    Ok(())
}

fn only(a: &[String], b: &[String], sign: &str) -> Vec<String> {
    a.iter().filter(|line| !b.contains(line)).map(|line| format!("  {sign} {line}")).collect()
}

fn shown(text: &str, history: &[Input], difference: &Difference) -> String {
    let inputs = history.iter().enumerate().map(|(at, input)| format!("{at}: {} {:?}", input.at, input.kind));
    let both = difference.model.len().max(difference.engine.len());
    let side = |list: &[Line], at: usize| list.get(at).map_or("-".to_owned(), |line| format!("{line:?}"));
    let logs = (0..both).map(|at| {
        let (model, engine) = (side(&difference.model, at), side(&difference.engine, at));
        if model == engine { format!("    {model}") } else { format!("  M {model}\n  E {engine}") }
    });
    let (inputs, mut logs): (Vec<String>, Vec<String>) = (inputs.collect(), logs.collect());
    let first = logs.iter().position(|line| line.starts_with("  M")).unwrap_or(0);
    logs.truncate(first + 12);
    logs.drain(..first.saturating_sub(20));
    let (inputs, logs, state) = (inputs.join("\n"), logs.join("\n"), difference.state.join("\n"));
    format!("{text}\n{inputs}\nat input {} (M: model, E: engine):\n{logs}\n{state}", difference.input)
}

/// A case from its seed.
fn case(seed: u64) -> (Draft, Vec<Input>) {
    let mut random = Random(seed);
    (draft(&mut random), history(&mut random))
}

/// What is wrong with a case, if anything is.
fn tried(draft: &Draft, history: &[Input], brute: bool) -> Option<String> {
    let text = draft.text();
    let project = match Project::read(&text, &draft.zone) {
        Ok(project) => project,
        Err(errors) => return Some(format!("{text}\ndoes not check:\n{errors}")),
    };
    run(&project, history, brute).err().map(|difference| shown(&text, history, &difference))
}

/// Whether a smaller case is sound and still differs.
fn differs(draft: &Draft, history: &[Input], brute: bool) -> bool {
    let project = Project::read(&draft.text(), &draft.zone);
    project.is_ok_and(|project| run(&project, history, brute).is_err())
}

/// A failure of a seed, made small.
fn failure(seed: u64) -> Option<String> {
    let (draft, history) = case(seed);
    let brute = seed.is_multiple_of(16);
    let first = tried(&draft, &history, brute)?;
    if Project::read(&draft.text(), &draft.zone).is_err() {
        return Some(format!("seed {seed}\n{first}"));
    }
    let (draft, history) = shrink(draft, history, &|draft, history| differs(draft, history, brute));
    let least = tried(&draft, &history, brute).unwrap_or(first);
    let own: Vec<&str> = least.split("json { message: message } }\n").collect();
    Some(format!("seed {seed} (zone {})\n{}", draft.zone, own.last().unwrap_or(&"")))
}

pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn model_and_engine_agree() {
    let kept = include_str!("../cases/engine/seeds.txt");
    let kept = kept.lines().filter_map(|line| line.split('#').next()?.trim().parse::<u64>().ok());
    let first = number("WAYFARE_SEED", 1);
    let seeds: Vec<u64> = kept.chain(first..first + number("WAYFARE_CASES", 2_000)).collect();
    let most = number("WAYFARE_SHOW", 3) as usize;
    println!("seeds {first} and on");
    let bad: Vec<(u64, bool)> = seeds
        .par_iter()
        .filter_map(|seed| {
            let (draft, history) = case(*seed);
            let found = tried(&draft, &history, seed.is_multiple_of(16))?;
            Some((*seed, found.contains("does not check")))
        })
        .collect();
    let shown: Vec<String> = bad.iter().take(most).filter_map(|(seed, _)| failure(*seed)).collect();
    let unsound = bad.iter().filter(|(_, unsound)| *unsound).count();
    let list: Vec<u64> = bad.iter().map(|(seed, _)| *seed).collect();
    assert!(
        bad.is_empty(),
        "{}\n{} of {} cases differ, {unsound} do not check: {list:?}",
        shown.join("\n\n"),
        bad.len(),
        seeds.len()
    );
}
