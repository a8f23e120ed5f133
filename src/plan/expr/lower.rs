//! Checked expressions to programs.
//!
//! A condition is first a [`Tree`] of tests in one canonical form (negations at the tests, nested `and`s and `or`s
//! flat, their operands sorted and once each: all tests are total and have no effect, so their order can't be
//! observed), then a branch graph. Nesting is bounded by the parser, and here again by [`DEPTH`].

use super::graph::{self, Tree};
use super::node::{Aggregate, AggregateKind, Cmp, Constant, Leaf, Relation, Term, Test};
use super::pool::Piece;
use super::{AggId, CondId, ExprId, Layout, MovingBound, Pool, RelId, Scope, Subject, Who};
use crate::base::{Idx, Period};
use crate::check::checked::{
    self, AggregateFn, ArithmeticOp, CompareOp, Expr, ExprKind, Function, Quantifier, TextOp,
};
use crate::value::{Number, Type, Value, Word};
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// How deep expressions nest at most; the parser allows less.
pub(super) const DEPTH: u32 = 400;

pub(super) fn condition(pool: &mut Pool, expr: &Expr, scope: Scope<'_>) -> CondId {
    Lower { pool, scope, depth: 0 }.condition(expr)
}

pub(super) fn value(pool: &mut Pool, expr: &Expr, scope: Scope<'_>) -> ExprId {
    Lower { pool, scope, depth: 0 }.value(expr)
}

struct Lower<'a> {
    pool: &'a mut Pool,
    scope: Scope<'a>,
    depth: u32,
}

/// A leaf that needs only a test and operands.
fn leaf(test: Test, a: u32, b: u32) -> Leaf {
    Leaf::new(test, Who::This, 0, (a, b))
}

