//! Conditions and values. The grammar gives them flat; the ranks are made here: `or`, `and`, `not`, comparison,
//! `+ -`, `* /`, `-a`. Every `and` and `or` is one node over all its parts; `+ - * /` lean to the left.

use super::{Lower, Parts};
use crate::base::{At, Node, Span};
use crate::syntax::ast::{
    AggregateFn, ArithmeticOp, CompareOp, Expr, ExprKind, Quantifier, TextOp, Times, Window,
};
use crate::syntax::{Pair, Pairs, Rule, mistakes};
use std::iter::Peekable;

type Stream<'i> = Peekable<Pairs<'i>>;

impl Lower {
    /// A condition (`cond`), a value (`value`) or one in parentheses (`paren`).
    pub(in crate::syntax) fn expr(&mut self, pair: Pair<'_>) -> Option<Expr> {
        let at = self.at(&pair);
        let levels = 1 + pair.clone().into_inner().filter(|part| deepens(part.as_rule())).count();
        self.deeper(&pair.clone(), levels, |lower| match pair.as_rule() {
            Rule::paren => {
                let inner = Parts::of(pair).next()?;
                Some(Expr { kind: ExprKind::Paren(Box::new(lower.expr(inner)?)), at })
            }
            _ => lower.or(&mut pair.into_inner().peekable()),
        })
    }

    fn or(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut parts = vec![self.and(stream)?];
        while stream.next_if(|pair| pair.as_rule() == Rule::k_or).is_some() {
            parts.push(self.and(stream)?);
        }
        Some(joined(parts, ExprKind::Or))
    }

    fn and(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut parts = vec![self.not(stream)?];
        while stream.next_if(|pair| pair.as_rule() == Rule::k_and).is_some() {
            parts.push(self.not(stream)?);
        }
        Some(joined(parts, ExprKind::And))
    }

