//! Who is next: rows that wait for an attempt, in pools that don't wait for each other.
//!
//! In: rows with the pool that they go to, workers that are free again, the instant. Out: the row whose attempt begins
//! now. Invariants: a pool has at most so many workers as its route says, and never more than a quarter of what is left
//! of all, so that no number of dead hosts holds up a host that lives; within a pool rows go in the order in which they
//! came. Only ids wait here. Not here: what is in a row, clocks, tasks.

use super::rates::{Limit, Rates};
use crate::engine::RowId;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// A row and how it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Work {
    pub row: RowId,
    /// An attempt was under way when the process ended: it is made again under the same number.
    pub again: bool,
}

/// Which way a row goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Route {
    /// The pool: connector and host.
    pub pool: Arc<str>,
    /// Workers of the pool at most.
    pub most: usize,
    /// What an attempt counts for.
    pub limits: Vec<Limit>,
}

#[derive(Default)]
struct Pool {
    waiting: VecDeque<(Work, Arc<Route>)>,
    running: usize,
    /// It is among those that are ready or asleep.
    queued: bool,
}

/// All pools.
pub(super) struct Pools {
    by_name: HashMap<Arc<str>, Pool>,
    ready: VecDeque<Arc<str>>,
    asleep: BTreeSet<(Instant, Arc<str>)>,
    rates: Rates,
    running: usize,
    total: usize,
}

impl Pools {
    /// With at most so many workers in all.
    pub fn new(total: usize) -> Self {
        Self {
            by_name: HashMap::new(),
            ready: VecDeque::new(),
            asleep: BTreeSet::new(),
            rates: Rates::default(),
            running: 0,
            total: total.max(1),
        }
    }

    /// With at most so many workers in all from now on.
    pub fn resize(&mut self, total: usize) {
        self.total = total.max(1);
    }

    /// A row waits from now on.
    pub fn put(&mut self, work: Work, route: Arc<Route>) {
        let name = Arc::clone(&route.pool);
        let pool = self.by_name.entry(Arc::clone(&name)).or_default();
        pool.waiting.push_back((work, route));
        self.queue(&name);
    }

    fn queue(&mut self, name: &Arc<str>) {
        if let Some(pool) = self.by_name.get_mut(name).filter(|pool| !pool.queued && !pool.waiting.is_empty())
        {
            pool.queued = true;
            self.ready.push_back(Arc::clone(name));
        }
    }

    /// The row whose attempt begins now, if one may.
    pub fn next(&mut self, now: Instant) -> Option<(Work, Arc<Route>)> {
        while self.asleep.first().is_some_and(|(until, _)| *until <= now) {
            self.ready.extend(self.asleep.pop_first().map(|(_, name)| name));
        }
        while self.running < self.total {
            let name = self.ready.pop_front()?;
            let share = ((self.total - self.running) / 4).max(1);
            let Some(pool) = self.by_name.get_mut(&name) else { continue };
            let Some((_, route)) = pool.waiting.front() else {
                pool.queued = false;
                continue;
            };
            if pool.running >= route.most.min(share).max(1) {
                // Its own workers bring it back when they are free.
                pool.queued = false;
                continue;
            }
            if let Err(until) = self.rates.take(&route.limits, now) {
                self.asleep.insert((until, name));
                continue;
            }
            pool.queued = false;
            let next = pool.waiting.pop_front();
            pool.running += 1;
            self.running += 1;
            self.queue(&name);
            return next;
        }
        None
    }

    /// A worker of a pool is free again.
    pub fn done(&mut self, name: &Arc<str>) {
        let Some(pool) = self.by_name.get_mut(name) else { return };
        pool.running = pool.running.saturating_sub(1);
        self.running = self.running.saturating_sub(1);
        if pool.running == 0 && pool.waiting.is_empty() {
            self.by_name.remove(name);
        } else {
            self.queue(name);
        }
    }

    /// When a rate lets the next one go.
    pub fn wake(&self) -> Option<Instant> {
        self.asleep.first().map(|(until, _)| *until)
    }

    /// How many rows wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.by_name.values().map(|pool| pool.waiting.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Eid;
    use std::time::Duration;

    fn work(number: u32) -> Work {
        Work { row: RowId { entity: Eid(0), number }, again: false }
    }

    fn route(pool: &str, most: usize, limits: Vec<Limit>) -> Arc<Route> {
        Arc::new(Route { pool: pool.into(), most, limits })
    }

    #[test]
    fn a_pool_that_hangs_holds_up_no_other() {
        let mut pools = Pools::new(40);
        let (dead, live) = (route("dead", 32, vec![]), route("live", 32, vec![]));
        (0..100).for_each(|n| pools.put(work(n), Arc::clone(&dead)));
        let now = Instant::now();
        let mut hanging = 0;
        while pools.next(now).is_some() {
            hanging += 1;
        }
        assert_eq!(hanging, 8, "a quarter of what is left");
        for n in 200..300 {
            pools.put(work(n), Arc::clone(&live));
            assert_eq!(pools.next(now).map(|(work, _)| work.row.number), Some(n));
            pools.done(&live.pool);
        }
        pools.done(&dead.pool);
        assert_eq!(pools.next(now).map(|(work, _)| work.row.number), Some(8));
        assert_eq!(pools.waiting(), 91);
    }

    #[test]
    fn a_rate_puts_its_pool_to_sleep_and_no_other() {
        let mut pools = Pools::new(40);
        let second = Duration::from_secs(1);
        let limit = |name: &str| vec![Limit { name: name.into(), count: 1, per: second }];
        let now = Instant::now();
        pools.put(work(1), route("slack #a", 4, limit("a")));
        pools.put(work(2), route("slack #a", 4, limit("a")));
        pools.put(work(3), route("slack #b", 4, limit("b")));
        let started = |pools: &mut Pools, now| pools.next(now).map(|(work, _)| work.row.number);
        assert_eq!([started(&mut pools, now), started(&mut pools, now)], [Some(1), Some(3)]);
        assert_eq!((started(&mut pools, now), pools.wake()), (None, Some(now + second)));
        assert_eq!(started(&mut pools, now + second), Some(2));
        for name in ["slack #a", "slack #a", "slack #b"] {
            pools.done(&name.into());
        }
        assert!(pools.by_name.is_empty() && pools.running == 0);
    }
}
