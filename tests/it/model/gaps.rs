//! What asks for events that were not kept, and from when on it can be answered (S8.1).
//!
//! The model keeps all events for good; it only knows which of them a plan would have kept.

use super::expr::View;
use super::world::{Fact, Id, Model, Text};
use std::collections::BTreeMap;
use wayfare::base::Instant;
use wayfare::check::checked::{
    Aggregate, BuiltIn, Definition, Expr, ExprKind, Function, Subject, TriggerKind, Who, Window,
};

/// A window of which a part is not known, of those who were known at a deploy.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    pub since: Instant,
    pub whole: Instant,
    pub known: Instant,
}

impl Gap {
    fn and(self, other: Self) -> Self {
        Self {
            since: self.since.max(other.since),
            whole: self.whole.max(other.whole),
            known: self.known.max(other.known),
        }
    }
}

fn length(window: Window) -> Option<i64> {
    match window {
        Window::All => None,
        Window::Last(period) => Some(period.at_most()),
        Window::Previous(period) => Some(2 * period.at_most()),
    }
}

/// The parts of an aggregate that a kept event must have: which, with what filter, with what property.
fn parts(text: Text<'_>, aggregate: &Aggregate) -> [Option<String>; 3] {
    match &aggregate.function {
        Function::ActiveDays => [Some("active days".into()), None, None],
        Function::Of { event, property, filter, .. } => {
            let event = &text.checked.events[*event];
            let filter = filter.as_ref().map(|filter| text.words(filter.span));
            let property = property.map(|at| event.properties[at].name.to_string());
            [Some(event.name.to_string()), filter, property]
        }
    }
}

/// What an aggregate says.
pub fn aggregate_words(text: Text<'_>, aggregate: &Aggregate) -> String {
    let function = match &aggregate.function {
        Function::ActiveDays => "active days".to_owned(),
        Function::Of { function, .. } => format!("{function:?}"),
    };
    format!("{:?} {function} {:?} {:?}", aggregate.subject, parts(text, aggregate), aggregate.window)
}

/// The expressions that a fact is worked out from.
fn definitions<'a>(text: Text<'a>, subject: Subject, fact: &Fact) -> Vec<&'a Expr> {
    let mut all = Vec::new();
    for definition in &text.checked.order {
        match (definition, fact) {
            (Definition::Attribute(at), Fact::Attribute(name)) => {
                let it = &text.checked.attributes[*at];
                if it.subject == subject && it.name == *name {
                    all.extend(&it.derived);
                }
            }
            (Definition::Segment(at), Fact::Segment(name)) => {
                let it = &text.checked.segments[*at];
                if it.subject == subject && it.name == *name {
                    all.push(&it.condition);
                }
            }
            (Definition::Stages(of), Fact::Stage) if *of == subject => {
                let stages = text.checked.stages[of.index()].iter().flat_map(|stages| &stages.stages);
                all.extend(stages.filter_map(|stage| stage.condition.as_ref()));
            }
            (Definition::Health(of), Fact::Health) if *of == subject => {
                let health = text.checked.health[of.index()].iter();
                let rules = health
                    .flat_map(|it| it.general.iter().chain(it.in_stage.iter().flat_map(|(_, rules)| rules)));
                all.extend(rules.map(|rule| &rule.condition));
            }
            _ => {}
        }
    }
    if let Fact::Matches(name, place) = fact
        && let Some(flow) = text.workflow(name)
        && let TriggerKind::Matches(condition) = &flow.triggers[*place].kind
    {
        all.push(condition);
    }
    all
}

impl<'a> Model<'a> {
    /// The gaps behind a deploy.
    pub fn gaps_over(&mut self, old: Text<'a>) {
        let before = std::mem::take(&mut self.gaps);
        let known: BTreeMap<String, &Aggregate> =
            old.checked.aggregates.values().map(|one| (aggregate_words(old, one), one)).collect();
        let mut after = BTreeMap::new();
        for aggregate in self.text.checked.aggregates.values() {
            let words = aggregate_words(self.text, aggregate);
            let gap = if known.contains_key(&words) {
                before.get(&words).copied()
            } else {
                let since = self.since(old, &before, aggregate);
                let whole = length(aggregate.window).map_or(Instant::MAX, |length| since.plus(length));
                Some(Gap { since, whole, known: self.now })
            };
            if let Some(gap) = gap.filter(|gap| gap.whole > self.now && !self.entities.is_empty()) {
                after.insert(words, gap);
            }
        }
        // What an old text asks for goes on with it.
        after.extend(
            before.into_iter().filter(|(words, gap)| known.contains_key(words) && gap.whole > self.now),
        );
        self.gaps = after;
    }

    /// From when on all events are known: as far back as the windows of the old text keep what is asked for.
    fn since(&self, old: Text<'a>, before: &BTreeMap<String, Gap>, wanted: &Aggregate) -> Instant {
        let asked = parts(self.text, wanted);
        let same_event = |one: &&Aggregate| one.subject == wanted.subject && parts(old, one)[0] == asked[0];
        let kept = |one: &Aggregate| {
            let gap = before.get(&aggregate_words(old, one)).map_or(Instant::MIN, |gap| gap.since);
            Some(self.now.minus(length(one.window)?).max(gap))
        };
        let best = |part: usize| {
            let giving = old.checked.aggregates.values().filter(same_event);
            giving
                .filter(|one| parts(old, one)[part] == asked[part])
                .filter_map(kept)
                .min()
                .unwrap_or(self.now)
        };
        (0..3).filter(|part| asked[*part].is_some()).map(best).max().unwrap()
    }

