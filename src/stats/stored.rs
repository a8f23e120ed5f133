//! Statistics as they are kept: one content a workflow, so that a checkpoint writes what changed.
//!
//! A content is its form and what it is of. Empty: nothing. One whose form is not known is no fault: whoever reads counts
//! the log anew.

use super::{Counts, Stats};
use std::sync::Arc;

/// The form of what is kept. Another one is counted anew.
const FORM: u8 = 2;

/// What is kept has a form that is not known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unknown;

impl Stats {
    /// What changed since the last call, by its place.
    pub fn take_changed(&mut self) -> Result<Vec<(u64, Vec<u8>)>, postcard::Error> {
        let mut contents: Vec<(u64, Vec<u8>)> = self.cleared.drain(..).map(|at| (at, Vec::new())).collect();
        for key in std::mem::take(&mut self.changed) {
            let side = if key.0 { &self.shadow } else { &self.live };
            let Some(counts) = side.get(&key.1) else { continue };
            let next = self.places.values().max().map_or(0, |last| last + 1);
            let content = postcard::to_extend(&(key.0, &key.1, counts), vec![FORM])?;
            contents.push((*self.places.entry(key).or_insert(next), content));
        }
        Ok(contents)
    }

    /// What was kept.
    pub fn read<'c>(contents: impl Iterator<Item = (u64, &'c [u8])>) -> Result<Self, Unknown> {
        let mut stats = Self::default();
        for (at, content) in contents.filter(|(_, content)| !content.is_empty()) {
            let Some((&FORM, rest)) = content.split_first() else { return Err(Unknown) };
            let read: (bool, Arc<str>, Counts) = postcard::from_bytes(rest).map_err(|_| Unknown)?;
            let (shadow, name, counts) = read;
            let side = if shadow { &mut stats.shadow } else { &mut stats.live };
            side.insert(Arc::clone(&name), counts);
            stats.places.insert((shadow, name), at);
        }
        Ok(stats)
    }

    /// Lets what is kept at these places be replaced by this: everything counts as changed.
    #[must_use]
    pub fn instead_of(mut self, places: impl Iterator<Item = u64>) -> Self {
        self.cleared = places.collect();
        self.places.clear();
        let first = self.cleared.iter().max().map_or(0, |last| last + 1);
        let all = |side: &std::collections::BTreeMap<Arc<str>, Counts>, shadow| {
            side.keys().map(|name| (shadow, Arc::clone(name))).collect::<Vec<_>>()
        };
        self.changed.extend(all(&self.live, false));
        self.changed.extend(all(&self.shadow, true));
        self.places.extend(self.changed.iter().cloned().zip(first..));
        self
    }
}
