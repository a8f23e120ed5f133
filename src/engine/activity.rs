//! When an entity was active: what `active days` needs, and no more (semantics S1.6, S7.5).
//!
//! Instants are gathered into quarters of an hour, of which the first and the last instant are kept: local dates begin on
//! a quarter in every zone, so a quarter lies within one date, and a window that is longer than a quarter cuts it at one
//! end only. So counts and the instants at which they change are exact, and a busy entity costs 12 bytes a quarter.
//! Invariant: `spans` ascends; what lies at or before `lost` was dropped because more than the bound were kept.

use super::clock::{leaves, twice};
use super::{calendar, series::Keep};
use crate::base::{Instant, Period};
use crate::plan::Window;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The length of a quarter of an hour, in milliseconds.
const QUARTER: i64 = 900_000;

/// When an entity was active.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Activity {
    spans: Vec<Span>,
    lost: Instant,
}

/// Activity within one quarter of an hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Span {
    quarter: i32,
    /// The first and the last instant, in milliseconds from the quarter's beginning.
    first: u32,
    last: u32,
}

impl Span {
    fn of(at: Instant) -> Self {
        let quarter = at.0.div_euclid(QUARTER).clamp(i32::MIN.into(), i32::MAX.into());
        let offset = at.0.rem_euclid(QUARTER) as u32;
        Self { quarter: quarter as i32, first: offset, last: offset }
    }

    fn first(self) -> Instant {
        Instant(i64::from(self.quarter) * QUARTER + i64::from(self.first))
    }

    fn last(self) -> Instant {
        Instant(i64::from(self.quarter) * QUARTER + i64::from(self.last))
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self { spans: Vec::new(), lost: Instant::MIN }
    }
}

/// A window's ends as seen from `now`: an instant is inside while it has left the near end and not yet the far one.
struct Ends {
    far: Option<Period>,
    near: Option<Period>,
    now: Instant,
    zone: Tz,
}

impl Ends {
    fn of(window: Window, now: Instant, zone: Tz) -> Self {
        let (far, near) = match window {
            Window::All => (None, None),
            Window::Last(period) => (Some(period), None),
            Window::Previous(period) => (Some(twice(period)), Some(period)),
        };
        Self { far, near, now, zone }
    }

    fn gone(&self, end: Option<Period>, at: Instant) -> bool {
        end.is_some_and(|period| match period.exact() {
            Some(exact) => at <= self.now.minus(exact),
            None => leaves(at, period, self.zone) <= self.now,
        })
    }

    fn is_near(&self, at: Instant) -> bool {
        self.near.is_none() || self.gone(self.near, at)
    }
}

impl Activity {
    /// Takes an instant in, and drops what no window needs or what is past the bound.
    pub fn add(&mut self, at: Instant, keep: Keep) {
        let span = Span::of(at);
        match self.spans.binary_search_by_key(&span.quarter, |span| span.quarter) {
            Ok(place) => {
                if let Some(held) = self.spans.get_mut(place) {
                    held.first = held.first.min(span.first);
                    held.last = held.last.max(span.last);
                }
            }
            Err(place) => self.spans.insert(place, span),
        }
        let old = self.spans.partition_point(|span| span.last() <= keep.after);
        let surplus = self.spans.len().saturating_sub(keep.most);
        if surplus > old {
            let lost = surplus.checked_sub(1).and_then(|at| self.spans.get(at));
            self.lost = lost.map_or(self.lost, |span| span.last());
        }
        // Dropping from the front moves the rest, so it is done in bulk.
        if surplus > old || old >= 32 + self.spans.len() / 4 {
            self.spans.drain(..surplus.max(old));
        }
    }

    /// Takes in what another was active.
    pub fn merge(&mut self, other: &Self, keep: Keep) {
        self.lost = self.lost.max(other.lost);
        for span in &other.spans {
            self.add(span.first(), keep);
            self.add(span.last(), keep);
        }
    }

    /// On how many dates; `None` if the window reaches back to what was dropped.
    pub fn days(&self, window: Window, now: Instant, zone: Tz) -> Option<usize> {
        if self.whole_from(window, zone) > now {
            return None;
        }
        let ends = Ends::of(window, now, zone);
        let inside = |span: &Span| {
            let at = if ends.is_near(span.last()) { span.last() } else { span.first() };
            calendar::date(at, zone)
        };
        let days: BTreeSet<_> = self.inside(&ends).iter().filter_map(inside).collect();
        Some(days.len())
    }

