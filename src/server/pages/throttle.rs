//! How often somebody may try to sign in.
//!
//! A name that was tried wrongly waits, twice as long each time, up to a minute; so does everybody, past a number of
//! wrong tries a minute. A right password frees the name. Memory is bounded: the table forgets the oldest.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Wrong tries of a name that cost nothing.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// Wrong tries of everybody together in a minute.
const TOGETHER: u32 = 120;
/// Names that are kept.
const NAMES: usize = 10_000;

#[derive(Default)]
pub(super) struct Throttle {
    /// (wrong tries, when the next is heard).
    names: BTreeMap<String, (u32, Instant)>,
    /// Since when, how many.
    minute: Option<(Instant, u32)>,
}

impl Throttle {
    /// How long a name has to wait; none: it is heard.
    pub fn wait(&self, name: &str, now: Instant) -> Option<Duration> {
        let own = self.names.get(name).map(|(_, next)| next.saturating_duration_since(now));
        let together = self.minute.filter(|(_, count)| *count >= TOGETHER);
        let together = together.map(|(since, _)| (since + LONGEST).saturating_duration_since(now));
        own.max(together).filter(|wait| !wait.is_zero())
    }

    /// A try was wrong.
    pub fn wrong(&mut self, name: &str, now: Instant) {
        if self.names.len() >= NAMES && !self.names.contains_key(name) {
            let oldest = self.names.iter().min_by_key(|(_, (_, next))| *next).map(|(name, _)| name.clone());
            oldest.map(|name| self.names.remove(&name));
        }
        let (count, next) = self.names.entry(name.to_owned()).or_insert((0, now));
        *count += 1;
        let doubled = Duration::from_secs(1 << count.saturating_sub(FREE).min(6)).min(LONGEST);
        *next = if *count >= FREE { now + doubled } else { now };
        let fresh = self.minute.filter(|(since, _)| now.saturating_duration_since(*since) < LONGEST);
        let (since, count) = fresh.unwrap_or((now, 0));
        self.minute = Some((since, count + 1));
    }

    /// A try was right.
    pub fn right(&mut self, name: &str) {
        self.names.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_waits_longer_each_time_and_is_freed_by_the_right_password() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..FREE - 1 {
            throttle.wrong("ann", now);
        }
        assert_eq!(throttle.wait("ann", now), None);
        throttle.wrong("ann", now);
        assert_eq!(throttle.wait("ann", now), Some(Duration::from_secs(1)));
        throttle.wrong("ann", now);
        assert_eq!(throttle.wait("ann", now), Some(Duration::from_secs(2)));
        assert_eq!(throttle.wait("bob", now), None);
        for _ in 0..40 {
            throttle.wrong("ann", now);
        }
        assert_eq!(throttle.wait("ann", now), Some(LONGEST));
        assert_eq!(throttle.wait("ann", now + LONGEST), None);
        throttle.right("ann");
        assert_eq!(throttle.wait("ann", now), None);
        for number in 0..TOGETHER {
            throttle.wrong(&number.to_string(), now);
        }
        assert_eq!(throttle.wait("bob", now), Some(LONGEST));
    }
}
