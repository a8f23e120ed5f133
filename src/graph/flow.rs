//! A checked workflow as boxes and arrows.

use crate::base::{SourceMap, Span};
use crate::check::checked::{Delay, Expr, Step, StepKind, Wait, Workflow};

/// A drawing of one workflow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Graph {
    /// The workflow's name and state.
    pub title: String,
    /// Boxes, in the order of the text.
    pub boxes: Vec<Box>,
    /// Arrows between them.
    pub arrows: Vec<Arrow>,
}

/// A box; its number is its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Box {
    /// What it stands for.
    pub shape: Shape,
    /// Its words.
    pub label: String,
    /// The step that it is of, counted in the order of the text, as in the plan.
    pub step: Option<usize>,
}

/// What a box stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// What starts it.
    Trigger,
    /// A question.
    Condition,
    /// A step that does something.
    Step,
    /// A wait.
    Wait,
    /// What is watched all the time.
    Watch,
    /// An end.
    End,
}

/// An arrow between two boxes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrow {
    /// A box.
    pub from: usize,
    /// A later one.
    pub to: usize,
    /// When it is taken, if not always.
    pub label: String,
    /// It may be taken at any time.
    pub dotted: bool,
}

/// Where the flow stands: the boxes from which the next step is reached, with the words on the arrow.
type Loose = Vec<(usize, String)>;

/// The drawing of a workflow.
pub fn graph(workflow: &Workflow, sources: &SourceMap) -> Graph {
    let title = format!("{} ({})", workflow.name, state(workflow));
    let mut drawing = Drawing {
        graph: Graph { title, boxes: Vec::new(), arrows: Vec::new() },
        sources,
        exit: None,
        steps: 0,
        step: None,
    };
    let mut loose: Loose = Vec::new();
    for trigger in &workflow.triggers {
        let at = drawing.add(Shape::Trigger, drawing.words(trigger.span));
        loose.push((at, String::new()));
    }
    if let Some(condition) = &workflow.only_if {
        let at = drawing.ask(condition, loose);
        let exit = drawing.ended("not enrolled");
        drawing.arrow(at, exit, "no");
        loose = vec![(at, "yes".into())];
    }
    let loose = drawing.steps(&workflow.steps, loose);
    if !loose.is_empty() {
        let end = drawing.add(Shape::End, "finished".into());
        drawing.join(loose, end);
    }
    drawing.watches(workflow);
    drawing.graph
}

fn state(workflow: &Workflow) -> &'static str {
    use crate::check::checked::State;
    match workflow.state {
        State::Draft => "draft",
        State::Live => "live",
        State::Disabled => "disabled",
    }
}

struct Drawing<'a> {
    graph: Graph,
    sources: &'a SourceMap,
    /// The box where all ways out meet.
    exit: Option<usize>,
    /// How many steps there were.
    steps: usize,
    /// The one that is being drawn.
    step: Option<usize>,
}

