//! What stands between the tokens: white space and comments, with all that the layout keeps of it.
//!
//! In: the text and the place behind a token. Out: the comments before the next token, in order, each with whether it
//! had a line of its own and whether an empty line stood before it. Nothing else of the white space is known further
//! on, which is what makes the formatting of a formatted text the same again.

/// A comment, from `#` to the end of its line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment<'a> {
    /// From `#`, without the white space at its end.
    pub text: &'a str,
    /// Whether it begins its line (else code stands before it).
    pub own: bool,
    /// Whether an empty line stands before it.
    pub blank: bool,
}

/// What stands between two tokens.
#[derive(Debug, Default)]
pub struct Trivia<'a> {
    /// In order.
    pub comments: Vec<Comment<'a>>,
    /// Whether an empty line stands before the token, behind the last comment.
    pub blank: bool,
    /// Where the token begins; the end of the text if there is none.
    pub end: usize,
}

/// Reads from `at`, a place outside any token, to the next token.
pub fn trivia(text: &str, at: usize) -> Trivia<'_> {
    let mut found = Trivia { end: at, ..Trivia::default() };
    // The beginning of the file begins a line.
    let mut own = at == 0;
    let mut breaks = 0;
    while let Some(rest) = text.get(found.end..) {
        let Some(first) = rest.chars().next() else { break };
        if first == '#' {
            let line = comment(rest);
            found.comments.push(Comment { text: line.trim_end(), own, blank: breaks > 1 });
            found.end += line.len();
            breaks = 0;
        } else if first.is_whitespace() || first == '\u{FEFF}' {
            breaks += usize::from(first == '\n');
            own |= first == '\n';
            found.end += first.len_utf8();
        } else {
            break;
        }
    }
    found.blank = breaks > 1;
    found
}

/// The comment behind the token that ends at `at`, on its line, and where that comment ends.
pub fn trailing(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.get(at..)?;
    let spaces = rest.len() - rest.trim_start_matches([' ', '\t', '\u{FEFF}']).len();
    let line = comment(rest.get(spaces..).filter(|rest| rest.starts_with('#'))?);
    Some((line.trim_end(), at + spaces + line.len()))
}

fn comment(rest: &str) -> &str {
    rest.split('\n').next().unwrap_or(rest)
}
