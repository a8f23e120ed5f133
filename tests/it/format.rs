//! `wf fmt`: cases as files, and what must hold for every `.wf` file of the repository however its white space and
//! comments are shaken.

use std::path::{Path, PathBuf};
use wayfare::base::FileId;
use wayfare::format::{FormatError, diff, format};
use wayfare::syntax::{Parsed, parse};

/// How often each text is shaken.
const SEEDS: u64 = 10;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn parsed(text: &str) -> Parsed {
    parse(FileId::default(), text)
}

fn formatted(text: &str) -> Result<String, FormatError> {
    format(text, &parsed(text))
}

fn comments(parsed: &Parsed) -> Vec<&str> {
    parsed.comments.iter().map(|comment| comment.text.as_str()).collect()
}

/// All files below `folder` whose names end so, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let paths = entries.map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// Every text of the repository that parses, by name.
fn corpus() -> Vec<(String, String)> {
    let folders = ["stdlib", "examples", "tests/cases"].map(|folder| root().join(folder));
    let mut texts = Vec::new();
    for path in folders.iter().flat_map(|folder| files(folder, "wf")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (at, part) in text.split("\n----\n").enumerate() {
            if !parsed(part).diagnostics.iter().any(wayfare::diag::Diagnostic::is_error) {
                texts.push((format!("{} part {at}", path.display()), part.to_owned()));
            }
        }
    }
    texts
}

