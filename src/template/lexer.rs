//! Template text -> text, outputs and tags, in one pass.
//!
//! White space control is applied here, comments and `doc` blocks end here, `raw` becomes text, and the lines of a
//! `liquid` tag become tags between a `LiquidStart` and a `LiquidEnd`. Whatever the text is, the pass is linear and its
//! tokens lie in order inside it. What stands inside an output or a tag is read by [`super::parse`].

use super::ast::Span;
use super::parse::error::{Errors, SyntaxError};

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// With its braces.
    pub(super) span: Span,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// To be printed; `span` of the token is what is left after trimming.
    Text,
    /// The inside of `{{ }}`.
    Output(Span),
    /// A tag's name and what follows it.
    Tag(Span, Span),
    LiquidStart,
    LiquidEnd,
}

/// Cuts a template into tokens.
pub(super) fn lex(text: &str, errors: &mut Errors) -> Vec<Token> {
    let mut lexer = Lexer { text, errors, tokens: Vec::new(), at: 0, trim_next: false, tag_close: 0 };
    while lexer.at < text.len() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'t, 'e> {
    text: &'t str,
    errors: &'e mut Errors,
    tokens: Vec<Token>,
    at: usize,
    /// The last tag asked that the white space after it be dropped.
    trim_next: bool,
    /// The first `%}` from where one was last looked for, the length of the text when there is none. Looking for it
    /// anew at each `{%` would make hostile text cost the square of its length.
    tag_close: usize,
}

/// A tag as found in the text.
#[derive(Clone, Copy)]
struct Tag {
    name: Span,
    markup: Span,
    span: Span,
    trim_before: bool,
    trim_after: bool,
}

impl<'t> Lexer<'t, '_> {
    /// One stretch of text and the output or tag after it.
    fn step(&mut self) {
        let from = self.at;
        let Some(open) = self.find_opener(from) else {
            self.text_token(from, self.text.len(), false);
            self.at = self.text.len();
            return;
        };
        let trim = self.byte(open + 2) == Some(b'-');
        self.text_token(from, open, trim);
        if self.byte(open + 1) == Some(b'{') { self.output(open, trim) } else { self.tag(open) }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn rest(&self, from: usize) -> &'t str {
        self.text.get(from..).unwrap_or_default()
    }

    fn find_opener(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while let Some(found) = self.rest(at).find('{') {
            at += found;
            if matches!(self.byte(at + 1), Some(b'{' | b'%')) {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    fn text_token(&mut self, from: usize, to: usize, trim_end: bool) {
        let (mut start, mut end) = (from, to);
        if std::mem::take(&mut self.trim_next) {
            start = to - self.text.get(from..to).unwrap_or_default().trim_start_matches(is_space).len();
        }
        if trim_end {
            end = start + self.text.get(start..to).unwrap_or_default().trim_end_matches(is_space).len();
        }
        if start < end {
            self.tokens.push(Token { kind: Kind::Text, span: Span::new(start, end) });
        }
    }

    fn output(&mut self, open: usize, trim: bool) {
        let start = open + 2 + usize::from(trim);
        let Some(close) = self.find_close(start, b'}', true) else {
            self.unclosed(open, SyntaxError::UnclosedOutput);
            return;
        };
        let end = self.trimmed_end(start, close);
        self.at = close + 2;
        self.trim_next = end < close;
        let span = Span::new(open, self.at);
        self.tokens.push(Token { kind: Kind::Output(Span::new(start, end)), span });
    }

    /// Where the inside ends, when a `-` before the closing braces is not part of it.
    fn trimmed_end(&self, start: usize, close: usize) -> usize {
        if close > start && self.byte(close - 1) == Some(b'-') { close - 1 } else { close }
    }

    fn unclosed(&mut self, open: usize, error: SyntaxError) {
        self.errors.push(error, Span::new(open, open + 2));
        self.at = open + 2;
    }

    /// The place of the first `first}` from `from` on; none when another opener comes before it outside quotes.
    fn find_close(&self, from: usize, first: u8, stop_at_opener: bool) -> Option<usize> {
        let mut quote = None;
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            let next = self.byte(at + 1);
            match byte {
                _ if byte == first && next == Some(b'}') => return Some(at),
                b'\'' | b'"' if quote.is_none() => quote = Some(byte),
                b'\'' | b'"' if quote == Some(byte) => quote = None,
                b'{' if stop_at_opener && quote.is_none() && matches!(next, Some(b'{' | b'%')) => {
                    return None;
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Reads the tag at `open`, whose `{%` is there for sure.
    fn read_tag(&self, open: usize, strict: bool) -> Option<Tag> {
        let trim_before = self.byte(open + 2) == Some(b'-');
        let start = self.skip_space(open + 2 + usize::from(trim_before));
        let comment = self.byte(start) == Some(b'#');
        let close = self.find_close(start, b'%', strict && !comment)?;
        let end = self.trimmed_end(start, close);
        let name_end = if comment { start + 1 } else { self.skip_word(start) };
        Some(Tag {
            name: Span::new(start, name_end),
            markup: Span::new(name_end.min(end), end),
            span: Span::new(open, close + 2),
            trim_before,
            trim_after: end < close,
        })
    }

    fn skip_space(&self, from: usize) -> usize {
        self.text.len() - self.rest(from).trim_start_matches(is_space).len()
    }

    fn skip_word(&self, from: usize) -> usize {
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        from + self.rest(from).bytes().take_while(|b| word(b)).count()
    }

    fn tag(&mut self, open: usize) {
        if self.tag_close < open {
            self.tag_close = self.rest(open).find("%}").map_or(self.text.len(), |found| open + found);
        }
        let tag = if self.tag_close == self.text.len() { None } else { self.read_tag(open, true) };
        let Some(tag) = tag else {
            self.unclosed(open, SyntaxError::UnclosedTag);
            return;
        };
        self.at = tag.span.end as usize;
        self.trim_next = tag.trim_after;
        match tag.name.of(self.text) {
            "#" => self.inline_comment(tag),
            "comment" => self.comment(tag),
            "raw" => self.verbatim(tag, "endraw", true),
            "doc" => self.verbatim(tag, "enddoc", false),
            "liquid" => {
                self.tokens.push(Token { kind: Kind::LiquidStart, span: tag.span });
                self.lines(tag.markup);
                self.tokens.push(Token { kind: Kind::LiquidEnd, span: tag.span });
            }
            _ => self.tokens.push(Token { kind: Kind::Tag(tag.name, tag.markup), span: tag.span }),
        }
    }

    fn inline_comment(&mut self, tag: Tag) {
        let text = tag.markup.of(self.text);
        if text.lines().skip(1).any(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
            self.errors.push(SyntaxError::InlineComment, tag.span);
        }
    }

    /// Skips to the `endcomment` of this comment; comments inside it count, and what is raw inside it does not.
    fn comment(&mut self, opening: Tag) {
        let mut depth = 1;
        let mut at = self.at;
        let mut raw_ends = true;
        while let Some(open) = self.rest(at).find("{%").map(|found| at + found) {
            let Some(tag) = self.read_tag(open, false) else { break };
            at = tag.span.end as usize;
            match tag.name.of(self.text) {
                "comment" => depth += 1,
                "endcomment" => depth -= 1,
                "raw" if raw_ends => match self.find_end_tag(at, "endraw") {
                    Some(end) => at = end.span.end as usize,
                    None => raw_ends = false,
                },
                _ => {}
            }
            if depth == 0 {
                self.at = at;
                self.trim_next = tag.trim_after;
                return;
            }
        }
        self.unclosed_block(opening, "comment");
    }

    fn unclosed_block(&mut self, opening: Tag, tag: &str) {
        self.errors.push(SyntaxError::UnclosedBlock { tag: tag.into() }, opening.span);
        self.at = self.text.len();
        self.trim_next = false;
    }

    /// `raw` and `doc`: everything up to the end tag as it stands.
    fn verbatim(&mut self, opening: Tag, end_name: &'static str, print: bool) {
        let name = opening.name.of(self.text);
        if !opening.markup.of(self.text).trim().is_empty() {
            self.errors.push(SyntaxError::NoArguments { tag: name.into() }, opening.markup);
        }
        let from = self.at;
        let Some(end) = self.find_end_tag(from, end_name) else {
            self.unclosed_block(opening, name);
            return;
        };
        if print {
            self.text_token(from, end.span.start as usize, end.trim_before);
        }
        self.at = end.span.end as usize;
        self.trim_next = end.trim_after;
    }

    /// The next `{% name %}` from `from` on, found in the text alone.
    fn find_end_tag(&self, from: usize, name: &str) -> Option<Tag> {
        let mut at = from;
        while let Some(open) = self.rest(at).find("{%").map(|found| at + found) {
            let trim_before = self.byte(open + 2) == Some(b'-');
            let start = self.skip_space(open + 2 + usize::from(trim_before));
            let after = self.skip_space(start + name.len());
            let trim_after = self.byte(after) == Some(b'-');
            let close = after + usize::from(trim_after);
            if self.rest(start).starts_with(name) && self.rest(close).starts_with("%}") {
                let span = Span::new(open, close + 2);
                let name = Span::new(start, start + name.len());
                return Some(Tag { name, markup: Span::new(after, after), span, trim_before, trim_after });
            }
            at = open + 2;
        }
        None
    }

    /// The lines of a `liquid` tag, each a tag.
    fn lines(&mut self, markup: Span) {
        let mut at = markup.start as usize;
        let mut skipping: Option<(&str, usize)> = None;
        for line in markup.of(self.text).split_inclusive('\n') {
            let (name, rest) = self.line(at, line.len());
            at += line.len();
            let word = name.of(self.text);
            if let Some((block, depth)) = &mut skipping {
                *depth = match word {
                    _ if word == *block => *depth + 1,
                    _ if word.strip_prefix("end") == Some(block) => *depth - 1,
                    _ => *depth,
                };
                skipping = skipping.filter(|(_, depth)| *depth > 0);
                continue;
            }
            match word {
                "#" => {}
                "comment" | "doc" => skipping = Some((word, 1)),
                "" if rest.of(self.text).is_empty() => {}
                _ => self.tokens.push(Token { kind: Kind::Tag(name, rest), span: name.to(rest) }),
            }
        }
        if let Some((block, _)) = skipping {
            self.errors.push(SyntaxError::UnclosedBlock { tag: block.into() }, markup);
        }
    }

    /// The name and the rest of a line; a `liquid` in front of them says nothing more.
    fn line(&self, from: usize, len: usize) -> (Span, Span) {
        let end = from + self.text.get(from..from + len).unwrap_or_default().trim_end().len();
        let mut start = self.skip_space(from).min(end);
        loop {
            let hash = self.byte(start) == Some(b'#') && start < end;
            let name_end = if hash { start + 1 } else { self.skip_word(start).min(end) };
            let rest = self.skip_space(name_end).min(end);
            let name = Span::new(start, name_end);
            if name.of(self.text) != "liquid" {
                return (name, Span::new(rest, end));
            }
            start = rest;
        }
    }
}

/// The white space of templates.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\x0b' | '\x0c')
}
