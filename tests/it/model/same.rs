//! Which step of a new text is which one of the old (S8.3), as docs/reference.md says it.

use super::world::Text;
use std::collections::BTreeMap;
use wayfare::check::checked::{ActionRef, BuiltInAction, Step, StepKind, Workflow};

/// A step with where it stands.
#[derive(Clone)]
pub struct Placed<'a> {
    /// `4.a.1`
    pub path: String,
    pub step: &'a Step,
    /// The blocks that it stands in, from the outside in: (the step's path, the block's name).
    pub inside: Vec<(String, String)>,
    /// Its text without its blocks, and what its blocks are for.
    pub words: String,
    pub blocks: Vec<String>,
}

/// All steps of a workflow, in the order of the text.
pub fn placed<'a>(text: Text<'a>, flow: &'a Workflow) -> Vec<Placed<'a>> {
    let mut all = Vec::new();
    block(text, &flow.steps, "", &[], &mut all);
    all
}

fn block<'a>(
    text: Text<'a>,
    steps: &'a [Step],
    prefix: &str,
    inside: &[(String, String)],
    all: &mut Vec<Placed<'a>>,
) {
    for (at, step) in steps.iter().enumerate() {
        let path = format!("{prefix}{}", at + 1);
        let whole = text.words(step.span);
        let has_blocks = matches!(step.kind, StepKind::Branch { .. } | StepKind::Split { .. });
        let words = if has_blocks { whole.split('{').next().unwrap().trim() } else { &whole };
        let inner = blocks(text, step);
        all.push(Placed {
            path: path.clone(),
            step,
            inside: inside.to_vec(),
            words: words.to_owned(),
            blocks: inner.iter().map(|(name, ..)| name.clone()).collect(),
        });
        for (name, part, steps) in inner {
            let mut around = inside.to_vec();
            around.push((path.clone(), name));
            block(text, steps, &format!("{path}.{part}."), &around, all);
        }
    }
}

/// The blocks of a step: what each is for, how its steps' places begin, the steps.
fn blocks<'a>(text: Text<'a>, step: &'a Step) -> Vec<(String, String, &'a [Step])> {
    match &step.kind {
        StepKind::Branch { arms, otherwise } => {
            let arm = |(at, (condition, steps)): (usize, &'a (_, Vec<Step>))| {
                let condition: &wayfare::check::checked::Expr = condition;
                (text.words(condition.span), (at + 1).to_string(), &steps[..])
            };
            let mut all: Vec<_> = arms.iter().enumerate().map(arm).collect();
            all.push((String::new(), "else".to_owned(), otherwise));
            all
        }
        StepKind::Split { arms, .. } => {
            arms.iter().map(|arm| (arm.name.to_string(), arm.name.to_string(), &arm.steps[..])).collect()
        }
        _ => Vec::new(),
    }
}

/// What a step is, whatever it says.
pub fn kind(text: Text<'_>, step: &Step) -> String {
    match &step.kind {
        StepKind::Set(_) => "set".into(),
        StepKind::AddTag(..) => "add tag".into(),
        StepKind::RemoveTag(..) => "remove tag".into(),
        StepKind::Record { .. } => "record".into(),
        StepKind::Assign { .. } => "assign".into(),
        StepKind::Start { .. } => "start".into(),
        StepKind::Stop { .. } => "stop".into(),
        StepKind::Call(call) => match call.action {
            ActionRef::BuiltIn(BuiltInAction::Email) => "email".into(),
            ActionRef::BuiltIn(BuiltInAction::Html) => "html".into(),
            ActionRef::BuiltIn(BuiltInAction::Gmail) => "gmail".into(),
            ActionRef::BuiltIn(BuiltInAction::Notify) => "notify".into(),
            ActionRef::Declared(at) => text.checked.actions[at].name.to_string(),
        },
        StepKind::Wait(_) => "wait".into(),
        StepKind::Branch { .. } => "if".into(),
        StepKind::Split { .. } => "split".into(),
        StepKind::Exit => "exit".into(),
        StepKind::Goal => "goal".into(),
    }
}

/// Counterparts: old place to new place.
pub type Same = BTreeMap<String, String>;

/// Finds the counterparts, in four steps.
pub fn same<'a>(old: (Text<'a>, &'a Workflow), new: (Text<'a>, &'a Workflow)) -> Same {
    let (before, after) = (placed(old.0, old.1), placed(new.0, new.1));
    let mut same = Same::new();
    // Labels.
    for a in &before {
        let label = |b: &&Placed<'_>| a.step.label.is_some() && a.step.label == b.step.label;
        if let Some(b) = after.iter().find(label) {
            same.insert(a.path.clone(), b.path.clone());
        }
    }
    // Equal steps in place.
    let equal = |a: &Placed<'_>, b: &Placed<'_>| a.words == b.words;
    in_place(&before, &after, &mut same, &equal);
    // Equal steps that were moved.
    for a in before.iter().filter(|a| does(a.step)) {
        let free = |b: &&Placed<'_>| does(b.step) && a.words == b.words && is_free(&same, a, b);
        if let Some(b) = after.iter().find(free) {
            same.insert(a.path.clone(), b.path.clone());
        }
    }
    // Edited steps in place.
    let alike = |a: &Placed<'_>, b: &Placed<'_>| kind(old.0, a.step) == kind(new.0, b.step);
    in_place(&before, &after, &mut same, &alike);
    same
}

