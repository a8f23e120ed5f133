//! Times, dates and periods by the calendar (semantics S2.4, S2.5).
//!
//! Outside years 1 to 9999 there is no result. A local time that does not exist is the first instant after the gap,
//! one that exists twice is the first of the two.

use crate::base::period::DAY;
use crate::base::{Instant, Period};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use std::cmp::Ordering;

/// The local date and time of an instant.
pub fn local(at: Instant, zone: Tz) -> Option<NaiveDateTime> {
    at.to_utc().map(|utc| utc.with_timezone(&zone).naive_local())
}

/// The local date of an instant.
pub fn local_date(at: Instant, zone: Tz) -> Option<NaiveDate> {
    local(at, zone).map(|local| local.date())
}

/// The instant of a local date and time.
pub fn instant(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    let found = match zone.from_local_datetime(&local).earliest() {
        Some(found) => Instant(found.timestamp_millis()),
        None => after_gap(local, zone)?,
    };
    in_range(found)
}

/// When a date begins: midnight in the zone, or the first instant after.
pub fn begin(day: NaiveDate, zone: Tz) -> Option<Instant> {
    instant(day.and_time(NaiveTime::MIN), zone)
}

fn in_range(at: Instant) -> Option<Instant> {
    (Instant::FIRST..=Instant::LAST).contains(&at).then_some(at)
}

/// The first instant after the gap that `local` lies in.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    // No zone has ever skipped more than a day.
    let existing = |hours: i64| {
        let near = local.checked_add_signed(chrono::Duration::hours(hours))?;
        zone.from_local_datetime(&near).earliest()
    };
    let before = (1..=30).find_map(|hours| existing(-hours))?;
    let after = (1..=30).find_map(existing)?;
    let (mut low, mut high) = (before.timestamp_millis(), after.timestamp_millis());
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        let there = DateTime::from_timestamp_millis(middle)?.with_timezone(&zone);
        if there.naive_local() < local {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(Instant(high))
}

/// A time moved by a period: months by the local calendar with the end of the month as the limit, days of 24 hours.
pub fn shift(at: Instant, period: Period, back: bool, zone: Tz) -> Option<Instant> {
    let moved = if period.months == 0 { at } else { shift_months(at, period.months, back, zone)? };
    let exact = Period { months: 0, ..period }.exact()?;
    in_range(if back { moved.minus(exact) } else { moved.plus(exact) })
}

fn shift_months(at: Instant, months: u32, back: bool, zone: Tz) -> Option<Instant> {
    let local = local(at, zone)?;
    let moved = if back {
        local.checked_sub_months(Months::new(months))
    } else {
        local.checked_add_months(Months::new(months))
    };
    instant(moved?, zone)
}

/// A date moved by whole days, weeks, months, years; `None` past the calendar. Parts below a day do not count here.
pub fn shift_date(day: NaiveDate, period: Period, back: bool) -> Option<NaiveDate> {
    let days = chrono::Days::new(period.days.into());
    let months = Months::new(period.months);
    let moved = if back {
        day.checked_sub_months(months)?.checked_sub_days(days)
    } else {
        day.checked_add_months(months)?.checked_add_days(days)
    };
    moved.filter(|day| (1..=9999).contains(&day.year()))
}

/// The first instant whose local date and time, moved by the months, is not before those of `value`.
/// Beyond the calendar: an end of all time.
pub fn first_at_months(value: Instant, months: u32, ago: bool, zone: Tz) -> Instant {
    let end = if ago { Instant::MAX } else { Instant::MIN };
    let found = local(value, zone).and_then(|local| {
        let first = local.date().with_day(1)?;
        let months = Months::new(months);
        let month = if ago { first.checked_add_months(months) } else { first.checked_sub_months(months) }?;
        match month.with_day(local.date().day()) {
            Some(day) => instant(day.and_time(local.time()), zone),
            None => begin(month.checked_add_months(Months::new(1))?, zone),
        }
    });
    found.unwrap_or(end)
}

/// The order of two periods: by their exact length; months count 31 days beside days, and differ from them.
pub fn order(a: Period, b: Period) -> Ordering {
    a.at_most().cmp(&b.at_most()).then(a.months.cmp(&b.months))
}

