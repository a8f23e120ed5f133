//! Rates as they are declared: at most so many attempts begin in any window of so long.
//!
//! In: what an attempt counts for, the instant. Out: it may begin, or the first instant at which it may. Every window
//! counts, not one in two as where tokens are filled up in steps; for that the instants of the attempts are kept.
//! A restart forgets them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Past so many windows those that are over are looked for.
const MANY: usize = 1_024;

/// Something that attempts are counted for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Limit {
    /// What is counted.
    pub name: Arc<str>,
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

/// Attempts that began.
#[derive(Default)]
pub(super) struct Rates {
    windows: HashMap<Arc<str>, (Duration, VecDeque<Instant>)>,
}

impl Rates {
    /// Counts an attempt for all of the limits, or for none: then it may begin at that instant.
    pub fn take(&mut self, limits: &[Limit], now: Instant) -> Result<(), Instant> {
        let waits = limits.iter().filter_map(|limit| self.wait(limit, now));
        if let Some(until) = waits.max() {
            return Err(until);
        }
        for limit in limits {
            let (_, begun) = self.windows.entry(Arc::clone(&limit.name)).or_default();
            begun.push_back(now);
        }
        Ok(())
    }

    fn wait(&mut self, limit: &Limit, now: Instant) -> Option<Instant> {
        if self.windows.len() > MANY {
            self.windows.retain(|_, (per, begun)| begun.back().is_some_and(|last| *last + *per > now));
        }
        let (per, begun) = self.windows.entry(Arc::clone(&limit.name)).or_default();
        *per = limit.per;
        while begun.front().is_some_and(|first| *first + limit.per <= now) {
            begun.pop_front();
        }
        let surplus = (begun.len() + 1).checked_sub(limit.count.max(1) as usize).filter(|over| *over > 0)?;
        begun.get(surplus - 1).map(|first| *first + limit.per)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_has_more_than_its_count() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let two = Limit { name: "a".into(), count: 2, per: second };
        let one = Limit { name: "b".into(), count: 1, per: 3 * second };
        let mut rates = Rates::default();
        let mut at = start;
        let mut begun = Vec::new();
        for _ in 0..50 {
            while let Err(until) = rates.take(std::slice::from_ref(&two), at) {
                assert!(until > at);
                at = until;
            }
            begun.push(at);
            at += Duration::from_millis(130);
        }
        for three in begun.windows(3) {
            assert!(three[2] - three[0] >= second);
        }
        let both = [two, one];
        let first = at + second;
        assert_eq!(rates.take(&both, first), Ok(()));
        assert_eq!(rates.take(&both, first + second), Err(first + 3 * second));
    }
}
