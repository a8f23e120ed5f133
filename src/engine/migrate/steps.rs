//! Which step of a new text is which one of the old (semantics S8.3).
//!
//! In: two texts of one workflow. Out: [`Matching`], in which each step has at most one counterpart. The way:
//!
//! 1. Steps with the same label are the same.
//! 2. Equal steps in place: the blocks of both texts are laid side by side, the whole with the whole, then the blocks of
//!    every pair found so far. Of all ways to pair steps of two blocks without crossing, one with the most pairs that
//!    are known already and then the most pairs of equal steps is taken; among equal ways the one that pairs early.
//! 3. Equal steps that were moved: what is left of the old text, in its order, is paired with the first equal one that is
//!    left in the new. Only steps that do something: whoever waits in an unlabelled wait must not be carried over what
//!    still lies before him, and a branch that stands elsewhere is asked there.
//! 4. Edited steps in place: as 2, with pairs of one kind (two waits, two calls of one action) instead of equal ones.
//!
//! Blocks of two steps belong together by the name of the arm, or by the condition as written, each once; then those left,
//! in order; `else` with `else`. Invariant: the work is bounded by the product of the lengths of two blocks, and where
//! that is too much ([`CELLS`]) steps are paired in order from the front.

use crate::plan::{Act, Op, StepPlan, WorkflowPlan};
use std::collections::{BTreeMap, BTreeSet};

/// The largest table for laying two blocks side by side, in cells.
const CELLS: usize = 1 << 22;
/// What a pair that is known counts, against one that is found.
const KNOWN: u64 = 1 << 32;

/// Counterparts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matching {
    /// For each old step its new one.
    pub to: Vec<Option<u32>>,
    /// For each new step its old one.
    pub from: Vec<Option<u32>>,
    /// New steps that stand where their old ones stood, among those before and behind them.
    placed: BTreeSet<u32>,
}

impl Matching {
    /// The new step of an old one.
    pub fn new_of(&self, old: u32) -> Option<u32> {
        self.to.get(old as usize).copied().flatten()
    }

    /// The old step of a new one.
    pub fn old_of(&self, new: u32) -> Option<u32> {
        self.from.get(new as usize).copied().flatten()
    }

    /// Whether a new step has come from another place.
    pub fn is_moved(&self, new: u32) -> bool {
        self.old_of(new).is_some() && !self.placed.contains(&new)
    }

    fn pair(&mut self, old: u32, new: u32) {
        if let (Some(to), Some(from)) = (self.to.get_mut(old as usize), self.from.get_mut(new as usize)) {
            (*to, *from) = (Some(new), Some(old));
        }
    }

    fn is_free(&self, old: u32, new: u32) -> bool {
        self.new_of(old).is_none() && self.old_of(new).is_none()
    }
}

/// A block: of the whole, or of one step.
type Block = Option<(u32, u16)>;

/// One text.
struct Text<'a> {
    flow: &'a WorkflowPlan,
    blocks: BTreeMap<Block, Vec<u32>>,
}

impl<'a> Text<'a> {
    fn of(flow: &'a WorkflowPlan) -> Self {
        let mut blocks: BTreeMap<Block, Vec<u32>> = BTreeMap::new();
        for (step, at) in flow.steps.iter().zip(0u32..) {
            blocks.entry(step.inside).or_default().push(at);
        }
        Self { flow, blocks }
    }

    fn step(&self, at: u32) -> Option<&'a StepPlan> {
        self.flow.steps.get(at as usize)
    }

    fn block(&self, block: Block) -> &[u32] {
        self.blocks.get(&block).map_or(&[], Vec::as_slice)
    }
}

/// What a step is, whatever it says: steps of one kind may be the same, edited.
pub(super) fn kind(flow: &WorkflowPlan, step: u32) -> &str {
    let entry = flow.steps.get(step as usize).and_then(|step| flow.ops.get(step.entry as usize));
    match entry {
        Some(Op::Do { act, .. }) => match &**act {
            Act::Set(_) => "set",
            Act::AddTag(..) => "add tag",
            Act::RemoveTag(..) => "remove tag",
            Act::Record(..) => "record",
            Act::Assign(..) => "assign",
            Act::Start(..) => "start",
            Act::Stop(..) => "stop",
            Act::Call(call) => &call.name,
        },
        Some(Op::Wait { .. }) => "wait",
        Some(Op::Branch { .. }) => "if",
        Some(Op::Split { .. }) => "split",
        Some(Op::Exit { goal: false, .. }) => "exit",
        Some(Op::Exit { goal: true, .. }) => "goal",
        Some(Op::Jump(_) | Op::End) | None => "",
    }
}

