//! Edits of running workflows, one behaviour a file (S8): tests/cases/edits.
//!
//! A file holds several texts of a project. Lines that begin with `#-- ` part it: `#-- common` is a part of every text,
//! `#-- before` begins the first one, `#-- deploy` each later one. Behind `#-- deploy` may stand `backfill "W"`, or
//! `backfill "W" as of "id" 2026-01-05T09:00Z …`, and `resume "W"`; behind `#-- before` may stand `drafts`: drafts run in
//! the shadow, as they do outside of tests. A test goes on, by its name, in the next text. Lines `#| …` behind a deploy are
//! its table, as `wf` prints it, in the first test of the file.
//!
//! The checker wants each test to say whom it is about; so every test of every text is given statements that name all
//! entities of the file, which are not run.

use super::conformance::checked_errors;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use wayfare::base::{Instant, SourceMap};
use wayfare::check::checked::Settings;
use wayfare::check::{Checked, Input, NoAssets, SourceAst, check};
use wayfare::engine::migrate::{Backfill, Options, Table};
use wayfare::plan::{Plan, TestConditions, lower_tests};
use wayfare::simulate::{Edition, run_editions};
use wayfare::syntax;

/// A text with what stands behind its mark.
#[derive(Default)]
struct Part {
    mark: String,
    text: String,
    table: String,
}

/// The parts of a file, the common one first.
fn parts(file: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in file.lines() {
        if let Some(mark) = line.strip_prefix("#-- ") {
            parts.push(Part { mark: mark.to_owned(), ..Part::default() });
        } else if let (Some(row), Some(part)) = (line.strip_prefix("#|"), parts.last_mut()) {
            let _ = writeln!(part.table, "{}", row.strip_prefix(' ').unwrap_or(row));
        } else if let Some(part) = parts.last_mut() {
            let _ = writeln!(part.text, "{line}");
        }
    }
    parts
}

/// The words of a mark; what stands in quotes is one.
fn words(mark: &str) -> Vec<String> {
    let quoted = mark.split('"').enumerate();
    let words = quoted.flat_map(|(at, piece)| match at % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    words.collect()
}

fn options(mark: &str) -> Options {
    let mut options = Options::default();
    let words = words(mark);
    let mut rest = words.iter().map(String::as_str).skip(1).peekable();
    while let Some(word) = rest.next() {
        let name = rest.next().unwrap();
        match word {
            "resume" => _ = options.resume.insert(name.into()),
            "backfill" if rest.next_if_eq(&"as").is_some() => {
                assert_eq!(rest.next(), Some("of"));
                let mut instants = std::collections::BTreeMap::new();
                while let Some(id) = rest.next_if(|word| *word != "backfill" && *word != "resume") {
                    instants.insert(id.into(), Instant::parse(rest.next().unwrap()).unwrap());
                }
                options.backfill.insert(name.into(), Backfill::AsOf(instants));
            }
            "backfill" => _ = options.backfill.insert(name.into(), Backfill::Now),
            other => panic!("`{other}` is not understood behind `#-- deploy`"),
        }
    }
    options
}

/// A text, ready to run.
struct Text {
    sources: SourceMap,
    checked: Checked,
    plan: Plan,
    conditions: TestConditions,
    options: Options,
    skip: usize,
}

impl Text {
    fn edition(&self) -> Edition<'_> {
        let Self { checked, plan, conditions, options, skip, .. } = self;
        Edition { checked, plan, conditions, options: options.clone(), skip: *skip }
    }
}

fn read(name: &str, text: &str, mark: &str) -> Result<Text, String> {
    let mut sources = SourceMap::new();
    let id = sources.add(name, text);
    let parsed = syntax::parse(id, text);
    let files = vec![SourceAst { id, ast: &parsed.file, std: false, stem: name }];
    let (checked, found) =
        check(&Input { files, settings: Settings::default(), assets: &NoAssets, modules: &[] });
    if let Some(errors) = checked_errors(parsed.diagnostics.iter().chain(&found), &sources) {
        return Err(errors);
    }
    let (plan, conditions) = lower_tests(&checked, &sources);
    let options = if mark.starts_with("deploy") { options(mark) } else { Options::default() };
    Ok(Text { sources, checked, plan, conditions, options, skip: 0 })
}

/// Statements that name everybody whom a line of the file names, and how many they are.
fn everybody(file: &str) -> (String, usize) {
    let name = |line: &str| {
        let mut pieces = line.trim().splitn(3, '"');
        let kind = pieces.next()?.trim();
        (kind == "account" || kind == "contact")
            .then(|| Some(format!("{kind} \"{}\" {{ }}", pieces.next()?)))?
    };
    let all: std::collections::BTreeSet<String> = file.lines().filter_map(name).collect();
    let statements: String = all.iter().map(|one| format!(" {one}")).collect();
    (format!(" at 2000-01-01T00:00Z{statements}"), all.len() + 1)
}

/// The text with these statements at the beginning of each test.
fn with_everybody(text: &str, statements: &str) -> String {
    let line = |line: &str| match line.strip_suffix('{') {
        Some(head) if line.starts_with("test \"") => format!("{head}{{{statements}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// What is wrong with a file.
fn wrong(name: &str, file: &str) -> String {
    let parts = parts(file);
    let common: String = parts.iter().filter(|part| part.mark == "common").map(|part| &*part.text).collect();
    let parts: Vec<&Part> = parts.iter().filter(|part| part.mark != "common").collect();
    let (statements, skip) = everybody(file);
    let texts = parts.iter().map(|part| {
        let text = format!("{common}{}", with_everybody(&part.text, &statements));
        Ok(Text { skip, ..read(name, &text, &part.mark)? })
    });
    let texts: Vec<Text> = match texts.collect::<Result<_, String>>() {
        Ok(texts) => texts,
        Err(errors) => return errors,
    };
    let editions: Vec<Edition<'_>> = texts.iter().map(Text::edition).collect();
    let results = run_editions(&editions, parts.first().is_some_and(|part| part.mark.ends_with("drafts")));
    let mut out = String::new();
    if results.is_empty() {
        let _ = writeln!(out, "{name}: no test");
    }
    for (part, table) in parts.iter().skip(1).zip(results.first().into_iter().flat_map(|(_, tables)| tables))
    {
        out += &other_table(name, &part.table, table);
    }
    for (result, _) in results {
        if let Some(failure) = result.failure {
            let timeline = failure.timeline.join("\n  ");
            let place =
                texts.iter().map(|text| text.sources.slice(failure.span)).find(|text| !text.is_empty());
            let _ = writeln!(
                out,
                "{name}: {}: {}: {}\n  {timeline}",
                result.name,
                place.unwrap_or(""),
                failure.message
            );
        }
    }
    out
}

/// A table that was written down is the one that comes out.
fn other_table(name: &str, expected: &str, table: &Table) -> String {
    let found = table.to_string();
    if expected.is_empty() || expected == found {
        return String::new();
    }
    format!("{name}: the table is\n{}", found.lines().map(|line| format!("#| {line}\n")).collect::<String>())
}

#[test]
fn every_edit_does_what_its_case_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/edits");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "wf"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        wrong(&name, &fs::read_to_string(path).unwrap())
    };
    let all: String = paths.iter().map(read).collect();
    assert!(!paths.is_empty() && all.is_empty(), "{all}");
}
