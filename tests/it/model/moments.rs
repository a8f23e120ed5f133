//! Time by brute force: every instant at which a piece of the text could come out differently, as things stand.
//!
//! Every comparison with a moving bound gives the instant at which the bound reaches the value; every event gives the
//! instants at which it leaves each window; waits, `reaches` and clock triggers give theirs. Nothing is kept: after each
//! of them all are looked for anew. With [`Model::brute`] also every instant of the data, moved by every period of the
//! text, is tried: there nothing must happen that was not found by the first way.

use super::expr::{View, bound};
use super::time;
use super::values;
use super::world::{Fact, Id, Model, State};
use std::rc::Rc;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{
    Definition, Expr, ExprKind, Function, Subject, TriggerKind, Wait, WaitUntil, Who, Window,
};
use wayfare::value::Value;

impl<'a> Model<'a> {
    /// The next instant before `until` at which anything could change.
    pub fn next_moment(&self, until: Instant) -> Option<Instant> {
        let mut all = Vec::new();
        self.of_definitions(&mut all);
        self.of_workflows(&mut all);
        self.of_runs(&mut all);
        all.extend(self.gaps.values().map(|gap| gap.whole));
        if self.brute {
            self.of_everything(&mut all);
        }
        all.into_iter().filter(|at| *at > self.now && *at < until).min()
    }

    fn of_definitions(&self, all: &mut Vec<Instant>) {
        for definition in &self.text.checked.order {
            let (subject, texts): (Subject, Vec<&Expr>) = match definition {
                Definition::Attribute(at) => {
                    let attribute = &self.text.checked.attributes[*at];
                    (attribute.subject, attribute.derived.iter().collect())
                }
                Definition::Segment(at) => (
                    self.text.checked.segments[*at].subject,
                    vec![&self.text.checked.segments[*at].condition],
                ),
                Definition::Stages(subject) => {
                    let stages =
                        self.text.checked.stages[subject.index()].iter().flat_map(|stages| &stages.stages);
                    (*subject, stages.filter_map(|stage| stage.condition.as_ref()).collect())
                }
                Definition::Health(subject) => {
                    let health = self.text.checked.health[subject.index()].iter();
                    let rules = health.flat_map(|health| {
                        health.general.iter().chain(health.in_stage.iter().flat_map(|(_, rules)| rules))
                    });
                    (*subject, rules.map(|rule| &rule.condition).collect())
                }
            };
            for id in self.created(subject) {
                let view = View::of(self, &self.facts, &id);
                for text in &texts {
                    self.of_text(text, &view, all);
                }
            }
        }
    }

