//! Conditions and values: a walk over the checked tree (S1.1, S1.2, S2.3).

use super::time;
use super::values;
use super::world::{Fact, Facts, Happening, Id, Model, Name, Run, Text};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use wayfare::base::{Idx, Instant};
use wayfare::check::checked::{
    self, Aggregate, AggregateFn, BuiltIn, CompareOp, Expr, ExprKind, Function, Quantifier, Segment, Subject,
    Who, Window,
};
use wayfare::value::{Value, number};

/// A point of view: whose condition it is, and what is at hand.
#[derive(Clone)]
pub struct View<'m, 'a> {
    pub model: &'m Model<'a>,
    pub facts: &'m Facts,
    /// The text that the condition stands in.
    pub text: Text<'a>,
    pub this: Id,
    pub outer: Option<Id>,
    pub account: Option<Id>,
    pub event: Option<Rc<Happening>>,
    pub run: Option<&'m Run<'a>>,
}

impl<'m, 'a> View<'m, 'a> {
    pub fn of(model: &'m Model<'a>, facts: &'m Facts, this: &Id) -> Self {
        let first =
            if this.0 == Subject::Contact { model.accounts(&this.1).into_iter().next() } else { None };
        let account = first.map(|account| (Subject::Account, account));
        let text = model.text;
        Self { model, facts, text, this: this.clone(), outer: None, account, event: None, run: None }
    }

    /// From a related entity, with this one outside.
    fn related(&self, other: Id) -> Self {
        Self {
            text: self.text,
            outer: Some(self.this.clone()),
            event: self.event.clone(),
            run: self.run,
            ..Self::of(self.model, self.facts, &other)
        }
    }

    pub fn zone(&self) -> Tz {
        self.model.zone(self.facts, &self.this)
    }

    pub fn who(&self, who: Who) -> Option<&Id> {
        match who {
            Who::This => Some(&self.this),
            Who::Outer => self.outer.as_ref(),
            Who::Account => self.account.as_ref(),
        }
    }

    fn fact(&self, who: Who, fact: Fact) -> Value {
        let Some(id) = self.who(who) else { return Value::Missing };
        if let Some(definition) = self.definition_of_old(id, &fact) {
            let view = View { text: self.text, ..View::of(self.model, self.facts, id) };
            return if self.model.is_created(id) { view.value(definition) } else { Value::Missing };
        }
        self.facts.get(&(id.clone(), fact)).cloned().unwrap_or_default()
    }

