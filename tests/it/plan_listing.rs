//! Plan listings: every case under tests/cases/plan is a snapshot of its listing, every example of its checked form and
//! its definitions (their listings are the `plans/` beside them); listings hang on nothing but the workflow.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use wayfare::plan::{Plan, listing};
use wayfare::project::{self, Project, Target};

fn below(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

pub(super) fn examples() -> Vec<PathBuf> {
    let mut folders = below("examples");
    folders.retain(|path| path.join("wayfare.toml").is_file());
    assert!(folders.len() >= 3, "{folders:?}");
    folders
}

pub(super) fn cases() -> Vec<PathBuf> {
    let mut files = below("tests/cases/plan");
    files.retain(|path| path.extension().is_some_and(|ending| ending == "wf"));
    assert!(files.len() >= 10, "{files:?}");
    files
}

pub(super) fn loaded(path: &Path) -> (Project, Plan) {
    let mut project = project::load(Target::Path(path.to_owned())).unwrap();
    let found: Vec<_> = project.diagnostics.iter().filter(|found| found.is_error()).collect();
    assert!(found.is_empty(), "{}: {found:#?}", path.display());
    let plan = project.plan.take().unwrap();
    (project, plan)
}

fn text_of(text: &str) -> Plan {
    let target = Target::Text { name: "case.wf".into(), bytes: text.as_bytes().to_vec() };
    let mut project = project::load(target).unwrap();
    assert!(!project.has_errors(), "{:#?}", project.diagnostics);
    project.plan.take().unwrap()
}

fn listings(plan: &Plan) -> String {
    let texts: Vec<_> = plan.workflows.iter().map(|workflow| listing::workflow(plan, workflow)).collect();
    texts.join("\n----\n\n")
}

fn snapshots(path: &Path) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/plan");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(path.file_name().unwrap().to_string_lossy());
    settings
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_case_is_a_checked_form_and_a_listing() {
    for path in cases() {
        let (project, plan) = loaded(&path);
        let name = stem(&path);
        snapshots(&path).bind(|| {
            insta::assert_snapshot!(format!("case__{name}"), listings(&plan));
            insta::assert_snapshot!(format!("checked__{name}"), wayfare::check::listing(&project.checked));
        });
    }
}

#[test]
fn every_example_is_a_checked_form_and_definitions() {
    for path in examples() {
        let (project, plan) = loaded(&path);
        let name = stem(&path);
        snapshots(&path).bind(|| {
            insta::assert_snapshot!(format!("shared__{name}"), listing::shared(&plan));
            insta::assert_snapshot!(format!("checked__{name}"), wayfare::check::listing(&project.checked));
        });
    }
}

const ONE: &str = r#"
attributes of account { status text  seats number  last_seen time }
event "Login" { minutes number }
segment "Quiet" of account where count of "Login" in last 7d < 3
workflow "One" {
  draft
  when account enters segment "Quiet"
  once
  do
    set seats: seats + 1 if last_seen < 14d ago
  exit when status = "gone"
}
"#;

#[test]
fn another_workflow_changes_nothing_here() {
    let other = r#"
event "Alpha" { a text }
segment "Alpha" of account where status starts with "a" and did "Alpha" in last 3d
workflow "Alpha" {
  draft
  when account performs "Alpha" where a = "b"
  every time
  do
    wait 3d
    set status: "a"
  exit when in segment "Alpha"
}
"#;
    let (alone, both) = (text_of(ONE), text_of(&format!("{other}{ONE}")));
    let (_, first) = alone.workflow("One").unwrap();
    let (_, second) = both.workflow("One").unwrap();
    assert_eq!(listing::workflow(&alone, first), listing::workflow(&both, second));
    assert_ne!(alone.hash(), both.hash());
}

#[test]
fn what_a_change_means_is_seen() {
    let (before, after) = (text_of(ONE), text_of(&ONE.replace("last 7d", "last 9d")));
    let (old, new) =
        (listing::workflow(&before, &before.workflows[0]), listing::workflow(&after, &after.workflows[0]));
    assert!(old.contains("as far back as 7d") && new.contains("as far back as 9d"), "{old}\n{new}");
    assert!(old.contains("last_seen < 14d ago") || old.contains("last_seen <= 14d ago"), "{old}");
    assert!(old.contains("flips at last_seen + 14d"), "{old}");
}

#[test]
fn equal_meaning_has_equal_text() {
    let turned =
        ONE.replace("status = \"gone\"", "not (status != \"gone\")").replace("  draft", "\n  draft # here");
    let (before, after) = (text_of(ONE), text_of(&turned));
    assert_eq!(
        listing::workflow(&before, &before.workflows[0]),
        listing::workflow(&after, &after.workflows[0])
    );
}

#[test]
fn listings_kept_beside_examples_are_up_to_date() {
    for path in examples() {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_wf"))
            .args(["plan", ".", "--check", "plans"])
            .current_dir(&path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(ran.status.code(), Some(0), "{}:\n{text}", path.display());
    }
}
