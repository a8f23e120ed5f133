//! What is said of mistakes: one file a mistake, each said once, as people see it.

use std::fmt::Write as _;
use std::path::PathBuf;
use wayfare::base::{FileId, SourceMap};
use wayfare::diag::Code;
use wayfare::diag::render::{Style, render_human};
use wayfare::syntax;

fn cases() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/parse/errors");
    let mut cases: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    cases.sort();
    cases
}

fn rendered(name: &str, text: &str) -> (usize, String) {
    let mut sources = SourceMap::new();
    let file = sources.add(&format!("{name}.wf"), text);
    let parsed = syntax::parse(file, text);
    (parsed.diagnostics.len(), render_human(&parsed.diagnostics, &sources, Style::default()))
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/parse");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_mistake_is_said_once_and_as_people_see_it() {
    let mut wrong = String::new();
    for (name, text) in cases() {
        let (count, shown) = rendered(&name, &text);
        if count != 1 {
            writeln!(wrong, "{name}: {count} diagnostics\n{shown}").unwrap();
        }
        snapshot(&format!("parse_error__{name}"), &format!("{text}----\n{shown}"));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The blocks of a page, each with the language that it is fenced as.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut pieces = page.split("```").skip(1).step_by(2);
    pieces
        .by_ref()
        .filter_map(|piece| piece.split_once('\n'))
        .map(|(kind, text)| (kind.to_owned(), text.to_owned()))
        .collect()
}

#[test]
fn every_page_on_the_parser_shows_its_own_mistake_and_its_mending() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics");
    let syntax_codes = Code::ALL.iter().take_while(|code| **code != Code::Unreadable).copied();
    for code in syntax_codes.chain([Code::MisleadingGuard, Code::BadAllow]) {
        let page = std::fs::read_to_string(folder.join(format!("{code}.md")))
            .unwrap_or_else(|_| panic!("{}", code.as_str()));
        let blocks = blocks(&page);
        // 200 brackets make no readable page.
        let shown = code == Code::TooDeep || blocks.iter().any(|(kind, _)| kind == "wf-error");
        assert!(shown, "{code} shows no mistake");
        let mut seen = String::new();
        for (kind, text) in blocks {
            let found: Vec<Code> =
                syntax::parse(FileId(0), &text).diagnostics.iter().map(|found| found.code).collect();
            if kind == "wf-error" {
                assert_eq!(found, [code], "{text}");
                seen += &rendered(code.as_str(), &text).1;
            } else {
                assert_eq!(found, [], "{text}");
            }
        }
        if !seen.is_empty() {
            snapshot(&format!("page__{code}"), &seen);
        }
    }
}

/// Every snapshot of what people see names the code in its last line.
#[test]
fn every_code_is_seen_in_a_snapshot() {
    let snapshots = walkdir::WalkDir::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let snapshots = snapshots.into_iter().map(Result::unwrap).map(walkdir::DirEntry::into_path);
    let snapshots = snapshots.filter(|path| path.extension().is_some_and(|ending| ending == "snap"));
    let seen: String = snapshots.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let lines: std::collections::BTreeSet<&str> =
        seen.lines().filter_map(|line| line.trim().strip_prefix("more: wf explain-code ")).collect();
    let unseen: Vec<&str> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !lines.contains(code)).collect();
    assert!(unseen.is_empty(), "no snapshot shows {unseen:?}");
}
