//! Who shows wrong keys, and how often: guessing is slow, whoever it is that guesses.
//!
//! In: addresses that showed a wrong key. Out: whether one has to wait. Invariant: memory is bounded, however many
//! addresses guess. Two spans of a minute are kept: what counts for an address is what it did in this one and the last.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a span is.
const SPAN: Duration = Duration::from_secs(60);
/// Addresses of one span at most; when there are more, the next one begins.
const MOST: usize = 8_192;

/// How often addresses showed wrong keys of late.
#[derive(Debug)]
pub struct WrongKeys(Mutex<Spans>);

#[derive(Debug)]
struct Spans {
    begun: Instant,
    this: BTreeMap<IpAddr, u32>,
    last: BTreeMap<IpAddr, u32>,
}

impl Default for WrongKeys {
    fn default() -> Self {
        let spans = Spans { begun: Instant::now(), this: BTreeMap::new(), last: BTreeMap::new() };
        Self(Mutex::new(spans))
    }
}

impl WrongKeys {
    /// How long that address has to wait, if it showed `most` wrong keys already.
    pub fn wait(&self, client: IpAddr, most: u32, now: Instant) -> Option<Duration> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.turn(now);
        let of = |span: &BTreeMap<IpAddr, u32>| span.get(&client).copied().unwrap_or(0);
        let (this, last) = (of(&spans.this), of(&spans.last));
        let left = (spans.begun + SPAN).saturating_duration_since(now);
        // What this span holds counts until the end of the next.
        let wait = if this >= most { left + SPAN } else { left };
        (this.saturating_add(last) >= most).then_some(wait)
    }

    /// That address has shown a wrong key.
    pub fn add(&self, client: IpAddr, now: Instant) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.turn(now);
        if spans.this.len() >= MOST && !spans.this.contains_key(&client) {
            spans.begin(now);
        }
        let count = spans.this.entry(client).or_default();
        *count = count.saturating_add(1);
    }
}

impl Spans {
    fn turn(&mut self, now: Instant) {
        let spans = now.saturating_duration_since(self.begun).as_secs() / SPAN.as_secs();
        if spans > 0 {
            self.begin(now);
        }
        if spans > 1 {
            self.last.clear();
        }
    }

    fn begin(&mut self, now: Instant) {
        self.last = std::mem::take(&mut self.this);
        self.begun = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_guesses_waits_and_is_forgotten() {
        let (keys, one, other) =
            (WrongKeys::default(), IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        (0..3).for_each(|_| keys.add(one, at(1)));
        assert_eq!(keys.wait(one, 4, at(2)), None);
        assert!(keys.wait(one, 3, at(2)).is_some_and(|wait| wait > SPAN && wait <= 2 * SPAN));
        assert_eq!(keys.wait(other, 3, at(2)), None);
        assert!(keys.wait(one, 3, at(70)).is_some(), "it counts in the next minute too");
        assert_eq!(keys.wait(one, 3, at(200)), None);
    }

    #[test]
    fn however_many_guess_memory_is_bounded() {
        let (keys, now) = (WrongKeys::default(), Instant::now());
        (0..100_000_u32).for_each(|n| keys.add(IpAddr::from(n.to_be_bytes()), now));
        let spans = keys.0.lock().unwrap();
        assert!(spans.this.len() <= MOST && spans.last.len() <= MOST);
    }
}
