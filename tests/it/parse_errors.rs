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

#[test]
fn every_mistake_is_said_once_and_as_people_see_it() {
    let mut wrong = String::new();
    for (name, text) in cases() {
        let (count, shown) = rendered(&name, &text);
        if count != 1 {
            writeln!(wrong, "{name}: {count} diagnostics\n{shown}").unwrap();
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("parse_error__{name}"), format!("{text}----\n{shown}"));
        });
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
        for (kind, text) in blocks {
            let found: Vec<Code> =
                syntax::parse(FileId(0), &text).diagnostics.iter().map(|found| found.code).collect();
            match kind.as_str() {
                "wf-error" => assert_eq!(found, [code], "{text}"),
                _ => assert_eq!(found, [], "{text}"),
            }
        }
    }
}
