//! [`Template`] and [`Data`] -> text.
//!
//! One walk over the tree, which is borrowed throughout. Blocks and partials inside each other are counted; every node,
//! operand, filter and item costs a step. What is not there prints as nothing and is listed in [`Rendered::missing`]:
//! whether that holds a message back is for the caller to say.

mod expr;
mod fault;
mod loops;
mod out;
mod partial;
mod scope;

use std::sync::Arc;

pub(super) use self::fault::arguments;
pub use self::fault::{RenderError, RenderFault};
pub use self::out::Missing;
use self::out::Out;
use self::scope::Frame;
pub(super) use self::scope::{FOR_FIELDS, ROW_FIELDS};
use super::ast::{Case, Cycle, Name, Node, Span, Template};
use super::clock::Now;
use super::compare;
use super::html::Escape;
use super::limits::{Bound, Budget, Limits};
use super::value::Value;

/// What a template is rendered from.
pub trait Data {
    /// The value of a root name (`contact`, `account`); `None` when there is none.
    fn root(&self, name: &str) -> Option<Value>;

    /// One field of a root, for data that can find it without making the whole root.
    fn field(&self, root: &str, field: &str) -> Option<Value> {
        self.root(root)?.property(field)
    }

    /// The template that `include` and `render` know by this name.
    fn partial(&self, _name: &str) -> Option<&Template> {
        None
    }
}

impl Data for super::value::Map {
    fn root(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

/// A rendered template.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    pub text: String,
    /// The places that printed nothing because nothing was there and no `default` stood in; at most 100.
    pub missing: Vec<Missing>,
}

const MOST_MISSING: usize = 100;

/// Renders a template at the instant `now`.
pub fn render(
    template: &Template,
    data: &dyn Data,
    limits: &Limits<'_>,
    now: Now,
    escape: Escape,
) -> Result<Rendered, RenderError> {
    let mut renderer = Renderer {
        data,
        budget: Budget::new(limits),
        now,
        escape,
        out: Out::new(escape),
        frame: Frame::default(),
        missing: Vec::new(),
        depth: 0,
        template,
        partial: None,
    };
    renderer.nodes(&template.nodes)?;
    Ok(Rendered { text: renderer.out.text, missing: renderer.missing })
}

struct Renderer<'a> {
    data: &'a dyn Data,
    budget: Budget<'a>,
    now: Now,
    escape: Escape,
    out: Out,
    frame: Frame,
    missing: Vec<Missing>,
    /// Blocks and partials that are open.
    depth: usize,
    /// The template that is being rendered, and its name when it is a partial.
    template: &'a Template,
    partial: Option<Arc<str>>,
}

/// How the walk goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

type Done = Result<Flow, RenderError>;

impl<'a> Renderer<'a> {
    /// The error that a fault at this place is.
    fn error(&self, span: Span, fault: impl Into<RenderFault>) -> RenderError {
        RenderError { fault: fault.into(), span, partial: self.partial.clone() }
    }

    fn step(&mut self, count: u64, span: Span) -> Result<(), RenderError> {
        self.budget.step(count).map_err(|bound| self.error(span, bound))
    }

    /// Takes note of a path that was to be printed and is not there.
    fn note_missing(&mut self, span: Span) {
        let known =
            self.missing.iter().any(|missing| missing.span == span && missing.partial == self.partial);
        if !known && self.missing.len() < MOST_MISSING {
            let path = span.of(&self.template.text).to_owned();
            self.missing.push(Missing { path, span, partial: self.partial.clone() });
        }
    }

