//! Local time: zones through daylight saving, calendars, business days (semantics S2.4, S2.5).
//!
//! Pure functions of instants, zones and calendars. A local time that does not exist is the first instant after the
//! gap; one that exists twice is the first.

use crate::base::Instant;
use crate::plan::{CalendarPlan, Clock, ClockDay, Weekday};
use crate::value::time;
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// How far ahead a calendar is searched for an open day: one without any in ten years has none.
const HORIZON: u64 = 3_660;

/// The local date and minute of the day (with what is left of the minute) of an instant.
pub fn local(at: Instant, zone: Tz) -> Option<(NaiveDate, NaiveTime)> {
    let utc = at.to_utc()?;
    let local = zone.from_utc_datetime(&utc.naive_utc());
    Some((local.date_naive(), local.time()))
}

/// The instant of a time of day (24:00 is the next midnight).
pub fn at_clock(day: NaiveDate, clock: Clock, zone: Tz) -> Option<Instant> {
    let (day, minutes) =
        if clock.0 >= 1440 { (day.checked_add_days(Days::new(1))?, 0) } else { (day, clock.0) };
    let time = NaiveTime::from_hms_opt(u32::from(minutes / 60), u32::from(minutes % 60), 0)?;
    time::instant(day.and_time(time), zone)
}

/// Whether the calendar opens on that day at all.
pub fn open_day(calendar: Option<&CalendarPlan>, day: NaiveDate) -> bool {
    let weekday = day.weekday().num_days_from_monday() as usize;
    let Some(calendar) = calendar else { return weekday < 5 };
    let closed = calendar.closed.iter().any(|(first, last)| (*first..=*last).contains(&day));
    let hours = calendar.hours.get(weekday).is_some_and(|hours| !hours.is_empty());
    !closed && (hours || always_open(calendar))
}

fn always_open(calendar: &CalendarPlan) -> bool {
    calendar.hours.iter().all(Vec::is_empty)
}

/// The hours of a day, as instants; a window over midnight ends on the next day.
fn windows(calendar: Option<&CalendarPlan>, day: NaiveDate, zone: Tz) -> Vec<(Instant, Instant)> {
    if !open_day(calendar, day) {
        return Vec::new();
    }
    let weekday = day.weekday().num_days_from_monday() as usize;
    let whole = [(Clock(0), Clock(1440))];
    let hours = match calendar {
        Some(calendar) if !always_open(calendar) => {
            calendar.hours.get(weekday).map_or(&[][..], Vec::as_slice)
        }
        _ => &whole,
    };
    let window = |(from, to): &(Clock, Clock)| {
        let end = if to <= from { day.checked_add_days(Days::new(1))? } else { day };
        Some((at_clock(day, *from, zone)?, at_clock(end, *to, zone)?))
    };
    hours.iter().filter_map(window).collect()
}

fn days(from: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (0..HORIZON).map_while(move |n| from.checked_add_days(Days::new(n)))
}

/// That instant if the calendar is open then, else the next at which it opens.
pub fn next_open(calendar: Option<&CalendarPlan>, at: Instant, zone: Tz) -> Option<Instant> {
    let (today, _) = local(at, zone)?;
    let yesterday = today.pred_opt()?;
    let open = |(from, to): (Instant, Instant)| (at < to).then_some(from.max(at));
    days(yesterday).find_map(|day| windows(calendar, day, zone).into_iter().filter_map(open).min())
}

/// `wait N business days`: from the next open instant on by so many open days to the same local time, or that day's
/// opening (semantics S2.5).
pub fn business_days(calendar: Option<&CalendarPlan>, at: Instant, zone: Tz, count: u32) -> Option<Instant> {
    let start = next_open(calendar, at, zone)?;
    let (day, time) = local(start, zone)?;
    if count == 0 {
        return Some(start);
    }
    let later = days(day.succ_opt()?).filter(|day| open_day(calendar, *day));
    let target = later.take(count as usize).last()?;
    let same = time::instant(target.and_time(time), zone)?;
    let night_before = windows(calendar, target.pred_opt()?, zone);
    let windows = windows(calendar, target, zone);
    if windows.iter().chain(&night_before).any(|(from, to)| (*from..*to).contains(&same)) {
        return Some(same);
    }
    windows.into_iter().map(|(from, _)| from).min()
}

/// `wait until 09:00`: the next such time of day, `at` itself counted; with a calendar on one of its open days.
pub fn next_clock(calendar: Option<&CalendarPlan>, at: Instant, zone: Tz, clock: Clock) -> Option<Instant> {
    let (today, _) = local(at, zone)?;
    let open = |day: &NaiveDate| calendar.is_none_or(|calendar| open_day(Some(calendar), *day));
    days(today).filter(open).filter_map(|day| at_clock(day, clock, zone)).find(|instant| *instant >= at)
}

/// The next instant after `at` of a clock trigger. On closed days of its calendar it does not fire.
pub fn next_tick(
    calendar: Option<&CalendarPlan>,
    at: Instant,
    zone: Tz,
    day: ClockDay,
    clock: Clock,
) -> Option<Instant> {
    let (today, _) = local(at, zone)?;
    let closed = |day: &NaiveDate| calendar.is_some() && !open_day(calendar, *day);
    let fits = |candidate: &NaiveDate| match day {
        ClockDay::Week(weekday) => candidate.weekday().num_days_from_monday() == weekday_number(weekday),
        ClockDay::Month(number) => candidate.day() == last_day(*candidate).min(u32::from(number)),
    };
    let start = today.pred_opt()?;
    days(start)
        .filter(fits)
        .filter(|day| !closed(day))
        .filter_map(|day| at_clock(day, clock, zone))
        .find(|instant| *instant > at)
}

fn weekday_number(weekday: Weekday) -> u32 {
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

fn last_day(day: NaiveDate) -> u32 {
    let first = day.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
    first.and_then(|next| next.pred_opt()).map_or(31, |last| last.day())
}

/// The local date of an instant, for `active days`.
pub fn date(at: Instant, zone: Tz) -> Option<NaiveDate> {
    local(at, zone).map(|(day, _)| day)
}
