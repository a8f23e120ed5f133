//! Instants: the one that a template is given as now, those in values and texts, and their printing by a format.
//!
//! Nothing here reads a clock. A text without a zone of its own is local time in the zone given.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

use super::value::Value;

/// The instant at which a template is rendered and the zone in which it shows instants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Now {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub ms: i64,
    pub zone: Tz,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// Longer texts name no instant.
const LONGEST: usize = 64;

/// The instant that a value names: a time, a date at its midnight, seconds since 1970, or a text.
pub(super) fn instant(value: &Value, now: Now) -> Option<i64> {
    match value {
        Value::Time(ms) => Some(*ms),
        Value::Date(date) => local(date.and_time(NaiveTime::MIN), now.zone),
        Value::Int(seconds) => seconds.checked_mul(1000),
        Value::Text(text) | Value::Markup(text) => text_instant(text.trim(), now),
        _ => None,
    }
}

/// Local time as an instant: of two the earlier, and behind the gap for one that a change of clocks skips.
fn local(time: NaiveDateTime, zone: Tz) -> Option<i64> {
    let found = zone.from_local_datetime(&time).earliest();
    let later =
        || zone.from_local_datetime(&time.checked_add_signed(chrono::TimeDelta::hours(1))?).earliest();
    Some(found.or_else(later)?.timestamp_millis())
}

fn text_instant(text: &str, now: Now) -> Option<i64> {
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if matches!(text, "now" | "today") {
        return Some(now.ms);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i64>().ok()?.checked_mul(1000);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    Parts::read(text)?.instant(now)
}

/// The parts of a written date, as they are found.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<NaiveTime>,
    /// Seconds east of Greenwich.
    offset: Option<i32>,
}

impl Parts {
    /// Reads `2026-01-05 09:00 +0100`, `5 January 2026`, `Jan 5, 2026 9:00 pm`, `Mon, 05 Jan 2026 09:00:00 GMT`.
    fn read(text: &str) -> Option<Parts> {
        let mut parts = Parts::default();
        for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
            match word.split_once('T').filter(|(date, _)| date.starts_with(|c: char| c.is_ascii_digit())) {
                Some((date, time)) => {
                    parts.word(date)?;
                    parts.word(time)?;
                }
                None => parts.word(word)?,
            }
        }
        Some(parts)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let lower = word.trim_end_matches('.').to_ascii_lowercase();
        if let Some(month) = named(&lower, &MONTHS) {
            return set(&mut self.month, month + 1);
        }
        if named(&lower, &DAYS).is_some() {
            return Some(());
        }
        match lower.as_str() {
            "am" | "pm" => return self.half(lower == "pm"),
            "z" | "utc" | "gmt" => return set(&mut self.offset, 0),
            _ => {}
        }
        if word.contains(':') && !word.starts_with(['+', '-']) {
            return self.clock(&lower);
        }
        if word.starts_with(['+', '-']) && self.time.is_some() {
            return set(&mut self.offset, offset(word)?);
        }
        self.date(&lower)
    }

    /// `2026-01-05`, `2026/1/5`, a year or a day.
    fn date(&mut self, word: &str) -> Option<()> {
        let fields: Vec<&str> = word.split(['-', '/']).collect();
        match fields.as_slice() {
            [year, month, day] if year.len() == 4 => {
                set(&mut self.year, year.parse().ok()?)?;
                set(&mut self.month, month.parse().ok()?)?;
                set(&mut self.day, day.parse().ok()?)
            }
            [year] if year.len() == 4 => set(&mut self.year, year.parse().ok()?),
            [day] => {
                let day =
                    ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
                set(&mut self.day, day.parse().ok()?)
            }
            _ => None,
        }
    }

    /// `09:00`, `09:00:30.5`, with `z`, `+01:00` or `pm` at its end.
    fn clock(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
        let (digits, rest) = word.split_at_checked(end)?;
        let formats = ["%H:%M:%S%.f", "%H:%M"];
        let time = formats.iter().find_map(|format| NaiveTime::parse_from_str(digits, format).ok())?;
        set(&mut self.time, time)?;
        match rest {
            "" => Some(()),
            "z" => set(&mut self.offset, 0),
            "am" | "pm" => self.half(rest == "pm"),
            _ => set(&mut self.offset, offset(rest)?),
        }
    }

    fn half(&mut self, afternoon: bool) -> Option<()> {
        let time = self.time?;
        let hour = time.hour() % 12 + if afternoon { 12 } else { 0 };
        self.time = Some(time.with_hour(hour)?);
        (1..=12).contains(&time.hour()).then_some(())
    }

    fn instant(&self, now: Now) -> Option<i64> {
        let today = at(now.ms, now.zone)?.date_naive();
        let date = match (self.month, self.day, self.time) {
            (None, None, Some(_)) if self.year.is_none() => today,
            (month, day, _) => {
                let year = self.year.unwrap_or(today.year());
                NaiveDate::from_ymd_opt(year, month?, day.unwrap_or(1))?
            }
        };
        let time = date.and_time(self.time.unwrap_or(NaiveTime::MIN));
        match self.offset {
            Some(seconds) => time.and_utc().timestamp_millis().checked_sub(i64::from(seconds) * 1000),
            None => local(time, now.zone),
        }
    }
}

/// Fills a part that has to be empty.
fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.replace(value).is_none().then_some(())
}

/// The place of a name, whole or by at least three letters.
fn named(word: &str, names: &[&str]) -> Option<u32> {
    let fits = |name: &&str| word.len() >= 3 && name.to_ascii_lowercase().starts_with(word);
    names.iter().position(fits).map(|at| at as u32)
}

