//! Literals: texts, numbers, lengths of time, dates. Each is total: what means nothing is reported and replaced.

use super::Lower;
use crate::base::period::DAY;
use crate::base::{Instant, Node, Period};
use crate::diag::Code;
use crate::syntax::ast::{Clock, Text, TextMap};
use crate::syntax::{Pair, Rule};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// The longest period a text can name, in days: a little over 10,000 years.
const MAX_DAYS: u64 = 3_660_000;
const MAX_MONTHS: u64 = 120_000;

impl Lower {
    /// A quoted text.
    pub(super) fn text(&mut self, pair: &Pair<'_>) -> Text {
        let start = pair.as_span().start();
        let written = pair.as_str();
        let (value, map) = match written.strip_prefix("\"\"\"").and_then(|rest| rest.strip_suffix("\"\"\"")) {
            Some(inner) => self.block_text(inner, start + 3),
            None => self.plain(written, start),
        };
        Text { value, at: self.at(pair), map: TextMap(map) }
    }

    fn plain(&mut self, written: &str, start: usize) -> (String, Vec<(u32, u32)>) {
        let inner = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        let mut value = String::with_capacity(inner.len());
        let mut map = vec![(0, (self.base + start + 1) as u32)];
        let mut rest = inner;
        while let Some((before, escaped)) = rest.split_once('\\') {
            value.push_str(before);
            let at = start + 1 + (inner.len() - escaped.len() - 1);
            let (decoded, length) = self.escape(escaped, at);
            value.push_str(&decoded);
            rest = escaped.get(length..).unwrap_or_default();
            map.push((value.len() as u32, (self.base + at + 1 + length) as u32));
        }
        value.push_str(rest);
        (value, map)
    }

    /// What the escape that begins at `at` (with its backslash) means, and its length behind the backslash.
    fn escape(&mut self, behind: &str, at: usize) -> (String, usize) {
        let Some(first) = behind.chars().next() else { return (String::new(), 0) };
        let known = match first {
            '"' | '\\' => Some((first.to_string(), 1)),
            'n' => Some(("\n".to_owned(), 1)),
            't' => Some(("\t".to_owned(), 1)),
            'r' => Some(("\r".to_owned(), 1)),
            'u' => unicode(behind),
            _ => None,
        };
        known.unwrap_or_else(|| {
            let length = first.len_utf8();
            let span = self.place(at, at + 1 + length);
            let message = if first == 'u' {
                "`\\u` needs the number of a character in braces".to_owned()
            } else {
                format!("unknown escape `\\{first}` in a text")
            };
            self.error(Code::BadEscape, span, message).help = Some(if first == 'u' {
                "write it like `\\u{e9}`".to_owned()
            } else {
                "write `\\\\` for a backslash; the escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and `\\u{…}`".to_owned()
            });
            (first.to_string(), length)
        })
    }

