//! Workflows: clauses and triggers.

use super::expr::transpose;
use super::{Lower, Parts};
use crate::base::Node;
use crate::diag::Code;
use crate::syntax::ast::{
    Clause, ClauseKind, ClockDay, Enrolment, EnrolmentOption, EnrolmentOptionKind, HealthChange, OnEdit,
    State, Trigger, TriggerKind, Workflow,
};
use crate::syntax::{Pair, Rule};

impl Lower {
    /// The rules `workflow` and `bare`.
    pub(super) fn workflow(&mut self, pair: Pair<'_>) -> Option<Workflow> {
        let mut parts = Parts::of(pair);
        let name = parts.text(self);
        let was = parts.text(self);
        let clauses = parts.map(|pair| self.clause(pair)).collect::<Option<_>>()?;
        Some(Workflow { name, was, clauses })
    }

    fn clause(&mut self, pair: Pair<'_>) -> Option<Clause> {
        // In the bare form the state and the triggers stand without the rule `clause` around them.
        let inner = if pair.as_rule() == Rule::clause { pair.into_inner().next()? } else { pair };
        let at = self.at(&inner);
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner.clone());
        let kind = match rule {
            Rule::description => ClauseKind::Description(parts.text(self)?),
            Rule::state => ClauseKind::State(state(inner.as_str())),
            Rule::triggers => ClauseKind::When(self.triggers(inner)?),
            Rule::only_if => ClauseKind::OnlyIf(self.expr(parts.next()?)?),
            Rule::enrolment => ClauseKind::Enrolment(self.enrolment(inner)?),
            Rule::do_ => ClauseKind::Do(self.steps(parts)?),
            Rule::exit_when => ClauseKind::ExitWhen(self.expr(parts.next()?)?),
            Rule::goal_when => ClauseKind::GoalWhen(self.expr(parts.next()?)?),
            _ => ClauseKind::OnEdit(on_edit(parts.next()?.as_str())),
        };
        Some(Clause { kind, at })
    }

    fn enrolment(&mut self, pair: Pair<'_>) -> Option<Enrolment> {
        let every = pair.clone().into_inner().any(|part| part.as_rule() == Rule::k_every);
        let options = Parts::of(pair).map(|option| self.enrolment_option(option)).collect::<Option<_>>()?;
        Some(Enrolment { every, options })
    }

    fn enrolment_option(&mut self, pair: Pair<'_>) -> Option<EnrolmentOption> {
        let at = self.at(&pair);
        let inner = Parts::of(pair).next()?;
        let kind = match inner.as_rule() {
            Rule::restart => EnrolmentOptionKind::Restart,
            Rule::path => EnrolmentOptionKind::ParallelBy(self.path(&inner)),
            _ => EnrolmentOptionKind::AtMostOncePer(self.period(&inner)),
        };
        Some(EnrolmentOption { kind, at })
    }

    /// The rule `triggers`.
    pub(in crate::syntax) fn triggers(&mut self, pair: Pair<'_>) -> Option<Vec<Trigger>> {
        Parts::of(pair).map(|pair| self.trigger(pair)).collect()
    }

    fn trigger(&mut self, pair: Pair<'_>) -> Option<Trigger> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let subject = parts.subject(self)?;
        let kind = self.trigger_kind(&parts.next()?)?;
        Some(Trigger { subject, kind, at })
    }

    fn trigger_kind(&mut self, pair: &Pair<'_>) -> Option<TriggerKind> {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair.clone());
        Some(match rule {
            Rule::crosses => self.crosses(parts)?,
            Rule::performs => {
                let event = parts.text(self)?;
                TriggerKind::Performs { event, filter: transpose(parts.next().map(|part| self.expr(part)))? }
            }
            Rule::is_created => TriggerKind::Created,
            Rule::by_hand => TriggerKind::ByHand,
            Rule::reaches => self.reaches(parts)?,
            Rule::matches => TriggerKind::Matches(self.expr(parts.next()?)?),
            Rule::health_change => {
                let way = parts.accept(Rule::health_way);
                let change = match way.as_ref().map(Pair::as_str) {
                    Some("drops") => HealthChange::Drops,
                    Some(_) => HealthChange::Rises,
                    None => HealthChange::Changes,
                };
                TriggerKind::Health { change, to: parts.next().map(|level| self.level(&level)) }
            }
            _ => self.attribute_change(parts)?,
        })
    }

    fn crosses(&mut self, mut parts: Parts<'_>) -> Option<TriggerKind> {
        let enters = parts.next()?.as_str() == "enters";
        let segment = parts.next()?.as_str() == "segment";
        let name = parts.text(self)?;
        Some(match (enters, segment) {
            (true, true) => TriggerKind::EntersSegment(name),
            (false, true) => TriggerKind::LeavesSegment(name),
            (true, false) => TriggerKind::EntersStage(name),
            (false, false) => TriggerKind::LeavesStage(name),
        })
    }

    fn reaches(&mut self, mut parts: Parts<'_>) -> Option<TriggerKind> {
        let first = parts.next()?;
        Some(match first.as_rule() {
            Rule::clock_day => {
                let day = self.clock_day(first)?;
                let time = self.clock(&parts.next()?, false);
                TriggerKind::Clock { day, time, calendar: parts.text(self) }
            }
            Rule::offset => {
                let offset = self.offset(first)?;
                TriggerKind::Reaches { offset: Some(offset), attribute: self.path(&parts.next()?) }
            }
            _ => TriggerKind::Reaches { offset: None, attribute: self.path(&first) },
        })
    }

    fn clock_day(&mut self, pair: Pair<'_>) -> Option<Node<ClockDay>> {
        let whole = self.span(&pair);
        let inner = Parts::of(pair).next()?;
        if inner.as_rule() == Rule::weekday {
            return Some(Node::new(ClockDay::Week(self.weekday(&inner).node), whole));
        }
        let written = inner.as_str();
        let number = written.get(..written.len() - 2).and_then(|digits| digits.parse::<u8>().ok());
        let day = number.filter(|day| (1..=31).contains(day) && written.ends_with(suffix(*day)));
        let day = day.unwrap_or_else(|| {
            let span = self.span(&inner);
            self.error(Code::BadDate, span, format!("there is no `{written}` of a month")).help =
                Some("write `1st`, `2nd`, `3rd`, `4th` to `31st`".to_owned());
            1
        });
        Some(Node::new(ClockDay::Month(day), whole))
    }

    fn attribute_change(&mut self, mut parts: Parts<'_>) -> Option<TriggerKind> {
        let attribute = self.path(&parts.next()?);
        let change = parts.next()?;
        let rule = change.as_rule();
        let has_from = Parts::of(change.clone()).has(Rule::k_from);
        let mut values = Parts::of(change).map(|value| self.expr(value));
        if rule == Rule::becomes {
            return Some(TriggerKind::Becomes { attribute, value: values.next()?? });
        }
        let from = if has_from { Some(values.next()??) } else { None };
        Some(TriggerKind::Changes { attribute, from, to: transpose(values.next())? })
    }
}

fn state(word: &str) -> State {
    match word {
        "live" => State::Live,
        "draft" => State::Draft,
        _ => State::Disabled,
    }
}

fn on_edit(word: &str) -> OnEdit {
    match word {
        "move" => OnEdit::Move,
        "finish" => OnEdit::Finish,
        _ => OnEdit::Exit,
    }
}

fn suffix(day: u8) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}
