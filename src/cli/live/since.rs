//! `--since`: an instant, a day, or a while ago.

use super::super::run::clock;
use super::{Asked, Failure};
use crate::base::Instant;

/// The instant that a text means, as the server wants it: an instant (RFC 3339), a day (its beginning in UTC), or a while
/// ago (`30d`, `12h`).
pub(super) fn since(text: &str) -> Asked<String> {
    let found = Instant::parse(text).or_else(|| Instant::parse(&format!("{text}T00:00Z")));
    found.or_else(|| ago(text, clock())).map(|at| at.to_string()).ok_or_else(|| {
        Failure::new(format!("`{text}` is neither an instant nor a while ago"))
            .help(Some("write `2026-01-05`, `2026-01-05T09:00:00Z`, `30d`, or `12h`"))
    })
}

fn ago(text: &str, now: Instant) -> Option<Instant> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    };
    let count: u32 = count.parse().ok()?;
    Some(now.minus(i64::from(count).saturating_mul(unit)).max(Instant::FIRST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_a_day_and_a_while_ago_are_read() {
        assert_eq!(since("2026-01-05").ok().as_deref(), Some("2026-01-05T00:00:00.000Z"));
        assert_eq!(since("2026-01-05T09:00:00+01:00").ok().as_deref(), Some("2026-01-05T08:00:00.000Z"));
        assert_eq!(ago("30d", Instant(30 * 86_400_000)), Some(Instant(0)));
        for wrong in ["", "d", "-1d", "30", "30y", "yesterday", "é", "2026-13-05"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
