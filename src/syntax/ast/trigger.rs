//! What starts a workflow, as written.

use super::{Clock, Expr, Level, Path, Subject, Text, Weekday};
use crate::base::{At, Node, Period};

/// `when account enters segment "X"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    /// Who.
    pub subject: Node<Subject>,
    /// Does what.
    pub kind: TriggerKind,
    /// The whole, from `when`.
    pub at: At,
}

/// What fires a trigger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TriggerKind {
    /// `enters segment "X"`
    EntersSegment(Text),
    /// `leaves segment "X"`
    LeavesSegment(Text),
    /// `enters stage "X"`
    EntersStage(Text),
    /// `leaves stage "X"`
    LeavesStage(Text),
    /// `health drops to bad`, `health changes`
    Health {
        /// Which way.
        change: HealthChange,
        /// To this level only.
        to: Option<Node<Level>>,
    },
    /// `status becomes paid`
    Becomes {
        /// The attribute.
        attribute: Path,
        /// The value (arithmetic at most: no comparison).
        value: Expr,
    },
    /// `plan changes`, `plan changes from "free" to "pro"`, `plan changes to "pro"`
    Changes {
        /// The attribute.
        attribute: Path,
        /// Only from this value.
        from: Option<Expr>,
        /// Only to this value.
        to: Option<Expr>,
    },
    /// `matches …`
    Matches(Expr),
    /// `performs "X" where …`
    Performs {
        /// The event.
        event: Text,
        /// Only such.
        filter: Option<Expr>,
    },
    /// `is created`
    Created,
    /// `reaches 90d before renewal`, `reaches renewal`
    Reaches {
        /// How far from the attribute; `None` for the attribute's own instant.
        offset: Option<Offset>,
        /// The attribute, a time or a date.
        attribute: Path,
    },
    /// `reaches monday 09:00 in "office"`, `reaches 1st of month 09:00`
    Clock {
        /// On which days.
        day: Node<ClockDay>,
        /// At what time.
        time: Node<Clock>,
        /// In which calendar.
        calendar: Option<Text>,
    },
    /// `is enrolled by hand`
    ByHand,
}

/// Which way health changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthChange {
    /// To a worse level.
    Drops,
    /// To a better level.
    Rises,
    /// Either way.
    Changes,
}

/// The days of a clock trigger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockDay {
    /// `monday`
    Week(Weekday),
    /// `1st of month` … `31st of month`; in a shorter month its last day.
    Month(u8),
}

/// `90d before`, `1d after`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offset {
    /// How far.
    pub period: Node<Period>,
    /// Before rather than after.
    pub before: bool,
}