/// Finds the counterparts.
pub fn match_steps(old: &WorkflowPlan, new: &WorkflowPlan) -> Matching {
    let (old, new) = (Text::of(old), Text::of(new));
    let free = |text: &Text<'_>| vec![None; text.flow.steps.len()];
    let mut found = Matching { to: free(&old), from: free(&new), placed: BTreeSet::new() };
    by_label(&old, &new, &mut found);
    let equal = |a: u32, b: u32| old.step(a).map(|step| step.digest) == new.step(b).map(|step| step.digest);
    in_place(&old, &new, &mut found, &equal);
    moved(&old, &new, &mut found);
    let alike = |a: u32, b: u32| kind(old.flow, a) == kind(new.flow, b);
    in_place(&old, &new, &mut found, &alike);
    found
}

fn by_label(old: &Text<'_>, new: &Text<'_>, found: &mut Matching) {
    let labelled = new.flow.steps.iter().zip(0u32..);
    let labels: BTreeMap<&str, u32> =
        labelled.filter_map(|(step, at)| Some((step.label.as_deref()?, at))).collect();
    for (step, at) in old.flow.steps.iter().zip(0u32..) {
        let counterpart = step.label.as_deref().and_then(|label| labels.get(label));
        if let Some(counterpart) = counterpart.filter(|new| found.is_free(at, **new)) {
            found.pair(at, *counterpart);
        }
    }
}

/// Lays the wholes side by side, then the blocks of each pair, in the order of the old text: a step stands behind the one
/// that it is inside of, so its own pair is known when its blocks come up.
fn in_place(old: &Text<'_>, new: &Text<'_>, found: &mut Matching, alike: &dyn Fn(u32, u32) -> bool) {
    side_by_side(old.block(None), new.block(None), found, alike);
    for at in 0..old.flow.steps.len() as u32 {
        let Some(counterpart) = found.new_of(at) else { continue };
        let (Some(a), Some(b)) = (old.step(at), new.step(counterpart)) else { continue };
        for (block, other) in block_pairs(a, b) {
            side_by_side(old.block(Some((at, block))), new.block(Some((counterpart, other))), found, alike);
        }
    }
}

/// Which blocks of two steps belong together.
fn block_pairs(old: &StepPlan, new: &StepPlan) -> Vec<(u16, u16)> {
    let mut left: Vec<u16> = (0..new.blocks.len() as u16).collect();
    let mut pairs = Vec::new();
    let mut unpaired = Vec::new();
    for (name, at) in old.blocks.iter().zip(0u16..) {
        match left.iter().position(|other| new.blocks.get(usize::from(*other)) == Some(name)) {
            Some(place) => pairs.push((at, left.remove(place))),
            None => unpaired.push(at),
        }
    }
    let named = |at: &u16| new.blocks.get(usize::from(*at)).is_some_and(|name| !name.is_empty());
    pairs.extend(unpaired.into_iter().zip(left.into_iter().filter(named)));
    pairs
}

/// Pairs the steps of two blocks without crossing.
fn side_by_side(old: &[u32], new: &[u32], found: &mut Matching, alike: &dyn Fn(u32, u32) -> bool) {
    let worth = |found: &Matching, a: u32, b: u32| match found.new_of(a) {
        Some(known) if known == b => KNOWN,
        None if found.is_free(a, b) && alike(a, b) => 1,
        _ => 0,
    };
    // Pairing what stands in front on both sides never costs another pair.
    let same = old.iter().zip(new).take_while(|(a, b)| worth(found, **a, **b) > 0).count();
    let (ahead, old, new) = (old.iter().zip(new).take(same), old.get(same..), new.get(same..));
    for (a, b) in ahead {
        found.pair(*a, *b);
        found.placed.insert(*b);
    }
    let (old, new) = (old.unwrap_or(&[]), new.unwrap_or(&[]));
    let pairs = if old.len().saturating_mul(new.len()) > CELLS {
        from_the_front(old, new, &|a, b| worth(found, a, b))
    } else {
        best(old, new, &|a, b| worth(found, a, b))
    };
    for (a, b) in pairs {
        found.pair(a, b);
        found.placed.insert(b);
    }
}

