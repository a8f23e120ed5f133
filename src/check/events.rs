//! What is asked of events: `did "X" …`, `count of "X" …`, `sum of p of "X" …`, `active days …`.
//!
//! Equal aggregates are one entry of `Checked::aggregates`, wherever they are written. Their `where` reads the event's
//! own properties and constants alone, so that an event is looked at once, when it arrives.

use super::checked::*;
use super::cx::Cx;
use super::listing::aggregate_key;
use super::scope::Scope;
use super::types::spoken;
use crate::base::{Idx, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::value::{Type, Value};
use rust_decimal::Decimal;

impl Cx<'_> {
    pub(super) fn of_events(&mut self, expr: &ast::Expr, this: Subject, scope: &Scope<'_>) -> Option<Expr> {
        let span = expr.at.0;
        match &expr.kind {
            Ast::Did { negated, event, filter, times, window } => {
                let (filter, window) = (filter.as_deref(), window.as_ref());
                let counted = Counted { subject: this, scope, event, filter, window };
                self.did(*negated, &counted, times.as_ref(), span)
            }
            Ast::Aggregate { function, property, event, filter, window } => {
                let (filter, window) = (filter.as_deref(), window.as_ref());
                let counted = Counted { subject: this, scope, event, filter, window };
                self.aggregate(function.node, property.as_ref(), &counted, span)
            }
            Ast::ActiveDays(written) => {
                let window = self.window(Some(written))?;
                self.active_window(written, window)?;
                Some(self.consed(
                    Aggregate { subject: this, function: Function::ActiveDays, window },
                    Type::Number,
                    span,
                ))
            }
            _ => None,
        }
    }

    fn did(
        &mut self,
        negated: bool,
        counted: &Counted<'_>,
        times: Option<&ast::Times>,
        span: Span,
    ) -> Option<Expr> {
        let count = self.aggregate(AggregateFn::Count, None, counted, span);
        let (op, n, n_span) = match times {
            None if negated => (CompareOp::Eq, Decimal::ZERO, span),
            None => (CompareOp::Ge, Decimal::ONE, span),
            Some(times) => {
                let n = self.times(&times.count)?;
                let op = match (negated, times.at_least) {
                    (false, true) => CompareOp::Ge,
                    (false, false) => CompareOp::Le,
                    (true, true) => CompareOp::Lt,
                    (true, false) => CompareOp::Gt,
                };
                (op, n, times.count.span())
            }
        };
        let n = Expr::constant(Value::Number(n), Type::Number, n_span);
        self.comparison((op, span), count?, n, span)
    }

    fn aggregate(
        &mut self,
        function: AggregateFn,
        property: Option<&ast::Path>,
        counted: &Counted<'_>,
        span: Span,
    ) -> Option<Expr> {
        let event = self.event(counted.event);
        let window = self.window(counted.window);
        let event = event?;
        let inside = counted.scope.aggregate(event);
        let filter = counted.filter.map(|filter| self.condition(filter, &inside));
        let property = match property {
            Some(path) => Some(self.aggregated_property(event, path)?),
            None => None,
        };
        let ty = self.aggregate_type(function, event, property, span)?;
        let filter = match filter {
            Some(filter) => Some(filter?),
            None => None,
        };
        let property = property.map(|(property, _)| property);
        let function = Function::Of { function, event, property, filter };
        Some(self.consed(Aggregate { subject: counted.subject, function, window: window? }, ty, span))
    }

    fn aggregated_property(&mut self, event: Idx<Event>, path: &ast::Path) -> Option<(Idx<Property>, Span)> {
        let Some(name) = path.single() else {
            let unknown = self.unknown_property(event, &path.text(), path.at.0);
            return self.fail(unknown);
        };
        let property = self.property(event, name, path.at.0)?;
        Some((property, path.at.0))
    }

    fn aggregate_type(
        &mut self,
        function: AggregateFn,
        event: Idx<Event>,
        property: Option<(Idx<Property>, Span)>,
        span: Span,
    ) -> Option<Type> {
        use AggregateFn::{Average, Count, First, Last, Max, Min, Sum};
        let Some((property, at)) = property else {
            return match function {
                Count => Some(Type::Number),
                First | Last => Some(Type::Time),
                Sum | Min | Max | Average => {
                    let wrong = Diagnostic::new(Code::BadAggregate, span, "of which property of the event?");
                    self.fail(wrong.help("name it: `sum of amount of \"…\"`"))
                }
            };
        };
        let ty = self.out.events.get(event)?.properties.get(property)?.ty.clone();
        let fits = match function {
            Sum | Average => matches!(ty, Type::Number | Type::Duration),
            Min | Max => matches!(ty, Type::Number | Type::Duration | Type::Time | Type::Date),
            Count | First | Last => false,
        };
        if fits {
            return Some(ty);
        }
        let (message, help) = match function {
            Count | First | Last => {
                ("this is made of events, not of a property".to_owned(), "leave the property out")
            }
            _ => (format!("this can't be made of {}", spoken(&ty)), "name a property of type `number`"),
        };
        let place = self.out.events.get(event)?.properties.get(property)?.span;
        let wrong = Diagnostic::new(Code::BadAggregate, at, message).other(place, "declared here");
        self.fail(wrong.help(help))
    }

    fn window(&mut self, window: Option<&ast::Window>) -> Option<Window> {
        let Some(window) = window else { return Some(Window::All) };
        let period = self.distance(&window.period, "window")?;
        Some(if window.previous { Window::Previous(period) } else { Window::Last(period) })
    }

    /// Activity is kept by quarters of an hour, which a shorter window would cut at both ends.
    fn active_window(&mut self, written: &ast::Window, window: Window) -> Option<()> {
        let (Window::Last(period) | Window::Previous(period)) = window else { return Some(()) };
        if period.at_most() >= 3_600_000 {
            return Some(());
        }
        let message = "a window of `active days` is at least an hour long";
        let wrong = Diagnostic::new(Code::PeriodOutOfRange, written.period.span(), message);
        self.fail(wrong.help("count an event instead: `did \"Login\" in last 10m`"))
    }

    /// The one aggregate that says this.
    fn consed(&mut self, aggregate: Aggregate, ty: Type, span: Span) -> Expr {
        let key = aggregate_key(&aggregate);
        let known = self.aggregates.get(&key).copied();
        let aggregate = known.unwrap_or_else(|| {
            let idx = self.out.aggregates.push(aggregate);
            self.aggregates.insert(key, idx);
            idx
        });
        Expr { kind: ExprKind::Aggregate { of: Who::This, aggregate }, ty, span }
    }
}

/// Which events an aggregate is made of, as written.
struct Counted<'e> {
    subject: Subject,
    scope: &'e Scope<'e>,
    event: &'e ast::Text,
    filter: Option<&'e ast::Expr>,
    window: Option<&'e ast::Window>,
}
