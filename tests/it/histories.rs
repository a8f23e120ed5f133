//! Histories of messages through a project, one behaviour a file: tests/cases/histories (S7 and what else only messages show).
//!
//! Behind the project, below `----`, stand messages as in a history file, one a line. Lines before them may say
//! `until INSTANT` (the end of the run) and `keep N` (how many events of a name are kept). The snapshot is what happened,
//! facts included, and what could not be taken.

use super::conformance::plan;
use std::fs;
use std::path::{Path, PathBuf};
use wayfare::base::Instant;
use wayfare::check::checked::Settings;
use wayfare::ingest::History;
use wayfare::simulate::{Simulation, Taken, words};

/// What a case says, and its messages in a file.
struct Case {
    project: String,
    settings: Settings,
    until: Instant,
    messages: PathBuf,
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap();
    let (project, rest) = text.split_once("\n----\n").unwrap();
    let (mut settings, mut until) = (Settings::default(), Instant::MAX);
    let mut lines = rest.lines().peekable();
    while let Some(line) = lines.next_if(|line| !line.starts_with('{')) {
        match line.split_once(' ').unwrap() {
            ("until", at) => until = Instant::parse(at).unwrap(),
            ("keep", most) => settings.events_kept = most.parse().unwrap(),
            (other, _) => panic!("{other}"),
        }
    }
    let name = format!("wayfare-histories-{}-{}", std::process::id(), path.file_stem().unwrap().display());
    let messages = std::env::temp_dir().join(name);
    fs::write(&messages, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    Case { project: project.to_owned(), settings, until, messages }
}

fn played(case: &Case) -> String {
    let plan = plan(&case.project, case.settings.clone());
    let mut simulation = Simulation::new(&plan);
    simulation.world.log_facts = true;
    let mut history = History::open(std::slice::from_ref(&case.messages), case.until).unwrap();
    let mut out = String::new();
    let log = |simulation: &Simulation<'_>, entries: &[wayfare::engine::LogEntry], out: &mut String| {
        for entry in entries {
            let entity = words::entity(&simulation.world, entry.entity);
            let workflow = words::workflow(&plan, entry).map_or(String::new(), |name| format!("{name}: "));
            out.push_str(&format!("  {} {entity} {workflow}{}\n", entry.at, words::sentence(entry)));
        }
    };
    while let Some(line) = history.next_line().unwrap() {
        match line {
            Err(rejected) => {
                out.push_str(&format!("line {} is refused: {}\n", rejected.line, rejected.reason));
            }
            Ok(line) => {
                out.push_str(&format!("line {} at {}\n", line.line, line.at));
                match simulation.take(line) {
                    Taken::Duplicate => out.push_str("  seen before\n"),
                    Taken::Applied(entries, rejects) => {
                        log(&simulation, &entries, &mut out);
                        for reject in rejects {
                            out.push_str(&format!("  refused: {}: {}\n", reject.name, reject.reason));
                        }
                    }
                }
            }
        }
    }
    if case.until != Instant::MAX {
        out.push_str(&format!("the end, {}\n", case.until));
        let last = simulation.pass(case.until);
        log(&simulation, &last.log, &mut out);
    }
    out
}

#[test]
fn every_history_gives_its_timeline() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/histories");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/histories");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in paths {
        let case = read(&path);
        let out = played(&case);
        fs::remove_file(&case.messages).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(name, out));
    }
}
