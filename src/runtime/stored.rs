//! From what a store held to the core that goes on with it.

use super::core::{Core, Version};
use super::core_loop::{REJECTS, STATS, VERSIONS};
use super::error::RuntimeError;
use super::recover::Options;
use crate::base::Instant;
use crate::disk::{Disk, RealDisk};
use crate::engine::World;
use crate::journal::Position;
use crate::plan::{Plan, stored};
use crate::project::Project;
use crate::stats::Stats;
use crate::store::checkpoint::{Checkpoints, Found};
use std::path::Path;
use std::sync::Arc;

/// A key for the hashes of ids that nobody can foresee.
pub(super) fn fresh_key() -> Result<(u64, u64), RuntimeError> {
    let bytes = RealDisk.random().map_err(RuntimeError::Thread)?;
    let (high, low) = bytes.split_at(8);
    let number = |part: &[u8]| part.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    Ok((number(high), number(low)))
}

/// What an empty store holds.
pub(super) fn nothing_found() -> Found {
    Found {
        meta: None,
        directory: Vec::new(),
        suppressed: Vec::new(),
        plan: None,
        extras: std::collections::BTreeMap::new(),
    }
}

/// The core, as the last checkpoint left it.
pub(super) fn core(
    options: &Options,
    checkpoints: &Checkpoints,
    found: Found,
    key: (u64, u64),
) -> Result<Core, RuntimeError> {
    let stats = stats(checkpoints, &found)?;
    let shelf = checkpoints.shelf();
    let mut world = World::with_vault(Arc::clone(&shelf) as Arc<dyn crate::engine::world::Vault>, key);
    world.log_facts = true;
    found.directory.iter().for_each(|known| _ = world.restore_known(known));
    for (address, why, at) in found.suppressed {
        world.restore_suppression(address, why, at);
    }
    let plan = match &found.plan {
        Some(bytes) => stored::read(bytes).map_err(|error| RuntimeError::Fault(error.to_string()))?,
        None => empty_plan()?,
    };
    let read = |bytes: &Vec<u8>| -> Result<Version, RuntimeError> {
        postcard::from_bytes(bytes).map_err(|error| RuntimeError::Fault(error.to_string()))
    };
    let versions: Vec<Version> =
        found.extras.range(VERSIONS..).map(|(_, bytes)| read(bytes)).collect::<Result<_, _>>()?;
    let projects = options.data.join("projects");
    let project = versions.last().map(|version| live_project(&projects, version)).transpose()?;
    let rejects = found.extras.get(&REJECTS).map(|bytes| postcard::from_bytes(bytes));
    let (rejected, rejects) =
        rejects.transpose().map_err(|error| RuntimeError::Fault(error.to_string()))?.unwrap_or_default();
    let mut core = Core {
        stats,
        world,
        plan: Arc::new(plan),
        project,
        versions,
        position: Position::START,
        at: Instant::MIN,
        rejects,
        rejected,
        logged: 0,
        fresh: Vec::new(),
        flying: Arc::default(),
        tables: std::collections::BTreeMap::new(),
        bodies: std::collections::BTreeMap::new(),
        flying_bodies: std::collections::BTreeMap::new(),
        posted: std::collections::BTreeMap::new(),
        flying_posted: std::collections::BTreeMap::new(),
        shelf,
        projects,
        lines_out: Vec::new(),
        dispatches_out: Vec::new(),
        versions_changed: false,
    };
    if let Some(meta) = found.meta {
        (core.position, core.at, core.logged) = (Position(meta.position), meta.at, meta.logged);
        core.world.now = meta.now;
        (core.world.turns, core.world.loads, core.world.life) = (meta.turns, meta.loads, meta.life);
    }
    Ok(core)
}

/// The statistics as they were kept, else counted anew from the log.
fn stats(checkpoints: &Checkpoints, found: &Found) -> Result<Stats, RuntimeError> {
    let kept = found.extras.range(STATS..VERSIONS).map(|(at, content)| (at - STATS, &**content));
    let places = kept.clone().map(|(at, _)| at);
    if let Ok(stats) = Stats::read(kept) {
        return Ok(stats);
    }
    let mut stats = Stats::default();
    let logged = found.meta.as_ref().map_or(0, |meta| meta.logged);
    checkpoints.log().each(logged, |line| stats.add(line))?;
    Ok(stats.instead_of(places))
}

/// What runs where nothing was ever deployed.
fn empty_plan() -> Result<Plan, RuntimeError> {
    let empty = crate::project::Target::Text { name: "empty".into(), bytes: Vec::new() };
    let project = crate::project::load(empty).map_err(|error| RuntimeError::Fault(error.to_string()))?;
    project.plan.ok_or(RuntimeError::NoProject)
}

fn live_project(projects: &Path, version: &Version) -> Result<Arc<Project>, RuntimeError> {
    Ok(Arc::new(version.bundle.load(&projects.join(version.number.to_string()))?))
}
