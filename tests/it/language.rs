//! The blocks of the page on the language, together in one project with the declarations that they need: they check
//! without a warning, the test among them passes, and the workflow on one line compiles beside them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What the page leaves to its reader: modules, the other template, uses of what it only declares.
const NEEDED: &str = r##"use std.salesforce
use std.slack
template "tips" { subject "Tips" text "Hello" }
workflow "Quiet admin" {
  when contact enters segment "Quiet admins"
  do
    wait until 09:00 in "office"
    slack "#quiet" "{{ contact.email }}"
  exit when not in segment "Quiet admins"
}
"##;

fn project(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("wayfare-language-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("emails")).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    fs::write(folder.join("wayfare.toml"), "name = \"acme\"\n").unwrap();
    fs::write(folder.join("emails/welcome.html"), "<p>Hello</p>").unwrap();
    folder
}

fn wf(folder: &PathBuf, args: &[&str]) -> (bool, String) {
    let run =
        Command::new(env!("CARGO_BIN_EXE_wf")).args(args).arg(folder).env("NO_COLOR", "1").output().unwrap();
    let said = [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (run.status.success(), said.concat())
}

/// The page prints two attributes without saying what stands in for them; all else is without a warning.
fn is_clean(folder: &PathBuf) {
    let (clean, said) = wf(folder, &["check", "--output", "json"]);
    let codes = said.matches("\"code\":").count();
    assert!(clean && codes == said.matches("\"code\": \"maybe-missing\"").count(), "{said}");
}

#[test]
fn every_block_of_the_page_checks_clean_with_what_it_needs() {
    let files = [
        ("needed.wf", NEEDED),
        ("project.wf", include_str!("../cases/parse/language/project.wf")),
        ("workflow.wf", include_str!("../cases/parse/language/workflow.wf")),
        ("test.wf", include_str!("../cases/parse/language/test.wf")),
        ("one-line.wf", include_str!("../cases/parse/language/one-line.wf")),
    ];
    let folder = project("clean", &files);
    is_clean(&folder);
    let (passed, said) = wf(&folder, &["plan", "--workflow", "one-line"]);
    assert!(passed && said.contains("one-line"), "{said}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_test_on_the_page_passes() {
    let files = [
        ("needed.wf", NEEDED),
        ("project.wf", include_str!("../cases/parse/language/project.wf")),
        ("workflow.wf", include_str!("../cases/parse/language/workflow.wf")),
        ("test.wf", include_str!("../cases/parse/language/test.wf")),
    ];
    let folder = project("passes", &files);
    let (passed, said) = wf(&folder, &["test"]);
    assert!(passed && said.contains("1 passed, 0 failed"), "{said}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_declared_action_stands_in_for_the_library() {
    let needed = NEEDED.replace("use std.slack\n", "");
    let files = [
        ("needed.wf", needed.as_str()),
        ("action.wf", include_str!("../cases/parse/language/action.wf")),
        ("project.wf", include_str!("../cases/parse/language/project.wf")),
        ("workflow.wf", include_str!("../cases/parse/language/workflow.wf")),
    ];
    let folder = project("action", &files);
    is_clean(&folder);
    fs::remove_dir_all(folder).unwrap();
}
