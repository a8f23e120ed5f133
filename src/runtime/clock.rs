//! What time it is.

use crate::base::Instant;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock. It may go back; the sequencer holds it against the journal.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
    /// How long to sleep until an instant; nothing if it is past.
    fn until(&self, at: Instant) -> Duration;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn until(&self, at: Instant) -> Duration {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_millis(u64::try_from(at.0).unwrap_or(0)).saturating_sub(since)
    }
}

/// A clock that runs faster, from an instant on: for trials, in which days pass in seconds.
#[derive(Clone, Copy, Debug)]
pub struct SpedClock {
    from: Instant,
    started: std::time::Instant,
    factor: f64,
}

impl SpedClock {
    /// From that instant on, so many times as fast as the machine's; at least once.
    pub fn new(from: Instant, factor: f64) -> Self {
        Self { from, started: std::time::Instant::now(), factor: factor.max(1.0) }
    }
}

impl Clock for SpedClock {
    fn now(&self) -> Instant {
        let passed = self.started.elapsed().as_secs_f64() * 1000.0 * self.factor;
        self.from.plus(passed as i64)
    }

    fn until(&self, at: Instant) -> Duration {
        let left = Duration::from_millis(at.0.saturating_sub(self.now().0).max(0) as u64);
        Duration::from_secs_f64((left.as_secs_f64() / self.factor).min(86_400.0))
    }
}
