//! Teams and calendars, as written.

use super::Text;
use crate::base::{At, Node};
use chrono::NaiveDate;

/// `team "CSM" { "ana@acme.com" }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Its name.
    pub name: Text,
    /// E-mail addresses.
    pub members: Vec<Text>,
}

/// `calendar "office" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// Its name.
    pub name: Text,
    /// Its items in order.
    pub items: Vec<CalendarItem>,
}

/// One line of a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarItem {
    /// Which.
    pub kind: CalendarItemKind,
    /// The whole item.
    pub at: At,
}

/// What a line of a calendar says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CalendarItemKind {
    /// `zone "Europe/Paris"`
    Zone(Text),
    /// `mon..fri 09:00..18:00`; one day has `first == last`
    Hours {
        /// First day.
        first: Node<Weekday>,
        /// Last day.
        last: Node<Weekday>,
        /// Opening.
        from: Node<Clock>,
        /// Closing; at or before `from` it is on the next day. `24:00` is midnight.
        to: Node<Clock>,
    },
    /// `closed 2026-12-25`, `closed 2026-12-24..2026-12-26`
    Closed {
        /// First day.
        first: Node<NaiveDate>,
        /// Last day.
        last: Node<NaiveDate>,
    },
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day, in minutes from midnight (0 to 1440; 1440 only as the end of a calendar's hours).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Clock(pub u16);