/// The period from one instant to a later one; `None` if it is earlier.
pub fn between(from: Instant, to: Instant) -> Option<Period> {
    u64::try_from(to.0.checked_sub(from.0)?).ok().map(Period::of_millis)
}

/// Both periods together.
pub fn add(a: Period, b: Period) -> Option<Period> {
    Some(Period {
        months: a.months.checked_add(b.months)?,
        days: a.days.checked_add(b.days)?,
        millis: a.millis.checked_add(b.millis)?,
    })
}

/// The first without the second; `None` below nothing.
pub fn subtract(a: Period, b: Period) -> Option<Period> {
    let months = a.months.checked_sub(b.months)?;
    let exact = Period { months: 0, ..a }.exact()?.checked_sub(Period { months: 0, ..b }.exact()?)?;
    let millis = u64::try_from(exact).ok()?;
    let whole = if millis.is_multiple_of(DAY.unsigned_abs()) { millis / DAY.unsigned_abs() } else { 0 };
    match u32::try_from(whole) {
        Ok(days) if whole > 0 => Some(Period { months, days, millis: 0 }),
        _ => Some(Period { months, days: 0, millis }),
    }
}

/// Reads `2026-01-05`, all ten characters, of years 1 to 9999.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let (&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1], []) = bytes.split_first_chunk::<10>()? else {
        return None;
    };
    let year = digits([y0, y1])? * 100 + digits([y2, y3])?;
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, digits([m0, m1])?, digits([d0, d1])?);
    day.filter(|_| year > 0)
}

/// Reads RFC 3339 as [`Instant::parse`] does; the form that machines write, in UTC, without its detours.
pub fn parse_instant(text: &str) -> Option<Instant> {
    utc(text).or_else(|| Instant::parse(text))
}

/// Reads `2026-01-05T09:00:00Z` and `2026-01-05T09:00:00.250Z`.
fn utc(text: &str) -> Option<Instant> {
    let day = parse_date(text.get(..10)?)?;
    let (&[b'T', h0, h1, b':', m0, m1, b':', s0, s1], rest) =
        text.as_bytes().get(10..)?.split_first_chunk::<9>()?
    else {
        return None;
    };
    let (hour, minute, second) = (digits([h0, h1])?, digits([m0, m1])?, digits([s0, s1])?);
    let millis = match rest {
        b"Z" => 0,
        &[b'.', a, b, c, b'Z'] => digits([b'0', a])? * 100 + digits([b, c])?,
        _ => return None,
    };
    let at = day.and_hms_milli_opt(hour, minute, second, millis)?;
    in_range(Instant(at.and_utc().timestamp_millis()))
}

/// Two decimal digits as a number.
fn digits([tens, ones]: [u8; 2]) -> Option<u32> {
    let digit = |byte: u8| char::from(byte).to_digit(10);
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Reads a period as `.wf` writes it: `3d`, `1h30m`, `12 months`, `2 years`.
pub fn parse_period(text: &str) -> Option<Period> {
    let mut rest = text.trim();
    let mut period = Period::default();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, behind) = rest.split_at_checked(digits)?;
        let count: u32 = count.parse().ok()?;
        let behind = behind.trim_start();
        let unit = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit)?;
        period = add(period, unit_of(count, unit)?)?;
        rest = behind.trim_start();
    }
    (!text.trim().is_empty()).then_some(period)
}

