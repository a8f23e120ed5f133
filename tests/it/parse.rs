//! The parser: what parses, what is refused, and that lines do not matter.

use wayfare::base::FileId;
use wayfare::diag::Diagnostic;
use wayfare::syntax;

pub(crate) const CASES: &str = include_str!("../cases/parse/cases.txt");

/// The tree of a fragment as a text, and what is wrong with it.
fn made<T: std::fmt::Debug>((tree, diagnostics): (Option<T>, Vec<Diagnostic>)) -> (String, Vec<Diagnostic>) {
    (format!("{tree:?}"), diagnostics)
}

/// The tree of a text as a text, or what is wrong with it.
fn read(kind: &str, text: &str) -> Result<String, String> {
    let file = FileId(0);
    let (tree, diagnostics) = match kind {
        "file" => {
            let parsed = syntax::parse(file, text);
            (format!("{:?}", parsed.file), parsed.diagnostics)
        }
        "cond" => made(syntax::parse_condition(file, text)),
        "trigger" => made(syntax::parse_trigger(file, text)),
        "step" => made(syntax::parse_steps(file, text)),
        "test" => made(syntax::parse_statements(file, text)),
        "arg" => made(syntax::parse_arg(file, text)),
        other => panic!("unknown kind {other}"),
    };
    if diagnostics.is_empty() && tree != "None" { Ok(tree) } else { Err(format!("{diagnostics:?}")) }
}

/// Folds a text onto one line; texts between `"""` and comments keep to their meaning.
fn fold(text: &str) -> String {
    let mut folded = String::new();
    for (at, piece) in text.split("\"\"\"").enumerate() {
        if at > 0 {
            folded.push_str("\"\"\"");
        }
        if at % 2 == 1 {
            folded.push_str(piece);
            continue;
        }
        let lines = piece.lines().map(|line| line.split(" #").next().unwrap().trim());
        folded.push_str(&lines.collect::<Vec<_>>().join(" "));
    }
    folded
}

