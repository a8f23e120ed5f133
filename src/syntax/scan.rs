//! A rough reading of a file's bytes, before pest: words, texts, brackets, comments, each with its place.
//!
//! In: a text. Out: [`Scan`]: tokens and comments in order, and the text with its comments and odd spaces blanked out, in
//! which every byte keeps its place. Total: any text is read to its end, in linear time. What it serves: cutting a file into
//! declarations (`split`), the nesting check, finding where to go on after a mistake (`recover`), and saying what the
//! mistake is (`mistakes`). Deliberately not here: what a token means; pest alone decides what is right.

use super::Comment;
use crate::base::{FileId, Span};
use std::borrow::Cow;

/// What kind of token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A word, with what is joined to it by dots.
    Word,
    /// Begins with a digit: a number, a length of time, a part of a date.
    Number,
    /// A text in `"` or `"""`.
    Text,
    /// A text without its closing quotes; it ends with its line, with `"""` at the end of the file.
    OpenText,
    /// A text in quotes of another kind: `'…'`, `“…”`; without a closing quote, the quote alone.
    OtherQuotes,
    /// A pattern between slashes.
    Regex,
    /// `{ ( [`
    Open,
    /// `} ) ]`
    Close,
    /// Other signs of ASCII.
    Sign,
    /// A character that the language does not know.
    Strange,
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A file, scanned.
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    /// The text with spaces for its comments and for all white space but line breaks.
    pub(super) blank: Cow<'t, str>,
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

/// How far, in bytes, the fellow of a quote that the language does not know is looked for.
const FAR: usize = 200;

/// Signs that are read as one.
const PAIRS: [&str; 13] = ["==", "!=", "<=", ">=", "=>", "=<", "<>", "&&", "||", "..", "//", "/*", "*/"];

impl<'t> Scan<'t> {
    /// Reads a text.
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        let tokens = Vec::with_capacity(text.len() / 5);
        let mut reader = Reader { text, at: 0, tokens, comments: Vec::new(), plain: true };
        reader.run(file);
        let Reader { tokens, comments, plain, .. } = reader;
        let blank = if plain { Cow::Borrowed(text) } else { Cow::Owned(blanked(text, &tokens)) };
        Self { text, blank, tokens, comments }
    }

    /// The text of a token.
    pub(super) fn str(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The text of the token at that index; empty behind the last.
    pub(super) fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| self.str(*token))
    }

    /// The kind of the token at that index.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The index of the token at a byte, else of the first behind it.
    pub(super) fn at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.end <= byte)
    }

    /// How far a token stands from the beginning of its line, if nothing but white space stands before it.
    pub(super) fn indent(&self, token: Token) -> Option<usize> {
        let before = self.text.get(..token.start)?;
        let bytes = before.as_bytes();
        let spaces = bytes.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_start = bytes.len() - spaces;
        let first =
            line_start == 0 || bytes.get(line_start - 1) == Some(&b'\n') || before.ends_with('\u{FEFF}');
        first.then_some(spaces)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    /// Between the tokens there are only spaces and line breaks.
    plain: bool,
}

