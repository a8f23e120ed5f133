//! A `.wf` text with its tokens in classes. Tokens end where the formatter sees their end, so nothing is cut in two.

use crate::format::token;
use maud::{Markup, html};

/// A text with numbered lines.
pub(super) fn block(source: &str) -> Markup {
    let source = outdented(source);
    html! { pre.code tabindex="0" { code { @for line in lines(&source) { span.line { (line) "\n" } } } } }
}

/// The text of a declaration begins at its first word, so only further lines may stand too far to the right.
fn outdented(source: &str) -> String {
    let rest = source.lines().skip(1).filter(|line| !line.trim().is_empty());
    let least = rest.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    // The closing brace stands at the margin of the whole.
    let cut = |line: &str| line.get(least..).unwrap_or(line.trim_start()).to_owned();
    let mut lines = source.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    std::iter::once(first).chain(lines.map(cut)).collect::<Vec<_>>().join("\n")
}

/// A piece of a line, with what it is.
type Piece<'s> = (&'static str, &'s str);

/// Pieces line by line: a text over several lines is in each of them.
fn lines(source: &str) -> Vec<Markup> {
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    for (class, text) in pieces(source) {
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) {
                line.push((class, part));
            }
        }
    }
    lines.into_iter().map(|line| html! { @for (class, text) in line { @if class.is_empty() { (text) } @else { span class=(class) { (text) } } } }).collect()
}

fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let space = rest.len() - rest.trim_start().len();
        let end = if space > 0 {
            at + space
        } else if rest.starts_with('#') {
            at + rest.find('\n').unwrap_or(rest.len())
        } else {
            token::end(source, at).unwrap_or(source.len()).max(at + 1)
        };
        // A token ends on a character; if one did not, all that is left is one piece.
        let Some(piece) = source.get(at..end) else {
            pieces.push(("", rest));
            break;
        };
        pieces.push((class(piece), piece));
        at = end;
    }
    pieces
}

fn class(piece: &str) -> &'static str {
    let Some(first) = piece.chars().next() else { return "" };
    match first {
        '#' => "c",
        '"' => "s",
        c if c.is_ascii_digit() => "n",
        c if c.is_alphabetic() && WORDS.contains(&piece) => "k",
        _ => "",
    }
}

/// Words that the language knows wherever they stand.
const WORDS: [&str; 78] = [
    "account",
    "active",
    "after",
    "all",
    "and",
    "any",
    "assign",
    "at",
    "attributes",
    "audience",
    "before",
    "between",
    "branch",
    "calendar",
    "connector",
    "contact",
    "contacts",
    "count",
    "day",
    "days",
    "description",
    "did",
    "disabled",
    "do",
    "draft",
    "each",
    "edit",
    "else",
    "email",
    "end",
    "enters",
    "event",
    "every",
    "exit",
    "failure",
    "false",
    "finish",
    "for",
    "gmail",
    "goal",
    "html",
    "if",
    "in",
    "is",
    "keep",
    "last",
    "leaves",
    "limit",
    "live",
    "not",
    "notify",
    "of",
    "on",
    "once",
    "or",
    "parallel",
    "performs",
    "reaches",
    "record",
    "restart",
    "segment",
    "send",
    "set",
    "slack",
    "split",
    "stage",
    "start",
    "stop",
    "template",
    "then",
    "time",
    "to",
    "true",
    "until",
    "wait",
    "when",
    "where",
    "workflow",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_shown_and_none_is_markup() {
        let source = "workflow \"<b>\" {\n    # why & how\n    wait 3d\n    set x = \"\"\"a\n  b\"\"\"\n  }";
        assert_eq!(pieces(source).iter().map(|(_, text)| *text).collect::<String>(), source);
        let shown = block(source).into_string();
        assert!(
            shown
                .contains("<span class=\"k\">workflow</span> <span class=\"s\">&quot;&lt;b&gt;&quot;</span>"),
            "{shown}"
        );
        assert!(shown.contains("<span class=\"c\"># why &amp; how</span>"), "{shown}");
        assert!(shown.contains("<span class=\"n\">3d</span>"), "{shown}");
        assert_eq!(pieces("\"unclosed ü").len(), 1);
        let mut sorted = WORDS.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, WORDS);
    }
}