    /// Whether an aggregate of an entity can't be answered yet.
    pub fn is_torn(&self, id: &Id, words: &str) -> bool {
        self.gaps.get(words).is_some_and(|gap| self.concerns(gap, id) && gap.whole > self.now)
    }

    fn concerns(&self, gap: &Gap, id: &Id) -> bool {
        self.entities.get(id).is_some_and(|entity| entity.mentioned <= gap.known)
    }

    /// Whether a fact of an entity can't be evaluated yet.
    pub fn is_open(&self, id: &Id, fact: &Fact) -> bool {
        if self.gaps.is_empty() {
            return false;
        }
        let definitions = definitions(self.text, id.0, fact);
        let view = View::of(self, &self.facts, id);
        definitions.iter().any(|one| view.whole_from(one).is_some())
    }

    /// Whether a fact of an entity is evaluated for the first time.
    pub fn is_first(&self, id: &Id, fact: &Fact) -> bool {
        let gap = self.gap_of(self.text, id.0, fact);
        gap.is_some_and(|gap| gap.whole == self.now && self.concerns(&gap, id))
    }

    /// The gap that a fact hangs on, whoever it is of.
    fn gap_of(&self, text: Text<'a>, subject: Subject, fact: &Fact) -> Option<Gap> {
        // What the present text has under that name is the present one.
        let here = definitions(self.text, subject, fact);
        let text = if here.is_empty() { text } else { self.text };
        let mut all: Vec<Gap> = definitions(text, subject, fact)
            .iter()
            .flat_map(|one| self.read(text, subject, one))
            .filter_map(|(_, gap)| gap)
            .collect();
        // Health reads the stage.
        if *fact == Fact::Health
            && text.checked.health[subject.index()].as_ref().is_some_and(|it| !it.in_stage.is_empty())
        {
            all.extend(self.gap_of(text, subject, &Fact::Stage));
        }
        all.into_iter().reduce(Gap::and)
    }

    /// Everything that an expression reads itself, with the gap that it hangs on; `None` for whose: of all related ones.
    fn read(&self, text: Text<'a>, subject: Subject, expr: &Expr) -> Vec<(Option<Who>, Option<Gap>)> {
        let of = |who: Who| match who {
            Who::This => subject,
            Who::Outer => {
                if subject == Subject::Account {
                    Subject::Contact
                } else {
                    Subject::Account
                }
            }
            Who::Account => Subject::Account,
        };
        let fact = |who: Who, fact: Fact| vec![(Some(who), self.gap_of(text, of(who), &fact))];
        let all =
            |list: &[&Expr]| list.iter().flat_map(|one| self.read(text, subject, one)).collect::<Vec<_>>();
        match &expr.kind {
            ExprKind::Attribute { of, attribute } => {
                fact(*of, Fact::Attribute(text.checked.attributes[*attribute].name.clone()))
            }
            ExprKind::InSegment { of, segment } => {
                fact(*of, Fact::Segment(text.checked.segments[*segment].name.clone()))
            }
            ExprKind::BuiltIn { of, which: BuiltIn::Stage, .. } => fact(*of, Fact::Stage),
            ExprKind::BuiltIn { of, which: BuiltIn::Health, .. } => fact(*of, Fact::Health),
            ExprKind::Aggregate { of, aggregate } => {
                let words = aggregate_words(text, &text.checked.aggregates[*aggregate]);
                vec![(Some(*of), self.gaps.get(&words).copied())]
            }
            ExprKind::Quantified { over, condition, .. }
            | ExprKind::CountOf { over, condition: Some(condition) } => {
                let inner = self.read(text, *over, condition).into_iter().filter_map(|(_, gap)| gap);
                vec![(None, inner.reduce(Gap::and))]
            }
            ExprKind::Not(one) | ExprKind::IsMissing(one) | ExprKind::Negative(one) => all(&[one]),
            ExprKind::And(list) | ExprKind::Or(list) => all(&list.iter().collect::<Vec<_>>()),
            ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
                all(&[left, right])
            }
            ExprKind::In { value, .. }
            | ExprKind::TextTest { value, .. }
            | ExprKind::Matches { value, .. } => all(&[value]),
            ExprKind::Shift { base, .. } => all(&[base]),
            _ => Vec::new(),
        }
    }
}

impl View<'_, '_> {
    /// From when on all that a condition reads can be answered; `None`: now.
    pub fn whole_from(&self, condition: &Expr) -> Option<Instant> {
        let model = self.model;
        if model.gaps.is_empty() {
            return None;
        }
        let open = model.read(self.text, self.this.0, condition).into_iter().filter_map(|(who, gap)| {
            let gap = gap?;
            let concerned = match who {
                Some(who) => self.who(who).is_some_and(|id| model.concerns(&gap, id)),
                None => true,
            };
            (concerned && gap.whole > model.now).then_some(gap.whole)
        });
        open.max()
    }

    /// Whether a condition of a workflow holds; one that can't be answered yet does not.
    pub fn decides(&self, condition: &Expr) -> bool {
        self.whole_from(condition).is_none() && self.holds(condition)
    }
}
