//! The parser: what parses, what is refused, and that lines do not matter.

use wayfare::base::FileId;
use wayfare::syntax;

const CASES: &str = include_str!("../cases/parse/cases.txt");

/// The tree of a text as a text, or what is wrong with it.
fn read(kind: &str, text: &str) -> Result<String, String> {
    let file = FileId(0);
    fn made<T: std::fmt::Debug>(
        made: (Option<T>, Vec<wayfare::diag::Diagnostic>),
    ) -> (String, Vec<wayfare::diag::Diagnostic>) {
        (format!("{:?}", made.0), made.1)
    }
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
