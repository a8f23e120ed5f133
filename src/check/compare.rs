//! Comparisons: `= != < <= > >=`, `between`, `in`, `contains`, `starts with`, `ends with`, `matches`.
//!
//! Invariant of what comes out: both sides have comparable types; a constant or a moving bound stands on the right;
//! `= true` of a bool is the bool itself (both are false when it is missing).

use super::checked::*;
use super::cx::Cx;
use super::expr::{all_of, condition, not};
use super::scope::{Here, Scope};
use super::types::{comparable, is_ordered, is_textual, spoken};
use super::words::{mend_literal, stripped};
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::value::{Type, Value};

/// The largest compiled form of a regular expression, in bytes.
const REGEX_SIZE: usize = 1 << 20;

impl Cx<'_> {
    pub(super) fn compare(
        &mut self,
        op: &Node<CompareOp>,
        (left, right): (&ast::Expr, &ast::Expr),
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        for (side, other) in [(left, right), (right, left)] {
            if matches!(stripped(side).kind, Ast::Missing) {
                return self.compared_to_missing(op, (side, other), span);
            }
        }
        let (left_hint, right_hint) = (self.peek(right, scope), self.peek(left, scope));
        let left = self.infer(left, scope, left_hint.as_ref());
        let right = self.infer(right, scope, right_hint.as_ref());
        self.comparison((op.node, op.span()), left?, right?, span)
    }

    /// The type of a path, looked up in silence, as a hint for what stands beside it.
    fn peek(&self, expr: &ast::Expr, scope: &Scope<'_>) -> Option<Type> {
        match &stripped(expr).kind {
            Ast::Path(path) => self.find(path, scope).map(|(_, ty)| ty),
            _ => None,
        }
    }

    fn compared_to_missing<T>(
        &mut self,
        op: &Node<CompareOp>,
        (missing, other): (&ast::Expr, &ast::Expr),
        span: Span,
    ) -> Option<T> {
        let message = "a comparison with `missing` is always false";
        let wrong = Diagnostic::new(Code::ComparedToMissing, span, message);
        let ask = if op.node == CompareOp::Ne { "is present" } else { "is missing" };
        let wrong = wrong.help(format!("ask `… {ask}`"));
        let behind = missing.at.0.start > other.at.0.start;
        self.fail(if behind { wrong.fix(op.span().to(missing.at.0), ask) } else { wrong })
    }

    /// Two typed sides and how they compare.
    pub(super) fn comparison(
        &mut self,
        (op, op_span): (CompareOp, Span),
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Option<Expr> {
        let left = address_case(left, &right.ty);
        let right = address_case(right, &left.ty);
        if !comparable(&left.ty, &right.ty) {
            return self.mismatch(&left, &right, span);
        }
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let ordered = is_ordered(&left.ty) && is_ordered(&right.ty);
        if !equality && !ordered {
            return self.no_order(op_span, &left, &right);
        }
        if equality && (is_moving(&left) || is_moving(&right)) {
            return self.moving_equality(span);
        }
        let (op, left, right) = oriented(op, left, right);
        self.threshold(op, &left, &right)?;
        if op == CompareOp::Ne {
            return Some(not(equals(left, right, span), span));
        }
        Some(match op {
            CompareOp::Eq => equals(left, right, span),
            _ => condition(ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) }, span),
        })
    }

    fn mismatch<T>(&mut self, left: &Expr, right: &Expr, span: Span) -> Option<T> {
        if let (Type::List(_), _) | (_, Type::List(_)) = (&left.ty, &right.ty) {
            let wrong = Diagnostic::new(Code::TypeMismatch, span, "a list does not compare");
            return self.fail(wrong.help("ask what it holds: `… contains \"x\"`"));
        }
        let message = format!("{} does not compare with {}", spoken(&left.ty), spoken(&right.ty));
        let wrong = Diagnostic::new(Code::TypeMismatch, right.span, message).label(spoken(&right.ty));
        let wrong = wrong.other(left.span, spoken(&left.ty));
        let wrong = mend_literal(wrong, right, &left.ty);
        let wrong = if wrong.help.is_none() { mend_literal(wrong, left, &right.ty) } else { wrong };
        let help = match (&left.ty, &right.ty) {
            (Type::Time | Type::Date, Type::Duration) => "compare with an instant: `3d ago`, `3d from now`",
            (Type::Bool, _) | (_, Type::Bool) => "a bool compares with `true` and `false`",
            _ => "compare values of one type",
        };
        self.fail(if wrong.help.is_none() { wrong.help(help) } else { wrong })
    }

    fn no_order<T>(&mut self, op: Span, left: &Expr, right: &Expr) -> Option<T> {
        let unordered = if is_ordered(&left.ty) { right } else { left };
        let message = format!("{} has no order: it is only equal or not", spoken(&unordered.ty));
        let wrong = Diagnostic::new(Code::NoOrder, op, message).other(unordered.span, spoken(&unordered.ty));
        self.fail(wrong.help("compare it with `=`, `!=` or `in (…)`"))
    }

    fn moving_equality<T>(&mut self, span: Span) -> Option<T> {
        let wrong =
            Diagnostic::new(Code::MovingEquality, span, "nothing ever equals a bound that moves with time");
        let wrong = wrong.help("use `<`, `<=`, `>` or `>=`, or `within last …` and `within next …`");
        self.fail(wrong)
    }

    /// `a between low and high`: at least low and at most high.
    pub(super) fn between(
        &mut self,
        value: &ast::Expr,
        (low, high): (&ast::Expr, &ast::Expr),
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let hint = self.peek(value, scope);
        let value = self.infer(value, scope, None);
        let low = self.infer(low, scope, hint.as_ref());
        let high = self.infer(high, scope, hint.as_ref());
        let (value, low, high) = (value?, low?, high?);
        self.not_empty(&low, &high)?;
        let at = value.span;
        let least = self.comparison((CompareOp::Ge, at), value.clone(), low, span)?;
        let most = self.comparison((CompareOp::Le, at), value, high, span)?;
        Some(all_of(vec![least, most], span))
    }

    fn not_empty(&mut self, low: &Expr, high: &Expr) -> Option<()> {
        let empty = match (&low.kind, &high.kind) {
            (ExprKind::Const(Value::Number(low)), ExprKind::Const(Value::Number(high))) => low > high,
            (ExprKind::Const(Value::Date(low)), ExprKind::Const(Value::Date(high))) => low > high,
            (ExprKind::Const(Value::Time(low)), ExprKind::Const(Value::Time(high))) => low > high,
            _ => false,
        };
        if !empty {
            return Some(());
        }
        let message = "nothing lies between these: the first is above the second";
        let wrong = Diagnostic::new(Code::EmptyRange, low.span.to(high.span), message);
        self.fail(wrong.help("write the lower one first"))
    }

    /// `a in ("x", "y")`, `a not in (…)`
    pub(super) fn in_list(
        &mut self,
        value: &ast::Expr,
        negated: bool,
        list: &[ast::Expr],
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        let value = self.infer(value, scope, None)?;
        let items: Vec<Option<Expr>> = list.iter().map(|item| self.list_item(item, &value, scope)).collect();
        let items: Option<Vec<Expr>> = items.into_iter().collect();
        let list = items?;
        let found = self.bounded(condition(ExprKind::In { value: Box::new(value), list }, span))?;
        Some(if negated { not(found, span) } else { found })
    }

    fn list_item(&mut self, item: &ast::Expr, value: &Expr, scope: &Scope<'_>) -> Option<Expr> {
        if matches!(stripped(item).kind, Ast::Missing) {
            let message = "`missing` is in no list: a comparison with it is always false";
            let wrong = Diagnostic::new(Code::ComparedToMissing, item.at.0, message);
            return self.fail(wrong.help("ask `… is missing` beside it"));
        }
        let item = self.infer(item, scope, Some(&value.ty))?;
        let item = address_case(item, &value.ty);
        if !comparable(&value.ty, &item.ty) {
            return self.mismatch(value, &item, value.span.to(item.span));
        }
        if is_moving(&item) || is_moving(value) {
            return self.moving_equality(item.span);
        }
        Some(item)
    }

    /// `a contains "x"`, `a starts with "x"`, `a ends with "x"`
    pub(super) fn text_test(
        &mut self,
        op: &Node<TextOp>,
        (value, part): (&ast::Expr, &ast::Expr),
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let value = self.infer(value, scope, None)?;
        let element = match (&value.ty, op.node) {
            (Type::List(of), TextOp::Contains) => Some((**of).clone()),
            (ty, _) if is_textual(ty) => None,
            _ => return self.not_searchable(&value, "text, and with `contains` in lists"),
        };
        let part = self.infer(part, scope, element.as_ref())?;
        let part = address_case(part, element.as_ref().unwrap_or(&value.ty));
        let fits = element.as_ref().map_or(is_textual(&part.ty), |of| comparable(of, &part.ty));
        if !fits {
            return self.mismatch(&Expr { ty: element.unwrap_or(Type::Text), ..value }, &part, span);
        }
        let kind = ExprKind::TextTest { op: op.node, value: Box::new(value), part: Box::new(part) };
        Some(condition(kind, span))
    }

    fn not_searchable<T>(&mut self, value: &Expr, where_: &str) -> Option<T> {
        let message = format!("this searches in {where_}; here is {}", spoken(&value.ty));
        let wrong = Diagnostic::new(Code::NotSearchable, value.span, message);
        self.fail(wrong.help("compare it with `=`, `<` or `in (…)`"))
    }

    /// `a matches /re/`
    pub(super) fn matches(
        &mut self,
        value: &ast::Expr,
        regex: &Node<String>,
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let value = self.infer(value, scope, None);
        let regex = self.regex(regex);
        let (value, regex) = (value?, regex?);
        if !is_textual(&value.ty) {
            return self.not_searchable(&value, "text");
        }
        Some(condition(ExprKind::Matches { value: Box::new(value), regex }, span))
    }

    fn regex(&mut self, regex: &Node<String>) -> Option<std::sync::Arc<str>> {
        if let Some(known) = self.regexes.get(regex.node.as_str()) {
            return Some(std::sync::Arc::clone(known));
        }
        match regex::RegexBuilder::new(&regex.node).size_limit(REGEX_SIZE).build() {
            Ok(_) => {
                let shared = self.intern(&regex.node);
                self.regexes.insert(std::sync::Arc::clone(&shared));
                Some(shared)
            }
            Err(regex::Error::CompiledTooBig(_)) => {
                let wrong =
                    Diagnostic::new(Code::BadRegex, regex.span(), "this regular expression is too large");
                self.fail(wrong.help("repeat less: `{1,100}` of a long group grows fast"))
            }
            Err(error) => {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                let wrong = Diagnostic::new(Code::BadRegex, regex.span(), "this is no regular expression");
                self.fail(
                    wrong
                        .label(reason)
                        .help("look-around and back references are not known; `\\` escapes a sign"),
                )
            }
        }
    }
}

