//! Times, dates and periods by the calendar (semantics S2.4, S2.5).

use crate::base::Instant;
use chrono_tz::Tz;

/// See [`crate::plan::expr::reach`].
pub fn first_at_months(_value: Instant, _months: u32, _ago: bool, _zone: Tz) -> Instant {
    todo!()
}
