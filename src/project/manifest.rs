//! `wayfare.toml`: text to [`Settings`], with every mistake placed in the file.

use crate::base::{FileId, Span};
use crate::check::checked::Settings;
use crate::diag::{Code, Diagnostic, suggest};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The name of the file that makes a folder a project.
pub const FILE: &str = "wayfare.toml";

const KEYS: [&str; 3] = ["limits", "name", "timezone"];
const LIMIT_KEYS: [&str; 3] = ["events_kept", "late_events", "retry_for"];
/// More than this of one event for one entity is a mistake in the data, not a history.
const MOST_EVENTS_KEPT: u32 = 1_000_000;
/// A message later than this is told from a new one by nobody.
const LATEST: i64 = 30 * crate::base::period::DAY;
const LONGEST_NAME: usize = 100;

/// Reads the settings; what is wrong keeps its default.
pub(super) fn read(file: FileId, text: &str, defaults: Settings) -> (Settings, Vec<Diagnostic>) {
    let mut reader = Reader { file, settings: defaults, diagnostics: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let message = format!("this is not TOML: {}", plain(error.message()));
        reader.report(Code::SettingsSyntax, error.span().unwrap_or(0..0), message, None);
    }
    if errors.is_empty() {
        reader.top(table.get_ref());
    }
    (reader.settings, reader.diagnostics)
}

/// The words of another library, as diagnostics are written here: one line, no capital, no final period.
fn plain(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim_end_matches('.');
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

struct Reader {
    file: FileId,
    settings: Settings,
    diagnostics: Vec<Diagnostic>,
}

type Key<'a, 'i> = &'a Spanned<DeString<'i>>;
type Value<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl Reader {
    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => self.name(value),
                "timezone" => self.timezone(value),
                "limits" => self.limits(value),
                _ => self.unknown(key, &KEYS, ""),
            }
        }
    }

    fn limits(&mut self, value: Value<'_, '_>) {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(
                value,
                "limits",
                "a table",
                "write `[limits]` on a line of its own, its settings below it",
            );
            return;
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "events_kept" => self.events_kept(value),
                "late_events" => self.late_events(value),
                "retry_for" => self.retry_for(value),
                _ => self.unknown(key, &LIMIT_KEYS, "limits."),
            }
        }
    }

    fn name(&mut self, value: Value<'_, '_>) {
        match value.get_ref().as_str().map(str::trim) {
            Some(name) if !name.is_empty() && name.chars().count() <= LONGEST_NAME => {
                name.clone_into(&mut self.settings.name);
            }
            _ => self.wrong(value, "name", "a text of 1 to 100 characters", "write `name = \"acme\"`"),
        }
    }

    fn timezone(&mut self, value: Value<'_, '_>) {
        match value.get_ref().as_str() {
            Some(zone) if zone.parse::<chrono_tz::Tz>().is_ok() => {
                zone.clone_into(&mut self.settings.timezone);
            }
            Some(zone) => self.unknown_zone(value, zone),
            None => self.wrong(value, "timezone", "a text", "write `timezone = \"Europe/Paris\"`"),
        }
    }

    fn unknown_zone(&mut self, value: Value<'_, '_>, zone: &str) {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let help = suggest::did_you_mean(zone, names)
            .unwrap_or_else(|| "name a zone of the IANA list, such as `Europe/Paris` or `UTC`".into());
        let message = format!("there is no time zone `{zone}`");
        self.report(Code::WrongSetting, value.span(), message, Some(help));
    }

    fn events_kept(&mut self, value: Value<'_, '_>) {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok());
        match number {
            Some(count) if (1..=MOST_EVENTS_KEPT).contains(&count) => self.settings.events_kept = count,
            _ => self.wrong(
                value,
                "limits.events_kept",
                "a whole number from 1 to 1000000",
                "write `events_kept = 10000`",
            ),
        }
    }

    fn late_events(&mut self, value: Value<'_, '_>) {
        match value.get_ref().as_str().and_then(millis) {
            Some(millis) if millis <= LATEST => self.settings.lateness = millis,
            _ => self.wrong(
                value,
                "limits.late_events",
                "a duration of at most 30 days, as text",
                "write `late_events = \"1h\"`",
            ),
        }
    }

    fn retry_for(&mut self, value: Value<'_, '_>) {
        match value.get_ref().as_str().and_then(millis) {
            Some(millis) if millis <= LATEST => self.settings.retry_for = millis,
            _ => self.wrong(
                value,
                "limits.retry_for",
                "a duration of at most 30 days, as text",
                "write `retry_for = \"24h\"`",
            ),
        }
    }

    fn unknown(&mut self, key: Key<'_, '_>, known: &[&str], path: &str) {
        let name = key.get_ref();
        let help = suggest::did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("the settings here are `{}`", known.join("`, `")));
        let message = format!("there is no setting `{path}{name}`");
        self.report(Code::UnknownSetting, key.span(), message, Some(help));
    }

    fn wrong(&mut self, value: Value<'_, '_>, key: &str, wanted: &str, help: &str) {
        let message = format!("`{key}` must be {wanted}");
        let found = format!("this is {}", kind(value.get_ref()));
        let span = self.span(value.span());
        self.diagnostics.push(Diagnostic::new(Code::WrongSetting, span, message).label(found).help(help));
    }

    fn report(&mut self, code: Code, at: Range<usize>, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::new(code, self.span(at), message);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.file, at.start, at.end)
    }
}

fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text `{text}`"),
        DeValue::Integer(number) => format!("the number `{}`", number.as_str()),
        DeValue::Float(number) => format!("the number `{}`", number.as_str()),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

/// An exact duration in milliseconds: `1h`, `1h30m`, `90 min`, `2d`.
fn millis(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (digits, behind) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let behind = behind.trim_start();
        let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(end)?;
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit_millis(unit)?)?)?;
        rest = behind.trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

fn unit_millis(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => crate::base::period::DAY,
        "w" => 7 * crate::base::period::DAY,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn durations_are_read_as_the_language_writes_them() {
        assert_eq!(millis("1h"), Some(3_600_000));
        assert_eq!(millis(" 1h 30 min "), Some(5_400_000));
        assert_eq!(millis("2d"), Some(172_800_000));
        for wrong in ["", "h", "1", "1 month", "-1h", "1h x", "99999999999999999999h", "9223372036854775807w"]
        {
            assert_eq!(millis(wrong), None, "{wrong}");
        }
    }
}
