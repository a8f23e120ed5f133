//! Points of universal time, in milliseconds.

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds since 1970-01-01T00:00Z. The range is that of years 0001 to 9999 where it comes from a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// Before everything.
    pub const MIN: Self = Self(i64::MIN);
    /// After everything: stands for "never".
    pub const MAX: Self = Self(i64::MAX);
    /// The first instant that a text can name: 0001-01-01T00:00Z.
    pub const FIRST: Self = Self(-62_135_596_800_000);
    /// The last instant that a text can name: 9999-12-31T23:59:59.999Z.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// Reads RFC 3339 (`2026-01-05T09:00:00.250Z`, `…+01:00`); seconds may be left out, as `.wf` allows.
    /// Finer parts than a millisecond are cut off. `None` for anything else or outside years 1 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z"))
            .or_else(|_| DateTime::parse_from_str(&text.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M%:z"))
            .ok()?;
        let at = Self(parsed.timestamp_millis());
        (Self::FIRST..=Self::LAST).contains(&at).then_some(at)
    }

    /// The same instant for chrono; `None` outside the range of its calendar.
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        Utc.timestamp_millis_opt(self.0).single()
    }

    /// This instant moved by `ms` milliseconds, at most to the ends of the range.
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant moved back by `ms` milliseconds, at most to the ends of the range.
    pub fn minus(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None if self.0 < 0 => f.write_str("before all time"),
            None => f.write_str("never"),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
