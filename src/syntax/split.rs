//! Cuts a file into its declarations, so that a broken one hides nothing in the others.
//!
//! In: a scanned file. Out: [`Piece`]s in order, that together hold every token. A declaration begins where its first
//! words stand outside all brackets and no value is due there (`… where segment = 3` begins nothing). Where brackets do
//! not balance, the words of a declaration in the first column begin one inside brackets too, for there a bracket is
//! missing. Not here: whether the pieces are right.

use super::scan::{EXPECTS_OPERAND, Kind, Scan, Token};

/// Words that begin a declaration and how it goes on.
pub(super) const DECLARATIONS: [&str; 14] = [
    "use",
    "attributes",
    "event",
    "segment",
    "stages",
    "health",
    "team",
    "calendar",
    "limit",
    "template",
    "workflow",
    "connector",
    "action",
    "test",
];

/// Words that begin a step or a clause, which may look like the head of a declaration.
const NO_DECLARATION: [&str; 22] = [
    "record", "start", "stop", "label", "stage", "if", "else", "when", "do", "exit", "goal", "on", "wait",
    "split", "set", "add", "remove", "assign", "or", "and", "not", "once",
];

/// One declaration, or what stands where one should.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    /// Its first token.
    pub(super) first: usize,
    /// The token behind its last.
    pub(super) end: usize,
}

/// The pieces of a file.
pub(super) fn split(scan: &Scan<'_>) -> Vec<Piece> {
    let (pieces, balanced) = cut(scan, false);
    if balanced { pieces } else { cut(scan, true).0 }
}

fn cut(scan: &Scan<'_>, first_column_begins: bool) -> (Vec<Piece>, bool) {
    let mut starts = vec![0];
    let mut depth = 0_usize;
    for (at, token) in scan.tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word => {
                let outside = depth == 0 && may_begin(scan, at, *token);
                let forced = depth > 0 && first_column_begins && begins_in_first_column(scan, at, *token);
                if outside || forced {
                    depth = 0;
                    starts.push(at);
                }
            }
            _ => {}
        }
    }
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([scan.tokens.len()]);
    let pieces = starts.iter().zip(ends).map(|(first, end)| Piece { first: *first, end });
    (pieces.filter(|piece| piece.first < piece.end).collect(), depth == 0)
}

fn may_begin(scan: &Scan<'_>, at: usize, token: Token) -> bool {
    is_head(scan, at, scan.str(token)) && !value_is_due(scan, at)
}

/// A declaration behind one that stops in the middle of a condition: its head stands in the first column.
fn begins_behind_a_stump(scan: &Scan<'_>, at: usize, token: Token) -> bool {
    let word = scan.str(token);
    word != "when" && scan.indent(token) == Some(0) && is_head(scan, at, word)
}

fn begins_in_first_column(scan: &Scan<'_>, at: usize, token: Token) -> bool {
    let word = scan.str(token);
    scan.indent(token) == Some(0) && DECLARATIONS.contains(&word) && is_head(scan, at, word)
}

/// Whether the words at `at` are the beginning of a declaration.
fn is_head(scan: &Scan<'_>, at: usize, word: &str) -> bool {
    let (next, kind) = (scan.word(at + 1), scan.kind(at + 1));
    let text = matches!(kind, Some(Kind::Text | Kind::OpenText | Kind::OtherQuotes));
    let name = kind == Some(Kind::Word);
    match word {
        "use" => name && !EXPECTS_OPERAND.contains(&next) && next != "is",
        "attributes" | "stages" | "health" => next == "of" && scan.kind(at + 2) == Some(Kind::Word),
        "event" | "team" | "calendar" | "template" | "test" => text,
        "segment" | "workflow" => {
            text || (name && scan.word(at + 2) == if word == "segment" { "of" } else { "{" })
        }
        "limit" => kind == Some(Kind::Number),
        "connector" => name && scan.word(at + 2) == "{",
        "action" => name && scan.word(at + 2) == "(",
        "when" => is_bare(scan, at) && !state_begins(scan, at.wrapping_sub(1)),
        _ => is_state(word) && next == "when" && is_bare(scan, at + 1),
    }
}