impl Lower<'_> {
    fn condition(&mut self, expr: &Expr) -> CondId {
        let tree = self.tree(expr, false);
        graph::add(self.pool, &tree)
    }

    /// The condition, or its opposite, as a tree.
    fn tree(&mut self, expr: &Expr, negated: bool) -> Tree {
        if self.depth >= DEPTH {
            return Tree::Always(false);
        }
        self.depth += 1;
        let tree = match &expr.kind {
            ExprKind::Const(value) => Tree::Always((*value == Value::Bool(true)) != negated),
            ExprKind::Not(inner) => self.tree(inner, !negated),
            ExprKind::And(parts) => graph::join(self.trees(parts, negated), !negated),
            ExprKind::Or(parts) => graph::join(self.trees(parts, negated), negated),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, negated),
            ExprKind::Quantified { quantifier, over, condition } => {
                let relation = self.relation(*over, Some(condition));
                let (test, opposite) = match quantifier {
                    Quantifier::Any => (leaf(Test::RelationAtLeast, relation.0, 1), false),
                    Quantifier::No => (leaf(Test::RelationAtLeast, relation.0, 1), true),
                    Quantifier::Every => (leaf(Test::RelationEvery, relation.0, 0), false),
                };
                Tree::Leaf(test, opposite != negated)
            }
            _ => Tree::Leaf(self.leaf(expr), negated),
        };
        self.depth -= 1;
        tree
    }

    fn trees(&mut self, parts: &[Expr], negated: bool) -> Vec<Tree> {
        parts.iter().map(|part| self.tree(part, negated)).collect()
    }

    /// A condition that is one test.
    fn leaf(&mut self, expr: &Expr) -> Leaf {
        match &expr.kind {
            ExprKind::InSegment { of, segment } => {
                Leaf { of: *of, slot: self.scope.layout.bit(*segment), ..leaf(Test::Bit, 0, 0) }
            }
            ExprKind::InWorkflow { of, workflow } => {
                Leaf { of: *of, ..leaf(Test::Workflow, workflow.raw(), 0) }
            }
            ExprKind::TimedOut => leaf(Test::TimedOut, 0, 0),
            ExprKind::In { value, list } => self.is_in(value, list),
            ExprKind::TextTest { op, value, part } => self.text_test(*op, value, part),
            ExprKind::Matches { value, regex } => {
                let regex = self.pool.regex(regex);
                self.on_slot(value, Test::SlotMatches, Test::Matches, regex)
            }
            ExprKind::IsMissing(value) => self.on_slot(value, Test::SlotMissing, Test::Missing, 0),
            _ => self.on_slot(expr, Test::SlotTrue, Test::True, 0),
        }
    }

    /// A test of a slot where the value is one, else of a program.
    fn on_slot(&mut self, value: &Expr, fused: Test, general: Test, b: u32) -> Leaf {
        match self.slot(value) {
            Some((of, slot)) => Leaf::new(fused, of, slot, (0, b)),
            None => leaf(general, self.value(value).0, b),
        }
    }

    /// Whose slot the value is, if it is one.
    fn slot(&self, value: &Expr) -> Option<(Who, u16)> {
        match &value.kind {
            ExprKind::Attribute { of, attribute } => Some((*of, self.scope.layout.slot(*attribute))),
            ExprKind::BuiltIn { of, which, .. } => Some((*of, Layout::built_in(*which))),
            _ => None,
        }
    }

    fn is_in(&mut self, value: &Expr, list: &[Expr]) -> Leaf {
        if let Some((of, slot)) = self.slot(value) {
            let words: Option<Vec<Word>> = list.iter().map(|item| word(&value.ty, constant(item)?)).collect();
            // A time slot may hold a date; then the comparison goes by the zone.
            if let Some(words) = words.filter(|words| !words.iter().any(|word| word.is_day_or_time())) {
                let Piece { first, count } = self.pool.words(words);
                return Leaf::new(Test::SlotAmong, of, slot, (first, count));
            }
        }
        let constants: Option<Vec<Value>> = list.iter().map(|item| constant(item).cloned()).collect();
        if let Some(constants) = constants {
            let set = self.pool.set(constants);
            return self.on_slot(value, Test::SlotIn, Test::In, set);
        }
        let equal = |item: &Expr| Expr {
            kind: ExprKind::Compare {
                op: CompareOp::Eq,
                left: Box::new(value.clone()),
                right: Box::new(item.clone()),
            },
            ty: Type::Bool,
            span: value.span,
        };
        let any = list.iter().map(|item| self.tree(&equal(item), false)).collect();
        let condition = graph::add(self.pool, &graph::join(any, false));
        leaf(Test::True, self.pool.program(Term::Condition(condition)).0, 0)
    }

    fn text_test(&mut self, op: TextOp, value: &Expr, part: &Expr) -> Leaf {
        match (self.slot(value), constant(part)) {
            (Some((of, slot)), Some(part)) => {
                Leaf::new(Test::SlotText(op), of, slot, (0, self.pool.constant(part.clone())))
            }
            _ => leaf(Test::Text(op), self.value(value).0, self.value(part).0),
        }
    }

    fn compare(&mut self, op: CompareOp, left: &Expr, right: &Expr, negated: bool) -> Tree {
        let Some(cmp) = Cmp::of(op) else { return self.compare(CompareOp::Eq, left, right, !negated) };
        match (moving(left), moving(right)) {
            (None, Some(bound)) => return Tree::Leaf(self.against_bound(cmp, left, bound), negated),
            (Some(bound), None) => {
                return Tree::Leaf(self.against_bound(cmp.flipped(), right, bound), negated);
            }
            _ => {}
        }
        match (constant(left), constant(right)) {
            (None, Some(constant)) => self.against_constant(cmp, left, constant, negated),
            (Some(constant), None) => self.against_constant(cmp.flipped(), right, constant, negated),
            _ => Tree::Leaf(leaf(Test::Compare(cmp), self.value(left).0, self.value(right).0), negated),
        }
    }

    /// `<` and `<=` hold from the millisecond at which the bound reaches the value, `>` and `>=` until then (S2.3).
    fn against_bound(&mut self, cmp: Cmp, value: &Expr, bound: MovingBound) -> Leaf {
        let b = self.pool.bound(bound);
        match cmp {
            Cmp::Lt | Cmp::Le => self.on_slot(value, Test::SlotReached, Test::Reached, b),
            Cmp::Gt | Cmp::Ge => self.on_slot(value, Test::SlotAhead, Test::Ahead, b),
            Cmp::Eq => {
                let term = Term::Moving(bound.period, bound.ago);
                let right = self.pool.program(term);
                leaf(Test::Compare(cmp), self.value(value).0, right.0)
            }
        }
    }

    fn against_constant(&mut self, cmp: Cmp, value: &Expr, constant: &Value, negated: bool) -> Tree {
        if let (Value::Number(number), Some(count)) = (constant, self.count(value)) {
            return count_tree(count, cmp, Number::from(*number), negated);
        }
        if let Some(slot) = self.slot(value) {
            return Tree::Leaf(self.slot_against(cmp, slot, &value.ty, constant), negated);
        }
        let right = Term::Const(self.pool.constant(constant.clone()));
        let right = self.pool.program(right);
        Tree::Leaf(leaf(Test::Compare(cmp), self.value(value).0, right.0), negated)
    }

    /// A slot of that type against a constant.
    fn slot_against(&mut self, cmp: Cmp, at: (Who, u16), ty: &Type, constant: &Value) -> Leaf {
        let (of, slot) = at;
        if *constant == Value::Bool(true) && cmp == Cmp::Eq {
            return Leaf::new(Test::SlotTrue, of, slot, (0, 0));
        }
        match word(ty, constant) {
            // A time slot may hold a date; then the comparison goes by the zone.
            Some(word) if cmp == Cmp::Eq && !word.is_day_or_time() => {
                return Leaf::with_word(Test::SlotWord, at, word);
            }
            Some(word) if !word.is_text() => return Leaf::with_word(Test::SlotOrder(cmp), at, word),
            _ => {}
        }
        let is_text = cmp == Cmp::Eq && matches!(constant, Value::Text(_));
        let test = if is_text { Test::SlotLong } else { Test::Slot(cmp) };
        Leaf::new(test, of, slot, (0, self.pool.constant(constant.clone())))
    }

    /// A count, whose comparison with a number flips at instants of its own.
    fn count(&mut self, value: &Expr) -> Option<Leaf> {
        match &value.kind {
            ExprKind::Aggregate { of, aggregate } => {
                let id = self.aggregate(*aggregate)?;
                let counts = match &self.pool.tables.aggregates.get(id.index())?.kind {
                    AggregateKind::ActiveDays => true,
                    AggregateKind::Of { function, .. } => *function == AggregateFn::Count,
                };
                counts.then_some(Leaf { of: *of, ..leaf(Test::CountAtLeast, id.0, 0) })
            }
            ExprKind::CountOf { over, condition } => {
                let relation = self.relation(*over, condition.as_deref());
                Some(leaf(Test::RelationAtLeast, relation.0, 0))
            }
            _ => None,
        }
    }

    fn aggregate(&mut self, at: Idx<checked::Aggregate>) -> Option<AggId> {
        let aggregate = self.scope.checked.aggregates.get(at)?;
        let kind = match &aggregate.function {
            Function::ActiveDays => AggregateKind::ActiveDays,
            Function::Of { function, event, property, filter } => {
                let scope = Scope { subject: aggregate.subject, ..self.scope };
                let depth = self.depth;
                let filter = filter
                    .as_ref()
                    .map(|filter| Lower { pool: &mut *self.pool, scope, depth }.condition(filter));
                let property = property.map(|property| property.raw() as u16);
                AggregateKind::Of { function: *function, event: event.raw(), property, filter }
            }
        };
        Some(self.pool.aggregate(Aggregate { subject: aggregate.subject, kind, window: aggregate.window }))
    }

    fn relation(&mut self, over: Subject, condition: Option<&Expr>) -> RelId {
        let outer = match over {
            Subject::Account => Subject::Contact,
            Subject::Contact => Subject::Account,
        };
        let scope = Scope { subject: over, ..self.scope };
        let condition = match condition {
            Some(condition) => {
                let depth = self.depth;
                Lower { pool: &mut *self.pool, scope, depth }.condition(condition)
            }
            None => graph::add(self.pool, &Tree::Always(true)),
        };
        self.pool.relation(Relation { outer, over, condition })
    }

    fn value(&mut self, expr: &Expr) -> ExprId {
        if self.depth >= DEPTH {
            let missing = self.pool.constant(Value::Missing);
            return self.pool.program(Term::Const(missing));
        }
        self.depth += 1;
        let term = self.term(expr);
        self.depth -= 1;
        self.pool.program(term)
    }

    fn term(&mut self, expr: &Expr) -> Term {
        if let Some((of, slot)) = self.slot(expr) {
            return Term::Slot(of, slot);
        }
        match &expr.kind {
            ExprKind::Const(value) => Term::Const(self.pool.constant(value.clone())),
            ExprKind::Now => Term::Moving(Period::default(), true),
            ExprKind::Moving { period, ago } => Term::Moving(*period, *ago),
            ExprKind::Shift { base, period, before } => {
                Term::Shift { base: self.value(base), period: *period, before: *before }
            }
            ExprKind::EventProperty(of) => Term::Property(
                of.iter().map(|(event, property)| (event.raw(), property.raw() as u16)).collect(),
            ),
            ExprKind::EnrollingProperty(of) => Term::Enrolling(
                of.iter().map(|(event, property)| (event.raw(), property.raw() as u16)).collect(),
            ),
            ExprKind::EventContact => Term::EventContact,
            ExprKind::Param(place) => Term::Param(*place as u32),
            ExprKind::Kept(place) => Term::Kept(*place as u32),
            ExprKind::Response(path) => Term::Response(path.clone()),
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.value(left), self.value(right));
                Term::Arithmetic(*op, left, right)
            }
            ExprKind::Negative(inner) => Term::Negative(self.value(inner)),
            ExprKind::CountOf { over, condition } => {
                Term::Related(self.relation(*over, condition.as_deref()))
            }
            ExprKind::Aggregate { of, aggregate } => match self.aggregate(*aggregate) {
                Some(id) => Term::Aggregate(*of, id),
                None => Term::Const(self.pool.constant(Value::Missing)),
            },
            _ => Term::Condition(self.condition(expr)),
        }
    }
}