/// `+01:00`, `-0530`, `+02` as seconds.
fn offset(word: &str) -> Option<i32> {
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits: String = word.get(1..)?.chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// An instant in a zone.
pub(super) fn at(ms: i64, zone: Tz) -> Option<DateTime<Tz>> {
    Some(DateTime::from_timestamp_millis(ms)?.with_timezone(&zone))
}

/// A part of a printed instant: how wide, filled with what.
enum Piece {
    Number(i64, usize, char),
    Text(String),
}

/// Prints an instant by a format in the manner of `strftime`: `%Y-%m-%d`, with the flags `-`, `0`, `_`, `^` and a width
/// of at most two digits. What is no directive stays as it is written.
pub(super) fn format(time: &DateTime<Tz>, pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, directive)) = rest.split_once('%') {
        out.push_str(before);
        let flags = directive.len() - directive.trim_start_matches(['-', '0', '_', '^', '#']).len();
        let (flags, tail) = directive.split_at_checked(flags).unwrap_or_default();
        let digits = tail.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let (width, tail) = tail.split_at_checked(digits).unwrap_or_default();
        let mut chars = tail.chars();
        if let Some(piece) = chars.next().and_then(|letter| piece(time, letter, width)) {
            write_piece(&mut out, piece, flags, width.parse().ok());
            rest = chars.as_str();
        } else {
            out.push('%');
            rest = directive;
        }
    }
    out.push_str(rest);
    out
}

fn write_piece(out: &mut String, piece: Piece, flags: &str, width: Option<usize>) {
    let fill = if flags.contains('_') { Some(' ') } else { flags.contains('0').then_some('0') };
    let (mut text, least, own) = match piece {
        Piece::Number(number, least, own) => (number.to_string(), least, own),
        Piece::Text(text) => (text, 0, ' '),
    };
    if flags.contains(['^', '#']) {
        text = text.to_uppercase();
    }
    let least = if flags.contains('-') { 0 } else { width.unwrap_or(least) };
    let missing = least.saturating_sub(text.chars().count());
    out.extend(std::iter::repeat_n(fill.unwrap_or(own), missing));
    out.push_str(&text);
}

fn piece(time: &DateTime<Tz>, letter: char, width: &str) -> Option<Piece> {
    let number = |value: i64, least: usize| Some(Piece::Number(value, least, '0'));
    let spaced = |value: u32| Some(Piece::Number(i64::from(value), 2, ' '));
    let year = i64::from(time.year());
    let week_day = time.weekday().num_days_from_sunday();
    let (afternoon, hour12) = time.hour12();
    match letter {
        'Y' => number(year, 4),
        'C' => number(year.div_euclid(100), 2),
        'y' => number(year.rem_euclid(100), 2),
        'm' => number(i64::from(time.month()), 2),
        'd' => number(i64::from(time.day()), 2),
        'e' => spaced(time.day()),
        'j' => number(i64::from(time.ordinal()), 3),
        'H' => number(i64::from(time.hour()), 2),
        'k' => spaced(time.hour()),
        'I' => number(i64::from(hour12), 2),
        'l' => spaced(hour12),
        'M' => number(i64::from(time.minute()), 2),
        'S' => number(i64::from(time.second()), 2),
        'L' => number(i64::from(time.nanosecond() / 1_000_000 % 1000), 3),
        'N' => fraction(time, width),
        's' => number(time.timestamp(), 1),
        'u' => number(i64::from(time.weekday().number_from_monday()), 1),
        'w' => number(i64::from(week_day), 1),
        'G' => number(i64::from(time.iso_week().year()), 4),
        'V' => number(i64::from(time.iso_week().week()), 2),
        'U' => number(i64::from((time.ordinal() + 6 - week_day) / 7), 2),
        'W' => number(i64::from((time.ordinal() + 6 - (week_day + 6) % 7) / 7), 2),
        'p' => Some(Piece::Text(if afternoon { "PM" } else { "AM" }.into())),
        'P' => Some(Piece::Text(if afternoon { "pm" } else { "am" }.into())),
        _ => words(time, letter).map(Piece::Text),
    }
}

/// `%N`: the fraction of the second, in as many digits as the width says.
fn fraction(time: &DateTime<Tz>, width: &str) -> Option<Piece> {
    let digits = format!("{:09}", time.nanosecond() % 1_000_000_000);
    let count = width.parse().unwrap_or(9).min(9);
    digits.get(..count).map(|digits| Piece::Text(digits.into()))
}

fn words(time: &DateTime<Tz>, letter: char) -> Option<String> {
    let month = MONTHS.get(time.month0() as usize).copied().unwrap_or_default();
    let day = DAYS.get(time.weekday().num_days_from_sunday() as usize).copied().unwrap_or_default();
    Some(match letter {
        'B' => month.into(),
        'b' | 'h' => month.chars().take(3).collect(),
        'A' => day.into(),
        'a' => day.chars().take(3).collect(),
        'Z' => time.format("%Z").to_string(),
        'z' => zone_offset(time),
        'F' => format(time, "%Y-%m-%d"),
        'D' | 'x' => format(time, "%m/%d/%y"),
        'T' | 'X' => format(time, "%H:%M:%S"),
        'R' => format(time, "%H:%M"),
        'r' => format(time, "%I:%M:%S %p"),
        'c' => format(time, "%a %b %e %H:%M:%S %Y"),
        'v' => format(time, "%e-%^b-%Y"),
        'n' => "\n".into(),
        't' => "\t".into(),
        '%' => "%".into(),
        _ => return None,
    })
}

fn zone_offset(time: &DateTime<Tz>) -> String {
    let seconds = time.offset().fix().local_minus_utc();
    let mut text = String::new();
    let sign = if seconds < 0 { '-' } else { '+' };
    // Writing to a `String` can't fail.
    let _ = write!(text, "{sign}{:02}{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60);
    text
}
