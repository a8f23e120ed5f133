//! `Retry-After`: seconds, or an HTTP date (RFC 9110, 10.2.3).

use crate::base::Instant;
use std::time::Duration;

/// A service can't ask for a longer pause than this.
pub const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How long to wait, seen from now; `None` if the header is absent or says nothing that can be read.
pub fn read(header: Option<&str>, now: Instant) -> Option<Duration> {
    let header = header?.trim();
    let pause = match header.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 && seconds.is_finite() => {
            Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64()))
        }
        Ok(_) => return None,
        Err(_) => {
            let at = httpdate::parse_http_date(header).ok()?;
            let ms = at.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
            Duration::from_millis(u64::try_from(i64::try_from(ms).ok()?.saturating_sub(now.0)).unwrap_or(0))
        }
    };
    Some(pause.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_capped() {
        let now = Instant::parse("2026-01-05T09:00:00Z").unwrap();
        let cases = [
            (Some("2"), Some(2_000)),
            (Some(" 0 "), Some(0)),
            (Some("1.5"), Some(1_500)),
            (Some("86400"), Some(3_600_000)),
            (Some("Mon, 05 Jan 2026 09:00:30 GMT"), Some(30_000)),
            (Some("Monday, 05-Jan-26 09:00:30 GMT"), Some(30_000)),
            (Some("Mon, 05 Jan 2026 08:00:00 GMT"), Some(0)),
            (Some("Tue, 06 Jan 2026 09:00:00 GMT"), Some(3_600_000)),
            (Some("soon"), None),
            (Some("-3"), None),
            (Some("inf"), None),
            (None, None),
        ];
        for (header, expected) in cases {
            assert_eq!(read(header, now), expected.map(Duration::from_millis), "{header:?}");
        }
    }
}