    fn of_workflows(&self, all: &mut Vec<Instant>) {
        for workflow in self.text.checked.workflows.values() {
            for id in self.created(workflow.subject) {
                let view = View::of(self, &self.facts, &id);
                for trigger in &workflow.triggers {
                    match &trigger.kind {
                        TriggerKind::Matches(condition) => self.of_text(condition, &view, all),
                        TriggerKind::Reaches(instant) => {
                            all.extend(values::instant(&view.value(instant), view.zone()));
                        }
                        TriggerKind::Clock { day, time, calendar } => {
                            let calendar = calendar.map(|at| &self.text.checked.calendars[at]);
                            all.extend(self.ticks(calendar, *day, *time, &id));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn of_runs(&self, all: &mut Vec<Instant>) {
        for run in self.runs.values() {
            let view = self.view(run);
            let workflow = run.flow;
            workflow.exits.iter().chain(&workflow.goals).for_each(|text| self.of_text(text, &view, all));
            if let State::Waiting(wait, entered) = run.state {
                all.extend(self.until(run, wait, entered));
                let limit = Wait::Until {
                    what: WaitUntil::Condition(never(workflow.span)),
                    at_most: None,
                    else_exit: false,
                };
                match wait {
                    Wait::Until { what: WaitUntil::Condition(condition), .. } => {
                        self.of_text(condition, &view, all);
                    }
                    Wait::Until { what: WaitUntil::Date(date), at_most, .. } => {
                        self.of_text(date, &view, all);
                        let only = match limit {
                            Wait::Until { what, else_exit, .. } => {
                                Wait::Until { what, at_most: at_most.clone(), else_exit }
                            }
                            wait @ Wait::For(_) => wait,
                        };
                        all.extend(self.until(run, &only, entered));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The instants at which time alone could change what a text says, from a point of view.
    fn of_text(&self, text: &Expr, view: &View<'_, 'a>, all: &mut Vec<Instant>) {
        match &text.kind {
            ExprKind::Compare { left, right, .. } => {
                for (value, moving) in [(left, bound(right)), (right, bound(left))] {
                    let at = moving.and(values::instant(&view.value(value), view.zone()));
                    if let (Some((period, ago)), Some(at)) = (moving, at) {
                        all.push(time::reach(at, period, ago, view.zone()));
                    }
                }
                self.of_text(left, view, all);
                self.of_text(right, view, all);
            }
            ExprKind::Not(of) | ExprKind::IsMissing(of) | ExprKind::Negative(of) => {
                self.of_text(of, view, all);
            }
            ExprKind::And(list) | ExprKind::Or(list) => {
                for one in list {
                    self.of_text(one, view, all);
                }
            }
            ExprKind::Arithmetic { left, right, .. } => {
                self.of_text(left, view, all);
                self.of_text(right, view, all);
            }
            ExprKind::In { value, .. }
            | ExprKind::TextTest { value, .. }
            | ExprKind::Matches { value, .. } => self.of_text(value, view, all),
            ExprKind::Shift { base, .. } => self.of_text(base, view, all),
            ExprKind::Quantified { over, condition, .. } => self.of_related(*over, condition, view, all),
            ExprKind::CountOf { over, condition: Some(condition) } => {
                self.of_related(*over, condition, view, all);
            }
            ExprKind::Attribute { of, attribute } => {
                let name = view.text.checked.attributes[*attribute].name.clone();
                self.of_old(*of, &Fact::Attribute(name), view, all);
            }
            ExprKind::InSegment { of, segment } => {
                let name = view.text.checked.segments[*segment].name.clone();
                self.of_old(*of, &Fact::Segment(name), view, all);
            }
            ExprKind::Aggregate { of, aggregate } => {
                self.of_aggregate(*of, &view.text.checked.aggregates[*aggregate].window, view, all);
            }
            _ => {}
        }
    }

    /// What an old text names and the present one has no more.
    fn of_old(&self, of: Who, fact: &Fact, view: &View<'_, 'a>, all: &mut Vec<Instant>) {
        let Some(id) = view.who(of) else { return };
        if let Some(definition) = view.definition_of_old(id, fact) {
            let inner = View { text: view.text, ..View::of(self, &self.facts, id) };
            self.of_text(definition, &inner, all);
        }
    }

    fn of_related(&self, over: Subject, condition: &Expr, view: &View<'_, 'a>, all: &mut Vec<Instant>) {
        let others: Vec<Id> = match over {
            Subject::Contact => self.contacts(&view.this.1),
            Subject::Account => {
                self.accounts(&view.this.1).into_iter().map(|id| (Subject::Account, id)).collect()
            }
        };
        for id in others.into_iter().filter(|id| self.is_created(id)) {
            let inner =
                View { text: view.text, outer: Some(view.this.clone()), ..View::of(self, &self.facts, &id) };
            self.of_text(condition, &inner, all);
        }
    }

    fn of_aggregate(&self, of: Who, window: &Window, view: &View<'_, 'a>, all: &mut Vec<Instant>) {
        let id = match of {
            Who::This => Some(&view.this),
            Who::Outer => view.outer.as_ref(),
            Who::Account => view.account.as_ref(),
        };
        let Some(id) = id else { return };
        let zone = self.zone(&self.facts, id);
        let events = self.entities.get(id).map_or(&[][..], |entity| &entity.events);
        let (Window::Last(period) | Window::Previous(period)) = window else { return };
        for event in events {
            all.push(time::reach(event.time, *period, true, zone));
            all.push(time::reach(event.time, values::twice(*period), true, zone));
        }
    }

    /// Every instant of the data, moved both ways by every period of the text, once and twice.
    fn of_everything(&self, all: &mut Vec<Instant>) {
        let zone = |id: &Id| self.zone(&self.facts, id);
        let mut known: Vec<Instant> =
            self.facts.iter().filter_map(|((id, _), value)| values::instant(value, zone(id))).collect();
        let events = self.entities.values().flat_map(|entity| &entity.events);
        known.extend(events.map(|event: &Rc<super::world::Happening>| event.time));
        let periods: Vec<i64> = self.periods().into_iter().map(time::exact).collect();
        for at in known {
            for period in &periods {
                all.extend([
                    at,
                    at.plus(*period),
                    at.minus(*period),
                    at.plus(2 * period),
                    at.minus(2 * period),
                ]);
            }
        }
    }

    fn periods(&self) -> Vec<Period> {
        let windows = self.text.checked.aggregates.values().filter_map(|aggregate| {
            match (&aggregate.function, aggregate.window) {
                (
                    Function::ActiveDays | Function::Of { .. },
                    Window::Last(period) | Window::Previous(period),
                ) => Some(period),
                _ => None,
            }
        });
        let mut all: Vec<Period> = windows.collect();
        all.extend([1, 2, 3, 7, 14].map(Period::of_days));
        all.sort();
        all.dedup();
        all
    }
}

fn never(span: wayfare::base::Span) -> Expr {
    Expr { kind: ExprKind::Const(Value::Bool(false)), ty: wayfare::value::Type::Bool, span }
}
