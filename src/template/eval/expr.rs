//! Operands, filters and conditions.

use super::{RenderError, RenderFault, Renderer};
use crate::template::ast::{
    Comparison, Condition, Expr, FilterCall, Key, Link, Literal, Operand, Path, Segment, Span, Test,
};
use crate::template::compare;
use crate::template::filters::{Arguments, Context, Filter, kind_word};
use crate::template::html::Escape;
use crate::template::value::Value;

impl<'a> Renderer<'a> {
    /// The value of an expression. What is missing in it is noted when it is printed or went through a filter.
    pub(super) fn expr(&mut self, expr: &'a Expr, printed: bool) -> Result<Value, RenderError> {
        let Some(operand) = &expr.value else { return Ok(Value::Nil) };
        let mut value = self.operand(operand)?;
        let mut missing = missing(operand, &value);
        for call in &expr.filters {
            value = self.filter(call, &value, &mut missing)?;
        }
        if let (Some(span), true) = (missing, printed || !expr.filters.is_empty()) {
            self.note_missing(span);
        }
        Ok(value)
    }

    fn filter(
        &mut self,
        call: &'a FilterCall,
        input: &Value,
        missing_input: &mut Option<Span>,
    ) -> Result<Value, RenderError> {
        self.step(1, call.span)?;
        let Some(filter) = call.filter else {
            return Err(
                self.error(call.name.span, RenderFault::UnknownFilter { name: call.name.text.to_string() })
            );
        };
        let stands_in = filter == Filter::Default && input.is_falsy_or_empty();
        if stands_in {
            *missing_input = None;
        }
        let mut arguments = Arguments { positional: Vec::new(), named: Vec::new() };
        for argument in &call.arguments {
            let value = self.operand(argument)?;
            if filter != Filter::Default || stands_in {
                *missing_input = missing_input.or(missing(argument, &value));
            }
            arguments.positional.push(value);
        }
        for (name, argument) in &call.named {
            let value = self.operand(argument)?;
            arguments.named.push((name.text.clone(), value));
        }
        let html = self.escape == Escape::Html;
        let mut context = Context { budget: &mut self.budget, now: self.now, html, filter: "" };
        filter.run(input, &arguments, &mut context).map_err(|fault| self.error(call.span, fault))
    }

    pub(super) fn operand(&mut self, operand: &'a Operand) -> Result<Value, RenderError> {
        match operand {
            Operand::Literal(literal, _) => Ok(match literal {
                Literal::Nil => Value::Nil,
                Literal::Blank => Value::Blank,
                Literal::Empty => Value::Empty,
                Literal::Bool(truth) => Value::Bool(*truth),
                Literal::Int(number) => Value::Int(*number),
                Literal::Decimal(number) => Value::Decimal(*number),
                Literal::Text(text) => Value::Text(text.clone()),
            }),
            Operand::Path(path) => self.path(path),
            Operand::Range(ends, _) => {
                let (from, to) = (self.operand(&ends.0)?, self.operand(&ends.1)?);
                Ok(Value::Range(from.to_number().whole(), to.to_number().whole()))
            }
        }
    }

    fn path(&mut self, path: &'a Path) -> Result<Value, RenderError> {
        let scopes = self.frame.scopes.len() as u64 / 16;
        self.step(1 + path.segments.len() as u64 + scopes, path.span)?;
        let (mut value, rest) = match &path.root {
            Key::Name(name) => self.root(name, &path.segments),
            Key::Index(index) => self.root(&index.to_string(), &path.segments),
            Key::Path(inner) => {
                let name = self.path(inner)?;
                let name = self.text(&name, path.span)?;
                self.root(&name, &path.segments)
            }
        };
        for segment in rest {
            // The `size` of a text counts its letters.
            self.step(value.as_text().map_or(0, |text| text.len() as u64 / 64), segment.span)?;
            value = match &segment.key {
                Key::Name(name) => value.property(name),
                Key::Index(index) => value.index(*index),
                Key::Path(inner) => {
                    let key = self.path(inner)?;
                    part(&value, &key)
                }
            }
            .unwrap_or_default();
        }
        Ok(value)
    }