/// The literal, if it is one.
fn constant(expr: &Expr) -> Option<&Value> {
    if let ExprKind::Const(value) = &expr.kind { Some(value) } else { None }
}

/// The constant as a word, if it is one and a slot of that type holds its values in the same way.
fn word(ty: &Type, constant: &Value) -> Option<Word> {
    let is_same = match constant {
        Value::Bool(_) => *ty == Type::Bool,
        Value::Number(_) => *ty == Type::Number,
        Value::Time(_) => *ty == Type::Time,
        Value::Date(_) => *ty == Type::Date,
        Value::Level(_) => *ty == Type::Level,
        Value::Text(_) => !matches!(ty, Type::List(_)),
        _ => false,
    };
    Word::of(constant.as_ref()).filter(|_| is_same)
}

/// The bound that moves with the clock, if it is one: `now`, `14d ago`, `now + 3d`.
fn moving(expr: &Expr) -> Option<MovingBound> {
    match &expr.kind {
        ExprKind::Now => Some(MovingBound { period: Period::default(), ago: true }),
        ExprKind::Moving { period, ago } => {
            Some(MovingBound { period: *period, ago: *ago || period.is_zero() })
        }
        ExprKind::Shift { base, period, before } if matches!(base.kind, ExprKind::Now) => {
            Some(MovingBound { period: *period, ago: *before })
        }
        ExprKind::Arithmetic { op: op @ (ArithmeticOp::Add | ArithmeticOp::Subtract), left, right } => {
            match (&left.kind, constant(right)) {
                (ExprKind::Now, Some(Value::Period(period))) => {
                    Some(MovingBound { period: *period, ago: *op == ArithmeticOp::Subtract })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A comparison of a count as questions for whole thresholds.
fn count_tree(count: Leaf, cmp: Cmp, number: Number, negated: bool) -> Tree {
    let decimal = number.decimal();
    let floor = decimal.floor().to_i64().unwrap_or(if decimal.is_sign_negative() { -1 } else { i64::MAX });
    let is_whole = decimal.fract().is_zero();
    let next = floor.saturating_add(1);
    let at_least = |n: i64, negated: bool| match u32::try_from(n) {
        Ok(0) => Tree::Always(!negated),
        Ok(n) => Tree::Leaf(Leaf { b: n, ..count }, negated),
        Err(_) => Tree::Always((n < 0) != negated),
    };
    match cmp {
        Cmp::Ge => at_least(if is_whole { floor } else { next }, negated),
        Cmp::Gt => at_least(next, negated),
        Cmp::Lt => at_least(if is_whole { floor } else { next }, !negated),
        Cmp::Le => at_least(next, !negated),
        Cmp::Eq if !is_whole => Tree::Always(negated),
        Cmp::Eq => {
            let both = vec![at_least(floor, negated), at_least(next, !negated)];
            graph::join(both, !negated)
        }
    }
}

impl Pool {
    pub(super) fn constant(&mut self, value: Value) -> u32 {
        let constant = match value {
            Value::Number(number) => Constant::Number(Number::from(number)),
            Value::Text(text) => Constant::Text(text),
            other => Constant::Value(other),
        };
        intern(&mut self.tables.constants, &mut self.index.constants, constant)
    }

    pub(super) fn set(&mut self, values: Vec<Value>) -> u32 {
        let mut set: Vec<u32> = values.into_iter().map(|value| self.constant(value)).collect();
        set.sort_unstable();
        set.dedup();
        intern(&mut self.tables.sets, &mut self.index.sets, set)
    }

    pub(super) fn words(&mut self, mut words: Vec<Word>) -> Piece {
        words.sort_unstable();
        words.dedup();
        if let Some(known) = self.index.words.get(&words) {
            return *known;
        }
        let piece = Piece::push(&mut self.tables.words, words.iter().copied());
        self.index.words.insert(words, piece);
        piece
    }

    pub(super) fn bound(&mut self, bound: MovingBound) -> u32 {
        let known = self.tables.bounds.len();
        let id = intern(&mut self.tables.bounds, &mut self.index.bounds, bound);
        if self.tables.bounds.len() > known {
            self.offsets.push(bound.exact());
        }
        id
    }

    pub(super) fn regex(&mut self, source: &Arc<str>) -> u32 {
        let known = self.tables.regexes.len();
        let id = intern(&mut self.tables.regexes, &mut self.index.regexes, source.clone());
        if self.tables.regexes.len() > known {
            self.compiled.push(crate::value::text::regex(source).ok());
        }
        id
    }

    pub(super) fn aggregate(&mut self, aggregate: Aggregate) -> AggId {
        AggId(intern(&mut self.tables.aggregates, &mut self.index.aggregates, aggregate))
    }

    pub(super) fn relation(&mut self, relation: Relation) -> RelId {
        RelId(intern(&mut self.tables.relations, &mut self.index.relations, relation))
    }

    pub(super) fn program(&mut self, term: Term) -> ExprId {
        if let Some(found) = self.index.programs.get(&term) {
            return *found;
        }
        let program = super::reads::program(self, term.clone());
        let id = ExprId(self.tables.programs.len() as u32);
        self.tables.programs.push(program);
        self.index.programs.insert(term, id);
        id
    }
}

/// The place of an item in a table of which every item is once.
fn intern<T: Clone + Eq + std::hash::Hash>(
    table: &mut Vec<T>,
    index: &mut std::collections::HashMap<T, u32>,
    item: T,
) -> u32 {
    if let Some(found) = index.get(&item) {
        return *found;
    }
    let id = table.len() as u32;
    table.push(item.clone());
    index.insert(item, id);
    id
}
