//! Checking: every diagnostic has a page whose wrong text gives it and whose mended text is clean; every failing case
//! under tests/cases/check is a snapshot of what people see, every sound one of the checked form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wayfare::base::SourceMap;
use wayfare::check::checked::Settings;
use wayfare::check::{Checked, Input, NoAssets, SourceAst, check, listing};
use wayfare::diag::{Code, Diagnostic, render};
use wayfare::syntax;

const MODULES: [&str; 7] = ["hubspot", "intercom", "saas", "salesforce", "slack", "teams", "webhook"];

/// A text as a project of its own: what it means, and what is wrong with it.
fn checked(text: &str) -> (Checked, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::new();
    let id = sources.add("case.wf", text);
    let parsed = syntax::parse(id, text);
    let input = Input {
        files: vec![SourceAst { id, ast: &parsed.file, std: false, stem: "case" }],
        settings: Settings::default(),
        assets: &NoAssets,
        modules: &MODULES,
    };
    let (checked, mut diagnostics) = check(&input);
    diagnostics.splice(0..0, parsed.diagnostics);
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
                blocks.extend(open.take().filter(|(wanted, _)| *wanted).map(|(_, text)| text))
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

#[test]
fn every_page_shows_its_diagnostic_and_how_to_mend_it() {
    let mut wrong = Vec::new();
    for path in files("docs/diagnostics", "md") {
        let page = fs::read_to_string(&path).unwrap();
        let code = stem(&path);
        for text in blocks(&page, "wf-error") {
            let (_, found, sources) = checked(&text);
            if found.first().is_none_or(|first| first.code.as_str() != code) {
                wrong.push(format!("{code}: the wrong text gives\n{}", shown(&found, &sources)));
            }
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

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/check");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
