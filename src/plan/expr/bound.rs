//! Bounds that move with the clock, and when they reach a value (semantics S2.3).

use crate::base::{Instant, Period};
use crate::value::time;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// `now`, `14d ago`, `3d from now`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct MovingBound {
    /// How far from now.
    pub period: Period,
    /// Back.
    pub ago: bool,
}

impl MovingBound {
    /// How many milliseconds after a value's instant the bound reaches it; `None` if months make that uneven.
    #[inline]
    pub fn exact(self) -> Option<i64> {
        let exact = self.period.exact()?;
        Some(if self.ago { exact } else { -exact })
    }
}

/// The first instant at which the bound is at or behind `value`. From then on `value < bound` and `value <= bound`
/// hold, and until then `value > bound` and `value >= bound`.
///
/// A bound of days and less reaches the value to the millisecond. With months it does as soon as the local date and
/// time of now, moved by the months, is no longer before the value's: the 31st of March moved back a month is the
/// last of February, which the 28th reached already, and a bound that has reached a value stays past it.
pub fn reach(bound: MovingBound, value: Instant, zone: Tz) -> Instant {
    let exact = Period { months: 0, ..bound.period }.exact().unwrap_or(i64::MAX);
    let moved = if bound.ago { value.plus(exact) } else { value.minus(exact) };
    if bound.period.months == 0 {
        return moved;
    }
    time::first_at_months(moved, bound.period.months, bound.ago, zone)
}