    /// The definition of what an old text names and the present one has no more (S8.3): it lives on with the text.
    pub fn definition_of_old(&self, id: &Id, fact: &Fact) -> Option<&'a Expr> {
        let (old, now) = (self.text.checked, self.model.text.checked);
        if std::ptr::eq(old, now) {
            return None;
        }
        match fact {
            Fact::Attribute(name) => {
                let is = |it: &&checked::Attribute| it.subject == id.0 && it.name == *name;
                let known = now.attributes.values().any(|it| is(&it));
                if known { None } else { old.attributes.values().find(is)?.derived.as_ref() }
            }
            Fact::Segment(name) => {
                let is = |it: &&Segment| it.subject == id.0 && it.name == *name;
                let known = now.segments.values().any(|it| is(&it));
                if known { None } else { old.segments.values().find(is).map(|it| &it.condition) }
            }
            _ => None,
        }
    }

    pub fn holds(&self, condition: &Expr) -> bool {
        self.value(condition) == Value::Bool(true)
    }

    pub fn value(&self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Const(value) => value.clone(),
            ExprKind::Now => Value::Time(self.model.now),
            ExprKind::Moving { period, ago } => {
                Value::Time(time::shift(self.model.now, *period, *ago, self.zone()))
            }
            ExprKind::Shift { base, period, before } => {
                values::shift(&self.value(base), *period, *before, self.zone())
            }
            ExprKind::Attribute { of, attribute } => {
                self.fact(*of, Fact::Attribute(self.text.checked.attributes[*attribute].name.clone()))
            }
            ExprKind::BuiltIn { of, which, .. } => self.built_in(*of, *which),
            ExprKind::InSegment { of, segment } => {
                let segment = Fact::Segment(self.text.checked.segments[*segment].name.clone());
                Value::Bool(self.fact(*of, segment) == Value::Bool(true))
            }
            ExprKind::InWorkflow { of, workflow } => {
                let id = self.who(*of);
                let name = &self.text.checked.workflows[*workflow].name;
                let here =
                    |run: &&Run<'_>| run.key.workflow == *name && Some(&run.key.id) == id && !run.key.shadow;
                Value::Bool(self.model.runs.values().any(|run| here(&run)))
            }
            ExprKind::EventProperty(places) => self.property(self.event.as_deref(), places),
            ExprKind::EnrollingProperty(places) => {
                self.property(self.run.and_then(|run| run.event.as_deref()), places)
            }
            ExprKind::EventContact => {
                let contact = self.event.as_ref().and_then(|event| event.contact.clone());
                contact.map_or(Value::Missing, |contact| Value::Text(self.model.lasting(&contact)))
            }
            ExprKind::Param(_) | ExprKind::Kept(_) | ExprKind::Response(_) => Value::Missing,
            ExprKind::TimedOut => Value::Bool(self.run.is_some_and(|run| run.timed_out)),
            ExprKind::Arithmetic { op, left, right } => {
                values::arithmetic(*op, &self.value(left), &self.value(right), self.zone())
            }
            ExprKind::Negative(of) => match self.value(of) {
                Value::Number(number) => Value::Number(-number),
                _ => Value::Missing,
            },
            ExprKind::CountOf { over, condition } => {
                let met = self.over(*over, condition.as_deref());
                Value::Number(met.iter().filter(|met| **met).count().into())
            }
            ExprKind::Aggregate { of, aggregate } => {
                self.aggregate(*of, &self.text.checked.aggregates[*aggregate])
            }
            _ => Value::Bool(self.truth(expr)),
        }
    }

    /// A property, whichever of these events it is of.
    fn property(
        &self,
        event: Option<&Happening>,
        places: &[(Idx<checked::Event>, Idx<checked::Property>)],
    ) -> Value {
        let Some(event) = event else { return Value::Missing };
        let named = places.iter().map(|(of, property)| {
            let of = &self.text.checked.events[*of];
            (&of.name, &of.properties[*property].name)
        });
        let mut mine = named.filter(|(of, _)| **of == event.event);
        let name: Option<&Name> = mine.next().map(|(_, name)| name);
        name.and_then(|name| event.properties.get(name)).cloned().unwrap_or_default()
    }

    fn truth(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Not(of) => !self.holds(of),
            ExprKind::And(all) => all.iter().all(|one| self.holds(one)),
            ExprKind::Or(any) => any.iter().any(|one| self.holds(one)),
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right),
            ExprKind::In { value, list } => {
                let value = self.value(value);
                !value.is_missing()
                    && list.iter().any(|one| {
                        values::order(&value, &self.value(one), self.zone()) == Some(Ordering::Equal)
                    })
            }
            ExprKind::TextTest { op, value, part } => {
                values::text_test(*op, &self.value(value), &self.value(part))
            }
            ExprKind::Matches { value, regex } => match self.value(value) {
                Value::Text(text) => regex::Regex::new(regex).unwrap().is_match(&text),
                _ => false,
            },
            ExprKind::IsMissing(of) => self.value(of).is_missing(),
            ExprKind::Quantified { quantifier, over, condition } => {
                let met = self.over(*over, Some(condition));
                match quantifier {
                    Quantifier::Any => met.contains(&true),
                    Quantifier::Every => !met.is_empty() && !met.contains(&false),
                    Quantifier::No => !met.contains(&true),
                }
            }
            _ => false,
        }
    }

    fn built_in(&self, of: Who, which: BuiltIn) -> Value {
        match which {
            BuiltIn::Id => match self.who(of) {
                Some(id) if self.model.is_created(id) => Value::Text(Arc::clone(&id.1)),
                _ => Value::Missing,
            },
            BuiltIn::CreatedAt => self.fact(of, Fact::CreatedAt),
            BuiltIn::Stage => self.fact(of, Fact::Stage),
            BuiltIn::Health => self.fact(of, Fact::Health),
        }
    }

    /// S2.3: a moving bound reaches a value at an instant, and has reached it from then on.
    fn compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> bool {
        let (op, value, bound) = match (bound(left), bound(right)) {
            (None, Some(bound)) => (op, left, bound),
            (Some(bound), None) => (turned(op), right, bound),
            _ => {
                let order = values::order(&self.value(left), &self.value(right), self.zone());
                return order.is_some_and(|order| fits(op, order));
            }
        };
        let Some(value) = values::instant(&self.value(value), self.zone()) else { return false };
        let reached = time::reach(value, bound.0, bound.1, self.zone()) <= self.model.now;
        match op {
            CompareOp::Lt | CompareOp::Le => reached,
            CompareOp::Gt | CompareOp::Ge => !reached,
            CompareOp::Eq | CompareOp::Ne => false,
        }
    }

    /// For each related entity whether it meets the condition (S5.1).
    fn over(&self, over: Subject, condition: Option<&Expr>) -> Vec<bool> {
        let others = match over {
            Subject::Contact => self.model.contacts(&self.this.1),
            Subject::Account => {
                self.model.accounts(&self.this.1).into_iter().map(|id| (Subject::Account, id)).collect()
            }
        };
        let known = others.into_iter().filter(|id| self.model.is_created(id));
        known.map(|id| condition.is_none_or(|condition| self.related(id).holds(condition))).collect()
    }

    fn aggregate(&self, of: Who, aggregate: &Aggregate) -> Value {
        let Some(id) = self.who(of).cloned() else { return Value::Missing };
        if self.model.is_torn(&id, &super::gaps::aggregate_words(self.text, aggregate)) {
            return Value::Missing;
        }
        let zone = self.model.zone(self.facts, &id);
        let events = self.model.entities.get(&id).map_or(&[][..], |entity| &entity.events);
        let in_window =
            events.iter().filter(|event| in_window(event.time, aggregate.window, self.model.now, zone));
        match &aggregate.function {
            Function::ActiveDays => {
                let days: BTreeSet<_> = in_window
                    .filter(|event| event.activity)
                    .map(|event| time::wall(event.time, zone).date())
                    .collect();
                Value::Number(days.len().into())
            }
            Function::Of { function, event, property, filter } => {
                let event = &self.text.checked.events[*event];
                let property = property.map(|property| event.properties[property].name.clone());
                let meets = |happening: &&Rc<Happening>| {
                    let view = View { event: Some(Rc::clone(happening)), ..self.clone() };
                    happening.event == event.name && filter.as_ref().is_none_or(|filter| view.holds(filter))
                };
                let mut met: Vec<&Rc<Happening>> = in_window.filter(meets).collect();
                met.sort_by_key(|happening| happening.time);
                let value = |happening: &&Rc<Happening>| match &property {
                    Some(property) => happening.properties.get(property).cloned().unwrap_or_default(),
                    None => Value::Time(happening.time),
                };
                of_values(
                    *function,
                    &met.iter().map(value).filter(|value| !value.is_missing()).collect::<Vec<_>>(),
                    zone,
                )
            }
        }
    }
}