    /// What a root name means here, and the segments that are still to be looked up in it.
    fn root(&self, name: &str, segments: &'a [Segment]) -> (Value, &'a [Segment]) {
        if let Some(value) = self.frame.variable(name) {
            return (value, segments);
        }
        if let Some(at) = self.frame.current(name) {
            return self.loop_value(at, segments);
        }
        if let Some((Segment { key: Key::Name(field), .. }, rest)) = segments.split_first()
            && let Some(value) = self.data.field(name, field)
        {
            return (value, rest);
        }
        (self.data.root(name).unwrap_or_default(), segments)
    }

    /// `forloop.parentloop.index`.
    fn loop_value(&self, mut at: usize, mut segments: &'a [Segment]) -> (Value, &'a [Segment]) {
        while let Some((Segment { key: Key::Name(field), .. }, rest)) = segments.split_first() {
            if &**field != "parentloop" {
                let value = self.frame.loops.get(at).and_then(|state| state.field(field));
                return (value.unwrap_or_default(), rest);
            }
            match self.frame.parent(at) {
                Some(parent) => at = parent,
                None => return (Value::Nil, rest),
            }
            segments = rest;
        }
        (self.frame.loops.get(at).map(super::scope::LoopState::snapshot).unwrap_or_default(), segments)
    }

    /// Right associative: `a and b or c` is `a and (b or c)`.
    pub(super) fn condition(&mut self, condition: &'a Condition) -> Result<bool, RenderError> {
        let mut holds = false;
        for (at, test) in condition.tests.iter().enumerate() {
            holds = self.test(test)?;
            match condition.links.get(at) {
                Some(Link::And) if !holds => return Ok(false),
                Some(Link::Or) if holds => return Ok(true),
                _ => {}
            }
        }
        Ok(holds)
    }

    fn test(&mut self, test: &'a Test) -> Result<bool, RenderError> {
        let left = self.operand(&test.left)?;
        let Some((comparison, right)) = &test.compare else {
            self.step(1, test.span)?;
            return Ok(left.is_truthy());
        };
        let right = self.operand(right)?;
        self.compare_step(&left, &right, test.span)?;
        let order = || {
            let (left_kind, right_kind) = (kind_word(&left), kind_word(&right));
            compare::order(&left, &right, self.now).map_err(|_| {
                self.error(test.span, RenderFault::Incomparable { left: left_kind, right: right_kind })
            })
        };
        Ok(match comparison {
            Comparison::Equal => compare::equal(&left, &right, self.now),
            Comparison::NotEqual => !compare::equal(&left, &right, self.now),
            Comparison::Less => order()?.is_some_and(std::cmp::Ordering::is_lt),
            Comparison::LessOrEqual => order()?.is_some_and(std::cmp::Ordering::is_le),
            Comparison::Greater => order()?.is_some_and(std::cmp::Ordering::is_gt),
            Comparison::GreaterOrEqual => order()?.is_some_and(std::cmp::Ordering::is_ge),
            Comparison::Contains => self.contains(&left, &right, test.span)?,
        })
    }

    /// Spends what a comparison of these two looks at.
    pub(super) fn compare_step(
        &mut self,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Result<(), RenderError> {
        self.step(left.weight().saturating_add(right.weight()), span)
    }

    /// A value as text, within the budget.
    pub(super) fn text(&mut self, value: &Value, span: Span) -> Result<std::sync::Arc<str>, RenderError> {
        let mut context = Context { budget: &mut self.budget, now: self.now, html: false, filter: "" };
        context.text(value).map_err(|bound| self.error(span, bound))
    }

    fn contains(&mut self, left: &Value, right: &Value, span: Span) -> Result<bool, RenderError> {
        if !right.is_truthy() {
            return Ok(false);
        }
        Ok(match left {
            Value::Text(text) | Value::Markup(text) => text.contains(&*self.text(right, span)?),
            Value::List(items) => items.iter().any(|item| compare::equal(item, right, self.now)),
            Value::Map(map) => map.get(&self.text(right, span)?).is_some(),
            Value::Range(from, to) => matches!(right, Value::Int(number) if (*from..=*to).contains(number)),
            _ => false,
        })
    }
}

/// Where the operand is a path and leads to nothing.
fn missing(operand: &Operand, value: &Value) -> Option<Span> {
    match (operand, value) {
        (Operand::Path(path), Value::Nil) => Some(path.span),
        _ => None,
    }
}

/// `value[key]` with a key that is only known now.
fn part(value: &Value, key: &Value) -> Option<Value> {
    match key {
        Value::Int(index) => value.index(*index),
        Value::Text(name) | Value::Markup(name) => value.property(name),
        _ => None,
    }
}
