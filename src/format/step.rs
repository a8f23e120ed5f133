//! Steps and their arguments: a step a line, a long one broken before its named arguments and what stands behind them.
//!
//! In: steps. Out: their tokens. A block stays on one line if the author kept it there, it fits, and no block of the
//! same `if` or `split` holds more than one step.

use super::doc::Gap;
use super::print::{Printer, Shape, Spread};
use crate::base::At;
use crate::syntax::ast::{Arg, ArgKind, Arm, Branch, Field, Keep, Named, Step, StepKind, Wait, WaitUntil};

/// The words that begin what may stand behind a step.
const TAIL: &[&str] = &["if", "on", "keep"];

impl Printer<'_> {
    /// Steps, one a line.
    pub fn steps(&mut self, steps: &[Step]) {
        self.lines(steps, Self::step);
    }

    /// A step.
    fn step(&mut self, step: &Step) {
        self.group(|p| {
            if let Some(label) = &step.label {
                p.through(label.at);
                p.token();
            }
            p.item(|p| {
                p.group(|p| p.step_kind(step));
                p.tail(step);
                p.through(step.at);
            });
        });
    }

    fn step_kind(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Branch(branch) => self.branch(branch),
            StepKind::Split(arms) => {
                let shape = Shape::LINES;
                self.list(shape, arms, |arm| arm.at.0, |p, arm| p.item(|p| p.arm(arm)));
            }
            StepKind::Wait(wait) => self.wait(wait, step.at),
            StepKind::Set(named) => match named.as_slice() {
                [only] => self.named(only),
                several => self.arguments(several),
            },
            StepKind::Assign(named) => self.named(named),
            StepKind::Record { event, fields } => {
                self.through(event.at);
                if let Some(fields) = fields {
                    self.object(fields);
                }
            }
            StepKind::Start { workflow, named } | StepKind::Stop { workflow, named } => {
                self.through(workflow.at);
                self.arguments(named);
            }
            StepKind::Call(call) => {
                self.through(call.action.at);
                for value in &call.positional {
                    self.expr(value);
                }
                self.comma();
                match call.named.as_slice() {
                    [] if call.positional.is_empty() => {
                        self.doc.gap(Gap::Tight);
                        self.list(Shape::PARENS, &call.named, |named| named.at.0, Self::named);
                    }
                    [only] if is_bracketed(only) => self.hugged(only),
                    named => self.arguments(named),
                }
            }
            StepKind::AddTag(tag) | StepKind::RemoveTag(tag) => self.through(tag.at),
            StepKind::Exit | StepKind::Goal => {}
        }
    }

    /// `if …`, `on failure …`, `keep …` behind a step, in the order in which they stand there.
    fn tail(&mut self, step: &Step) {
        let guard = step.guard.iter().map(|guard| (guard.at, Tail::Guard(guard)));
        let failure = step.on_failure.iter().map(|policy| (policy.at, Tail::OnFailure(policy.at)));
        let keep = step.keep.iter().map(|keep| (keep.name.at, Tail::Keep(keep)));
        let mut parts: Vec<_> = guard.chain(failure).chain(keep).collect();
        parts.sort_by_key(|(at, _)| at.0.start);
        for (_, part) in parts {
            self.doc.gap(Gap::Line(1));
            self.item(|p| match part {
                Tail::Guard(guard) => p.expr(guard),
                Tail::OnFailure(at) => p.through(at),
                Tail::Keep(keep) => p.expr(&keep.value),
            });
        }
    }

    fn branch(&mut self, branch: &Branch) {
        let blocks: Vec<&[Step]> =
            branch.arms.iter().map(|(_, steps)| steps).chain(&branch.otherwise).map(Vec::as_slice).collect();
        let begin = branch.arms.first().map_or(0, |(condition, _)| condition.at.0.end);
        let shape = self.blocks(&blocks, begin);
        self.group(|p| {
            for (at, steps) in blocks.into_iter().enumerate() {
                if at > 0 {
                    p.under();
                }
                if let Some((condition, _)) = branch.arms.get(at) {
                    p.expr(condition);
                }
                p.bracketed(shape, steps, Self::step);
            }
        });
    }

    /// The next token, `else`, stands under the first one of the item if it begins a line.
    fn under(&mut self) {
        self.foot();
        self.doc.gap(Gap::Space);
        self.head();
    }

    fn arm(&mut self, arm: &Arm) {
        self.through(arm.name.at);
        let shape = self.blocks(&[&arm.steps], arm.name.at.0.end);
        self.group(|p| p.bracketed(shape, &arm.steps, Self::step));
    }

    /// The shape of blocks that belong together, of which the first begins behind `begin`.
    fn blocks(&self, blocks: &[&[Step]], begin: u32) -> Shape {
        let end = blocks.iter().rev().find_map(|steps| steps.last()).map_or(begin, |last| last.at.0.end);
        let author = end > begin && self.is_broken(begin as usize, end as usize);
        let spread = author || blocks.iter().any(|steps| steps.len() > 1);
        Shape { spread: if spread { Spread::Always } else { Spread::Fit }, ..Shape::FIELDS }
    }

    fn wait(&mut self, wait: &Wait, at: At) {
        if let Wait::Until {
            what: WaitUntil::Condition(condition) | WaitUntil::Performs { filter: Some(condition), .. },
            ..
        } = wait
        {
            self.expr(condition);
        }
        self.until(TAIL, at);
    }

    fn arguments(&mut self, named: &[Named]) {
        for named in named {
            self.doc.gap(Gap::Line(1));
            self.named(named);
            self.comma();
        }
    }

    /// An only argument in brackets: they open on the line of the call.
    fn hugged(&mut self, named: &Named) {
        self.through(named.name.at);
        self.argument(&named.value);
        self.comma();
    }

    /// `to: contacts where …`
    fn named(&mut self, named: &Named) {
        self.item(|p| p.argument(&named.value));
    }

    /// An argument, with the words before it.
    pub fn argument(&mut self, arg: &Arg) {
        match &arg.kind {
            ArgKind::Object(fields) => self.object(fields),
            ArgKind::List(items) => {
                self.before(arg.at);
                self.list(Shape::SQUARE, items, |item| item.at.0, Self::item_argument);
            }
            ArgKind::Contacts(Some(condition)) => self.expr(condition),
            ArgKind::Value(value) => self.expr(value),
            ArgKind::Contacts(None) | ArgKind::NextOf(_) | ArgKind::LeastLoadedOf(_) | ArgKind::Secret(_) => {
            }
        }
        self.through(arg.at);
    }

    fn item_argument(&mut self, arg: &Arg) {
        self.doc.indent();
        self.argument(arg);
        self.doc.dedent();
    }

    /// `{ a: 1  b: 2 }`
    pub fn object(&mut self, fields: &[Field]) {
        self.list(Shape::FIELDS, fields, |field| field.at.0, |p, field| p.item(|p| p.argument(&field.value)));
    }
}

fn is_bracketed(named: &Named) -> bool {
    matches!(named.value.kind, ArgKind::Object(_) | ArgKind::List(_))
}

/// What stands behind a step.
enum Tail<'s> {
    Guard(&'s crate::syntax::ast::Expr),
    OnFailure(At),
    Keep(&'s Keep),
}