    /// The nodes of a block.
    fn block(&mut self, nodes: &'a [Node], span: Span) -> Done {
        if self.depth >= self.budget.depth() {
            return Err(self.error(span, Bound::Depth));
        }
        self.depth += 1;
        let done = self.nodes(nodes);
        self.depth -= 1;
        done
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Done {
        for node in nodes {
            let flow = self.node(node)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &'a Node) -> Done {
        self.step(1, node.span())?;
        match node {
            Node::Text(span) => self.literal(span.of(&self.template.text), *span)?,
            Node::Output(expr) => {
                let value = self.expr(expr, true)?;
                self.print(&value, expr.span)?;
            }
            Node::Assign { name, value, .. } => {
                let value = self.expr(value, false)?;
                self.frame.assigned.insert(name.text.clone(), value);
            }
            Node::Capture { name, body, span } => return self.capture(name, body, *span),
            Node::If { branches, .. } => {
                for branch in branches {
                    let holds = match &branch.test {
                        Some(test) => self.condition(test)? != branch.negated,
                        None => true,
                    };
                    if holds {
                        return self.block(&branch.body, branch.span);
                    }
                }
            }
            Node::Case(case) => return self.case(case),
            Node::For(of) => return self.for_loop(of),
            Node::TableRow(of) => return self.table_row(of),
            Node::Break(_) => return Ok(Flow::Break),
            Node::Continue(_) => return Ok(Flow::Continue),
            Node::Cycle(cycle) => self.cycle(cycle)?,
            Node::Count { name, by, span } => self.count(name, *by, *span)?,
            Node::IfChanged { body, span } => return self.if_changed(body, *span),
            Node::Partial(partial) => return self.partial(partial),
        }
        Ok(Flow::On)
    }

    fn literal(&mut self, text: &str, span: Span) -> Result<(), RenderError> {
        self.out.literal(text, &mut self.budget).map_err(|fault| self.error(span, fault))
    }

    fn print(&mut self, value: &Value, span: Span) -> Result<(), RenderError> {
        self.out.value(value, self.now, &mut self.budget).map_err(|fault| self.error(span, fault))
    }

    /// Renders a block into a text of its own.
    fn aside(&mut self, body: &'a [Node], span: Span) -> Result<(Flow, Out), RenderError> {
        let outer = std::mem::replace(&mut self.out, Out::new(self.escape));
        let done = self.block(body, span);
        let inner = std::mem::replace(&mut self.out, outer);
        done.map(|flow| (flow, inner))
    }

    fn capture(&mut self, name: &Name, body: &'a [Node], span: Span) -> Done {
        let (flow, out) = self.aside(body, span)?;
        let value = out.finish(&mut self.budget).map_err(|fault| self.error(span, fault))?;
        self.frame.assigned.insert(name.text.clone(), value);
        Ok(flow)
    }

    /// Prints its body unless the last `ifchanged` printed the same.
    fn if_changed(&mut self, body: &'a [Node], span: Span) -> Done {
        let tracker = self.out.tracker;
        let outer = std::mem::replace(
            &mut self.out,
            Out { text: String::new(), tracker, markdown: self.escape == Escape::Markdown },
        );
        let done = self.block(body, span);
        let inner = std::mem::replace(&mut self.out, outer);
        let flow = done?;
        if inner.text != self.frame.changed {
            self.budget.text(inner.text.len()).map_err(|bound| self.error(span, bound))?;
            self.literal(&inner.text, span)?;
            self.out.tracker = inner.tracker;
            self.frame.changed = inner.text;
        }
        Ok(flow)
    }

    /// Every value of every `when` that fits renders its body, and an `else` when none did so far.
    fn case(&mut self, case: &'a Case) -> Done {
        let subject = self.operand(&case.subject)?;
        let mut found = false;
        for arm in &case.arms {
            let Some(values) = &arm.values else {
                if !found {
                    let flow = self.block(&arm.body, arm.span)?;
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
                continue;
            };
            for value in values {
                let candidate = self.operand(value)?;
                self.compare_step(&subject, &candidate, arm.span)?;
                if compare::equal(&subject, &candidate, self.now) {
                    found = true;
                    let flow = self.block(&arm.body, arm.span)?;
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
            }
        }
        Ok(Flow::On)
    }

    fn cycle(&mut self, cycle: &'a Cycle) -> Result<(), RenderError> {
        let key = match &cycle.group {
            Some(group) => {
                let group = self.operand(group)?;
                (true, self.text(&group, cycle.span)?)
            }
            None => (false, cycle.label.clone()),
        };
        let at = self.frame.cycles.get(&key).copied().unwrap_or(0);
        self.frame.cycles.insert(key, if at + 1 >= cycle.values.len() { 0 } else { at + 1 });
        if let Some(value) = cycle.values.get(at) {
            let value = self.operand(value)?;
            self.print(&value, cycle.span)?;
        }
        Ok(())
    }

    fn count(&mut self, name: &Name, by: i8, span: Span) -> Result<(), RenderError> {
        let count = self.frame.counters.entry(name.text.clone()).or_insert(0);
        let before = *count;
        *count = count.saturating_add(i64::from(by));
        let shown = if by < 0 { *count } else { before };
        self.print(&Value::Int(shown), span)
    }
}