/// The pairs that are worth most together; of equal ones those that pair early, then those that leave old steps out first.
fn best(old: &[u32], new: &[u32], worth: &dyn Fn(u32, u32) -> u64) -> Vec<(u32, u32)> {
    let width = new.len() + 1;
    let mut table = vec![0u64; (old.len() + 1) * width];
    let value = |table: &[u64], a: usize, b: usize| table.get(a * width + b).copied().unwrap_or(0);
    for (a, one) in old.iter().enumerate().rev() {
        for (b, other) in new.iter().enumerate().rev() {
            let paired = match worth(*one, *other) {
                0 => 0,
                worth => worth + value(&table, a + 1, b + 1),
            };
            let best = paired.max(value(&table, a + 1, b)).max(value(&table, a, b + 1));
            if let Some(cell) = table.get_mut(a * width + b) {
                *cell = best;
            }
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while let (Some(one), Some(other)) = (old.get(a), new.get(b)) {
        let worth = worth(*one, *other);
        if worth > 0 && worth + value(&table, a + 1, b + 1) == value(&table, a, b) {
            pairs.push((*one, *other));
            (a, b) = (a + 1, b + 1);
        } else if value(&table, a + 1, b) >= value(&table, a, b + 1) {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// Each step with the first one behind the last pair that it may be paired with.
fn from_the_front(old: &[u32], new: &[u32], worth: &dyn Fn(u32, u32) -> u64) -> Vec<(u32, u32)> {
    let mut rest = new;
    let mut pairs = Vec::new();
    for one in old {
        if let Some(at) = rest.iter().position(|other| worth(*one, *other) > 0) {
            pairs.extend(rest.get(at).map(|other| (*one, *other)));
            rest = rest.get(at + 1..).unwrap_or(&[]);
        }
    }
    pairs
}

fn moved(old: &Text<'_>, new: &Text<'_>, found: &mut Matching) {
    let does = |flow: &WorkflowPlan, step: &StepPlan| {
        matches!(flow.ops.get(step.entry as usize), Some(Op::Do { .. } | Op::Exit { .. }))
    };
    let mut left: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (step, at) in new.flow.steps.iter().zip(0..new.flow.steps.len() as u32).rev() {
        if found.old_of(at).is_none() && does(new.flow, step) {
            left.entry(step.digest).or_default().push(at);
        }
    }
    for (step, at) in old.flow.steps.iter().zip(0u32..) {
        if found.new_of(at).is_none()
            && does(old.flow, step)
            && let Some(counterpart) = left.get_mut(&step.digest).and_then(Vec::pop)
        {
            found.pair(at, counterpart);
        }
    }
}

/// The old step behind a step of which a new one is left, and that: the first in the old text, leaving blocks outwards,
/// so without the other blocks of the steps that it stands in.
pub fn left_behind(old: &WorkflowPlan, found: &Matching, step: u32) -> Option<(u32, u32)> {
    let around: BTreeMap<u32, u16> = outward(old, step).collect();
    let elsewhere =
        |at: u32| outward(old, at).any(|(outer, block)| around.get(&outer).is_some_and(|own| *own != block));
    let behind = (step + 1..old.steps.len() as u32).filter(|at| !elsewhere(*at));
    let mut left = behind.filter_map(|at| Some((at, found.new_of(at)?)));
    left.next()
}

/// The steps that a step stands in, from the inside out, each with the block.
pub fn outward(flow: &WorkflowPlan, step: u32) -> impl Iterator<Item = (u32, u16)> + '_ {
    let inside = |at: u32| flow.steps.get(at as usize).and_then(|step| step.inside);
    std::iter::successors(inside(step), move |(outer, _)| inside(*outer))
}