/// S1.2: over nothing, `count` and `sum` are 0 and the rest missing.
fn of_values(function: AggregateFn, list: &[Value], zone: Tz) -> Value {
    let sum = || {
        let add = |sum: Option<Decimal>, value: &Value| {
            if let Value::Number(value) = value { number::add(sum?, *value) } else { None }
        };
        list.iter().fold(Some(Decimal::ZERO), add)
    };
    let number = |number: Option<Decimal>| number.map_or(Value::Missing, Value::Number);
    let least = |wanted: Ordering| {
        let better =
            |a: Value, b: &Value| if values::order(b, &a, zone) == Some(wanted) { b.clone() } else { a };
        list.iter().skip(1).fold(list.first().cloned().unwrap_or_default(), better)
    };
    match function {
        AggregateFn::Count => Value::Number(list.len().into()),
        AggregateFn::Sum => number(sum()),
        AggregateFn::Average => number(sum().and_then(|sum| number::average(sum, list.len() as u64))),
        AggregateFn::Min | AggregateFn::First => least(Ordering::Less),
        AggregateFn::Max | AggregateFn::Last => least(Ordering::Greater),
    }
}

/// S2.3: windows are (now - D, now] and (now - 2D, now - D].
pub fn in_window(at: Instant, window: Window, now: Instant, zone: Tz) -> bool {
    let left = |period| time::reach(at, period, true, zone) <= now;
    match window {
        Window::All => true,
        Window::Last(period) => !left(period),
        Window::Previous(period) => left(period) && !left(values::twice(period)),
    }
}

/// A bound that moves with the clock: (how far, back).
pub fn bound(expr: &Expr) -> Option<(wayfare::base::Period, bool)> {
    match &expr.kind {
        ExprKind::Now => Some((wayfare::base::Period::default(), true)),
        ExprKind::Moving { period, ago } => Some((*period, *ago)),
        _ => None,
    }
}

fn turned(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

fn fits(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}
