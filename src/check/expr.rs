//! Conditions and values: every form of the language, typed, with the sugar taken off.
//!
//! In: a tree and what names mean at its place. Out: a typed expression in the few forms of `checked_expr`. Invariant:
//! `and`/`or` have no child of their own kind, a constant or a moving bound stands on the right of a comparison,
//! literals are folded where the result is exact, so that equal conditions look alike. Recursion is as deep as the
//! tree, whose depth the parser bounds. Not here: comparisons (`compare`), arithmetic (`arith`), lengths and bounds of
//! time (`time`), events (`events`), relations and membership (`relate`).

use super::checked::*;
use super::cx::Cx;
use super::explain::aggregate_filter;
use super::scope::{Here, Scope};
use super::types::spoken;
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::value::{Type, Value};
use rust_decimal::Decimal;

impl Cx<'_> {
    /// A condition: an expression of type bool.
    pub fn condition(&mut self, expr: &ast::Expr, scope: &Scope<'_>) -> Option<Expr> {
        let found = self.infer(expr, scope, None)?;
        if found.ty == Type::Bool {
            return Some(found);
        }
        let message = format!("this is {}, not a condition", spoken(&found.ty));
        let wrong = Diagnostic::new(Code::NotACondition, expr.at.0, message);
        let help = match found.ty {
            Type::Any => "compare it: `… = true`",
            Type::Number => "compare it: `… > 0`",
            _ => "compare it, or ask `… is present`",
        };
        self.fail(wrong.help(help))
    }

    /// An expression with its type. `hint` is the type of what it stands beside or goes into: it gives a bare word or
    /// a quoted text its meaning.
    pub(super) fn infer(&mut self, expr: &ast::Expr, scope: &Scope<'_>, hint: Option<&Type>) -> Option<Expr> {
        let span = expr.at.0;
        match &expr.kind {
            Ast::Or(items) => self.logic(items, scope, span, true),
            Ast::And(items) => self.logic(items, scope, span, false),
            Ast::Not(inner) => self.condition(inner, scope).map(|inner| not(inner, span)),
            Ast::Paren(inner) => self.infer(inner, scope, hint),
            Ast::Compare { op, left, right } => self.compare(op, (left, right), scope, span),
            Ast::Between { value, low, high } => self.between(value, (low, high), scope, span),
            Ast::In { value, negated, list } => self.in_list(value, *negated, list, Here { scope, span }),
            Ast::TextTest { op, value, part } => self.text_test(op, (value, part), scope, span),
            Ast::Matches { value, regex } => self.matches(value, regex, scope, span),
            Ast::Presence { value, present } => self.presence(value, *present, scope, span),
            Ast::Within { value, next, period } => self.within(value, *next, period, Here { scope, span }),
            Ast::Arithmetic { op, left, right } => self.arithmetic(op, (left, right), scope, span),
            Ast::Negative(inner) => self.negative(inner, scope, span),
            Ast::InSegment { .. }
            | Ast::InWorkflow { .. }
            | Ast::Quantified { .. }
            | Ast::CountOf { .. }
            | Ast::Did { .. }
            | Ast::Aggregate { .. }
            | Ast::ActiveDays(_) => self.of_entity(expr, scope),
            Ast::TimedOut => self.timed_out(scope, span),
            Ast::Path(path) => self.name_or_word(path, scope, hint),
            Ast::Text(text) => self.text_literal(text, hint),
            Ast::Relative { period, before, of } => self.relative(period, *before, of, scope),
            Ast::Now | Ast::Moving { .. } if scope.aggregate => self.fail(aggregate_filter("now", span)),
            Ast::Moving { period, ago } => self.moving(period, *ago, span),
            _ => self.literal(expr),
        }
    }

    fn literal(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.at.0;
        let (value, ty) = match &expr.kind {
            Ast::Number(number) => (Value::Number(number.normalize()), Type::Number),
            Ast::Percent(number) => {
                (Value::Number((number / Decimal::ONE_HUNDRED).normalize()), Type::Number)
            }
            Ast::Bool(value) => (Value::Bool(*value), Type::Bool),
            Ast::Period(period) => (Value::Period(*period), Type::Duration),
            Ast::Instant(at) => (Value::Time(*at), Type::Time),
            Ast::Date(date) => (Value::Date(*date), Type::Date),
            Ast::Missing => (Value::Missing, Type::Missing),
            Ast::Now => return Some(Expr { kind: ExprKind::Now, ty: Type::Time, span }),
            _ => {
                let wrong = Diagnostic::new(Code::MisplacedClock, span, "a time of day is no value");
                return self.fail(wrong.help("compare instants: `now`, `2026-01-05T09:00Z`, `3d from now`"));
            }
        };
        Some(Expr::constant(value, ty, span))
    }

    /// What asks about an entity and its events: not inside the `where` of an aggregate, not in an action.
    fn of_entity(&mut self, expr: &ast::Expr, scope: &Scope<'_>) -> Option<Expr> {
        let span = expr.at.0;
        let here = Here { scope, span };
        if scope.aggregate {
            return self.fail(aggregate_filter("the entity", span));
        }
        let Some(this) = scope.this else {
            let message = "an action knows no entity";
            let wrong = Diagnostic::new(Code::UnknownParameter, span, message);
            return self.fail(wrong.help("declare a parameter for it"));
        };
        match &expr.kind {
            Ast::InSegment { of, negated, segment } => {
                self.in_segment(of.as_deref(), *negated, segment, here)
            }
            Ast::InWorkflow { of, negated, workflow } => {
                self.in_workflow(of.as_deref(), *negated, workflow, here)
            }
            Ast::Quantified { quantifier, over, condition } => {
                self.quantified(quantifier.node, over, condition, here)
            }
            Ast::CountOf { over, condition } => self.count_of(over, condition.as_deref(), here),
            _ => self.of_events(expr, this, scope),
        }
    }

    fn logic(&mut self, items: &[ast::Expr], scope: &Scope<'_>, span: Span, or: bool) -> Option<Expr> {
        let checked: Vec<Option<Expr>> = items.iter().map(|item| self.condition(item, scope)).collect();
        let checked: Option<Vec<Expr>> = checked.into_iter().collect();
        self.bounded(if or { any_of(checked?, span) } else { all_of(checked?, span) })
    }

    fn presence(&mut self, value: &ast::Expr, present: bool, scope: &Scope<'_>, span: Span) -> Option<Expr> {
        let value = self.infer(value, scope, None)?;
        if value.ty == Type::Missing {
            let message = "`missing` is always missing";
            return self.fail(
                Diagnostic::new(Code::ComparedToMissing, span, message).help("ask it of an attribute"),
            );
        }
        let missing = condition(ExprKind::IsMissing(Box::new(value)), span);
        Some(if present { not(missing, span) } else { missing })
    }

    fn timed_out(&mut self, scope: &Scope<'_>, span: Span) -> Option<Expr> {
        if scope.timed_out {
            return Some(condition(ExprKind::TimedOut, span));
        }
        let wrong = Diagnostic::new(Code::NoTimeOut, span, "nothing can have timed out here");
        self.fail(wrong.help("put `if timed out { … }` directly behind a `wait until … at most …`"))
    }

    /// A number of times, from 1.
    pub(super) fn times(&mut self, count: &Node<Decimal>) -> Option<Decimal> {
        if count.node.is_integer() && count.node >= Decimal::ONE {
            return Some(count.node.normalize());
        }
        let message = format!("`{}` is no number of times", count.node);
        self.fail(Diagnostic::new(Code::BadCount, count.span(), message).help("write a whole number from 1"))
    }
}

