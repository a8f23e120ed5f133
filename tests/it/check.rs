//! Checking: every diagnostic has a page whose wrong text gives it and whose mended text is clean; every failing case
//! under tests/cases/check is a snapshot of what people see, every sound one of the checked form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wayfare::base::{FileId, SourceMap};
use wayfare::check::checked::Settings;
use wayfare::check::{Checked, Input, NoAssets, SourceAst, check, listing};
use wayfare::diag::{Code, Diagnostic, render};
use wayfare::syntax;

const MODULES: [&str; 3] = ["saas", "slack", "webhook"];

/// A text as a project of its own: what it means, and what is wrong with it.
fn checked(text: &str) -> (Checked, Vec<Diagnostic>, SourceMap) {
    project(&[("case", text)])
}

/// Files of a project by their names; `std…` is a module of the standard library.
fn project(files: &[(&str, &str)]) -> (Checked, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::new();
    let add = |(stem, text): &(&str, &str)| syntax::parse(sources.add(&format!("{stem}.wf"), text), text);
    let parsed: Vec<syntax::Parsed> = files.iter().map(add).collect();
    let mut trees = Vec::new();
    for ((at, parsed), (stem, _)) in parsed.iter().enumerate().zip(files) {
        let std = stem.starts_with("std");
        trees.push(SourceAst { id: FileId(at as u32), ast: &parsed.file, std, stem });
    }
    let settings = Settings::default();
    let (checked, found) = check(&Input { files: trees, settings, assets: &NoAssets, modules: &MODULES });
    let mut diagnostics: Vec<Diagnostic> =
        parsed.iter().flat_map(|parsed| parsed.diagnostics.clone()).collect();
    diagnostics.extend(found);
    (checked, diagnostics, sources)
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// The fenced blocks of that language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(found)) => open = Some((found == language, String::new())),
            (Some(_), Some(_)) => {
                blocks.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, text)| text));
            }
            (Some((_, text)), None) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    blocks
}

fn shown(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| render::human(diagnostic, sources, false))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Mistakes of the parser are shown on texts without the declarations that they would need: `parse_errors` holds their
/// pages.
fn is_of_parser(code: &str) -> bool {
    let parser = Code::ALL.iter().take_while(|code| **code != Code::Unreadable);
    let parser =
        parser.filter(|code| **code != Code::UnknownWord).chain(&[Code::MisleadingGuard, Code::BadAllow]);
    parser.into_iter().any(|known| known.as_str() == code)
}