/// Addresses are kept in lower case, so what they are compared with is lower-cased too.
fn address_case(literal: Expr, beside: &Type) -> Expr {
    match (&literal.kind, beside) {
        (ExprKind::Const(Value::Text(text)), Type::Email | Type::User)
            if text.chars().any(char::is_uppercase) =>
        {
            Expr { kind: ExprKind::Const(Value::Text(text.to_lowercase().into())), ..literal }
        }
        _ => literal,
    }
}

/// `left = right`; of a bool and `true` the bool itself.
fn equals(left: Expr, right: Expr, span: Span) -> Expr {
    if left.ty == Type::Bool && matches!(right.kind, ExprKind::Const(Value::Bool(true))) {
        return left;
    }
    condition(ExprKind::Compare { op: CompareOp::Eq, left: Box::new(left), right: Box::new(right) }, span)
}

/// Constants and moving bounds on the right.
fn oriented(op: CompareOp, left: Expr, right: Expr) -> (CompareOp, Expr, Expr) {
    if !is_bound(&left) || is_bound(&right) {
        return (op, left, right);
    }
    let turned = match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same @ (CompareOp::Eq | CompareOp::Ne) => same,
    };
    (turned, right, left)
}

fn is_bound(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(_) | ExprKind::Now | ExprKind::Moving { .. })
}

/// Whether the value moves with time by itself.
pub(super) fn is_moving(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Now | ExprKind::Moving { .. } => true,
        ExprKind::Shift { base, .. } => is_moving(base),
        ExprKind::Arithmetic { left, right, .. } => is_moving(left) || is_moving(right),
        ExprKind::Negative(inner) => is_moving(inner),
        _ => false,
    }
}