fn does(step: &Step) -> bool {
    !matches!(step.kind, StepKind::Wait(_) | StepKind::Branch { .. } | StepKind::Split { .. })
}

fn is_free(same: &Same, a: &Placed<'_>, b: &Placed<'_>) -> bool {
    !same.contains_key(&a.path) && !same.values().any(|path| *path == b.path)
}

/// The steps that stand in a block.
fn within<'p, 'a>(all: &'p [Placed<'a>], block: Option<(&str, &str)>) -> Vec<&'p Placed<'a>> {
    let stands = |it: &&Placed<'a>| match (it.inside.last(), block) {
        (None, None) => true,
        (Some((path, name)), Some(block)) => (&**path, &**name) == block,
        _ => false,
    };
    all.iter().filter(stands).collect()
}

fn in_place<'a>(
    before: &[Placed<'a>],
    after: &[Placed<'a>],
    same: &mut Same,
    alike: &dyn Fn(&Placed<'a>, &Placed<'a>) -> bool,
) {
    side_by_side(&within(before, None), &within(after, None), same, alike);
    for a in before {
        let Some(b) = same.get(&a.path).and_then(|path| after.iter().find(|b| b.path == *path)) else {
            continue;
        };
        for (x, y) in together(&a.blocks, &b.blocks) {
            let (old, new) = (within(before, Some((&a.path, &x))), within(after, Some((&b.path, &y))));
            side_by_side(&old, &new, same, alike);
        }
    }
}

/// Blocks of one name belong together, then the others in order; `else` (without a name) only to `else`.
fn together(old: &[String], new: &[String]) -> Vec<(String, String)> {
    let mut left = new.to_vec();
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for name in old {
        match left.iter().position(|other| other == name) {
            Some(at) => pairs.push((name.clone(), left.remove(at))),
            None => alone.push(name.clone()),
        }
    }
    left.retain(|name| !name.is_empty());
    pairs.extend(alone.into_iter().zip(left));
    pairs
}

/// The way to pair without crossing that keeps the most known pairs, then finds the most new ones.
fn side_by_side<'a>(
    old: &[&Placed<'a>],
    new: &[&Placed<'a>],
    same: &mut Same,
    alike: &dyn Fn(&Placed<'a>, &Placed<'a>) -> bool,
) {
    let worth = |a: &Placed<'a>, b: &Placed<'a>| match same.get(&a.path) {
        Some(path) if *path == b.path => (1, 0),
        Some(_) => (0, 0),
        None if is_free(same, a, b) && alike(a, b) => (0, 1),
        None => (0, 0),
    };
    let pairs = best(old, new, &worth, &mut BTreeMap::new()).1;
    for (a, b) in pairs {
        same.insert(a, b);
    }
}

type Worth = (usize, usize);
type Found = (Worth, Vec<(String, String)>);

/// Pairing the first two is tried first, then leaving out the old one, then the new one; only what is better counts.
fn best<'a>(
    old: &[&Placed<'a>],
    new: &[&Placed<'a>],
    worth: &dyn Fn(&Placed<'a>, &Placed<'a>) -> Worth,
    known: &mut BTreeMap<(usize, usize), Found>,
) -> Found {
    let ([a, before @ ..], [b, after @ ..]) = (old, new) else { return ((0, 0), Vec::new()) };
    if let Some(found) = known.get(&(old.len(), new.len())) {
        return found.clone();
    }
    let mut ways = Vec::new();
    let pair = worth(a, b);
    if pair > (0, 0) {
        let (rest, mut pairs) = best(before, after, worth, known);
        pairs.insert(0, (a.path.clone(), b.path.clone()));
        ways.push(((rest.0 + pair.0, rest.1 + pair.1), pairs));
    }
    ways.push(best(before, new, worth, known));
    ways.push(best(old, after, worth, known));
    let mut found = ways.remove(0);
    for way in ways {
        if way.0 > found.0 {
            found = way;
        }
    }
    known.insert((old.len(), new.len()), found.clone());
    found
}

/// The first step behind that place in the old text, leaving blocks outwards, that is left; its place in the new text.
pub fn left_behind(before: &[Placed<'_>], same: &Same, path: &str) -> Option<String> {
    let at = before.iter().position(|it| it.path == path)?;
    let around = &before[at].inside;
    let elsewhere = |it: &&Placed<'_>| {
        it.inside.iter().any(|(outer, block)| around.iter().any(|(own, mine)| own == outer && mine != block))
    };
    before[at + 1..].iter().filter(|it| !elsewhere(it)).find_map(|it| same.get(&it.path).cloned())
}
