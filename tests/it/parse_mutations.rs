//! Broken input: mutated files give diagnostics with places inside the file, and never a panic or a hang.

use proptest::prelude::*;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use wayfare::base::{FileId, SourceMap};
use wayfare::diag::render::{Style, render_human, render_json};
use wayfare::syntax::{self, Parsed};

const FILES: [&str; 5] = [
    include_str!("../cases/parse/language/project.wf"),
    include_str!("../cases/parse/language/workflow.wf"),
    include_str!("../cases/parse/language/action.wf"),
    include_str!("../cases/parse/language/test.wf"),
    include_str!("../cases/parse/several.wf"),
];

/// What is put in where a mutation puts something in.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "#",
    "/",
    "\\",
    "\n",
    ":",
    ",",
    " and ",
    " where ",
    " if ",
    " else ",
    " when ",
    " not ",
    " in ",
    "'",
    "“",
    "\u{0}",
    "é",
    "\u{FEFF}",
    " 3d ",
    "==",
    " segment \"X\" of account where ",
    "\r",
];

#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Drop(usize, usize),
    Put(usize, usize),
    Repeat(usize, usize, usize),
    Cut(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..4_000_usize;
    prop_oneof![
        (at.clone(), 0..128_u8).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (at.clone(), 1..60_usize).prop_map(|(at, length)| Mutation::Drop(at, length)),
        (at.clone(), 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Put(at, piece)),
        (at.clone(), 0..PIECES.len(), 2..220_usize)
            .prop_map(|(at, piece, times)| Mutation::Repeat(at, piece, times)),
        at.prop_map(Mutation::Cut),
    ]
}

fn place(text: &str, at: usize) -> usize {
    let at = at % (text.len() + 1);
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap()
}

fn mutated(text: &str, mutation: &Mutation) -> String {
    let mut text = text.to_owned();
    match mutation {
        Mutation::Flip(at, byte) => {
            let at = place(&text, *at);
            if let Some(c) = text[at..].chars().next() {
                text.replace_range(at..at + c.len_utf8(), &char::from(*byte).to_string());
            }
        }
        Mutation::Drop(at, length) => {
            let (start, end) = (place(&text, *at), place(&text, at % (text.len() + 1) + length));
            if start < end {
                text.replace_range(start..end, "");
            }
        }
        Mutation::Put(at, piece) => text.insert_str(place(&text, *at), PIECES[*piece]),
        Mutation::Repeat(at, piece, times) => {
            text.insert_str(place(&text, *at), &PIECES[*piece].repeat(*times));
        }
        Mutation::Cut(at) => text.truncate(place(&text, *at)),
    }
    text
}

fn assert_in_bounds(text: &str, parsed: &Parsed) {
    for found in &parsed.diagnostics {
        for label in std::iter::once(&found.primary).chain(&found.others) {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            assert!(start <= end && text.get(start..end).is_some(), "{found:?} is not inside the text");
        }
        if let Some(fix) = &found.fix {
            assert!(
                text.get(fix.span.start as usize..fix.span.end as usize).is_some(),
                "{fix:?} is not inside the text"
            );
        }
    }
    for comment in &parsed.comments {
        assert_eq!(&text[comment.span.start as usize..comment.span.end as usize], comment.text);
    }
}

/// How many cases are tried; `WAYFARE_MUTATIONS` asks for more.
fn cases() -> u32 {
    std::env::var("WAYFARE_MUTATIONS").map_or(1_500, |count| count.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_mutated_file_never_panics_and_its_diagnostics_lie_inside_it(
        file in 0..FILES.len(),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        let text = mutations.iter().fold(FILES[file].to_owned(), |text, mutation| mutated(&text, mutation));
        let begin = Instant::now();
        let parsed = syntax::parse(FileId(0), &text);
        prop_assert!(begin.elapsed() < Duration::from_secs(5), "slow");
        assert_in_bounds(&text, &parsed);
    }
}

#[test]
fn huge_and_hostile_texts_are_read_in_time_and_shown_short() {
    let mut slow = String::new();
    // A debug build reads a fifth of the longest file in the time in which a release build reads all of it.
    let long = |piece: &str| piece.repeat(syntax::MAX_FILE / 5 / piece.len());
    let texts = [
        ("10 MB", "if a ".repeat(2_000_000)),
        ("a name", "a".repeat(1_000_000)),
        ("spaces", long(" ") + "x"),
        ("open quotes", long("\" ")),
        ("single quotes", long("' ")),
        ("typographic quotes", long("’“")),
        ("slashes", long("a matches / ")),
        ("commas", long(",")),
        ("closers", long("}")),
        ("openers", long("{ ")),
        ("a long condition", format!("segment \"X\" of account where {}b", long("a and "))),
        ("a long line of steps", format!("when account is created do {}", long("email \"x\" if a "))),
        ("a long broken line", format!("when account is created do {}", long("if a { email \"x\" } else "))),
        ("a long text", format!("template \"a\" {{ text \"{}\" }}", long("a"))),
        ("heads", long("segment \"x\" of\n")),
        ("comments", long("# x\n")),
    ];
    for (name, text) in texts {
        let mut sources = SourceMap::new();
        let file = sources.add("long.wf", &text);
        let begin = Instant::now();
        let parsed = syntax::parse(file, &text);
        let taken = begin.elapsed();
        assert_in_bounds(&text, &parsed);
        let few = &parsed.diagnostics[..parsed.diagnostics.len().min(5)];
        let shown = render_human(few, &sources, Style::default());
        assert!(shown.len() < 20_000, "{name}: {} bytes shown", shown.len());
        assert!(!shown.contains('\u{0}') && !shown.contains('\u{1b}'));
        render_json(few, &sources);
        // A debug build on a busy machine; what is quadratic would take many minutes.
        if taken > Duration::from_secs(30) {
            writeln!(slow, "{name}: {taken:?}").unwrap();
        }
    }
    assert!(slow.is_empty(), "{slow}");
}