#[test]
fn every_case_is_laid_out_as_its_file_says() {
    let paths = files(&root().join("tests/cases/format"), "wf");
    assert!(paths.len() > 10, "where are the cases?");
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let (input, expected) = text.split_once("\n----\n").expect("a case has a line `----`");
        for from in [input, expected] {
            let got = formatted(from).map_err(|error| format!("{error:?} {:?}", parsed(from).diagnostics));
            if got.as_deref() != Ok(expected) {
                let got = got.unwrap_or_else(|error| error);
                wrong.push(diff(expected, &got, &path.display().to_string()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_examples_of_the_page_are_true() {
    let page = std::fs::read_to_string(root().join("docs/formatting.md")).unwrap();
    let blocks: Vec<(&str, &str)> =
        page.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect();
    let mut pairs = 0;
    let mut before = None;
    for (kind, text) in blocks {
        if kind == "text" {
            before = Some(text);
            continue;
        }
        let after = format!("{text}\n");
        assert_eq!(formatted(&after).as_deref(), Ok(after.as_str()), "not laid out: {text}");
        if let Some(before) = before.take() {
            pairs += 1;
            assert_eq!(formatted(before).as_deref(), Ok(after.as_str()), "from: {before}");
        }
    }
    assert!(pairs > 5, "where are the examples?");
}

#[test]
fn a_file_with_errors_is_not_formatted() {
    assert_eq!(formatted("segment \"X\" of account where\n"), Err(FormatError::Errors));
}

#[test]
fn deep_nesting_is_laid_out() {
    let (open, close) = ("(not ".repeat(150), ")".repeat(150));
    let steps = format!("{}exit{}", "if a { ".repeat(150), " }".repeat(150));
    let value = format!("{}1{}", "{ a: [".repeat(75), "] }".repeat(75));
    let texts = [
        format!("segment \"X\" of account where {open}a{close}"),
        format!("when account is created do {steps}"),
        format!("when account is created do call it: {value}"),
        format!("segment \"X\" of account where 0 < {}1", "1 + ".repeat(500)),
    ];
    // As much stack as a program's main thread has; a test's has a quarter.
    let deep = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        for text in texts {
            let once = formatted(&text).unwrap();
            assert_eq!(formatted(&once).as_deref(), Ok(once.as_str()));
        }
    });
    deep.unwrap().join().unwrap();
}

#[test]
fn what_ships_is_laid_out() {
    let folders = ["stdlib", "examples"].map(|folder| root().join(folder));
    for path in folders.iter().flat_map(|folder| files(folder, "wf")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let got = formatted(&text)
            .unwrap_or_else(|error| panic!("{name}: {error} {:?}", parsed(&text).diagnostics));
        assert!(got == text, "run `wf fmt`:\n{}", diff(&text, &got, &name));
    }
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    for (name, text) in corpus() {
        let plain = formatted(&text).unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
        let crlf = formatted(&text.replace('\n', "\r\n")).unwrap();
        assert_eq!(plain, crlf, "{name}");
        assert_eq!(plain, formatted(&format!("\u{feff}{text}")).unwrap(), "{name}");
        assert!(!plain.contains('\r') && !plain.contains('\u{feff}'), "{name}");
        assert!(plain.is_empty() || (plain.ends_with('\n') && !plain.ends_with("\n\n")), "{name}");
    }
}

#[test]
fn whatever_its_white_space_a_text_keeps_its_tree_and_comments_and_is_done_after_one_pass() {
    let corpus = corpus();
    assert!(corpus.len() > 10, "where are the texts?");
    for (name, text) in &corpus {
        for seed in 0..SEEDS {
            let shaken = shake(text, seed);
            let (tree, want) = (parsed(text).file, parsed(&shaken));
            assert!(
                tree == want.file,
                "shaken wrongly: {name}, seed {seed}\n{shaken}\n{:?}",
                want.diagnostics
            );
            let once = format(&shaken, &want)
                .unwrap_or_else(|error| panic!("{error:?}: {name}, seed {seed}\n{shaken}\n----\n"));
            let got = parsed(&once);
            assert!(got.file == want.file, "another tree: {name}, seed {seed}\n{shaken}\n----\n{once}");
            assert_eq!(comments(&got), comments(&want), "{name}, seed {seed}\n{shaken}\n----\n{once}");
            let twice = format(&once, &got).unwrap();
            assert!(once == twice, "{name}, seed {seed}\n{shaken}\n{}", diff(&once, &twice, "twice"));
        }
    }
}

#[test]
fn a_diff_names_the_file_and_shows_both_lines() {
    let shown = diff("a\nb\n", "a\nc\n", "x.wf");
    assert_eq!(shown, "--- x.wf\n+++ x.wf\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
    assert_eq!(diff("a\n", "a\n", "x.wf"), "");
}

/// The same tokens with other white space; `seed` says how: on one line, with few or many line breaks, with comments.
fn shake(text: &str, seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (breaks, comments) = match seed % 5 {
        0 => (0, 0),
        1 => (8, 0),
        2 => (3, 10),
        3 => (20, 4),
        _ => (4, 1),
    };
    let mut out = String::new();
    for (at, token) in tokens(text).into_iter().enumerate() {
        out.push_str(token);
        if token.starts_with('#') {
            out.push('\n');
        }
        let comment = comments > 0 && random.below(comments) == 0;
        if breaks > 0 && random.below(breaks) == 0 {
            out.push_str(random.one_of(&["\n", "\n\n", "\n\n\n  \n", "  \n\t"]));
        } else {
            out.push_str(random.one_of(&[" ", "   ", "\t"]));
        }
        if comment {
            let mark = random.one_of(&["# ", "#", "##"]);
            out.push_str(mark);
            out.extend(["note ", &at.to_string(), "\n"]);
        }
    }
    out
}

/// The pieces of a text between which white space may stand: as the author wrote them, split at brackets and commas.
fn tokens(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' if rest.starts_with("\"\"\"") => {
                rest.match_indices("\"\"\"").nth(1).map_or(rest.len(), |(at, _)| at + 3)
            }
            '"' => quoted(rest, '"'),
            '/' if found.last() == Some(&"matches") && !rest.starts_with("/ ") => quoted(rest, '/'),
            '{' | '}' | '(' | ')' | '[' | ']' | ',' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || "{}()[],\"#".contains(c)).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        found.push(token.trim_end());
        rest = behind.trim_start();
    }
    found
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// A small generator (xorshift): the same seed, the same text.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_of(&mut self, choices: &[&'static str]) -> &'static str {
        let at = self.below(choices.len() as u64);
        choices.get(at as usize).copied().unwrap_or_default()
    }
}
