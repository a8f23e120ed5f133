//! Waits: when they end, as a function of the instant at which they were entered (semantics S4.6).

use super::calendar;
use super::clock::{forward, instant};
use super::entity::RunState;
use super::turn::{RunKey, Turn};
use crate::base::Instant;
use crate::plan::{Clock, expr};
use crate::plan::{DelayPlan, Op, WaitPlan, WaitUntilPlan};

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// What was waited for came.
    ByItself,
    /// `at most` was over first.
    TimedOut,
    /// The date was past when the step was entered, or moved there.
    Past,
}

impl Turn<'_> {
    /// (until when by time, not before when its condition may flip), or how it ended at once.
    pub(super) fn wait_from(&self, key: RunKey, wait: &WaitPlan) -> Result<(Instant, Instant), Ended> {
        let run = self.run(key).ok_or(Ended::ByItself)?;
        let entered = run.entered;
        let (what, at_most) = match wait {
            WaitPlan::For(delay) => return self.later(self.delay(key, entered, *delay), Ended::ByItself),
            WaitPlan::Until { what, at_most, .. } => (what, at_most),
        };
        let until = at_most.map_or(Instant::MAX, |delay| self.delay(key, entered, delay));
        match what {
            WaitUntilPlan::Clock(time, calendar) => {
                let at = self.next_clock(key, entered, *time, *calendar);
                match (at <= self.now, until <= self.now) {
                    (true, _) => Err(Ended::ByItself),
                    (false, true) => Err(Ended::TimedOut),
                    (false, false) => Ok((until.min(at), at)),
                }
            }
            WaitUntilPlan::Condition(condition) => {
                let (holds, next) = self.here(key, run).holds_until(*condition);
                if holds { Err(Ended::ByItself) } else { self.or_timed_out(until, next) }
            }
            WaitUntilPlan::Date(date) => {
                let at = self.date(key, *date);
                match at {
                    Some(at) if at == self.now => Err(Ended::ByItself),
                    Some(at) if at < self.now => Err(Ended::Past),
                    _ => self.or_timed_out(until, at.unwrap_or(Instant::MAX)),
                }
            }
            WaitUntilPlan::Mail(what, template) => {
                let reached =
                    run.mail.iter().any(|sent| sent.template == *template && sent.reached >= Some(*what));
                if reached { Err(Ended::ByItself) } else { self.or_timed_out(until, Instant::MAX) }
            }
            WaitUntilPlan::Performs(..) => self.or_timed_out(until, Instant::MAX),
        }
    }

    fn later(&self, at: Instant, ended: Ended) -> Result<(Instant, Instant), Ended> {
        if at > self.now { Ok((at, Instant::MAX)) } else { Err(ended) }
    }

    fn or_timed_out(&self, until: Instant, next: Instant) -> Result<(Instant, Instant), Ended> {
        if until > self.now { Ok((until, next)) } else { Err(Ended::TimedOut) }
    }

    pub(super) fn delay(&self, key: RunKey, from: Instant, delay: DelayPlan) -> Instant {
        match delay {
            DelayPlan::Period(period) => forward(from, period, self.wait_zone(key, None)),
            DelayPlan::BusinessDays(count, calendar) => {
                self.business_days(key, from, count, calendar).unwrap_or(Instant::MAX)
            }
        }
    }

    /// The next such time of day from an instant on.
    pub(super) fn next_clock(
        &self,
        key: RunKey,
        from: Instant,
        time: Clock,
        calendar: Option<u32>,
    ) -> Instant {
        let zone = self.wait_zone(key, calendar);
        calendar::next_clock(self.calendar(calendar), from, zone, time).unwrap_or(Instant::MAX)
    }

    /// The instant of a date that a run waits for; `None` while it is unknown.
    pub(super) fn date(&self, key: RunKey, date: expr::ExprId) -> Option<Instant> {
        let run = self.run(key)?;
        let zone = super::env::zone(self.plan, self.world.entity(key.entity));
        instant(&expr::value(&self.plan.pool, date, &self.here(key, run)), zone)
    }

    /// A wait for a date follows the date when that moves (semantics S4.6).
    pub(super) fn date_ended(&mut self, key: RunKey) -> Option<Ended> {
        let run = self.run(key)?;
        let RunState::Waiting { until, next: was } = run.state else { return None };
        let Some(Op::Wait { wait, .. }) = self.text(key)?.ops.get(run.pc as usize) else {
            return None;
        };
        let WaitPlan::Until { what: WaitUntilPlan::Date(date), .. } = &**wait else { return None };
        let at = self.date(key, *date).unwrap_or(Instant::MAX);
        if at <= self.now {
            return Some(if at == was || at == self.now { Ended::ByItself } else { Ended::Past });
        }
        if until <= self.now {
            return Some(Ended::TimedOut);
        }
        if at != was {
            if let Some(run) = self.run_mut(key) {
                run.state = RunState::Waiting { until, next: at };
            }
            self.touched.insert(key.entity);
        }
        None
    }
}
