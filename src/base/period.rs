//! Lengths of time as people write them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// `3d`, `1h30m`, `12 months`. From a time, days are 24 hours; from a date they count calendar days; months always
/// go by the calendar (semantics S2.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Period {
    /// Calendar months (a year is 12).
    pub months: u32,
    /// Days (a week is 7).
    pub days: u32,
    /// Milliseconds of the parts below a day.
    pub millis: u64,
}

/// Milliseconds in a day of 24 hours.
pub const DAY: i64 = 86_400_000;

impl Period {
    /// A period of that many milliseconds.
    pub const fn of_millis(millis: u64) -> Self {
        Self { months: 0, days: 0, millis }
    }

    /// A period of that many days.
    pub const fn of_days(days: u32) -> Self {
        Self { months: 0, days, millis: 0 }
    }

    /// A period of that many months.
    pub const fn of_months(months: u32) -> Self {
        Self { months, days: 0, millis: 0 }
    }

    /// Its exact length in milliseconds, counted from a time; `None` if it has months.
    pub fn exact(self) -> Option<i64> {
        let days = i64::from(self.days).checked_mul(DAY)?;
        (self.months == 0).then_some(days)?.checked_add(i64::try_from(self.millis).ok()?)
    }

    /// Its length with months taken as 31 days: an upper bound, for windows and limits.
    pub fn at_most(self) -> i64 {
        let months = i64::from(self.months) * 31 * DAY;
        months + i64::from(self.days) * DAY + i64::try_from(self.millis).unwrap_or(i64::MAX / 2)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months > 0 {
            let (count, unit) = if self.months.is_multiple_of(12) {
                (self.months / 12, "year")
            } else {
                (self.months, "month")
            };
            return write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
        if self.is_zero() {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        if self.days > 0 {
            write!(f, "{}d", self.days)?;
        }
        for (unit, length) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            if rest >= length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}
