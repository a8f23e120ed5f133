//! What a world keeps of the life of its workflows, from one plan to the next (semantics S8).

use super::gaps::Gaps;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What outlives a deploy and belongs to no entity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Life {
    /// Workflows that were disabled by hand, by name: they stay so until they are enabled by hand (semantics S8.5).
    pub disabled: BTreeSet<Arc<str>>,
    /// What asks for events that were not kept.
    pub gaps: Gaps,
}