    /// The spans that a window reaches.
    fn inside(&self, ends: &Ends) -> &[Span] {
        let from = self.spans.partition_point(|span| ends.gone(ends.far, span.last()));
        let to = self.spans.partition_point(|span| ends.is_near(span.first()));
        self.spans.get(from..to).unwrap_or(&[])
    }

    /// An instant after `now` before which time alone does not change the number of days.
    pub fn next(&self, window: Window, now: Instant, zone: Tz) -> Instant {
        let ends = Ends::of(window, now, zone);
        let inside = self.inside(&ends);
        let date = inside.first().and_then(|span| calendar::date(span.last(), zone));
        let of_first_date = inside.iter().take_while(|span| calendar::date(span.last(), zone) == date).last();
        let out = of_first_date.zip(ends.far).map(|(span, far)| leaves(span.last(), far, zone));
        let comes = self.spans.iter().find(|span| !ends.is_near(span.first())).zip(ends.near);
        let comes = comes.map(|(span, near)| leaves(span.first(), near, zone));
        let whole = self.whole_from(window, zone);
        let whole = (whole > now).then_some(whole);
        out.into_iter().chain(comes).chain(whole).min().unwrap_or(Instant::MAX)
    }

    /// From when on what was dropped no longer matters to a window.
    fn whole_from(&self, window: Window, zone: Tz) -> Instant {
        match window {
            _ if self.lost == Instant::MIN => Instant::MIN,
            Window::All => Instant::MAX,
            Window::Last(period) => leaves(self.lost, period, zone),
            Window::Previous(period) => leaves(self.lost, twice(period), zone),
        }
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.lost == Instant::MIN
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> usize {
        self.spans.capacity() * size_of::<Span>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn period(millis: i64) -> Period {
        Period { millis: millis as u64, ..Period::default() }
    }

    /// The same by every single instant.
    fn brute(times: &[i64], window: Window, now: i64, zone: Tz) -> usize {
        let (far, near) = match window {
            Window::Last(period) => (period.millis as i64, 0),
            Window::Previous(period) => (2 * period.millis as i64, period.millis as i64),
            Window::All => (i64::MAX / 4, 0),
        };
        let inside = times.iter().filter(|at| **at > now - far && **at <= now - near);
        inside.filter_map(|at| calendar::date(Instant(*at), zone)).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn days_and_their_flips_are_those_of_every_single_instant() {
        let zones = [Tz::UTC, Tz::Asia__Kathmandu, Tz::Pacific__Chatham, Tz::America__New_York];
        let mut state = 7u64;
        let mut random = |below: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) as i64) % below
        };
        for round in 0..300 {
            let begin = 1_741_400_000_000 + random(400) * DAY;
            let mut times: Vec<i64> = (0..random(60)).map(|_| begin + random(6 * DAY)).collect();
            times.extend((0..random(20)).map(|_| begin + random(QUARTER)));
            let now = begin + 6 * DAY;
            let mut activity = Activity::default();
            for at in &times {
                activity.add(Instant(*at), Keep { after: Instant::MIN, most: 10_000 });
            }
            let zone = zones[round % zones.len()];
            let length = period([HOUR, 5 * HOUR, DAY, 2 * DAY + 1][round % 4]);
            for window in [Window::Last(length), Window::Previous(length), Window::All] {
                let mut at = now;
                for _ in 0..200 {
                    let days = activity.days(window, Instant(at), zone);
                    assert_eq!(days, Some(brute(&times, window, at, zone)), "{window:?} at {at}");
                    let next = activity.next(window, Instant(at), zone);
                    assert!(next > Instant(at));
                    if next == Instant::MAX {
                        break;
                    }
                    assert_eq!(brute(&times, window, next.0 - 1, zone), brute(&times, window, at, zone));
                    at = next.0;
                }
                assert_eq!(brute(&times, window, at, zone), brute(&times, window, at + 100 * DAY, zone));
            }
        }
    }

    #[test]
    fn what_is_past_the_bound_is_missing_and_never_wrong() {
        let mut activity = Activity::default();
        let keep = Keep { after: Instant::MIN, most: 3 };
        for day in 0..5 {
            activity.add(Instant(day * DAY), keep);
        }
        let now = Instant(4 * DAY);
        assert_eq!(activity.days(Window::Last(period(2 * DAY)), now, Tz::UTC), Some(2));
        assert_eq!(activity.days(Window::Last(period(10 * DAY)), now, Tz::UTC), None);
        assert_eq!(activity.next(Window::Last(period(10 * DAY)), now, Tz::UTC), Instant(11 * DAY));
    }
}
