//! What of the events that a new plan counts is known already (semantics S8.1).
//!
//! An aggregate that the old plan had too goes on. For a new one everything counts that the old plan kept of the same
//! event for its own windows: what each of those has kept, as far back as it reaches, of the event, with the same filter,
//! with the same property. What lies before is not known, until the window has left it behind.

use super::remap::{Remap, filter_words};
use super::table::WindowRow;
use crate::base::Instant;
use crate::engine::gaps::Gap;
use crate::plan::expr::{AggId, AggregateKind, Dep, Window, aggregate_text};
use crate::plan::{FactKind, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The gaps of a new plan, from those of the old one.
pub(super) fn gaps(old: &Plan, new: &Plan, remap: &Remap, before: &[Gap], at: Instant) -> Vec<Gap> {
    let known: BTreeMap<u32, usize> =
        remap.aggregates.iter().enumerate().filter_map(|(from, to)| Some((to.as_ref()?.0, from))).collect();
    let gap_of = |aggregate: usize| before.iter().find(|gap| gap.aggregate as usize == aggregate);
    let mut list = Vec::new();
    for aggregate in 0..new.pool.aggregates().len() as u32 {
        let gap = if let Some(from) = known.get(&aggregate) {
            gap_of(*from).map(|gap| Gap { aggregate, ..*gap })
        } else {
            let since = since(old, new, &gap_of, AggId(aggregate), at);
            Some(Gap { aggregate, since, whole: whole(new, AggId(aggregate), since), known: at })
        };
        list.extend(gap.filter(|gap| gap.whole > at));
    }
    list
}

/// When a window holds nothing but what is known.
fn whole(plan: &Plan, id: AggId, since: Instant) -> Instant {
    let window = plan.pool.aggregates().get(id.index()).map(|aggregate| aggregate.window);
    match window {
        Some(Window::Last(period)) => since.plus(period.at_most()),
        Some(Window::Previous(period)) => since.plus(period.at_most().saturating_mul(2)),
        Some(Window::All) | None => Instant::MAX,
    }
}

fn reach(window: Window) -> Option<i64> {
    match window {
        Window::All => None,
        Window::Last(period) => Some(period.at_most()),
        Window::Previous(period) => Some(period.at_most().saturating_mul(2)),
    }
}

/// From when on all events are known that an aggregate asks for.
fn since<'g>(
    old: &Plan,
    new: &Plan,
    gap_of: &impl Fn(usize) -> Option<&'g Gap>,
    id: AggId,
    at: Instant,
) -> Instant {
    let Some(wanted) = new.pool.aggregates().get(id.index()) else { return at };
    let mut best: [Option<Instant>; 3] = [None; 3];
    for (other, place) in old.pool.aggregates().iter().zip(0..) {
        let Some(reach) = reach(other.window).filter(|_| other.subject == wanted.subject) else { continue };
        let Some([event, filter, property]) = shared(old, new, &other.kind, &wanted.kind) else { continue };
        let kept = at.minus(reach).max(gap_of(place).map_or(Instant::MIN, |gap| gap.since));
        for (best, gives) in best.iter_mut().zip([event, filter, property]) {
            if gives {
                *best = Some(best.map_or(kept, |best| best.min(kept)));
            }
        }
    }
    let asked = match &wanted.kind {
        AggregateKind::ActiveDays => [true, false, false],
        AggregateKind::Of { property, filter, .. } => [true, filter.is_some(), property.is_some()],
    };
    let columns = best.into_iter().zip(asked).filter(|(_, asked)| *asked);
    columns.map(|(best, _)| best.unwrap_or(at)).max().unwrap_or(at)
}

/// Whether what was kept for an old aggregate gives a new one its events, its filter, its property; `None`: it is of
/// other events.
fn shared(old: &Plan, new: &Plan, was: &AggregateKind, is: &AggregateKind) -> Option<[bool; 3]> {
    let (
        AggregateKind::Of { event: one, property: a, filter: x, .. },
        AggregateKind::Of { event: two, property: b, filter: y, .. },
    ) = (was, is)
    else {
        let days = matches!((was, is), (AggregateKind::ActiveDays, AggregateKind::ActiveDays));
        return days.then_some([true; 3]);
    };
    let (one, two) = (old.events.get(*one as usize)?, new.events.get(*two as usize)?);
    if one.name != two.name {
        return None;
    }
    let alike = super::remap::read_alike(one, two);
    let name = |event: &crate::plan::EventPlan, at: Option<u16>| {
        Some(Arc::clone(&event.properties.get(usize::from(at?))?.0))
    };
    let words = |plan: &Plan, filter: Option<crate::plan::expr::CondId>| {
        filter.map(|filter| filter_words(plan, filter))
    };
    let filter = alike && x.is_some() && words(old, *x) == words(new, *y);
    let property = alike && a.is_some() && name(one, *a) == name(two, *b);
    Some([true, filter, property])
}

/// What the table says of the gaps that this deploy has found.
pub(super) fn rows(plan: &Plan, gaps: &[Gap], at: Instant) -> Vec<WindowRow> {
    let row = |gap: &Gap| {
        let id = AggId(gap.aggregate);
        let aggregate = plan.pool.aggregates().get(id.index())?;
        let text = aggregate_text(&plan.pool, id, &plan.layout, aggregate.subject).into();
        let asked_by = asked_by(plan, id).into_iter().collect();
        Some(WindowRow { subject: aggregate.subject, text, asked_by, since: gap.since, whole: gap.whole })
    };
    gaps.iter().filter(|gap| gap.known == at).filter_map(row).collect()
}

/// What asks for an aggregate itself.
fn asked_by(plan: &Plan, id: AggId) -> BTreeSet<Arc<str>> {
    let asks =
        |reads: &[Dep]| reads.iter().any(|dep| matches!(dep, Dep::Aggregate(_, other) if *other == id));
    let mut names = BTreeSet::new();
    for fact in plan.facts.iter().filter(|fact| asks(&plan.fact_reads(fact))) {
        let subject = crate::plan::subject_word(fact.subject);
        names.insert(match &fact.kind {
            FactKind::Slot(slot, _) => {
                format!("{subject}.{}", super::remap::attribute(&plan.layout, fact.subject, *slot)).into()
            }
            FactKind::Bit(bit, _) => match plan.subject(fact.subject).bits.get(usize::from(*bit)) {
                Some(bit) if bit.segment => format!("segment \"{}\"", bit.name).into(),
                _ => "a trigger".into(),
            },
            FactKind::Stage(_) => format!("stages of {subject}").into(),
            FactKind::Health(_) => format!("health of {subject}").into(),
            FactKind::Relation(_) => "a condition on related entities".into(),
        });
    }
    for workflow in plan.present() {
        let conditions = workflow.watched().chain(workflow.conditions());
        if conditions.into_iter().any(|condition| asks(plan.pool.reads(condition))) {
            names.insert(format!("workflow \"{}\"", workflow.name).into());
        }
    }
    names
}