impl Drawing<'_> {
    fn add(&mut self, shape: Shape, label: String) -> usize {
        let step = self.step.filter(|_| shape != Shape::End);
        self.graph.boxes.push(Box { shape, label, step });
        self.graph.boxes.len() - 1
    }

    fn arrow(&mut self, from: usize, to: usize, label: &str) {
        self.graph.arrows.push(Arrow { from, to, label: label.to_owned(), dotted: false });
    }

    fn join(&mut self, loose: Loose, to: usize) {
        for (from, label) in loose {
            self.arrow(from, to, &label);
        }
    }

    fn words(&self, span: Span) -> String {
        one_line(self.sources.slice(span))
    }

    fn ended(&mut self, label: &str) -> usize {
        self.add(Shape::End, label.to_owned())
    }

    fn exit(&mut self) -> usize {
        if let Some(exit) = self.exit {
            return exit;
        }
        let exit = self.add(Shape::End, "exit".into());
        self.exit = Some(exit);
        exit
    }

    fn ask(&mut self, condition: &Expr, loose: Loose) -> usize {
        let at = self.add(Shape::Condition, format!("{}?", self.words(condition.span)));
        self.join(loose, at);
        at
    }

    /// Draws a block behind what is loose; what is loose then.
    fn steps(&mut self, steps: &[Step], loose: Loose) -> Loose {
        steps.iter().fold(loose, |loose, step| self.step(step, loose))
    }

    fn step(&mut self, step: &Step, loose: Loose) -> Loose {
        let outer = self.step.replace(self.steps);
        self.steps += 1;
        let loose = self.drawn(step, loose);
        self.step = outer;
        loose
    }

    fn drawn(&mut self, step: &Step, loose: Loose) -> Loose {
        match &step.kind {
            StepKind::Branch { arms, otherwise } => self.branch(arms, otherwise, loose),
            StepKind::Split { label, arms } => {
                let named = if label.is_empty() { "split".into() } else { format!("split \"{label}\"") };
                let at = self.add(Shape::Condition, named);
                self.join(loose, at);
                let mut ends = Vec::new();
                for arm in arms {
                    let label = format!("{}% {}", arm.percent.normalize(), arm.name);
                    ends.extend(self.steps(&arm.steps, vec![(at, label)]));
                }
                ends
            }
            StepKind::Exit => self.leave(step, loose, "exit"),
            StepKind::Goal => self.leave(step, loose, "goal reached"),
            StepKind::Wait(wait) => self.wait(step, wait, loose),
            _ => {
                let at = self.add(Shape::Step, self.words(step.span));
                self.join(loose, at);
                vec![(at, String::new())]
            }
        }
    }

    fn branch(&mut self, arms: &[(Expr, Vec<Step>)], otherwise: &[Step], mut loose: Loose) -> Loose {
        let mut ends = Vec::new();
        for (condition, steps) in arms {
            let at = self.ask(condition, loose);
            ends.extend(self.steps(steps, vec![(at, "yes".into())]));
            loose = vec![(at, "no".into())];
        }
        ends.extend(self.steps(otherwise, loose));
        ends
    }

    fn leave(&mut self, step: &Step, loose: Loose, label: &str) -> Loose {
        let (loose, on) = match &step.guard {
            Some(guard) => {
                let at = self.ask(guard, loose);
                (vec![(at, "yes".into())], vec![(at, "no".into())])
            }
            None => (loose, Vec::new()),
        };
        let end = if label == "exit" { self.exit() } else { self.ended(label) };
        self.join(loose, end);
        on
    }

    fn wait(&mut self, step: &Step, wait: &Wait, loose: Loose) -> Loose {
        let at = self.add(Shape::Wait, self.words(step.span));
        self.join(loose, at);
        if let Wait::Until { else_exit: true, at_most, .. } = wait {
            let exit = self.exit();
            let label =
                at_most.as_ref().map_or_else(|| "past".into(), |delay| format!("after {}", length(delay)));
            self.arrow(at, exit, &label);
        }
        vec![(at, String::new())]
    }

    fn watches(&mut self, workflow: &Workflow) {
        let goals = workflow.goals.iter().map(|condition| ("goal when", condition));
        let exits = workflow.exits.iter().map(|condition| ("exit when", condition));
        for (clause, condition) in goals.chain(exits) {
            let label = format!("{clause} {}", self.words(condition.span));
            let at = self.add(Shape::Watch, label);
            let end = if clause == "goal when" { self.ended("goal reached") } else { self.exit() };
            self.graph.arrows.push(Arrow { from: at, to: end, label: "at any time".into(), dotted: true });
        }
    }
}

fn length(delay: &Delay) -> String {
    match delay {
        Delay::Period(period) => period.to_string(),
        Delay::BusinessDays { count, .. } => format!("{count} business days"),
    }
}

/// Characters that a label holds.
const LONGEST: usize = 90;

/// A piece of the text on one line, without comments, cut where it is too long.
fn one_line(text: &str) -> String {
    let mut words = String::new();
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => {
                chars.by_ref().find(|c| *c == '\n');
                words.push(' ');
                continue;
            }
            _ => {}
        }
        words.push(c);
        if c == '\\' {
            words.extend(chars.next());
        }
    }
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let cut: String = line.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, one_line};

    #[test]
    fn a_label_is_one_line_without_comments_and_not_too_long() {
        assert_eq!(one_line("email \"a\" # why\n  to: contacts"), "email \"a\" to: contacts");
        assert_eq!(
            one_line("slack \"#trials\" \"say \\\"hi\\\" # no comment\""),
            "slack \"#trials\" \"say \\\"hi\\\" # no comment\""
        );
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), LONGEST);
    }
}
