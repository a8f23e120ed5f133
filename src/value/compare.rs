//! Equality and order of values (semantics S1.1): with a missing side, or kinds that don't compare, there is none.
//!
//! Numbers compare by size, whatever their digits; texts by their bytes; levels `bad < average < good`; periods by
//! their length; a date beside a time by the instant at which it begins in the entity's zone.

use super::{Value, ValueRef, time};
use crate::base::Instant;
use chrono_tz::Tz;
use std::cmp::Ordering;

/// How `a` stands to `b`; `None` where they don't compare. The zone is asked for only where a date meets a time.
#[inline]
pub fn order(a: ValueRef<'_>, b: ValueRef<'_>, zone: impl FnOnce() -> Tz) -> Option<Ordering> {
    use ValueRef as V;
    match (a, b) {
        (V::Number(a), V::Number(b)) => Some(a.cmp(&b)),
        (V::Text(a), V::Text(b)) => Some(a.cmp(b)),
        (V::Time(a), V::Time(b)) => Some(a.cmp(&b)),
        (V::Date(a), V::Date(b)) => Some(a.cmp(&b)),
        (V::Bool(a), V::Bool(b)) => Some(a.cmp(&b)),
        (V::Level(a), V::Level(b)) => Some(a.cmp(&b)),
        (V::Period(a), V::Period(b)) => Some(time::order(a, b)),
        (V::Date(_), V::Time(_)) | (V::Time(_), V::Date(_)) => {
            let zone = zone();
            Some(instant(a, zone)?.cmp(&instant(b, zone)?))
        }
        _ => None,
    }
}

/// Whether `a = b`; false with a missing side.
#[inline]
pub fn equal(a: ValueRef<'_>, b: ValueRef<'_>, zone: impl FnOnce() -> Tz) -> bool {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) => a == b,
        (ValueRef::List(a), ValueRef::List(b)) => a == b,
        (ValueRef::Map(a), ValueRef::Map(b)) => a == b,
        _ => order(a, b, zone) == Some(Ordering::Equal),
    }
}

/// The instant that a time is, or at which a date begins.
#[inline]
pub fn instant(value: ValueRef<'_>, zone: Tz) -> Option<Instant> {
    match value {
        ValueRef::Time(at) => Some(at),
        ValueRef::Date(day) => time::begin(day, zone),
        _ => None,
    }
}

/// Whether the list holds the value.
pub fn holds(list: &[Value], value: ValueRef<'_>, zone: Tz) -> bool {
    list.iter().any(|item| equal(item.as_ref(), value, || zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Period;
    use crate::value::{Level, Number};
    use chrono_tz::{Asia::Tokyo, UTC};

    fn ordered(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
        order(a, b, || Tokyo)
    }

    /// S1.1
    #[test]
    fn nothing_compares_with_missing() {
        let values = [ValueRef::Missing, ValueRef::Bool(false), ValueRef::Text(""), ValueRef::List(&[])];
        for value in values {
            assert_eq!(ordered(value, ValueRef::Missing), None);
            assert!(!equal(value, ValueRef::Missing, || UTC) && !equal(ValueRef::Missing, value, || UTC));
        }
    }

    #[test]
    fn each_kind_has_its_order() {
        let number = |n| ValueRef::Number(Number::whole(n));
        assert_eq!(ordered(number(2), number(10)), Some(Ordering::Less));
        assert_eq!(ordered(ValueRef::Level(Level::Bad), ValueRef::Level(Level::Good)), Some(Ordering::Less));
        assert_eq!(ordered(ValueRef::Text("B"), ValueRef::Text("a")), Some(Ordering::Less));
        let (day, hours) = (Period::of_days(1), Period::of_millis(86_400_000));
        assert_eq!(ordered(ValueRef::Period(day), ValueRef::Period(hours)), Some(Ordering::Equal));
        assert_eq!(ordered(number(1), ValueRef::Text("1")), None);
    }

    #[test]
    fn a_date_begins_at_midnight_of_the_zone() {
        let day = ValueRef::Date("2026-01-02".parse().unwrap());
        let midnight = Instant::parse("2026-01-01T15:00Z").unwrap();
        assert_eq!(ordered(day, ValueRef::Time(midnight)), Some(Ordering::Equal));
        assert_eq!(ordered(ValueRef::Time(midnight.minus(1)), day), Some(Ordering::Less));
    }
}
