//! The manual, and the files that are made from the program: each is written anew and the test fails when it was stale.

use super::Folder;
use std::fmt::Write;
use std::path::Path;
use wayfare::diag::Code;

/// Puts `wanted` into the file of the repository; fails if it held anything else.
fn keep(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::fs::read_to_string(&path).unwrap_or_default() != wanted {
        std::fs::write(&path, wanted).unwrap();
        panic!("{file} was stale and is written anew: look at it, and run the test again");
    }
}

#[test]
fn the_manual_is_made_from_the_help_texts() {
    let mut text = String::from(
        "# The command line\n\nMade from the help texts; `wf COMMAND --help` prints the same.\n",
    );
    for (name, help) in wayfare::cli::manual() {
        let lines: Vec<_> = help.trim_end().lines().map(str::trim_end).collect();
        let _ = write!(text, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n"));
    }
    keep("docs/cli.md", &text);
}

#[test]
fn the_binary_prints_the_manual_and_every_command_has_an_example() {
    let folder = Folder::new();
    for (name, help) in wayfare::cli::manual() {
        let mut args: Vec<_> = name.split(' ').skip(1).collect();
        args.push("--help");
        let printed = folder.wf(&args).exits(0).stdout;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&printed), words(&help), "{name}");
        assert!(help.contains("Example"), "{name}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{name}: {help}");
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    names.sort();
    let mut list = String::from(
        "//! The list of pages.\n\n/// Every page by its code, sorted. Written by a test (tests/it/cli/help.rs) from the files in \
         docs/diagnostics.\n#[rustfmt::skip]\npub(super) const PAGES: &[(&str, &str)] = &[\n",
    );
    for name in &names {
        let _ = writeln!(list, "    (\"{name}\", include_str!(\"../../docs/diagnostics/{name}.md\")),");
    }
    list.push_str("];\n");
    keep("src/diag/pages_list.rs", &list);
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let without_page: Vec<_> = codes.iter().filter(|code| !names.iter().any(|name| name == *code)).collect();
    let without_code: Vec<_> = names.iter().filter(|name| !codes.contains(&name.as_str())).collect();
    assert!(without_page.is_empty(), "codes without a page in docs/diagnostics: {without_page:?}");
    assert!(without_code.is_empty(), "pages without a code: {without_code:?}");
}

#[test]
fn a_code_is_explained_by_its_page() {
    let folder = Folder::new();
    let list = folder.wf(&["explain-code", "--list"]).exits(0).stdout;
    assert_eq!(list.lines().count(), Code::ALL.len());
    let page = folder.wf(&["explain-code", "Unknown-Setting"]).exits(0).stdout;
    assert!(page.starts_with("# unknown-setting\n"), "{page}");
}
