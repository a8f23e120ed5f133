//! What is said of mistakes: one file a mistake, each said once, as people see it.

use std::fmt::Write as _;
use std::path::PathBuf;
use wayfare::base::SourceMap;
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
