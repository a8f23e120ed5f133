//! Arithmetic over numbers, durations, times and dates.
//!
//! Literals are folded where the result is exact; a time or date moved by a literal length is a `Shift`, `now` moved
//! by one a `Moving`.

use super::checked::*;
use super::cx::Cx;
use super::scope::Scope;
use super::time::in_days;
use super::types::spoken;
use crate::base::{Node, Period, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast;
use crate::value::{Type, Value};
use rust_decimal::Decimal;

impl Cx<'_> {
    pub(super) fn arithmetic(
        &mut self,
        op: &Node<ArithmeticOp>,
        (left, right): (&ast::Expr, &ast::Expr),
        scope: &Scope<'_>,
        span: Span,
    ) -> Option<Expr> {
        let left = self.infer(left, scope, None);
        let right = self.infer(right, scope, None);
        let (left, right) = (left?, right?);
        let Some(ty) = result(op.node, &left, &right) else {
            return self.bad_arithmetic(op, &left, &right);
        };
        if op.node == ArithmeticOp::Divide
            && matches!(&right.kind, ExprKind::Const(Value::Number(number)) if number.is_zero())
        {
            let wrong = Diagnostic::new(Code::DivisionByZero, right.span, "nothing can be divided by zero");
            return self.fail(wrong.help("divide by another number"));
        }
        Some(Expr { kind: folded(op.node, left, right), ty, span })
    }

    fn bad_arithmetic<T>(&mut self, op: &Node<ArithmeticOp>, left: &Expr, right: &Expr) -> Option<T> {
        let sign = match op.node {
            ArithmeticOp::Add => "+",
            ArithmeticOp::Subtract => "-",
            ArithmeticOp::Multiply => "*",
            ArithmeticOp::Divide => "/",
        };
        let message = format!("`{sign}` has no meaning for {} and {}", spoken(&left.ty), spoken(&right.ty));
        let wrong = Diagnostic::new(Code::BadArithmetic, op.span(), message)
            .other(left.span, spoken(&left.ty))
            .other(right.span, spoken(&right.ty));
        let help = match (&left.ty, &right.ty) {
            (Type::Text, _) | (_, Type::Text) => "texts are put together in a template: `{{ a }} {{ b }}`",
            (Type::Time | Type::Date, Type::Number) => "say of what: `+ 3d`",
            _ => "reckon with numbers, durations, times and dates",
        };
        self.fail(wrong.help(help))
    }

    pub(super) fn negative(&mut self, inner: &ast::Expr, scope: &Scope<'_>, span: Span) -> Option<Expr> {
        let inner = self.infer(inner, scope, None)?;
        match (&inner.kind, &inner.ty) {
            (ExprKind::Const(Value::Number(number)), _) => {
                Some(Expr::constant(Value::Number((-*number).normalize()), Type::Number, span))
            }
            (_, Type::Number | Type::Any) => {
                Some(Expr { kind: ExprKind::Negative(Box::new(inner)), ty: Type::Number, span })
            }
            _ => {
                let message = format!("`-` has no meaning for {}", spoken(&inner.ty));
                let wrong = Diagnostic::new(Code::BadArithmetic, span, message);
                self.fail(wrong.help("a time back is `3d ago`, or `renewal - 3d`"))
            }
        }
    }
}

/// The type of the result; `None` if there is none.
fn result(op: ArithmeticOp, left: &Expr, right: &Expr) -> Option<Type> {
    use ArithmeticOp::{Add, Divide, Multiply, Subtract};
    use Type::{Any, Date, Duration, Number, Time};
    Some(match (op, &left.ty, &right.ty) {
        (_, Number | Any, Number | Any) => Number,
        (Add | Subtract, Duration, Duration) => Duration,
        (Add | Subtract, Time, Duration) | (Add, Duration, Time) => Time,
        (Add | Subtract, Date, Duration) => moved_date(right),
        (Add, Duration, Date) => moved_date(left),
        (Subtract, Time | Date, Time | Date) => Duration,
        (Multiply | Divide, Duration, Number) | (Multiply, Number, Duration) => Duration,
        (Divide, Duration, Duration) => Number,
        _ => return None,
    })
}

/// A date moved by hours is an instant.
fn moved_date(by: &Expr) -> Type {
    match by.kind {
        ExprKind::Const(Value::Period(period)) => shifted_type(&Type::Date, period),
        _ => Type::Date,
    }
}

/// The type of a time or a date moved by that.
pub(super) fn shifted_type(base: &Type, period: Period) -> Type {
    if *base == Type::Date && period.millis == 0 { Type::Date } else { Type::Time }
}

fn folded(op: ArithmeticOp, left: Expr, right: Expr) -> ExprKind {
    use ExprKind::Const;
    let exact = match (&left.kind, &right.kind) {
        (Const(Value::Number(a)), Const(Value::Number(b))) => {
            numbers(op, *a, *b).map(|it| Const(Value::Number(it)))
        }
        (Const(Value::Period(a)), Const(Value::Period(b))) if op == ArithmeticOp::Add => {
            periods(*a, *b).map(|sum| Const(Value::Period(sum)))
        }
        (_, Const(Value::Period(period))) => moved(op, &left, *period),
        (Const(Value::Period(period)), _) if op == ArithmeticOp::Add => moved(op, &right, *period),
        _ => None,
    };
    exact.unwrap_or_else(|| ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) })
}

/// A time or date moved by a literal length.
fn moved(op: ArithmeticOp, base: &Expr, period: Period) -> Option<ExprKind> {
    let before = match op {
        ArithmeticOp::Add => false,
        ArithmeticOp::Subtract => true,
        ArithmeticOp::Multiply | ArithmeticOp::Divide => return None,
    };
    match (&base.kind, &base.ty) {
        (ExprKind::Now, _) => Some(ExprKind::Moving { period: in_days(period), ago: before }),
        (ExprKind::Const(Value::Time(at)), _) => {
            let ms = period.exact()?;
            Some(ExprKind::Const(Value::Time(if before { at.minus(ms) } else { at.plus(ms) })))
        }
        (_, Type::Time | Type::Date) => {
            Some(ExprKind::Shift { base: Box::new(base.clone()), period, before })
        }
        _ => None,
    }
}

fn periods(a: Period, b: Period) -> Option<Period> {
    Some(Period {
        months: a.months.checked_add(b.months)?,
        days: a.days.checked_add(b.days)?,
        millis: a.millis.checked_add(b.millis)?,
    })
}

/// The exact result; `None` where it would be rounded or is too large.
fn numbers(op: ArithmeticOp, a: Decimal, b: Decimal) -> Option<Decimal> {
    let found = match op {
        ArithmeticOp::Add => a.checked_add(b)?,
        ArithmeticOp::Subtract => a.checked_sub(b)?,
        ArithmeticOp::Multiply => a.checked_mul(b)?,
        ArithmeticOp::Divide => a.checked_div(b)?,
    };
    let exact = match op {
        ArithmeticOp::Add => found.checked_sub(b)? == a,
        ArithmeticOp::Subtract => found.checked_add(b)? == a,
        ArithmeticOp::Multiply => b.is_zero() || found.checked_div(b)? == a,
        ArithmeticOp::Divide => found.scale() <= 12 && found.checked_mul(b)? == a,
    };
    exact.then(|| found.normalize())
}