    fn not(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut nots = Vec::new();
        while let Some(not) = stream.next_if(|pair| pair.as_rule() == Rule::k_not) {
            nots.push(self.span(&not));
        }
        let member = stream.peek().is_some_and(|pair| pair.as_rule() == Rule::member);
        let mut expr = self.relation(stream)?;
        if let (true, Some(not)) = (member, nots.last().copied())
            && let Some(negated) = negated_member(&mut expr)
        {
            *negated = true;
            expr.at = At(not.to(expr.at.0));
            nots.pop();
        }
        for not in nots.into_iter().rev() {
            let at = At(not.to(expr.at.0));
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), at };
        }
        Some(expr)
    }

    /// A sum, and what is asked of it.
    fn relation(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let value = self.sum(stream)?;
        match stream.next_if(|pair| is_relop(pair.as_rule())) {
            Some(relop) => self.relop(value, relop),
            None => Some(value),
        }
    }

    fn sum(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut left = self.product(stream)?;
        while let Some(op) =
            stream.next_if(|pair| pair.as_rule() == Rule::arith && "+-".contains(pair.as_str()))
        {
            let right = self.product(stream)?;
            left = self.arithmetic(&op, left, right);
        }
        Some(left)
    }

    fn product(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut left = self.signed(stream)?;
        while let Some(op) =
            stream.next_if(|pair| pair.as_rule() == Rule::arith && "*/".contains(pair.as_str()))
        {
            let right = self.signed(stream)?;
            left = self.arithmetic(&op, left, right);
        }
        Some(left)
    }

    fn arithmetic(&self, op: &Pair<'_>, left: Expr, right: Expr) -> Expr {
        let which = match op.as_str() {
            "+" => ArithmeticOp::Add,
            "-" => ArithmeticOp::Subtract,
            "*" => ArithmeticOp::Multiply,
            _ => ArithmeticOp::Divide,
        };
        let at = At(left.at.0.to(right.at.0));
        let op = self.node(op, which);
        Expr { kind: ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) }, at }
    }

    fn signed(&mut self, stream: &mut Stream<'_>) -> Option<Expr> {
        let mut signs = Vec::new();
        while let Some(minus) = stream.next_if(|pair| pair.as_rule() == Rule::minus) {
            signs.push(self.span(&minus));
        }
        let mut expr = self.atom(stream.next()?)?;
        for sign in signs.into_iter().rev() {
            let at = At(sign.to(expr.at.0));
            expr = Expr { kind: ExprKind::Negative(Box::new(expr)), at };
        }
        Some(expr)
    }

    fn relop(&mut self, left: Expr, pair: Pair<'_>) -> Option<Expr> {
        let at = At(left.at.0.to(self.span(&pair)));
        let negated = Parts::of(pair.clone()).has(Rule::k_not);
        let value = Box::new(left);
        let kind = match pair.as_rule() {
            Rule::compare => self.compare(value, pair)?,
            Rule::between => {
                let mut parts = Parts::of(pair);
                let low = Box::new(self.expr(parts.next()?)?);
                let high = Box::new(self.expr(parts.next()?)?);
                ExprKind::Between { value, low, high }
            }
            Rule::in_list => {
                let list = Parts::of(pair).map(|part| self.expr(part)).collect::<Option<_>>()?;
                ExprKind::In { value, negated, list }
            }
            Rule::in_group => self.membership(Some(value), negated, pair)?,
            Rule::text_test => self.text_test(value, pair)?,
            Rule::matches_re => {
                let regex = Parts::of(pair).next()?;
                let node = self.node(&regex, unslashed(regex.as_str()));
                ExprKind::Matches { value, regex: node }
            }
            Rule::presence => {
                let present = Parts::of(pair).next()?.as_str() == "present";
                ExprKind::Presence { value, present }
            }
            _ => {
                let mut parts = Parts::of(pair);
                let next = parts.accept(Rule::within_side)?.as_str() == "next";
                ExprKind::Within { value, next, period: self.period(&parts.next()?) }
            }
        };
        Some(Expr { kind, at })
    }

    fn compare(&mut self, left: Box<Expr>, pair: Pair<'_>) -> Option<ExprKind> {
        let levels = pair.clone().into_inner().filter(|part| deepens(part.as_rule())).count();
        self.deeper(&pair.clone(), levels, |lower| lower.compared(left, pair))
    }

    fn compared(&mut self, left: Box<Expr>, pair: Pair<'_>) -> Option<ExprKind> {
        let mut stream = pair.into_inner().peekable();
        let sign = stream.next()?;
        let op = match sign.as_str() {
            "=" => CompareOp::Eq,
            "!=" => CompareOp::Ne,
            "<" => CompareOp::Lt,
            "<=" => CompareOp::Le,
            ">" => CompareOp::Gt,
            _ => CompareOp::Ge,
        };
        let op = self.node(&sign, op);
        Some(ExprKind::Compare { op, left, right: Box::new(self.sum(&mut stream)?) })
    }

    fn membership(&mut self, of: Option<Box<Expr>>, negated: bool, pair: Pair<'_>) -> Option<ExprKind> {
        let mut parts = Parts::of(pair);
        let group = parts.accept(Rule::group)?;
        let name = parts.text(self)?;
        Some(if group.as_str() == "segment" {
            ExprKind::InSegment { of, negated, segment: name }
        } else {
            ExprKind::InWorkflow { of, negated, workflow: name }
        })
    }

    fn text_test(&mut self, value: Box<Expr>, pair: Pair<'_>) -> Option<ExprKind> {
        let parts = Parts::of(pair.clone());
        let which = if parts.has(Rule::k_contains) {
            TextOp::Contains
        } else if parts.has(Rule::k_starts) {
            TextOp::StartsWith
        } else {
            TextOp::EndsWith
        };
        let words = pair.into_inner().take_while(|part| part.as_rule() != Rule::value);
        let span = words.map(|word| self.span(&word)).reduce(Span::to)?;
        let part = Box::new(self.expr({ parts }.next()?)?);
        Some(ExprKind::TextTest { op: Node::new(which, span), value, part })
    }

    fn atom(&mut self, pair: Pair<'_>) -> Option<Expr> {
        let at = self.at(&pair);
        let kind = match pair.as_rule() {
            Rule::paren => return self.expr(pair),
            Rule::member => self.membership(None, false, pair)?,
            Rule::quantified => self.quantified(pair)?,
            Rule::count => self.count(pair)?,
            Rule::did => self.did(pair)?,
            Rule::aggregate | Rule::edge_of => self.aggregate(pair)?,
            Rule::active => ExprKind::ActiveDays(self.window(Parts::of(pair).next()?)?),
            Rule::timed_out => ExprKind::TimedOut,
            Rule::duration => self.duration(pair)?,
            _ => self.literal(&pair)?,
        };
        Some(Expr { kind, at })
    }

    /// A literal or a path: what also stands as a positional argument.
    pub(super) fn literal(&mut self, pair: &Pair<'_>) -> Option<ExprKind> {
        Some(match pair.as_rule() {
            Rule::path => ExprKind::Path(self.path(pair)),
            Rule::string => ExprKind::Text(self.text(pair)),
            Rule::number => ExprKind::Number(self.number(pair)),
            Rule::percent => ExprKind::Percent(self.number(pair)),
            Rule::bool_ => ExprKind::Bool(pair.as_str() == "true"),
            Rule::now => ExprKind::Now,
            Rule::missing => ExprKind::Missing,
            Rule::instant => ExprKind::Instant(self.instant(pair).node),
            Rule::date => ExprKind::Date(self.date(pair).node),
            Rule::clock => ExprKind::Clock(self.clock(pair, false).node),
            Rule::span => ExprKind::Period(self.period(pair).node),
            _ => return None,
        })
    }

    fn duration(&mut self, pair: Pair<'_>) -> Option<ExprKind> {
        let mut parts = pair.into_inner();
        let period = self.period(&parts.next()?);
        let Some(then) = parts.next() else { return Some(ExprKind::Period(period.node)) };
        Some(match then.as_rule() {
            Rule::side => {
                let before = then.as_str() == "before";
                ExprKind::Relative { period, before, of: self.path(&parts.next()?) }
            }
            rule => ExprKind::Moving { period, ago: rule == Rule::k_ago },
        })
    }

    fn quantified(&mut self, pair: Pair<'_>) -> Option<ExprKind> {
        let whole = self.span(&pair);
        let mut parts = Parts::of(pair);
        let quantifier = parts.accept(Rule::quantifier)?;
        let which = match quantifier.as_str() {
            "any" => Quantifier::Any,
            "every" => Quantifier::Every,
            _ => Quantifier::No,
        };
        let quantifier = self.node(&quantifier, which);
        let over = self.subject(&parts.accept(Rule::entity)?);
        let condition = self.filter(parts.next()?, whole)?;
        Some(ExprKind::Quantified { quantifier, over, condition })
    }

    /// `count of contacts where …`, `count of "X" where … in last 7d`
    fn count(&mut self, pair: Pair<'_>) -> Option<ExprKind> {
        let mut parts = Parts::of(pair.clone());
        let Some(over) = parts.accept(Rule::entities) else { return self.aggregate(pair) };
        let whole = self.span(&pair);
        let condition = parts.next().map(|filter| self.filter(filter, whole));
        Some(ExprKind::CountOf { over: self.subject(&over), condition: transpose(condition)? })
    }

    fn did(&mut self, pair: Pair<'_>) -> Option<ExprKind> {
        let whole = self.span(&pair);
        let mut parts = Parts::of(pair);
        let negated = parts.has(Rule::k_not);
        let event = parts.text(self)?;
        let (mut filter, mut times, mut window) = (None, None, None);
        for part in parts {
            match part.as_rule() {
                Rule::one_where => filter = Some(self.filter(part, whole)?),
                Rule::times => times = Some(self.times(part)?),
                _ => window = Some(self.window(part)?),
            }
        }
        Some(ExprKind::Did { negated, event, filter, times, window })
    }

    fn aggregate(&mut self, pair: Pair<'_>) -> Option<ExprKind> {
        let whole = self.span(&pair);
        let word = pair.clone().into_inner().next()?;
        let function = self.node(&word, aggregate_fn(word.as_str()));
        let (mut property, mut event, mut filter, mut window) = (None, None, None, None);
        for part in Parts::of(pair) {
            match part.as_rule() {
                Rule::path => property = Some(self.path(&part)),
                Rule::string => event = Some(self.text(&part)),
                Rule::count_where => filter = Some(self.filter(part, whole)?),
                Rule::window => window = Some(self.window(part)?),
                _ => {}
            }
        }
        Some(ExprKind::Aggregate { function, property, event: event?, filter, window })
    }

    /// The condition behind a `where` inside a condition; what goes on behind it unclosed is reported.
    fn filter(&mut self, pair: Pair<'_>, whole: Span) -> Option<Box<Expr>> {
        let pairs = pair.clone().into_inner().filter(|part| part.as_rule() != Rule::k_where);
        let (ends, parts): (Vec<_>, Vec<_>) =
            pairs.partition(|part| matches!(part.as_rule(), Rule::unclosed | Rule::unclosed_value));
        let mut count = 1;
        count += parts.iter().filter(|part| deepens(part.as_rule())).count();
        let expr = self.deeper(&pair.clone(), count, |lower| {
            let mut stream = pair.into_inner().peekable();
            stream.next();
            lower.not(&mut stream)
        })?;
        if let Some(end) = ends.first() {
            let place = end.as_span();
            let text = |span: Span| {
                let (start, end) = (span.start as usize - self.base, span.end as usize - self.base);
                place.get_input().get(start..end).unwrap_or_default()
            };
            let rest = place.get_input().get(place.start()..).unwrap_or_default();
            let sign = rest.split(|c: char| {
                c.is_whitespace() || c.is_ascii_alphanumeric() != rest.starts_with(char::is_alphabetic)
            });
            let sign = sign.into_iter().next().unwrap_or_default();
            let at = self.place(place.start(), place.start() + sign.len());
            let filter = expr.at.0;
            let whole = text(whole.before().to(filter));
            self.diagnostics.push(mistakes::unclosed_where(whole, (filter, text(filter)), (at, sign)));
        }
        Some(Box::new(expr))
    }

    fn times(&mut self, pair: Pair<'_>) -> Option<Times> {
        let mut parts = Parts::of(pair);
        let at_least = parts.accept(Rule::bound)?.as_str() == "least";
        Some(Times { at_least, count: self.number_node(&parts.next()?) })
    }

    fn window(&mut self, pair: Pair<'_>) -> Option<Window> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let previous = parts.accept(Rule::window_side)?.as_str() == "previous";
        Some(Window { previous, period: self.period(&parts.next()?), at })
    }
}

