//! Who is where: an index of the enrolments under way, by workflow and by where they stand.
//!
//! In: where an entity's enrolments stood and stand ([`Present::moved`]). Out: the entities of a workflow in their order, and
//! how many stand at each op, without looking at any entity. Invariant: what an entity holds as its `stands` is what is
//! counted of it here; so the two are right together, whatever the numbers of workflows mean just now.

use super::entity::Run;
use super::world::Eid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where an enrolment stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Stand {
    /// In which workflow.
    pub workflow: u32,
    /// In the shadow (a draft).
    pub shadow: bool,
    /// In which text of the workflow: see [`Run::version`].
    pub version: u16,
    /// At which op of it.
    pub pc: u32,
}

impl Stand {
    /// Where a run stands.
    pub fn of(run: &Run) -> Self {
        Self { workflow: run.workflow, shadow: run.shadow, version: run.version, pc: run.pc }
    }
}

/// The index.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Present {
    entities: BTreeSet<(u32, Eid)>,
    counts: BTreeMap<Stand, u64>,
}

impl Present {
    /// The enrolments of an entity stood there and stand here.
    pub(super) fn moved(&mut self, eid: Eid, from: &[Stand], to: &[Stand]) {
        for stand in from {
            self.entities.remove(&(stand.workflow, eid));
            if let Some(count) = self.counts.get_mut(stand) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.counts.remove(stand);
                }
            }
        }
        for stand in to {
            self.entities.insert((stand.workflow, eid));
            *self.counts.entry(*stand).or_default() += 1;
        }
    }

    /// The entities with enrolments in a workflow, drafts' among them, from one on, in order.
    pub fn entities(&self, workflow: u32, from: Eid) -> impl Iterator<Item = Eid> {
        self.entities.range((workflow, from)..=(workflow, Eid(u32::MAX))).map(|(_, eid)| *eid)
    }

    /// How many enrolments of a workflow stand where.
    pub fn counts(&self, workflow: u32, shadow: bool) -> impl Iterator<Item = (Stand, u64)> {
        let at = |version, pc| Stand { workflow, shadow, version, pc };
        self.counts.range(at(0, 0)..=at(u16::MAX, u32::MAX)).map(|(stand, count)| (*stand, *count))
    }
}
