//! The tags, one function each.

use super::cursor::{Cursor, Word};
use super::error::SyntaxError;
use super::expr::Failed;
use super::{Block, Parser, Read, Tag};
use crate::template::ast::{
    Arm, Binding, Branch, Case, Condition, Cycle, Expr, Literal, Loop, Name, Node, Offset, Operand, Partial,
    Span,
};

/// Every tag, for suggestions.
const TAGS: [&str; 33] = [
    "assign",
    "break",
    "capture",
    "case",
    "comment",
    "continue",
    "cycle",
    "decrement",
    "doc",
    "echo",
    "else",
    "elsif",
    "for",
    "if",
    "ifchanged",
    "include",
    "increment",
    "liquid",
    "raw",
    "render",
    "tablerow",
    "unless",
    "when",
    "endcapture",
    "endcase",
    "endcomment",
    "endfor",
    "endif",
    "endifchanged",
    "endraw",
    "endtablerow",
    "endunless",
    "enddoc",
];

/// The tags of a loop as they are read.
#[derive(Clone, Copy, PartialEq)]
enum LoopTag {
    For,
    TableRow,
}

impl<'t> Parser<'t> {
    pub(super) fn tag(&mut self, tag: Tag<'t>) -> Read {
        match tag.name {
            "if" | "unless" => self.if_block(tag),
            "case" => self.case_block(tag),
            "for" => self.loop_block(tag, LoopTag::For),
            "tablerow" => self.loop_block(tag, LoopTag::TableRow),
            "capture" => self.capture(tag),
            "ifchanged" => self.if_changed(tag),
            "assign" => self.simple(tag, true, assign),
            "echo" => self.simple(tag, false, |cursor, span| Ok(Node::Output(cursor.expr(span)?))),
            "break" => self.simple(tag, false, |_, span| Ok(Node::Break(span))),
            "continue" => self.simple(tag, false, |_, span| Ok(Node::Continue(span))),
            "cycle" => self.simple(tag, false, cycle),
            "increment" => self.simple(tag, false, |cursor, span| count(cursor, 1, span)),
            "decrement" => self.simple(tag, false, |cursor, span| count(cursor, -1, span)),
            "include" => self.simple(tag, false, |cursor, span| partial(cursor, false, span)),
            "render" => self.simple(tag, false, |cursor, span| partial(cursor, true, span)),
            _ => self.unknown(tag),
        }
    }

    fn unknown(&mut self, tag: Tag<'t>) -> Read {
        let name = tag.name;
        let inner = matches!(name, "else" | "elsif" | "when");
        let ends = name.strip_prefix("end").is_some_and(|block| TAGS.contains(&block));
        if inner || ends {
            self.stray(tag);
        } else if name.is_empty() {
            let found = "something else".into();
            self.errors.push(SyntaxError::Expected { wanted: "the name of a tag", found }, tag.span);
        } else {
            let near = (!self.errors.is_full())
                .then(|| crate::diag::suggest::nearest(name, TAGS.iter().copied()))
                .flatten();
            self.errors.push(SyntaxError::UnknownTag { name: name.into(), near }, tag.name_span);
        }
        Read { node: None, blank: false }
    }

