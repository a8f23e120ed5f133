//! The trees of texts are snapshots: every parsing case, by what it is a piece of, every block of the page on the
//! language, every file of the examples. What is refused shows what is said of it.

use crate::parse::{CASES, LANGUAGE};
use crate::plan_listing::examples;
use crate::tree;
use std::collections::BTreeMap;
use std::path::Path;
use wayfare::base::SourceMap;
use wayfare::diag::Diagnostic;
use wayfare::diag::render::{Style, render_human};
use wayfare::syntax;

/// The tree of a text, printed, or what is said of it.
fn shown(kind: &str, text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("case.wf", text);
    let (tree, wrong) = match kind {
        "file" => {
            let parsed = syntax::parse(file, text);
            (tree::file(&parsed.file), parsed.diagnostics)
        }
        "cond" => printed(syntax::parse_condition(file, text), tree::expr),
        "trigger" => printed(syntax::parse_trigger(file, text), |it| {
            it.iter().map(tree::trigger).collect::<Vec<_>>().join("\n")
        }),
        "step" => printed(syntax::parse_steps(file, text), |it| tree::steps(it)),
        "test" => printed(syntax::parse_statements(file, text), |it| tree::statements(it)),
        _ => printed(syntax::parse_arg(file, text), tree::arg),
    };
    if wrong.is_empty() { tree } else { render_human(&wrong, &sources, Style::default()) }
}

fn printed<T>(
    (tree, wrong): (Option<T>, Vec<Diagnostic>),
    print: impl Fn(&T) -> String,
) -> (String, Vec<Diagnostic>) {
    (tree.as_ref().map_or(String::new(), print), wrong)
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/tree");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_case_of_the_grammar_is_its_tree_or_what_is_said_of_it() {
    let mut kinds: BTreeMap<&str, String> = BTreeMap::new();
    for case in CASES.split("\n====\n") {
        let (kind, text) = case.split_once('\n').unwrap();
        let plain = kind.trim_start_matches('!');
        let tree = shown(plain, text.trim_end());
        let out = kinds.entry(kind).or_default();
        *out += &format!("{}\n--\n{}\n====\n", text.trim_end(), tree.trim_end());
    }
    for (kind, text) in kinds {
        let name = kind.strip_prefix('!').map_or(format!("case__{kind}"), |kind| format!("refused__{kind}"));
        snapshot(&name, &text);
    }
}

#[test]
fn every_block_of_the_language_page_is_its_tree() {
    for (name, text, _) in LANGUAGE {
        snapshot(&format!("language__{name}"), &shown("file", text));
    }
}

#[test]
fn every_file_of_the_examples_is_its_tree() {
    for folder in examples() {
        let example = stem(&folder);
        let files = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().map(Result::unwrap);
        for file in files.filter(|file| file.path().extension().is_some_and(|ending| ending == "wf")) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            snapshot(&format!("example__{example}__{}", stem(file.path())), &shown("file", &text));
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn texts_print_alike_if_and_only_if_their_trees_are_equal() {
    let mut trees: BTreeMap<String, (Vec<wayfare::syntax::ast::Decl>, &str)> = BTreeMap::new();
    for case in CASES.split("\n====\n") {
        let (kind, text) = case.split_once('\n').unwrap();
        let whole = match kind {
            "file" => text.to_owned(),
            "cond" => format!("segment \"S\" of account where {text}"),
            "trigger" => format!("{text} do exit"),
            "step" => format!("when account is created do {text}"),
            _ => continue,
        };
        let decls = syntax::parse(wayfare::base::FileId(0), &whole).file.decls;
        let printed = shown("file", &whole);
        if let Some((before, other)) = trees.get(&printed) {
            assert!(*before == decls, "`{other}` and `{text}` print alike:\n{printed}");
        } else {
            let twin = trees.values().find(|(before, _)| *before == decls);
            assert!(twin.is_none(), "`{text}` and {twin:?} print differently:\n{printed}");
            trees.insert(printed, (decls, text));
        }
    }
}