#[test]
fn every_page_shows_its_diagnostic_and_how_to_mend_it() {
    let mut wrong = Vec::new();
    for path in files("docs/diagnostics", "md") {
        let page = fs::read_to_string(&path).unwrap();
        let code = stem(&path);
        if is_of_parser(&code) {
            continue;
        }
        let mut seen = String::new();
        for text in blocks(&page, "wf-error") {
            let (_, found, sources) = checked(&text);
            if found.first().is_none_or(|first| first.code.as_str() != code) {
                wrong.push(format!("{code}: the wrong text gives\n{}", shown(&found, &sources)));
            }
            seen += &shown(&found, &sources);
        }
        if !seen.is_empty() {
            snapshot(&format!("page__{code}"), &seen);
        }
        for text in blocks(&page, "wf") {
            let (_, found, sources) = checked(&text);
            if !found.is_empty() {
                wrong.push(format!("{code}: the mended text gives\n{}", shown(&found, &sources)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = files("docs/diagnostics", "md").iter().map(|path| stem(path)).collect();
    let codes: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    let without: Vec<_> = codes.difference(&pages).collect();
    let strange: Vec<_> = pages.difference(&codes).collect();
    assert!(
        without.is_empty() && strange.is_empty(),
        "codes without a page {without:?}, pages without a code {strange:?}"
    );
    for path in files("docs/diagnostics", "md") {
        let page = fs::read_to_string(&path).unwrap();
        assert!(page.starts_with(&format!("# {}\n", stem(&path))), "{}", path.display());
    }
}

#[test]
fn cases_are_named_by_what_they_show() {
    let names: Vec<String> = files("tests/cases/check", "wf").iter().map(|path| stem(path)).collect();
    let sound = |name: &String| name.starts_with("sound-");
    let known = |name: &String| Code::ALL.iter().any(|code| name.starts_with(&format!("{code}-")));
    let strange: Vec<_> = names.iter().filter(|name| !sound(name) && !known(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn failing_cases_read_as_people_see_them() {
    for path in files("tests/cases/check", "wf").iter().filter(|path| !stem(path).starts_with("sound-")) {
        let text = fs::read_to_string(path).unwrap();
        let (_, found, sources) = checked(&text);
        let name = stem(path);
        let of_its_code = |diagnostic: &Diagnostic| name.starts_with(&format!("{}-", diagnostic.code));
        assert!(found.iter().any(of_its_code), "{name} gives\n{}", shown(&found, &sources));
        snapshot(&name, &format!("{text}\n----\n{}", shown(&found, &sources)));
    }
}

#[test]
fn sound_cases_are_clean_and_mean_what_they_say() {
    for path in files("tests/cases/check", "wf").iter().filter(|path| stem(path).starts_with("sound-")) {
        let text = fs::read_to_string(path).unwrap();
        let (form, found, sources) = checked(&text);
        assert!(!found.iter().any(Diagnostic::is_error), "{}", shown(&found, &sources));
        snapshot(&stem(path), &format!("{text}\n----\n{}", listing(&form)));
    }
}

#[test]
fn what_the_project_declares_replaces_what_the_standard_library_does() {
    let std = r#"
        attributes of account { plan number  seats number }
        event "Login" { site number }
        segment "Large" of account where seats > 9
        stages of account { stage "Young"  stage "Old" when seats > 5 }
        health of account { good when seats > 1 }
        health of account in stage "Old" { bad when seats = 0 }
    "#;
    let own = r#"
        attributes of account { plan text  mrr number }
        event "Login" { site text  page text }
        segment "Large" of account where plan = "large"
        stages of account { stage "New" }
        health of account { bad when in segment "Large" and did "Login" where site = "x" }
    "#;
    let (form, found, sources) = project(&[("std_saas", std), ("own", own)]);
    assert!(found.is_empty(), "{}", shown(&found, &sources));
    let order = "order segment:\"Large\" stages:account health:account";
    let expected = [
        "attribute account.plan text",
        "attribute account.seats number",
        "attribute account.mrr number",
        "event \"Login\" site text, page text",
        "segment \"Large\" of account (= plan:text \"large\")",
        "stage \"New\" of account -",
        "health of account bad (and (in-segment \"Large\") (>= aggregate.0 1))",
        "aggregate 0 account count \"Login\" where (= event.site:text \"x\")",
        order,
    ];
    let listed = listing(&form);
    let lines: Vec<&str> = listed.lines().filter(|line| !line.is_empty()).take(expected.len()).collect();
    assert_eq!(lines, expected);
}

#[test]
fn names_meet_across_files_and_workflows_stand_by_name() {
    let flow = "when account is created do wait 1d exit when seats = 0";
    let attributes = format!("attributes of account {{ seats number }} {flow}");
    let files =
        [("zeta", attributes.as_str()), ("alpha", flow), ("beta", "attributes of account { seats text }")];
    let (form, found, _) = project(&files);
    let names: Vec<&str> = form.workflows.values().map(|workflow| &*workflow.name).collect();
    assert_eq!(names, ["alpha", "zeta"]);
    let codes: Vec<&str> = found.iter().filter(|it| it.is_error()).map(|it| it.code.as_str()).collect();
    assert_eq!(codes, ["duplicate-attribute"]);
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/check");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
