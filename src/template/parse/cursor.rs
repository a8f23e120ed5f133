//! The inside of an output or a tag, word by word.

use rust_decimal::Decimal;

use crate::template::ast::{Comparison, Span};
use crate::template::lexer::is_space;

/// A word of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word {
    Name,
    Int(i64),
    Decimal(Decimal),
    /// A number beyond what can be held.
    Huge,
    /// The bytes between the quotes.
    Text(Span),
    UnclosedText,
    Dot,
    DotDot,
    Pipe,
    Colon,
    Comma,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Assign,
    Compare(Comparison),
    /// A character that means nothing here.
    Other,
    End,
}

/// Reads the words of `text[at..end]`.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    at: usize,
    end: usize,
    /// The word that is next.
    pub(super) word: Word,
    /// Where it stands.
    pub(super) span: Span,
    /// Where the word before it ended.
    pub(super) before: u32,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, span: Span) -> Self {
        let (at, end) = (span.start as usize, span.end as usize);
        let start = Span::new(at, at);
        let mut cursor = Cursor { text, at, end, word: Word::End, span: start, before: span.start };
        cursor.advance();
        cursor
    }

    /// The text of the word that is next.
    pub(super) fn of(&self) -> &'t str {
        self.span.of(self.text)
    }

    /// Goes to the word after this one.
    pub(super) fn advance(&mut self) {
        self.before = self.span.end;
        let rest = self.text.get(self.at..self.end).unwrap_or_default();
        let word_text = rest.trim_start_matches(is_space);
        let start = self.at + (rest.len() - word_text.len());
        let (word, len) = read(word_text, start);
        self.at = start + len;
        self.word = word;
        self.span = Span::new(start, self.at);
    }

    /// Goes on when the next word is `word`, and says so.
    pub(super) fn take(&mut self, word: Word) -> bool {
        let found = self.word == word;
        if found {
            self.advance();
        }
        found
    }

    /// Goes on when the next word is this name.
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        let found = self.word == Word::Name && self.of() == name;
        if found {
            self.advance();
        }
        found
    }
}

/// The first word of `text`, which stands at `at`, and its length.
fn read(text: &str, at: usize) -> (Word, usize) {
    let mut bytes = text.bytes();
    let (Some(first), second) = (bytes.next(), bytes.next()) else { return (Word::End, 0) };
    match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Word::Name, name_len(text)),
        b'0'..=b'9' => number(text),
        b'-' if second.is_some_and(|b| b.is_ascii_digit()) => number(text),
        b'\'' | b'"' => quoted(text, at, char::from(first)),
        b'.' if second == Some(b'.') => (Word::DotDot, 2),
        b'.' => (Word::Dot, 1),
        b'|' => (Word::Pipe, 1),
        b':' => (Word::Colon, 1),
        b',' => (Word::Comma, 1),
        b'[' => (Word::OpenBracket, 1),
        b']' => (Word::CloseBracket, 1),
        b'(' => (Word::OpenParen, 1),
        b')' => (Word::CloseParen, 1),
        b'=' if second == Some(b'=') => (Word::Compare(Comparison::Equal), 2),
        b'=' => (Word::Assign, 1),
        b'!' if second == Some(b'=') => (Word::Compare(Comparison::NotEqual), 2),
        b'<' if second == Some(b'>') => (Word::Compare(Comparison::NotEqual), 2),
        b'<' if second == Some(b'=') => (Word::Compare(Comparison::LessOrEqual), 2),
        b'<' => (Word::Compare(Comparison::Less), 1),
        b'>' if second == Some(b'=') => (Word::Compare(Comparison::GreaterOrEqual), 2),
        b'>' => (Word::Compare(Comparison::Greater), 1),
        _ => (Word::Other, text.chars().next().map_or(1, char::len_utf8)),
    }
}

/// A letter or underscore, then letters, digits, underscores and hyphens, at last perhaps a question mark.
fn name_len(text: &str) -> usize {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let len = text.bytes().take_while(inside).count();
    len + usize::from(text.as_bytes().get(len) == Some(&b'?'))
}

fn number(text: &str) -> (Word, usize) {
    let digits = |from: usize| text.bytes().skip(from).take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = sign + digits(sign);
    let places = if text.as_bytes().get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
    if places == 0 {
        let value = text.get(..whole).and_then(|digits| digits.parse().ok());
        return (value.map_or(Word::Huge, Word::Int), whole);
    }
    let len = whole + 1 + places;
    let value = text.get(..len).and_then(|digits| digits.parse().ok());
    (value.map_or(Word::Huge, Word::Decimal), len)
}

fn quoted(text: &str, at: usize, quote: char) -> (Word, usize) {
    match text.chars().skip(1).take_while(|c| *c != quote).map(char::len_utf8).sum::<usize>() + 2 {
        len if len <= text.len() => (Word::Text(Span::new(at + 1, at + len - 1)), len),
        _ => (Word::UnclosedText, text.len()),
    }
}
