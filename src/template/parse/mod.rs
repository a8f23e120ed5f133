//! Text -> [`Template`], with all mistakes of form.
//!
//! A tag with a mistake is dropped (a block keeps its body) and reading goes on. Blocks that hold nothing but white
//! space and assignments print nothing, as in Liquid everywhere: their text is dropped here. Blocks are read by
//! recursion, at most `Options::depth` deep. Tests: `tests/it/template*.rs`.

mod cursor;
pub mod error;
mod expr;
mod tags;

use self::cursor::Cursor;
use self::error::{Error, Errors, SyntaxError};
use self::expr::Failed;
use super::ast::{Node, Span, Template};
use super::lexer::{self, Kind, Token};

/// How a template is read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of a template at most.
    pub bytes: usize,
    /// Blocks inside each other at most.
    pub depth: usize,
}

impl Default for Options {
    /// 1 MiB, 100 blocks deep.
    fn default() -> Self {
        Options { bytes: 1 << 20, depth: 100 }
    }
}

/// Reads a template. Without errors the tree is whole; with errors it holds what could be read.
pub fn parse(text: &str, options: Options) -> (Template, Vec<Error>) {
    let mut errors = Errors::default();
    let most = options.bytes.min(u32::MAX as usize - 2);
    if text.len() > most {
        errors.push(SyntaxError::TooLarge { limit: most }, Span::new(0, 0));
        return (Template { text: "".into(), nodes: Vec::new() }, errors.finish());
    }
    let tokens = lexer::lex(text, &mut errors);
    let mut parser =
        Parser { text, tokens, at: 0, errors, open: Vec::new(), outside: 0, too_deep: false, options };
    let nodes = parser.block(&[]).nodes;
    (Template { text: text.into(), nodes }, parser.errors.finish())
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    errors: Errors,
    /// The names of the blocks that are open, outermost first.
    open: Vec<&'t str>,
    /// How many blocks are open around the `liquid` tag that is being read.
    outside: usize,
    /// The blocks are nested too deep; the rest is not read.
    too_deep: bool,
    options: Options,
}

/// A tag as the parser sees it.
#[derive(Clone, Copy)]
struct Tag<'t> {
    name: &'t str,
    name_span: Span,
    markup: Span,
    span: Span,
}

/// The body of a block.
struct Block<'t> {
    nodes: Vec<Node>,
    /// Prints nothing but white space.
    blank: bool,
    /// The tag that ended it; none at the end of what can hold it.
    stop: Option<Tag<'t>>,
}

/// A node and whether it prints nothing but white space.
struct Read {
    node: Option<Node>,
    blank: bool,
}

impl<'t> Parser<'t> {
    /// Nodes up to one of the tags `stops` (taken), or to the end tag of a block around this one (not taken).
    fn block(&mut self, stops: &[&str]) -> Block<'t> {
        let mut block = Block { nodes: Vec::new(), blank: true, stop: None };
        while let Some(token) = self.tokens.get(self.at).copied() {
            self.at += 1;
            match token.kind {
                Kind::Text => self.text_node(token.span, &mut block),
                Kind::Output(inside) => self.output(inside, token.span, &mut block),
                Kind::LiquidStart => self.liquid(&mut block),
                Kind::LiquidEnd => {
                    self.at -= 1;
                    break;
                }
                Kind::Tag(name, markup) => {
                    let tag = Tag { name: name.of(self.text), name_span: name, markup, span: token.span };
                    if stops.contains(&tag.name) {
                        block.stop = Some(tag);
                        break;
                    }
                    if self.ends_outer(tag.name) {
                        self.at -= 1;
                        break;
                    }
                    self.statement(tag, &mut block);
                }
            }
        }
        block
    }

    fn text_node(&mut self, span: Span, block: &mut Block<'t>) {
        block.blank &= span.of(self.text).chars().all(lexer::is_space);
        block.nodes.push(Node::Text(span));
    }

    fn output(&mut self, inside: Span, span: Span, block: &mut Block<'t>) {
        block.blank = false;
        match Cursor::new(self.text, inside).expr(span) {
            Ok(expr) => block.nodes.push(Node::Output(expr)),
            Err(failed) => self.fail(failed),
        }
    }

    /// The lines of a `liquid` tag. Blocks that begin in them end in them.
    fn liquid(&mut self, block: &mut Block<'t>) {
        let outer = std::mem::take(&mut self.open);
        self.outside += outer.len();
        let inner = self.block(&[]);
        block.blank &= inner.blank;
        block.nodes.extend(inner.nodes);
        self.at += 1;
        self.outside -= outer.len();
        self.open = outer;
    }

    fn statement(&mut self, tag: Tag<'t>, block: &mut Block<'t>) {
        if self.outside + self.open.len() >= self.options.depth {
            self.errors.push(SyntaxError::TooDeep { limit: self.options.depth }, tag.span);
            self.at = self.tokens.len();
            self.too_deep = true;
            return;
        }
        let read = self.tag(tag);
        block.blank &= read.blank;
        block.nodes.extend(read.node);
    }

    /// Is this the end tag of a block that is open around the innermost one?
    fn ends_outer(&self, name: &str) -> bool {
        let outer = self.open.split_last().map_or(&[][..], |(_, outer)| outer);
        name.strip_prefix("end").is_some_and(|block| outer.contains(&block))
    }

    fn stray(&mut self, tag: Tag<'t>) {
        let open = self.open.last().map(|name| (*name).to_owned());
        self.errors.push(SyntaxError::Stray { tag: tag.name.into(), open }, tag.span);
    }

    fn fail(&mut self, (error, span): Failed) {
        self.errors.push(error, span);
    }

    /// What a mistake leaves of a result.
    fn recover<T>(&mut self, result: Result<T, Failed>) -> Option<T> {
        result.map_err(|failed| self.fail(failed)).ok()
    }

    fn cursor(&self, tag: Tag<'t>) -> Cursor<'t> {
        Cursor::new(self.text, tag.markup)
    }
}