impl Reader<'_> {
    fn run(&mut self, file: FileId) {
        while let Some(byte) = self.byte(0) {
            let start = self.at;
            match byte {
                b' ' | b'\n' => self.at += 1,
                b'\t' | b'\r' => self.odd_space(1),
                b'#' => self.comment(file),
                b'"' => self.text(start),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(start),
                b'0'..=b'9' => {
                    self.run_of(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                    self.push(Kind::Number, start);
                }
                b'{' | b'(' | b'[' => self.one(Kind::Open, 1),
                b'}' | b')' | b']' => self.one(Kind::Close, 1),
                b'/' if self.regex_may_stand() => self.regex(start),
                b'\'' | b'`' => self.other_quotes(start, byte as char, byte as char),
                0x21..=0x7e => self.sign(),
                _ => self.strange(start),
            }
        }
    }

    fn odd_space(&mut self, length: usize) {
        self.plain = false;
        self.at += length;
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, start: usize) {
        self.tokens.push(Token { kind, start, end: self.at });
    }

    fn one(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push(kind, start);
    }

    fn run_of(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.byte(0).is_some_and(&belongs) {
            self.at += 1;
        }
    }

    fn word(&mut self, start: usize) {
        let belongs = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        self.run_of(belongs);
        while self.byte(0) == Some(b'.')
            && self.byte(1).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            self.at += 1;
            self.run_of(belongs);
        }
        self.push(Kind::Word, start);
    }

    fn comment(&mut self, file: FileId) {
        let start = self.at;
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        let text = self.rest().get(..length).unwrap_or_default().trim_end().to_owned();
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let own_line = line.trim_start_matches('\u{FEFF}').trim().is_empty();
        let span = Span::new(file, start, start + text.len());
        self.comments.push(Comment { text, span, own_line });
        self.odd_space(length);
    }

    fn text(&mut self, start: usize) {
        let closed = match self.rest().strip_prefix("\"\"\"") {
            Some(inner) => {
                let end = inner.find("\"\"\"");
                self.at += 3 + end.map_or(inner.len(), |end| end + 3);
                end.is_some()
            }
            None => self.plain_text(),
        };
        self.push(if closed { Kind::Text } else { Kind::OpenText }, start);
    }

    /// A text in `"`; whether it is closed on its line.
    fn plain_text(&mut self) -> bool {
        self.at += 1;
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b'"'), _) => {
                    self.at += 1;
                    return true;
                }
                (None | Some(b'\n'), _) => return false,
                (Some(b'\\'), Some(next)) if next != b'\n' => self.at += 2,
                _ => self.at += 1,
            }
            // A step of two may have gone into a character; its other bytes are none of those above.
        }
    }

    /// A `/` begins a pattern behind `matches` behind an operand.
    fn regex_may_stand(&self) -> bool {
        let mut last = self.tokens.iter().rev();
        let is_matches = |token: &Token| self.text.get(token.start..token.end) == Some("matches");
        last.next().is_some_and(is_matches) && last.next().is_some_and(|token| self.ends_operand(*token))
    }

    fn ends_operand(&self, token: Token) -> bool {
        match token.kind {
            Kind::Sign => self.text.get(token.start..token.end) == Some("%"),
            Kind::Word => {
                !EXPECTS_OPERAND.contains(&self.text.get(token.start..token.end).unwrap_or_default())
            }
            kind => kind != Kind::Open,
        }
    }

    fn regex(&mut self, start: usize) {
        let mut escaped = false;
        let line = self.rest().bytes().skip(1).take_while(|byte| *byte != b'\n');
        let end = { line }.position(|byte| {
            let ends = !escaped && byte == b'/';
            escaped = !escaped && byte == b'\\';
            ends
        });
        match end {
            Some(inner) if inner > 0 => {
                self.at += inner + 2;
                self.push(Kind::Regex, start);
            }
            _ => self.one(Kind::Sign, 1),
        }
    }

    fn other_quotes(&mut self, start: usize, open: char, close: char) {
        let near = (0..=FAR).rev().find_map(|length| self.rest().get(open.len_utf8()..length));
        let inner = near.or_else(|| self.rest().get(open.len_utf8()..)).unwrap_or_default();
        let end = inner.find([close, '\n']).filter(|end| inner.as_bytes().get(*end) != Some(&b'\n'));
        self.at += open.len_utf8() + end.map_or(0, |end| end + close.len_utf8());
        self.push(Kind::OtherQuotes, start);
    }

    fn sign(&mut self) {
        let length = if PAIRS.iter().any(|pair| self.rest().starts_with(pair)) { 2 } else { 1 };
        self.one(Kind::Sign, length);
    }

    fn strange(&mut self, start: usize) {
        match self.rest().chars().next() {
            Some('\u{FEFF}') => self.odd_space('\u{FEFF}'.len_utf8()),
            Some('“' | '”' | '„') => {
                let close = if self.rest().starts_with('„') { '“' } else { '”' };
                self.other_quotes(start, '“', close);
            }
            Some('‘' | '’' | '«' | '‹') => {
                self.one(Kind::OtherQuotes, self.rest().chars().next().map_or(1, char::len_utf8));
            }
            other => self.one(Kind::Strange, other.map_or(1, char::len_utf8)),
        }
    }
}

/// Words behind which a value stands, so that what follows begins nothing new.
pub(super) const EXPECTS_OPERAND: [&str; 24] = [
    "and", "or", "not", "in", "between", "contains", "with", "if", "when", "where", "until", "of", "becomes",
    "from", "to", "before", "after", "by", "reaches", "because", "per", "matches", "enters", "leaves",
];

/// The tokens with nothing but spaces and line breaks between them.
fn blanked(text: &str, tokens: &[Token]) -> String {
    let mut blank = String::with_capacity(text.len());
    let between = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    for token in tokens {
        let gap = text.as_bytes().get(blank.len()..token.start).unwrap_or_default();
        blank.extend(gap.iter().copied().map(between));
        blank.push_str(text.get(token.start..token.end).unwrap_or_default());
    }
    let rest = text.as_bytes().get(blank.len()..).unwrap_or_default();
    blank.extend(rest.iter().copied().map(between));
    blank
}
