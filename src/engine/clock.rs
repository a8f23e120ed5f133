//! Lengths of time counted from instants, and windows that move with `now` (semantics S2.3, S2.4).

use crate::base::{Instant, Period};
use crate::plan::Window;
use crate::plan::expr::{MovingBound, reach};
use crate::value::{Value, time};
use chrono_tz::Tz;

/// `at + period`: months by the calendar of the zone, the rest exactly.
pub fn forward(at: Instant, period: Period, zone: Tz) -> Instant {
    time::shift(at, period, false, zone).unwrap_or(Instant::MAX)
}

/// The instant of a time, or of the midnight at which a date begins.
pub fn instant(value: &Value, zone: Tz) -> Option<Instant> {
    match value {
        Value::Time(at) => Some(*at),
        Value::Date(day) => time::begin(*day, zone),
        _ => None,
    }
}

/// The instant at which something that was at `at` is `period` ago: when it leaves a window of that length.
pub fn leaves(at: Instant, period: Period, zone: Tz) -> Instant {
    reach(MovingBound { period, ago: true }, at, zone)
}

/// Twice as long.
pub fn twice(period: Period) -> Period {
    Period {
        months: period.months.saturating_mul(2),
        days: period.days.saturating_mul(2),
        millis: period.millis.saturating_mul(2),
    }
}

/// The places in an ascending list of instants, none after `now`, that are in a window.
pub fn inside(times: &[Instant], window: Window, now: Instant, zone: Tz) -> std::ops::Range<usize> {
    let left = |period: Period| match period.exact() {
        Some(exact) => times.partition_point(|at| *at <= now.minus(exact)),
        None => times.partition_point(|at| leaves(*at, period, zone) <= now),
    };
    match window {
        Window::All => 0..times.len(),
        Window::Last(period) => left(period)..times.len(),
        Window::Previous(period) => left(twice(period))..left(period),
    }
}

/// The places of the first instants that have not left the window's ends yet, with the length after which they do.
pub fn edges(times: &[Instant], window: Window, now: Instant, zone: Tz) -> Vec<(usize, Period)> {
    let edge = |period: Period| (inside(times, Window::Last(period), now, zone).start, period);
    match window {
        Window::All => Vec::new(),
        Window::Last(period) => vec![edge(period)],
        Window::Previous(period) => vec![edge(period), edge(twice(period))],
    }
}
