//! Lengths of time, moving bounds, instants that follow an attribute, and what a window can hold.

use super::arith::shifted_type;
use super::checked::*;
use super::cx::Cx;
use super::explain::aggregate_filter;
use super::expr::{all_of, condition};
use super::scope::{Here, Scope};
use super::types::spoken;
use crate::base::{Node, Period, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast;
use crate::value::{Type, Value};
use rust_decimal::Decimal;

/// The longest length of time that a window, a wait or a bound may have: ten years, in milliseconds.
const LONGEST: i64 = 3_720 * crate::base::period::DAY;

impl Cx<'_> {
    /// A length of time that must be more than nothing and at most ten years; `what` it is of: `window`, `wait`.
    pub fn period(&mut self, period: &Node<Period>, what: &str) -> Option<Period> {
        let problem = if period.node.is_zero() {
            format!("a {what} of no length means nothing")
        } else if period.node.at_most() > LONGEST {
            format!("a {what} is at most ten years long")
        } else {
            return Some(period.node);
        };
        let wrong = Diagnostic::new(Code::PeriodOutOfRange, period.span(), problem);
        self.fail(wrong.help("write a length between `1ms` and `10 years`"))
    }

    /// A length counted from `now`, where a day is 24 hours: `168h` is `7d`.
    pub(super) fn distance(&mut self, period: &Node<Period>, what: &str) -> Option<Period> {
        self.period(period, what).map(in_days)
    }

    /// `14d ago`, `3d from now`
    pub(super) fn moving(&mut self, period: &Node<Period>, ago: bool, span: Span) -> Option<Expr> {
        let period = self.distance(period, "distance from now")?;
        Some(Expr { kind: ExprKind::Moving { period, ago }, ty: Type::Time, span })
    }

    /// An attribute of type time or date, moved by an offset if there is one.
    pub fn time_expr(
        &mut self,
        path: &ast::Path,
        offset: Option<&ast::Offset>,
        scope: &Scope<'_>,
    ) -> Option<Expr> {
        let base = self.path(path, scope, None)?;
        if !matches!(base.ty, Type::Time | Type::Date) {
            let message = format!("`{}` is {}, not a time or a date", path.text(), spoken(&base.ty));
            let wrong = Diagnostic::new(Code::WrongType, path.at.0, message);
            return self.fail(wrong.help("name an attribute of type `time` or `date`"));
        }
        let Some(offset) = offset else { return Some(base) };
        let period = self.period(&offset.period, "distance from a date")?;
        let ty = shifted_type(&base.ty, period);
        let span = offset.period.span().to(path.at.0);
        let before = offset.before;
        Some(Expr { kind: ExprKind::Shift { base: Box::new(base), period, before }, ty, span })
    }

    /// `3d before renewal`
    pub(super) fn relative(
        &mut self,
        period: &Node<Period>,
        before: bool,
        of: &ast::Path,
        scope: &Scope<'_>,
    ) -> Option<Expr> {
        let offset = ast::Offset { period: period.clone(), before };
        self.time_expr(of, Some(&offset), scope)
    }

    /// `a within last 14d`: in (now - 14d, now]; `a within next 30d`: in (now, now + 30d] (S2.3).
    pub(super) fn within(
        &mut self,
        value: &ast::Expr,
        next: bool,
        period: &Node<Period>,
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        if scope.aggregate {
            return self.fail(aggregate_filter("now", span));
        }
        let value = self.infer(value, scope, None);
        let period = self.distance(period, "window");
        let (value, period) = (value?, period?);
        if !matches!(value.ty, Type::Time | Type::Date | Type::Any) {
            let message =
                format!("only a time or a date lies within a window; this is {}", spoken(&value.ty));
            let wrong = Diagnostic::new(Code::TypeMismatch, value.span, message);
            return self.fail(wrong.help("name an attribute of type `time` or `date`"));
        }
        let bound = |kind| Box::new(Expr { kind, ty: Type::Time, span });
        let moving = bound(ExprKind::Moving { period, ago: !next });
        let (after, upto) =
            if next { (bound(ExprKind::Now), moving) } else { (moving, bound(ExprKind::Now)) };
        let left = Box::new(value);
        let lower = ExprKind::Compare { op: CompareOp::Gt, left: left.clone(), right: after };
        let upper = ExprKind::Compare { op: CompareOp::Le, left, right: upto };
        Some(all_of(vec![condition(lower, span), condition(upper, span)], span))
    }

    /// A threshold must not be above what is counted can reach: the days of the window for `active days`, the events
    /// that are kept for `count` (S1.5, S7.5).
    pub(super) fn threshold(&mut self, op: CompareOp, left: &Expr, right: &Expr) -> Option<()> {
        let (ExprKind::Aggregate { aggregate, .. }, ExprKind::Const(Value::Number(threshold))) =
            (&left.kind, &right.kind)
        else {
            return Some(());
        };
        let Some((bound, reason)) = self.bound_of(*aggregate) else { return Some(()) };
        let limit = Decimal::from(bound);
        if *threshold < limit || (*threshold == limit && op != CompareOp::Gt) {
            return Some(());
        }
        let wrong = Diagnostic::new(Code::ThresholdAboveBound, right.span, "this threshold can't be reached")
            .other(left.span, reason);
        self.fail(wrong.help(format!("compare with at most {bound}")))
    }

    /// The most that an aggregate can be, and why.
    fn bound_of(&self, aggregate: crate::base::Idx<Aggregate>) -> Option<(i64, String)> {
        let aggregate = self.out.aggregates.get(aggregate)?;
        match &aggregate.function {
            Function::ActiveDays => {
                let (Window::Last(period) | Window::Previous(period)) = aggregate.window else { return None };
                let days = period.at_most().div_euclid(crate::base::period::DAY);
                let days = days + i64::from(period.at_most().rem_euclid(crate::base::period::DAY) > 0);
                // From noon to noon a window touches one date more than it is days long.
                Some((days + 1, format!("{period} reaches over at most {} dates", days + 1)))
            }
            Function::Of { function: AggregateFn::Count, .. } => {
                let kept = i64::from(self.out.settings.events_kept);
                Some((kept, format!("at most {kept} events of one name are kept")))
            }
            Function::Of { .. } => None,
        }
    }
}

/// The same length with whole days of 24 hours as days.
pub(super) fn in_days(period: Period) -> Period {
    let day = crate::base::period::DAY.unsigned_abs();
    let more = u32::try_from(period.millis / day).ok().and_then(|more| period.days.checked_add(more));
    match more {
        Some(days) => Period { days, millis: period.millis % day, ..period },
        None => period,
    }
}