fn unit_of(count: u32, unit: &str) -> Option<Period> {
    let millis = |length: u64| Some(Period::of_millis(u64::from(count).checked_mul(length)?));
    match unit {
        "ms" => millis(1),
        "s" => millis(1_000),
        "m" | "min" => millis(60_000),
        "h" => millis(3_600_000),
        "d" => Some(Period::of_days(count)),
        "w" => Some(Period::of_days(count.checked_mul(7)?)),
        "month" | "months" => Some(Period::of_months(count)),
        "year" | "years" => Some(Period::of_months(count.checked_mul(12)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Europe::Paris, Pacific::Apia, UTC};

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// S2.4
    #[test]
    fn months_end_where_the_month_ends() {
        let month = Period::of_months(1);
        assert_eq!(shift_date(day("2026-03-31"), month, true), Some(day("2026-02-28")));
        assert_eq!(shift_date(day("2024-03-31"), month, true), Some(day("2024-02-29")));
        assert_eq!(shift(at("2026-03-31T10:00Z"), month, true, UTC), Some(at("2026-02-28T10:00Z")));
        assert_eq!(shift_date(day("9999-12-31"), month, false), None);
    }

    /// S2.4: a day from a time is 24 hours, from a date a calendar day.
    #[test]
    fn days_through_daylight_saving() {
        let day_before = at("2026-03-28T12:00+01:00");
        assert_eq!(shift(day_before, Period::of_days(1), false, Paris), Some(at("2026-03-29T13:00+02:00")));
        let next = shift_date(day("2026-03-28"), Period::of_days(1), false).unwrap();
        assert_eq!(begin(next, Paris), Some(at("2026-03-29T00:00+01:00")));
    }

    /// S2.5
    #[test]
    fn local_times_that_do_not_exist_or_exist_twice() {
        let gap = day("2026-03-29").and_hms_opt(2, 37, 0).unwrap();
        assert_eq!(instant(gap, Paris), Some(at("2026-03-29T03:00+02:00")));
        let twice = day("2026-10-25").and_hms_opt(2, 30, 0).unwrap();
        assert_eq!(instant(twice, Paris), Some(at("2026-10-25T02:30+02:00")));
        let skipped = day("2011-12-30").and_hms_opt(9, 0, 0).unwrap();
        assert_eq!(instant(skipped, Apia), Some(at("2011-12-31T00:00+14:00")));
    }

    #[test]
    fn the_day_on_which_a_month_bound_reaches_a_value() {
        let reach = |value: &str, months, ago| first_at_months(at(value), months, ago, UTC);
        assert_eq!(reach("2026-02-28T10:00Z", 1, true), at("2026-03-28T10:00Z"));
        assert_eq!(reach("2026-03-31T10:00Z", 1, true), at("2026-05-01T00:00Z"));
        assert_eq!(reach("2026-03-31T10:00Z", 1, false), at("2026-03-01T00:00Z"));
        let gap = first_at_months(at("2026-02-08T02:30-05:00"), 1, true, New_York);
        assert_eq!(gap, at("2026-03-08T03:00-04:00"));
    }

    #[test]
    fn the_quick_reading_is_the_same_as_the_slow_one() {
        let texts = [
            "2026-01-05T09:00:00Z",
            "2026-01-05T09:00:00.250Z",
            "2026-01-05T09:00:00.25Z",
            "2026-01-05T09:00:00+01:00",
            "2026-02-29T09:00:00Z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T09:00:60Z",
            "2026-01-05T09:00Z",
            "0000-01-05T09:00:00Z",
            "2026-01-05T09:00:00",
            "2026-01-05t09:00:00Z",
            "ä",
        ];
        for text in texts {
            assert_eq!(parse_instant(text), Instant::parse(text), "{text}");
        }
        assert_eq!(parse_date("2024-02-29"), Some(day("2024-02-29")));
        for wrong in ["2026-02-29", "2026-1-05", "0000-01-01", "2026-01-05 ", "+026-01-05", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn periods_are_read_and_ordered() {
        assert_eq!(parse_period("1h30m"), Some(Period::of_millis(5_400_000)));
        assert_eq!(parse_period("2 years"), Some(Period::of_months(24)));
        assert_eq!(parse_period("1w"), Some(Period::of_days(7)));
        for wrong in ["", "3", "d", "3x", "-3d", "99999999999d"] {
            assert_eq!(parse_period(wrong), None, "{wrong}");
        }
        assert_eq!(order(Period::of_days(1), Period::of_millis(86_400_000)), Ordering::Equal);
        assert_eq!(order(Period::of_months(1), Period::of_days(30)), Ordering::Greater);
    }

    #[test]
    fn differences_of_periods() {
        let days = Period::of_days;
        assert_eq!(subtract(days(3), days(1)), Some(days(2)));
        assert_eq!(subtract(days(1), days(3)), None);
        assert_eq!(subtract(days(1), Period::of_millis(1)), Some(Period::of_millis(86_399_999)));
        assert_eq!(between(at("2026-01-02T00:00Z"), at("2026-01-01T00:00Z")), None);
    }
}
