//! Time by the calendar: zones, moving bounds, opening hours (S2.3 to S2.5), each by the plainest search.

use chrono::{Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use wayfare::base::{Instant, Period};
use wayfare::check::checked::{Calendar, Clock, ClockDay, Weekday};

/// Milliseconds of a period beside its months; a day is 24 hours.
pub fn exact(period: Period) -> i64 {
    i64::from(period.days) * 86_400_000 + period.millis as i64
}

/// The date and time on the wall.
pub fn wall(at: Instant, zone: Tz) -> NaiveDateTime {
    Utc.timestamp_millis_opt(at.0).single().unwrap().with_timezone(&zone).naive_local()
}

/// The instant of a date and time on the wall: the first of two, or the first after the gap (S2.5).
pub fn instant(wall: NaiveDateTime, zone: Tz) -> Instant {
    if let Some(found) = zone.from_local_datetime(&wall).earliest() {
        return Instant(found.timestamp_millis());
    }
    // Zones leap at whole seconds: walk back to the last second that exists and take the next one of universal time.
    let mut before = wall.with_second(0);
    while zone.from_local_datetime(&before).latest().is_none() {
        before -= Duration::seconds(60);
    }
    let mut at = zone.from_local_datetime(&before).latest().unwrap().timestamp();
    while self::wall(Instant(at * 1000), zone) < wall {
        at += 1;
    }
    Instant(at * 1000)
}

trait WholeMinute {
    fn with_second(self, second: u32) -> NaiveDateTime;
}

impl WholeMinute for NaiveDateTime {
    fn with_second(self, second: u32) -> NaiveDateTime {
        use chrono::Timelike;
        let time = NaiveTime::from_hms_opt(self.hour(), self.minute(), second).unwrap();
        self.date().and_time(time)
    }
}

/// When a date begins (S2.4).
pub fn begin(day: NaiveDate, zone: Tz) -> Instant {
    instant(day.and_time(NaiveTime::MIN), zone)
}

/// A time moved by a period: months by the calendar, the rest exactly (S2.4).
pub fn shift(at: Instant, period: Period, back: bool, zone: Tz) -> Instant {
    let moved = if period.months == 0 {
        at
    } else {
        let (from, months) = (wall(at, zone), Months::new(period.months));
        let to = if back { from.checked_sub_months(months) } else { from.checked_add_months(months) };
        instant(to.unwrap(), zone)
    };
    if back { moved.minus(exact(period)) } else { moved.plus(exact(period)) }
}

/// A date moved by months and days of the calendar (S2.4).
pub fn shift_date(day: NaiveDate, period: Period, back: bool) -> NaiveDate {
    let (months, days) = (Months::new(period.months), Days::new(period.days.into()));
    let moved = if back {
        day.checked_sub_months(months).and_then(|day| day.checked_sub_days(days))
    } else {
        day.checked_add_months(months).and_then(|day| day.checked_add_days(days))
    };
    moved.unwrap()
}

/// The first instant at which `now - period` (or `now + period`) is not before `value` (S2.3).
pub fn reach(value: Instant, period: Period, ago: bool, zone: Tz) -> Instant {
    let value = if ago { value.plus(exact(period)) } else { value.minus(exact(period)) };
    if period.months == 0 {
        return value;
    }
    let goal = wall(value, zone);
    let months = Period::of_months(period.months);
    // The first day that, moved by the months, is the value's day or a later one.
    let mut day = shift_date(goal.date(), months, !ago).checked_sub_days(Days::new(5)).unwrap();
    while shift_date(day, months, ago) < goal.date() {
        day = day.succ_opt().unwrap();
    }
    let time = if shift_date(day, months, ago) == goal.date() { goal.time() } else { NaiveTime::MIN };
    instant(day.and_time(time), zone)
}

/// A time of day on a date; 24:00 is the next midnight.
pub fn clock(day: NaiveDate, clock: Clock, zone: Tz) -> Instant {
    instant(day.and_time(NaiveTime::MIN) + Duration::minutes(clock.0.into()), zone)
}

/// A zone by its name.
pub fn zone(name: Option<&str>) -> Option<Tz> {
    name?.parse().ok()
}

fn weekday(day: NaiveDate) -> usize {
    day.weekday().num_days_from_monday() as usize
}

/// Whether a calendar opens on a day at all; without one: Monday to Friday.
pub fn is_open_day(calendar: Option<&Calendar>, day: NaiveDate) -> bool {
    let Some(calendar) = calendar else { return weekday(day) < 5 };
    let closed = calendar.closed.iter().any(|(first, last)| *first <= day && day <= *last);
    let always = calendar.hours.iter().all(Vec::is_empty);
    !closed && (always || !calendar.hours[weekday(day)].is_empty())
}

/// From when to when a calendar is open on a day; a window over midnight ends on the next one (S2.5).
pub fn hours(calendar: Option<&Calendar>, day: NaiveDate, zone: Tz) -> Vec<(Instant, Instant)> {
    if !is_open_day(calendar, day) {
        return Vec::new();
    }
    let own = calendar.map_or(&[][..], |calendar| &calendar.hours[weekday(day)]);
    let always = [(Clock(0), Clock(1440))];
    let list = if own.is_empty() { &always } else { own };
    let window = |(from, to): &(Clock, Clock)| {
        let end = if to.0 <= from.0 { Clock(to.0 + 1440) } else { *to };
        (clock(day, *from, zone), clock(day, end, zone))
    };
    list.iter().map(window).collect()
}

/// `wait N business days` (S2.5); `None` for a calendar that never opens.
pub fn business_days(calendar: Option<&Calendar>, from: Instant, count: u32, zone: Tz) -> Option<Instant> {
    let yesterday = wall(from, zone).date().pred_opt()?;
    let all: Vec<NaiveDate> = (0..3_000).filter_map(|n| yesterday.checked_add_days(Days::new(n))).collect();
    let mut start = None;
    for day in &all {
        let opens = hours(calendar, *day, zone)
            .into_iter()
            .filter(|(_, to)| from < *to)
            .map(|(open, _)| open.max(from));
        if let Some(first) = opens.min() {
            start = Some(first);
            break;
        }
    }
    let start = start?;
    if count == 0 {
        return Some(start);
    }
    let begun = wall(start, zone);
    let open_days: Vec<&NaiveDate> =
        all.iter().filter(|day| **day > begun.date() && is_open_day(calendar, **day)).collect();
    let day = **open_days.get(count as usize - 1)?;
    let same = instant(day.and_time(begun.time()), zone);
    let open = hours(calendar, day, zone);
    if open.iter().any(|(from, to)| *from <= same && same < *to) {
        return Some(same);
    }
    open.into_iter().map(|(from, _)| from).min()
}

/// `wait until 09:00`: the next such time, `from` itself counted, on an open day of the calendar if there is one.
pub fn next_clock(calendar: Option<&Calendar>, from: Instant, time: Clock, zone: Tz) -> Option<Instant> {
    let yesterday = wall(from, zone).date().pred_opt()?;
    let days = (0..3_000).filter_map(|n| yesterday.checked_add_days(Days::new(n)));
    let open = days.filter(|day| calendar.is_none() || is_open_day(calendar, *day));
    open.map(|day| clock(day, time, zone)).find(|at| *at >= from)
}

/// The instants of a clock trigger from the day before `from` on, for some weeks.
pub fn ticks(
    calendar: Option<&Calendar>,
    from: Instant,
    on: ClockDay,
    time: Clock,
    zone: Tz,
) -> Vec<Instant> {
    let Some(yesterday) = wall(from, zone).date().pred_opt() else { return Vec::new() };
    let days = (0..100).filter_map(|n| yesterday.checked_add_days(Days::new(n)));
    let fits = |day: &NaiveDate| match on {
        ClockDay::Week(wanted) => weekday(*day) == number(wanted),
        ClockDay::Month(wanted) => {
            let is_last = day.succ_opt().is_some_and(|next| next.day() == 1);
            day.day() == u32::from(wanted) || (is_last && day.day() < u32::from(wanted))
        }
    };
    let open = |day: &NaiveDate| calendar.is_none() || is_open_day(calendar, *day);
    days.filter(fits).filter(open).map(|day| clock(day, time, zone)).collect()
}

fn number(weekday: Weekday) -> usize {
    match weekday {
        Weekday::Mon => 0,
        Weekday::Tue => 1,
        Weekday::Wed => 2,
        Weekday::Thu => 3,
        Weekday::Fri => 4,
        Weekday::Sat => 5,
        Weekday::Sun => 6,
    }
}