    /// A tag without a body.
    fn simple(
        &mut self,
        tag: Tag<'t>,
        blank: bool,
        read: impl FnOnce(&mut Cursor<'t>, Span) -> Result<Node, Failed>,
    ) -> Read {
        let mut cursor = self.cursor(tag);
        let node = read(&mut cursor, tag.span);
        Read { node: self.recover(node), blank }
    }

    /// The body of the block that `tag` opened, up to one of `stops` or its end tag.
    fn body(&mut self, tag: Tag<'t>, stops: &[&str]) -> Block<'t> {
        self.open.push(tag.name);
        let block = self.block(stops);
        self.open.pop();
        if block.stop.is_none() && !self.too_deep {
            self.errors.push(SyntaxError::UnclosedBlock { tag: tag.name.into() }, tag.span);
        }
        block
    }

    fn if_block(&mut self, tag: Tag<'t>) -> Read {
        let (end, negated) = if tag.name == "if" { ("endif", false) } else { ("endunless", true) };
        let test = Some(self.condition(tag));
        let mut branches = Vec::new();
        let mut blank = true;
        let mut arm = Branch { test, negated, body: Vec::new(), span: tag.span };
        loop {
            let block = self.body(tag, &["elsif", "else", end]);
            blank &= block.blank;
            arm.body = block.nodes;
            branches.push(arm);
            match block.stop {
                Some(stop) if stop.name == "elsif" => {
                    arm = Branch {
                        test: Some(self.condition(stop)),
                        negated: false,
                        body: Vec::new(),
                        span: stop.span,
                    };
                }
                Some(stop) if stop.name == "else" => {
                    arm = Branch { test: None, negated: false, body: Vec::new(), span: stop.span };
                }
                stop => {
                    let span = tag.span.to(stop.map_or(tag.span, |stop| stop.span));
                    for branch in &mut branches {
                        drop_text(&mut branch.body, blank);
                    }
                    return Read { node: Some(Node::If { branches, span }), blank };
                }
            }
        }
    }

    /// The condition of a tag; what can't be read counts as never true.
    fn condition(&mut self, tag: Tag<'t>) -> Condition {
        let condition = self.cursor(tag).condition();
        self.recover(condition).unwrap_or_else(|| never(tag.markup))
    }

    fn case_block(&mut self, tag: Tag<'t>) -> Read {
        let mut cursor = self.cursor(tag);
        let subject = cursor.operand().and_then(|subject| cursor.end("the end").map(|()| subject));
        let subject = self.recover(subject).unwrap_or(Operand::Literal(Literal::Nil, tag.markup));
        let mut case = Case { subject, arms: Vec::new(), span: tag.span };
        let mut blank = true;
        let mut arm: Option<Arm> = None;
        loop {
            let block = self.body(tag, &["when", "else", "endcase"]);
            if let Some(mut arm) = arm.take() {
                blank &= block.blank;
                arm.body = block.nodes;
                case.arms.push(arm);
            }
            match block.stop {
                Some(stop) if stop.name == "when" => {
                    let values = when(&mut self.cursor(stop));
                    let values = Some(self.recover(values).unwrap_or_default());
                    arm = Some(Arm { values, body: Vec::new(), span: stop.span });
                }
                Some(stop) if stop.name == "else" => {
                    arm = Some(Arm { values: None, body: Vec::new(), span: stop.span });
                }
                stop => {
                    case.span = tag.span.to(stop.map_or(tag.span, |stop| stop.span));
                    for arm in &mut case.arms {
                        drop_text(&mut arm.body, blank);
                    }
                    return Read { node: Some(Node::Case(Box::new(case))), blank };
                }
            }
        }
    }

    fn loop_block(&mut self, tag: Tag<'t>, of: LoopTag) -> Read {
        let (end, stops): (_, &[&str]) = match of {
            LoopTag::For => ("endfor", &["else", "endfor"]),
            LoopTag::TableRow => ("endtablerow", &["endtablerow"]),
        };
        let head = loop_head(&mut self.cursor(tag), of, tag.span);
        let head = self.recover(head);
        let mut block = self.body(tag, stops);
        let mut blank = block.blank;
        let mut otherwise = None;
        while block.stop.is_some_and(|stop| stop.name != end) {
            let next = self.body(tag, stops);
            blank &= next.blank;
            otherwise.get_or_insert_with(Vec::new).extend(next.nodes);
            block.stop = next.stop;
        }
        let Some(mut head) = head else { return Read { node: None, blank: false } };
        head.span = tag.span.to(block.stop.map_or(tag.span, |stop| stop.span));
        head.body = block.nodes;
        head.otherwise = otherwise;
        if of == LoopTag::TableRow {
            return Read { node: Some(Node::TableRow(head)), blank: false };
        }
        drop_text(&mut head.body, blank);
        if let Some(nodes) = &mut head.otherwise {
            drop_text(nodes, blank);
        }
        Read { node: Some(Node::For(head)), blank }
    }

    fn capture(&mut self, tag: Tag<'t>) -> Read {
        let mut cursor = self.cursor(tag);
        let name = match cursor.word {
            Word::Text(_) => quoted_name(&mut cursor),
            _ => cursor.new_name(),
        };
        let name = name.and_then(|name| cursor.end("the end").map(|()| name));
        let name = self.recover(name);
        let block = self.body(tag, &["endcapture"]);
        let span = tag.span.to(block.stop.map_or(tag.span, |stop| stop.span));
        Read { node: name.map(|name| Node::Capture { name, body: block.nodes, span }), blank: true }
    }

    fn if_changed(&mut self, tag: Tag<'t>) -> Read {
        let mut block = self.body(tag, &["endifchanged"]);
        drop_text(&mut block.nodes, block.blank);
        let span = tag.span.to(block.stop.map_or(tag.span, |stop| stop.span));
        Read { node: Some(Node::IfChanged { body: block.nodes, span }), blank: block.blank }
    }
}

/// The body of a block that prints nothing but white space prints nothing.
fn drop_text(nodes: &mut Vec<Node>, blank: bool) {
    if blank {
        nodes.retain(|node| !matches!(node, Node::Text(_)));
    }
}

/// The condition that stands for one with a mistake.
fn never(span: Span) -> Condition {
    let left = Operand::Literal(Literal::Bool(false), span);
    Condition {
        tests: vec![crate::template::ast::Test { left, compare: None, span }],
        links: Vec::new(),
        span,
    }
}

fn quoted_name(cursor: &mut Cursor<'_>) -> Result<Name, Failed> {
    let Word::Text(inside) = cursor.word else { return cursor.expected("a name for the variable") };
    let name = Name { text: inside.of(cursor.text).into(), span: inside };
    cursor.advance();
    Ok(name)
}

fn assign(cursor: &mut Cursor<'_>, span: Span) -> Result<Node, Failed> {
    let name = cursor.new_name()?;
    if !cursor.take(Word::Assign) {
        return cursor.expected("`=`");
    }
    let start = cursor.span;
    if cursor.word == Word::End {
        return cursor.expected("a value");
    }
    let value = cursor.expr(start)?;
    let value = Expr { span: Span { start: start.start, end: cursor.before }, ..value };
    Ok(Node::Assign { name, value, span })
}

fn count(cursor: &mut Cursor<'_>, by: i8, span: Span) -> Result<Node, Failed> {
    let name = cursor.new_name()?;
    cursor.end("the end")?;
    Ok(Node::Count { name, by, span })
}

fn when(cursor: &mut Cursor<'_>) -> Result<Vec<Operand>, Failed> {
    let mut values = vec![cursor.operand()?];
    while cursor.take(Word::Comma) || cursor.take_name("or") {
        values.push(cursor.operand()?);
    }
    cursor.end("`or`, `,` or the end")?;
    Ok(values)
}

fn cycle(cursor: &mut Cursor<'_>, span: Span) -> Result<Node, Failed> {
    let mut start = cursor.span;
    let first = cursor.operand()?;
    let mut cycle = Cycle { group: None, label: "".into(), values: Vec::new(), span };
    if cursor.take(Word::Colon) {
        cycle.group = Some(first);
        start = cursor.span;
        cycle.values.push(cursor.operand()?);
    } else {
        cycle.values.push(first);
    }
    while cursor.take(Word::Comma) {
        if cursor.word == Word::End {
            break;
        }
        cycle.values.push(cursor.operand()?);
    }
    cursor.end("`,` or the end")?;
    cycle.label = cursor.written(start);
    Ok(Node::Cycle(Box::new(cycle)))
}

/// `item in items reversed limit: 1 offset: 2 cols: 3`.
fn loop_head(cursor: &mut Cursor<'_>, of: LoopTag, span: Span) -> Result<Box<Loop>, Failed> {
    if cursor.word != Word::Name {
        return cursor.expected("a name for the variable");
    }
    let variable = cursor.name();
    if !cursor.take_name("in") {
        return cursor.expected("`in`");
    }
    let start = cursor.span;
    let items = cursor.operand()?;
    let label = format!("{}-{}", variable.text, cursor.written(start)).into();
    let mut head = Loop {
        variable,
        items,
        label,
        limit: None,
        offset: None,
        columns: None,
        reversed: false,
        body: Vec::new(),
        otherwise: None,
        span,
    };
    while cursor.word != Word::End {
        if !cursor.take(Word::Comma) {
            loop_option(cursor, of, &mut head)?;
        }
    }
    Ok(Box::new(head))
}

fn loop_option(cursor: &mut Cursor<'_>, of: LoopTag, head: &mut Loop) -> Result<(), Failed> {
    let wanted = match of {
        LoopTag::For => "`limit:`, `offset:` or `reversed`",
        LoopTag::TableRow => "`limit:`, `offset:` or `cols:`",
    };
    if of == LoopTag::For && cursor.take_name("reversed") {
        head.reversed = true;
        return Ok(());
    }
    let ahead = *cursor;
    let Some(option) = cursor.keyword() else { return ahead.expected(wanted) };
    match &*option.text {
        "limit" => head.limit = Some(cursor.operand()?),
        "offset" if cursor.take_name("continue") => head.offset = Some(Offset::Continue),
        "offset" => head.offset = Some(Offset::At(cursor.operand()?)),
        "cols" if of == LoopTag::TableRow => head.columns = Some(cursor.operand()?),
        _ => return ahead.expected(wanted),
    }
    Ok(())
}

/// `'name' with value as name, key: value`.
fn partial(cursor: &mut Cursor<'_>, isolated: bool, span: Span) -> Result<Node, Failed> {
    if isolated && !matches!(cursor.word, Word::Text(_)) {
        return cursor.expected("the name of a template in quotes");
    }
    let name = cursor.operand()?;
    let mut partial = Partial { name, isolated, binding: None, arguments: Vec::new(), span };
    let ahead = *cursor;
    if cursor.take_name("with") || cursor.take_name("for") {
        if cursor.word == Word::Colon {
            *cursor = ahead;
        } else {
            let each = ahead.of() == "for";
            let value = cursor.operand()?;
            let alias = if cursor.take_name("as") { Some(cursor.new_name()?) } else { None };
            partial.binding = Some(Binding { value, each, alias });
        }
    }
    while cursor.word != Word::End {
        if cursor.take(Word::Comma) {
            continue;
        }
        let ahead = *cursor;
        let Some(key) = cursor.keyword() else { return ahead.expected("an argument as `name: value`") };
        let value = cursor.operand()?;
        partial.arguments.push((key, value));
    }
    Ok(Node::Partial(Box::new(partial)))
}