/// `when account …`, with another word behind it.
fn is_bare(scan: &Scan<'_>, when: usize) -> bool {
    let before = scan.word(when.wrapping_sub(1));
    let ours =
        matches!(scan.word(when + 1), "account" | "contact") && !matches!(before, "or" | "exit" | "goal");
    ours && scan.kind(when + 2) == Some(Kind::Word)
}

/// Whether the word at `at` is the state before a bare `when`, and no value.
fn state_begins(scan: &Scan<'_>, at: usize) -> bool {
    is_state(scan.word(at)) && !value_is_due(scan, at)
}

fn is_state(word: &str) -> bool {
    matches!(word, "draft" | "live" | "disabled")
}

/// The piece cut at what may be mistyped declarations. White space decides there, so this is only for a piece that
/// has been found to be wrong.
pub(super) fn guesses(scan: &Scan<'_>, piece: Piece) -> Vec<Piece> {
    let mut starts = vec![piece.first];
    let mut depth = 0_usize;
    for (at, token) in scan.tokens.iter().enumerate().take(piece.end).skip(piece.first) {
        let begins = || looks_like_head(scan, at, *token) || begins_behind_a_stump(scan, at, *token);
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && at > piece.first && begins() => starts.push(at),
            _ => {}
        }
    }
    let ends = starts.iter().skip(1).copied().chain([piece.end]);
    starts.iter().zip(ends).map(|(first, end)| Piece { first: *first, end }).collect()
}

/// A mistyped declaration: an unknown word in the first column, a name, and a brace or `of`.
fn looks_like_head(scan: &Scan<'_>, at: usize, token: Token) -> bool {
    let word = scan.str(token);
    let unknown = !DECLARATIONS.contains(&word) && !NO_DECLARATION.contains(&word);
    let named = matches!(scan.kind(at + 1), Some(Kind::Text | Kind::Word))
        && matches!(scan.word(at + 2), "{" | "of" | "was");
    let of = scan.word(at + 1) == "of" && scan.word(at + 3) == "{";
    unknown && (named || of) && scan.indent(token) == Some(0) && !value_is_due(scan, at)
}

/// Whether the token before `at` asks for a value, or for a name.
fn value_is_due(scan: &Scan<'_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let word = scan.word(before);
    match scan.kind(before) {
        Some(Kind::Sign) => word != "%" && word != ";",
        Some(Kind::Word) => EXPECTS_OPERAND.contains(&word),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scan::Scan, split};
    use crate::base::FileId;

    /// How many declarations a text is cut into.
    fn pieces(text: &str) -> usize {
        split(&Scan::new(FileId(0), text)).len()
    }

    #[test]
    fn a_declaration_begins_only_where_no_value_is_due() {
        for (text, count) in [
            ("use std.saas use std.slack segment \"A\" of account where use = 3 and segment > team", 3),
            ("segment \"A\" of account where a and use is missing event \"B\" team \"C\" { }", 3),
            ("segment \"A\" of account where in segment \"B\" segment \"C\" of account where a", 2),
            ("segment \"A\" of account where status = live when account is created do exit", 2),
            ("segment \"A\" of account where onboarded live when account is created do exit", 2),
            (
                "when account is created or when account enters segment \"X\" do exit exit when account.paid",
                1,
            ),
            ("when account performs \"A\" do crm.event \"B\" when contact is created do exit", 2),
            ("segment \"A\" of account where sum of health of \"E\" > 3 health of account { }", 2),
            ("team \"A\" { # use std.saas\n \"use std.saas\" } action x.y() { get \"/\" }", 2),
        ] {
            assert_eq!(pieces(text), count, "{text}");
        }
    }

    #[test]
    fn a_declaration_in_the_first_column_begins_inside_an_open_brace() {
        assert_eq!(pieces("workflow \"A\" {\n  do\n    email \"x\"\n\nteam \"B\" { }\n\nevent \"C\"\n"), 3);
        assert_eq!(pieces("workflow \"A\" {\nwhen account is created\ndo\nexit\n}\nteam \"B\" { }\n"), 2);
    }
}
