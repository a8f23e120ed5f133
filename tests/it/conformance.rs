//! The law, one rule or behaviour a file: every `test` block under tests/cases/engine holds. And replay: the same
//! history gives the same log and state, wherever the run is cut (S3.5).

use super::model::history::history;
use super::model::make::draft;
use super::model::project::Project;
use super::model::random::Random;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use wayfare::base::SourceMap;
use wayfare::check::checked::Settings;
use wayfare::check::{Input, NoAssets, SourceAst, check};
use wayfare::diag::{Diagnostic, render};
use wayfare::engine::entity::Entity;
use wayfare::engine::world::Vault;
use wayfare::engine::{Eid, World, apply};
use wayfare::plan::{Plan, lower, lower_tests};
use wayfare::simulate::run_tests;
use wayfare::syntax;

/// The errors among diagnostics in words, if there are any.
pub fn checked_errors<'d>(all: impl Iterator<Item = &'d Diagnostic>, sources: &SourceMap) -> Option<String> {
    let errors: Vec<&Diagnostic> = all.filter(|one| one.is_error()).collect();
    (!errors.is_empty()).then(|| errors.iter().map(|one| render::human(one, sources, false)).collect())
}

/// The plan of a text, which must be sound.
pub fn plan(text: &str, settings: Settings) -> Plan {
    let mut sources = SourceMap::new();
    let id = sources.add("case.wf", text);
    let parsed = syntax::parse(id, text);
    let files = vec![SourceAst { id, ast: &parsed.file, std: false, stem: "case" }];
    let (checked, found) = check(&Input { files, settings, assets: &NoAssets, modules: &[] });
    assert_eq!(checked_errors(parsed.diagnostics.iter().chain(&found), &sources), None);
    lower(&checked, &sources)
}

/// What is wrong with a file of tests.
fn wrong(name: &str, text: &str) -> String {
    let mut sources = SourceMap::new();
    let id = sources.add(name, text);
    let parsed = syntax::parse(id, text);
    let files = vec![SourceAst { id, ast: &parsed.file, std: false, stem: name }];
    let input = Input { files, settings: Settings::default(), assets: &NoAssets, modules: &[] };
    let (checked, found) = check(&input);
    if let Some(errors) = checked_errors(parsed.diagnostics.iter().chain(&found), &sources) {
        return errors;
    }
    let (plan, conditions) = lower_tests(&checked, &sources);
    let mut out = String::new();
    for result in run_tests(&checked, &plan, &conditions, None) {
        if let Some(failure) = result.failure {
            let (message, timeline) = (failure.message, failure.timeline.join("\n  "));
            let _ = writeln!(
                out,
                "{name}: {}: {}: {message}\n  {timeline}",
                result.name,
                sources.slice(failure.span)
            );
        }
    }
    if checked.tests.is_empty() {
        let _ = writeln!(out, "{name}: no test");
    }
    out
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/engine");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "wf"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        wrong(&name, &fs::read_to_string(path).unwrap())
    };
    let all: String = paths.iter().map(read).collect();
    assert!(!paths.is_empty() && all.is_empty(), "{all}");
}

/// S3.5
#[test]
fn a_history_cut_anywhere_gives_the_same_bytes() {
    for seed in 1..40 {
        let mut random = Random(seed);
        let draft = draft(&mut random);
        let history = history(&mut random);
        let Ok(project) = Project::read(&draft.text(), &draft.zone) else { continue };
        let run = |world: &mut World, from: usize, to: usize| -> String {
            let part = history.iter().skip(from).take(to - from);
            part.map(|input| format!("{:?}\n", apply(world, &project.plan, input))).collect()
        };
        let state =
            |world: &World| world.iter().map(|(_, entity)| format!("{entity:?}\n")).collect::<String>();
        let mut whole = World::new();
        let log = run(&mut whole, 0, history.len());
        for cut in 0..history.len() {
            let mut first = World::new();
            let before = run(&mut first, 0, cut);
            // What is stored is read back into an empty world, as `--store` does.
            let mut second = World::new();
            for (_, entity) in first.iter() {
                let bytes = postcard::to_stdvec(entity).unwrap();
                second.restore(postcard::from_bytes(&bytes).unwrap());
            }
            second.now = first.now;
            second.turns.clone_from(&first.turns);
            second.loads.clone_from(&first.loads);
            let after = run(&mut second, cut, history.len());
            assert_eq!(format!("{before}{after}"), log, "seed {seed}, cut at {cut}: the log");
            assert_eq!(state(&second), state(&whole), "seed {seed}, cut at {cut}: the state");
        }
    }
}

/// Keeps entities as bytes, as a store does.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<Eid, Vec<u8>>>);

impl Vault for Shelf {
    fn load(&self, eid: Eid) -> Result<Entity, String> {
        let shelf = self.0.lock().unwrap();
        let bytes = shelf.get(&eid).ok_or("it was never put there")?;
        postcard::from_bytes(bytes).map_err(|error| error.to_string())
    }
}

/// Whether an entity is in memory changes nothing of what happens.
#[test]
fn entities_that_are_away_change_nothing() {
    for seed in 1..60 {
        let mut random = Random(seed);
        let draft = draft(&mut random);
        let history = history(&mut random);
        let Ok(project) = Project::read(&draft.text(), &draft.zone) else { continue };
        let shelf = Arc::new(Shelf::default());
        let (mut near, mut far) = (World::new(), World::with_vault(shelf.clone(), (seed, 7)));
        for (at, input) in history.iter().enumerate() {
            let expected = apply(&mut near, &project.plan, input);
            assert_eq!(apply(&mut far, &project.plan, input), expected, "seed {seed}, input {at}");
            if random.percent(60) {
                let dirty = far.take_dirty();
                for eid in &dirty {
                    shelf.0.lock().unwrap().insert(*eid, postcard::to_stdvec(far.entity(*eid)).unwrap());
                }
                far.settled(&dirty);
                far.measure(&dirty);
                far.shrink(random.below(3_000));
            }
        }
        let state =
            |world: &World| world.iter().map(|(_, entity)| format!("{entity:?}\n")).collect::<String>();
        assert_eq!(state(&far), state(&near), "seed {seed}");
        assert_eq!(far.fault(), None);
        let (known, mut again) = (0..far.len() as u32, World::with_vault(shelf.clone(), (seed, 7)));
        let dirty = far.take_dirty();
        for eid in dirty {
            shelf.0.lock().unwrap().insert(eid, postcard::to_stdvec(far.entity(eid)).unwrap());
        }
        for eid in known {
            again.restore_known(&far.known(Eid(eid)));
        }
        assert_eq!((again.resident_bytes(), again.next_timer()), (0, near.next_timer()));
        for (eid, entity) in near.iter() {
            assert_eq!(again.find_itself(entity.subject, &entity.id), Some(eid));
            assert_eq!(again.find(entity.subject, &entity.id), Some(near.lasting(eid)));
        }
    }
}