/// A tree without its places.
fn placeless(tree: &str) -> String {
    let mut out = String::new();
    let mut rest = tree;
    while let Some(at) = rest.find("..") {
        let (before, after) = rest.split_at(at);
        out.push_str(before.trim_end_matches(|c: char| c.is_ascii_digit()));
        rest = after[2..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}

#[test]
fn every_case_parses_or_is_refused_as_written_and_on_one_line() {
    let mut wrong = Vec::new();
    for case in CASES.split("\n====\n") {
        let (kind, text) = case.split_once('\n').unwrap();
        let (refused, kind) = match kind.strip_prefix('!') {
            Some(kind) => (true, kind),
            None => (false, kind),
        };
        let written = read(kind, text);
        let folded = read(kind, &fold(text));
        let same = match (&written, &folded) {
            (Ok(a), Ok(b)) => placeless(a) == placeless(b),
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if written.is_err() != refused || !same {
            wrong.push(format!("{kind}: {text}\n -> {written:?}\n -> {folded:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

pub(crate) const LANGUAGE: [(&str, &str, usize); 5] = [
    ("one-line", include_str!("../cases/parse/language/one-line.wf"), 1),
    ("project", include_str!("../cases/parse/language/project.wf"), 14),
    ("workflow", include_str!("../cases/parse/language/workflow.wf"), 1),
    ("action", include_str!("../cases/parse/language/action.wf"), 2),
    ("test", include_str!("../cases/parse/language/test.wf"), 1),
];

#[test]
fn every_block_of_the_language_page_parses_whole() {
    for (name, text, decls) in LANGUAGE {
        let parsed = syntax::parse(FileId(0), text);
        assert_eq!(parsed.diagnostics, [], "{name}");
        assert_eq!(parsed.file.decls.len(), decls, "{name}");
        assert_eq!(parsed.comments.len(), text.matches(" # ").count(), "{name}");
    }
}

#[test]
fn a_broken_declaration_hides_neither_the_others_nor_its_own_other_mistakes() {
    let text = include_str!("../cases/parse/several.wf");
    let parsed = syntax::parse(FileId(0), text);
    let marked: Vec<usize> =
        text.lines().enumerate().filter(|(_, line)| line.contains("# wrong")).map(|(at, _)| at + 1).collect();
    let line = |offset: u32| text[..offset as usize].matches('\n').count() + 1;
    let found: Vec<usize> = parsed.diagnostics.iter().map(|found| line(found.primary.span.start)).collect();
    let said: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|found| format!("{}: {}", line(found.primary.span.start), found.message))
        .collect();
    assert_eq!(found, marked, "{said:#?}");
    let whole = text.lines().filter(|line| line.contains("# whole")).count();
    assert_eq!(parsed.file.decls.len(), whole);
}

/// Rules that hold themselves: what opens a level, what stands inside, what closes it.
const NESTED: [(&str, &str, &str, &str, &str, usize); 18] = [
    ("parentheses", "cond", "(", "a", ")", 1),
    ("not", "cond", "not (", "a", ")", 1),
    ("bare not", "cond", "not ", "a", "", 1),
    ("minus", "cond", "-", "a", "", 1),
    ("and", "cond", "(a and ", "a", ")", 1),
    ("or and not", "cond", "(b or c and not ", "a", ")", 1),
    ("sums", "cond", "(1 + ", "a", ") * 2", 1),
    ("comparisons", "cond", "(1 < b and ", "a", ") and c", 1),
    ("lists", "cond", "a in (1, (", "a", "))", 2),
    ("any", "cond", "any contact where (", "a", ")", 1),
    ("bare where", "cond", "any contact where ", "a", "", 1),
    ("did", "cond", "did \"E\" where (", "a", ") at least 2 times in last 3d", 1),
    ("count", "cond", "count of contacts where (", "a", ") > 2", 1),
    ("blocks", "step", "if a { email \"x\" if b ", "exit", " } else if c { } else { }", 1),
    ("splits", "step", "split { 50% \"a\" { ", "exit", " } 50% \"b\" { } }", 2),
    ("objects", "arg", "{ a: ", "1", " }", 1),
    ("arrays", "arg", "[1, ", "1", "]", 1),
    ("objects in arrays", "arg", "{ to: [", "1", "] }", 2),
];

#[test]
fn nesting_150_deep_parses_in_linear_time() {
    let time = |kind: &str, text: &str| {
        let run = || {
            let begin = std::time::Instant::now();
            let read = read_quietly(kind, text);
            (begin.elapsed(), read)
        };
        let runs = [run(), run(), run()];
        (runs.iter().map(|(time, _)| *time).min().unwrap(), runs[0].1)
    };
    for (name, kind, open, inside, close, brackets) in NESTED {
        let nested = |deep: usize| format!("{}{inside}{}", open.repeat(deep), close.repeat(deep));
        let deep = 150 / brackets;
        let (half, _) = time(kind, &nested(deep / 2));
        let (whole, good) = time(kind, &nested(deep));
        assert!(good, "{name}: {:?}", read(kind, &nested(deep)));
        // However busy the machine is; k^depth would take 2^75 times as long.
        assert!(whole < half * 1_000 + std::time::Duration::from_secs(5), "{name}: {half:?} -> {whole:?}");
    }
}

/// Whether a text parses, without printing its tree.
fn read_quietly(kind: &str, text: &str) -> bool {
    let file = FileId(0);
    let diagnostics = match kind {
        "cond" => syntax::parse_condition(file, text).1,
        "step" => syntax::parse_steps(file, text).1,
        _ => syntax::parse_arg(file, text).1,
    };
    diagnostics.is_empty()
}

#[test]
fn what_nests_too_deep_is_an_error_with_its_place() {
    for (name, kind, open, inside, close, _) in NESTED {
        for deep in [1_000, 100_000] {
            let text = format!("{}{inside}{}", open.repeat(deep), close.repeat(deep));
            let diagnostics = match kind {
                "cond" => syntax::parse_condition(FileId(0), &text).1,
                "step" => syntax::parse_steps(FileId(0), &text).1,
                _ => syntax::parse_arg(FileId(0), &text).1,
            };
            let codes: Vec<&str> = diagnostics.iter().map(|found| found.code.as_str()).collect();
            assert_eq!(codes, ["too-deep"], "{name} {deep}");
        }
    }
}

#[test]
fn texts_say_where_each_of_their_bytes_stands() {
    let source = "template \"a\" { text \"\"\"\n    Hello\n      you\n  \"\"\" subject \"a\\u{e9}b\\nc\" }";
    let parsed = syntax::parse(FileId(0), source);
    assert_eq!(parsed.diagnostics, []);
    let syntax::ast::DeclKind::Template(template) = &parsed.file.decls[0].kind else { panic!("no template") };
    let (text, subject) = (&template.parts[0].text, &template.parts[1].text);
    assert_eq!((text.value.as_str(), subject.value.as_str()), ("Hello\n  you", "aéb\nc"));
    for (text, piece) in [(text, "Hello"), (text, "you"), (subject, "b"), (subject, "c")] {
        let at = text.map.source(text.value.find(piece).unwrap()) as usize;
        assert_eq!(&source[at..at + piece.len()], piece);
    }
}
