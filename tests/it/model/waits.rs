//! Waits: when they end (S4.5, S4.6, S3.4).

use super::expr::View;
use super::time;
use super::values;
use super::world::{Model, Run, RunKey, State};
use std::rc::Rc;
use wayfare::base::{Idx, Instant};
use wayfare::check::checked::{Calendar, Delay, Event, Wait, WaitUntil};

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// What was waited for came.
    Came,
    /// `at most` was over first.
    TimedOut,
    /// The date is past.
    Past,
}

impl<'a> Model<'a> {
    /// Lets the enrolments go on whose waits are over, as they stood at the beginning (S3.1).
    pub fn waits(&mut self) {
        let over = |run: &Run<'a>| {
            let State::Waiting(wait, entered) = run.state else { return None };
            self.over(run, wait, entered, false).map(|ended| (run.key.clone(), wait, ended))
        };
        let ended: Vec<(RunKey, &Wait, Ended)> = self.runs.values().filter_map(over).collect();
        for (key, wait, ended) in ended {
            if self.runs.contains_key(&key) {
                let place = self.runs[&key].place.clone();
                self.past_wait(&key, &place, wait, ended);
                self.advance_or_hold(&key);
            }
        }
    }

    /// A wait is entered; whether the enrolment goes on at once.
    pub fn enter_wait(&mut self, key: &RunKey, place: &str, wait: &'a Wait) {
        let now = self.now;
        let zone = self.zone(&self.facts, &key.id);
        if let Some(run) = self.runs.get_mut(key) {
            run.zone = Some(zone);
        }
        let run = &self.runs[key];
        if let Some(ended) = self.over(run, wait, now, true) {
            return self.past_wait(key, place, wait, ended);
        }
        let until = self.until(run, wait, now).map_or("-".to_owned(), |until| until.to_string());
        self.say(key, place, "waiting", &until);
        let run = self.runs.get_mut(key).unwrap();
        (run.state, run.place, run.timed_out) = (State::Waiting(wait, now), place.to_owned(), false);
    }

    /// S3.4: `else exit` covers the time-out and a date already past; `timed out` means the time-out only.
    pub fn past_wait(&mut self, key: &RunKey, place: &str, wait: &Wait, ended: Ended) {
        let else_exit = matches!(wait, Wait::Until { else_exit: true, .. });
        if else_exit && ended != Ended::Came {
            return self.leave(key, place, "exited", "else exit");
        }
        let run = self.runs.get_mut(key).unwrap();
        run.passed.insert(run.path.clone());
        (run.state, run.timed_out) = (State::Ready, ended == Ended::TimedOut);
    }

    /// Whether a wait is over now, and how.
    pub fn over(&self, run: &Run<'a>, wait: &Wait, entered: Instant, at_entry: bool) -> Option<Ended> {
        let reached = |at: Option<Instant>| at.is_some_and(|at| at <= self.now);
        let Wait::Until { what, at_most, .. } = wait else {
            return reached(self.until(run, wait, entered)).then_some(Ended::Came);
        };
        let limit = at_most.as_ref().and_then(|delay| self.end_of_delay(run, delay, entered));
        let came = match what {
            // Both ends are known beforehand: the earlier one counts.
            WaitUntil::Clock { time, calendar } => {
                let at = self.clock(run, *time, *calendar, entered);
                reached(at) && limit.is_none_or(|limit| at <= Some(limit))
            }
            // S4.5: only events of later inputs, whose own time is not before the step was entered.
            WaitUntil::Performs { event, filter } => {
                !at_entry && self.saw(run, *event, filter.as_ref(), entered)
            }
            WaitUntil::Mail { what, template } => {
                let template = &run.text.checked.templates[*template].name;
                run.mail.iter().any(|(of, _, reached)| of == template && *reached >= Some(*what))
            }
            WaitUntil::Condition(condition) => self.view(run).decides(condition),
            WaitUntil::Date(date) => match self.date(run, date) {
                Some(at) if at < self.now => return Some(Ended::Past),
                at => at == Some(self.now),
            },
        };
        if came {
            return Some(Ended::Came);
        }
        reached(limit).then_some(Ended::TimedOut)
    }

    fn saw(
        &self,
        run: &Run<'a>,
        event: Idx<Event>,
        filter: Option<&wayfare::check::checked::Expr>,
        entered: Instant,
    ) -> bool {
        self.happened.iter().any(|(whose, happening)| {
            let view = View { event: Some(Rc::clone(happening)), ..self.view(run) };
            *whose == run.key.id
                && happening.event == run.text.checked.events[event].name
                && happening.time >= entered
                && filter.is_none_or(|filter| view.decides(filter))
        })
    }

    fn date(&self, run: &Run<'a>, date: &wayfare::check::checked::Expr) -> Option<Instant> {
        let view = self.view(run);
        values::instant(&view.value(date), view.zone())
    }

    fn clock(
        &self,
        run: &Run<'a>,
        at: wayfare::check::checked::Clock,
        calendar: Option<Idx<Calendar>>,
        entered: Instant,
    ) -> Option<Instant> {
        let calendar = calendar.map(|at| self.calendar(run.text, at));
        time::next_clock(calendar, entered, at, self.zone_in(run, calendar))
    }

    /// S2.5: a calendar's own zone, else the entity's.
    fn zone_in(&self, run: &Run<'a>, calendar: Option<&Calendar>) -> chrono_tz::Tz {
        let own = calendar.and_then(|calendar| time::zone(calendar.zone.as_deref()));
        let now = || self.zone(&self.facts, &run.key.id);
        own.or(run.zone).unwrap_or_else(now)
    }

    /// S4.6: a pure function of the instant at which the step was entered, the text and the entity.
    fn end_of_delay(&self, run: &Run<'a>, delay: &Delay, entered: Instant) -> Option<Instant> {
        match delay {
            Delay::Period(period) => Some(time::shift(entered, *period, false, self.zone_in(run, None))),
            Delay::BusinessDays { count, calendar } => {
                let calendar = calendar.map(|at| self.calendar(run.text, at));
                time::business_days(calendar, entered, *count, self.zone_in(run, calendar))
            }
        }
    }

    /// The instant at which a wait ends at the latest, as far as is known.
    pub fn until(&self, run: &Run<'a>, wait: &Wait, entered: Instant) -> Option<Instant> {
        let (what, at_most) = match wait {
            Wait::For(delay) => return self.end_of_delay(run, delay, entered),
            Wait::Until { what, at_most, .. } => (what, at_most),
        };
        let limit = at_most.as_ref().and_then(|delay| self.end_of_delay(run, delay, entered));
        let own = match what {
            WaitUntil::Clock { time, calendar } => self.clock(run, *time, *calendar, entered),
            WaitUntil::Date(date) => self.date(run, date),
            _ => None,
        };
        own.into_iter().chain(limit).min()
    }
}
