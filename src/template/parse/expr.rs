//! Operands, filtered expressions and conditions.

use std::sync::Arc;

use super::cursor::{Cursor, Word};
use super::error::SyntaxError;
use crate::template::ast::{
    Comparison, Condition, Expr, FilterCall, Key, Link, Literal, Name, Operand, Path, Segment, Span, Test,
};
use crate::template::filters::Filter;

/// A mistake in an expression: the tag or output that it stands in is dropped.
pub(super) type Failed = (SyntaxError, Span);

/// Paths inside the brackets of paths are followed this far.
const MAX_BRACKETS: usize = 32;

impl Cursor<'_> {
    /// The mistake that `wanted` should stand here.
    pub(super) fn expected<T>(&self, wanted: &'static str) -> Result<T, Failed> {
        let error = match self.word {
            Word::UnclosedText => SyntaxError::UnclosedText,
            Word::Huge => SyntaxError::NumberTooLarge,
            Word::End => SyntaxError::Expected { wanted, found: "the end".into() },
            _ => SyntaxError::Expected { wanted, found: format!("`{}`", shorten(self.of())) },
        };
        Err((error, self.span))
    }

    /// Fails unless nothing is left.
    pub(super) fn end(&self, wanted: &'static str) -> Result<(), Failed> {
        if self.word == Word::End { Ok(()) } else { self.expected(wanted) }
    }

    /// A name that a tag gives a value to: like a path's first name, or digits alone.
    pub(super) fn new_name(&mut self) -> Result<Name, Failed> {
        let named = self.word == Word::Name && !self.of().ends_with('?');
        let digits = matches!(self.word, Word::Int(number) if number >= 0);
        if named || digits { Ok(self.name()) } else { self.expected("a name for the variable") }
    }

    /// The next word as a name.
    pub(super) fn name(&mut self) -> Name {
        let name = Name { text: self.of().into(), span: self.span };
        self.advance();
        name
    }

    /// `operand | filter: … | filter`, or nothing.
    pub(super) fn expr(&mut self, span: Span) -> Result<Expr, Failed> {
        if self.word == Word::End {
            return Ok(Expr { value: None, filters: Vec::new(), span });
        }
        let value = Some(self.operand()?);
        let mut filters = Vec::new();
        while self.take(Word::Pipe) {
            filters.push(self.filter()?);
        }
        self.end("`|` or the end")?;
        Ok(Expr { value, filters, span })
    }

    fn filter(&mut self) -> Result<FilterCall, Failed> {
        if self.word != Word::Name {
            return self.expected("the name of a filter");
        }
        let name = self.name();
        let mut call = FilterCall {
            filter: Filter::named(&name.text),
            span: name.span,
            name,
            arguments: Vec::new(),
            named: Vec::new(),
        };
        if self.take(Word::Colon) {
            self.arguments(&mut call)?;
        }
        call.span.end = self.before;
        Ok(call)
    }

    fn arguments(&mut self, call: &mut FilterCall) -> Result<(), Failed> {
        loop {
            let ahead = *self;
            if let Some(name) = self.keyword() {
                let value = self.operand()?;
                call.named.push((name, value));
            } else {
                *self = ahead;
                call.arguments.push(self.operand()?);
            }
            if !self.take(Word::Comma) {
                return Ok(());
            }
        }
    }

    /// `name:`; otherwise the cursor has moved and is to be set back.
    pub(super) fn keyword(&mut self) -> Option<Name> {
        if self.word != Word::Name {
            return None;
        }
        let name = self.name();
        self.take(Word::Colon).then_some(name)
    }

    /// A constant, a path or a range.
    pub(super) fn operand(&mut self) -> Result<Operand, Failed> {
        let span = self.span;
        let literal = match self.word {
            Word::OpenParen => return self.range(),
            Word::OpenBracket => return Ok(Operand::Path(self.path(0)?)),
            Word::Name => match self.word_literal() {
                Some(literal) => literal,
                None => return Ok(Operand::Path(self.path(0)?)),
            },
            Word::Int(number) => Literal::Int(number),
            Word::Decimal(number) => Literal::Decimal(number),
            Word::Text(inside) => Literal::Text(inside.of(self.text).into()),
            _ => return self.expected("a value"),
        };
        self.advance();
        Ok(Operand::Literal(literal, span))
    }

    fn word_literal(&self) -> Option<Literal> {
        Some(match self.of() {
            "nil" | "null" => Literal::Nil,
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "blank" => Literal::Blank,
            "empty" => Literal::Empty,
            _ => return None,
        })
    }

    fn range(&mut self) -> Result<Operand, Failed> {
        let start = self.span;
        self.advance();
        let from = self.range_end()?;
        if !self.take(Word::DotDot) {
            return self.expected("`..`");
        }
        let to = self.range_end()?;
        let span = start.to(self.span);
        if !self.take(Word::CloseParen) {
            return self.expected("`)`");
        }
        Ok(Operand::Range(Box::new((from, to)), span))
    }

    fn range_end(&mut self) -> Result<Operand, Failed> {
        if self.word == Word::OpenParen { self.expected("a number or a path") } else { self.operand() }
    }

    fn path(&mut self, depth: usize) -> Result<Path, Failed> {
        if depth > MAX_BRACKETS {
            return Err((SyntaxError::TooDeep { limit: MAX_BRACKETS }, self.span));
        }
        let start = self.span;
        let root = match self.word {
            Word::OpenBracket => self.bracket(depth)?.key,
            Word::Name => Key::Name(self.name().text),
            _ => return self.expected("a path"),
        };
        let root_span = Span { start: start.start, end: self.before };
        let mut segments = Vec::new();
        loop {
            match self.word {
                Word::Dot => segments.push(self.field()?),
                Word::OpenBracket => segments.push(self.bracket(depth)?),
                _ => break,
            }
        }
        let span = Span { start: start.start, end: self.before };
        Ok(Path { root, root_span, segments, span })
    }

    fn field(&mut self) -> Result<Segment, Failed> {
        self.advance();
        if self.word != Word::Name {
            return self.expected("a name after `.`");
        }
        let name = self.name();
        Ok(Segment { key: Key::Name(name.text), span: name.span })
    }

    fn bracket(&mut self, depth: usize) -> Result<Segment, Failed> {
        self.advance();
        let start = self.span;
        let key = match self.word {
            Word::Int(index) => Key::Index(index),
            Word::Text(inside) => Key::Name(inside.of(self.text).into()),
            Word::Name | Word::OpenBracket => Key::Path(Box::new(self.path(depth + 1)?)),
            _ => return self.expected("a number, a text or a path"),
        };
        if matches!(key, Key::Index(_) | Key::Name(_)) {
            self.advance();
        }
        let span = Span { start: start.start, end: self.before };
        if !self.take(Word::CloseBracket) {
            return self.expected("`]`");
        }
        Ok(Segment { key, span })
    }

    /// `a == b and c or d`.
    pub(super) fn condition(&mut self) -> Result<Condition, Failed> {
        let start = self.span;
        let mut tests = vec![self.test()?];
        let mut links = Vec::new();
        loop {
            let link = match self.word {
                Word::Name if self.of() == "and" => Link::And,
                Word::Name if self.of() == "or" => Link::Or,
                _ => break,
            };
            self.advance();
            links.push(link);
            tests.push(self.test()?);
        }
        self.end("`and`, `or`, a comparison or the end")?;
        Ok(Condition { tests, links, span: Span { start: start.start, end: self.before } })
    }

    fn test(&mut self) -> Result<Test, Failed> {
        let left = self.operand()?;
        let comparison = match self.word {
            Word::Compare(comparison) => Some(comparison),
            Word::Name if self.of() == "contains" => Some(Comparison::Contains),
            _ => None,
        };
        let Some(comparison) = comparison else {
            let span = left.span();
            return Ok(Test { left, compare: None, span });
        };
        self.advance();
        let right = self.operand()?;
        let span = left.span().to(right.span());
        Ok(Test { left, compare: Some((comparison, right)), span })
    }

    /// The text from `start` to the word before this one.
    pub(super) fn written(&self, start: Span) -> Arc<str> {
        Span { start: start.start, end: self.before }.of(self.text).into()
    }
}

/// The first of a long stretch of text.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