    /// A text between `"""`: as it stands, without the first line break, the common indentation and a blank last line.
    fn block_text(&self, inner: &str, start: usize) -> (String, Vec<(u32, u32)>) {
        let mut lines: Vec<(usize, &str)> = Vec::new();
        let mut at = start;
        for line in inner.split('\n') {
            lines.push((at, line.strip_suffix('\r').unwrap_or(line)));
            at += line.len() + 1;
        }
        let open = lines.first().is_some_and(|(_, line)| lines.len() > 1 && line.trim().is_empty());
        let closed = lines.last().is_some_and(|(_, line)| lines.len() > 1 && line.trim().is_empty());
        let skipped = usize::from(!open);
        let indent = lines
            .iter()
            .skip(1)
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(_, line)| line.len() - line.trim_start_matches([' ', '\t']).len())
            .min()
            .unwrap_or(0);
        let first = lines.first().copied().filter(|_| skipped == 1);
        let upto = lines.len() - usize::from(closed);
        let rest = lines.iter().take(upto).skip(1).map(|(at, line)| {
            let cut = indent.min(line.len() - line.trim_start_matches([' ', '\t']).len());
            (at + cut, line.get(cut..).unwrap_or_default())
        });
        let mut value = String::with_capacity(inner.len());
        let mut map = Vec::new();
        for (at, line) in first.into_iter().chain(rest) {
            if !map.is_empty() {
                value.push('\n');
            }
            map.push((value.len() as u32, (self.base + at) as u32));
            value.push_str(line);
        }
        (value, map)
    }

    /// A number: at most 28 digits.
    pub(super) fn number(&mut self, pair: &Pair<'_>) -> Decimal {
        let written = pair.as_str().trim_end_matches('%').replace('_', "");
        let digits = written.trim_start_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        match Decimal::from_str_exact(&written) {
            Ok(number) if digits <= 28 => number,
            _ => {
                let span = self.span(pair);
                self.error(Code::BadNumber, span, "a number has at most 28 digits").help =
                    Some("write fewer digits".to_owned());
                Decimal::ZERO
            }
        }
    }

    pub(super) fn number_node(&mut self, pair: &Pair<'_>) -> Node<Decimal> {
        let number = self.number(pair);
        self.node(pair, number)
    }

    /// A length of time (the rule `span`).
    pub(super) fn period(&mut self, pair: &Pair<'_>) -> Node<Period> {
        let made = match pair.clone().into_inner().next() {
            Some(inner) if inner.as_rule() == Rule::dur => exact_period(inner.as_str()),
            _ => calendar_period(pair.as_str()),
        };
        let period = made.unwrap_or_else(|message| {
            let span = self.span(pair);
            self.error(Code::BadPeriod, span, message);
            Period::default()
        });
        self.node(pair, period)
    }

    pub(super) fn date(&mut self, pair: &Pair<'_>) -> Node<NaiveDate> {
        let written = pair.as_str();
        let date =
            NaiveDate::parse_from_str(written, "%Y-%m-%d").ok().filter(|_| !written.starts_with("0000"));
        let date = date.unwrap_or_else(|| {
            let span = self.span(pair);
            self.error(Code::BadDate, span, format!("there is no date `{written}`")).help =
                Some("write year, month and day, like `2026-12-25`".to_owned());
            NaiveDate::default()
        });
        self.node(pair, date)
    }

    pub(super) fn instant(&mut self, pair: &Pair<'_>) -> Node<Instant> {
        let written = pair.as_str();
        let instant = Instant::parse(written).unwrap_or_else(|| {
            let span = self.span(pair);
            self.error(Code::BadDate, span, format!("there is no instant `{written}`")).help =
                Some("write a date, a time and a zone, like `2026-01-05T09:00Z`".to_owned());
            Instant::default()
        });
        self.node(pair, instant)
    }

    /// A time of day; `24:00` only where a day may end so.
    pub(super) fn clock(&mut self, pair: &Pair<'_>, ends_a_day: bool) -> Node<Clock> {
        let written = pair.as_str();
        let parts =
            written.split_once(':').and_then(|(h, m)| Some((h.parse::<u16>().ok()?, m.parse::<u16>().ok()?)));
        let minutes = match parts {
            Some((24, 0)) if ends_a_day => Some(1440),
            Some((hour @ 0..=23, minute @ 0..=59)) => Some(hour * 60 + minute),
            _ => None,
        };
        let minutes = minutes.unwrap_or_else(|| {
            let span = self.span(pair);
            let help = if written == "24:00" {
                "midnight is `00:00`"
            } else {
                "times of day go from `00:00` to `23:59`"
            };
            self.error(Code::BadTime, span, format!("there is no time of day `{written}`")).help =
                Some(help.to_owned());
            0
        });
        self.node(pair, Clock(minutes))
    }
}

fn unicode(behind: &str) -> Option<(String, usize)> {
    let (digits, _) = behind.strip_prefix("u{")?.split_once('}')?;
    let valid = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = valid.then(|| u32::from_str_radix(digits, 16).ok())??;
    Some((char::from_u32(number)?.to_string(), digits.len() + 3))
}

/// `1h30m`, `3d`.
fn exact_period(written: &str) -> Result<Period, String> {
    let too_long = || "this length of time is longer than 10,000 years".to_owned();
    let (mut days, mut millis) = (0_u64, 0_u64);
    let mut rest = written;
    while !rest.is_empty() {
        let (count, behind) = split_digits(rest);
        let unit = behind.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
        rest = behind.get(unit.len()..).unwrap_or_default();
        let count = count.parse::<u64>().map_err(|_| too_long())?;
        let (of_days, of_millis) = match unit {
            "w" => (7, 0),
            "d" => (1, 0),
            "h" => (0, 3_600_000),
            "m" | "min" => (0, 60_000),
            "s" => (0, 1_000),
            _ => (0, 1),
        };
        days = count.checked_mul(of_days).and_then(|more| days.checked_add(more)).ok_or_else(too_long)?;
        millis =
            count.checked_mul(of_millis).and_then(|more| millis.checked_add(more)).ok_or_else(too_long)?;
    }
    if days > MAX_DAYS || millis > MAX_DAYS * DAY.unsigned_abs() {
        return Err(too_long());
    }
    Ok(Period { months: 0, days: days as u32, millis })
}

/// `12 months`, `2 years`.
fn calendar_period(written: &str) -> Result<Period, String> {
    let (count, unit) = split_digits(written);
    let each = if unit.trim_start().starts_with("year") { 12 } else { 1 };
    if unit.starts_with(['.', '_']) {
        return Err("months and years are counted whole".to_owned());
    }
    let months = count.parse::<u64>().ok().and_then(|count| count.checked_mul(each));
    match months {
        Some(months) if months <= MAX_MONTHS => Ok(Period::of_months(months as u32)),
        _ => Err("this length of time is longer than 10,000 years".to_owned()),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}