fn joined(mut parts: Vec<Expr>, kind: impl FnOnce(Vec<Expr>) -> ExprKind) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            let span = parts.iter().map(|part| part.at.0).reduce(Span::to).unwrap_or_default();
            Expr { kind: kind(parts), at: At(span) }
        }
    }
}

fn negated_member(expr: &mut Expr) -> Option<&mut bool> {
    match &mut expr.kind {
        ExprKind::InSegment { of: None, negated, .. } | ExprKind::InWorkflow { of: None, negated, .. } => {
            Some(negated)
        }
        _ => None,
    }
}

fn aggregate_fn(word: &str) -> AggregateFn {
    match word {
        "sum" => AggregateFn::Sum,
        "min" => AggregateFn::Min,
        "max" => AggregateFn::Max,
        "average" => AggregateFn::Average,
        "first" => AggregateFn::First,
        "last" => AggregateFn::Last,
        _ => AggregateFn::Count,
    }
}

/// The expression between the slashes, with `\/` as `/`.
fn unslashed(written: &str) -> String {
    let inner = written.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(written);
    let mut regex = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('/')) => {}
            ('\\', Some(_)) => {
                regex.push(c);
                regex.extend(chars.next());
            }
            _ => regex.push(c),
        }
    }
    regex
}

fn deepens(rule: Rule) -> bool {
    matches!(rule, Rule::arith | Rule::minus | Rule::k_not)
}

fn is_relop(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::compare
            | Rule::between
            | Rule::in_group
            | Rule::in_list
            | Rule::text_test
            | Rule::matches_re
            | Rule::presence
            | Rule::within
    )
}

/// `Some(None)` where there is nothing, `None` where there is something that could not be made.
#[expect(clippy::option_option, reason = "nothing there, and nothing made of what is there, are two things")]
pub(super) fn transpose<T>(made: Option<Option<T>>) -> Option<Option<T>> {
    match made {
        Some(None) => None,
        Some(made) => Some(made),
        None => Some(None),
    }
}