/// A condition of that form.
pub(super) fn condition(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, ty: Type::Bool, span }
}

/// The opposite; the opposite of an opposite is the thing itself.
pub(super) fn not(inner: Expr, span: Span) -> Expr {
    match inner.kind {
        ExprKind::Not(inside) => *inside,
        ExprKind::Const(Value::Bool(value)) => Expr::constant(Value::Bool(!value), Type::Bool, span),
        _ => condition(ExprKind::Not(Box::new(inner)), span),
    }
}

/// All of these, without an `and` inside.
pub(super) fn all_of(items: Vec<Expr>, span: Span) -> Expr {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item.kind {
            ExprKind::And(inner) => flat.extend(inner),
            ExprKind::Const(Value::Bool(true)) => {}
            _ => flat.push(item),
        }
    }
    only(flat, span, true, ExprKind::And)
}

/// One of these, without an `or` inside.
pub(super) fn any_of(items: Vec<Expr>, span: Span) -> Expr {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item.kind {
            ExprKind::Or(inner) => flat.extend(inner),
            ExprKind::Const(Value::Bool(false)) => {}
            _ => flat.push(item),
        }
    }
    only(flat, span, false, ExprKind::Or)
}

fn only(mut items: Vec<Expr>, span: Span, empty: bool, make: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match items.len() {
        0 => Expr::constant(Value::Bool(empty), Type::Bool, span),
        1 => items.pop().unwrap_or_else(|| Expr::unknown(span)),
        _ => condition(make(items), span),
    }
}
