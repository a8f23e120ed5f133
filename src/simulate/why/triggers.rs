//! What each trigger waits for.

use super::{Part, Play, Trigger, parts};
use crate::base::Instant;
use crate::check::checked::{self, Expr, State, TriggerKind};
use crate::engine::effect::NotEnrolled;
use crate::engine::{Eid, LogKind};
use crate::plan::TriggerPlanKind;
use crate::plan::expr::{self, BuiltInSlot};
use std::sync::Arc;

impl Play<'_> {
    pub(super) fn triggers(&self, eid: Eid) -> Vec<Trigger> {
        let flow = self.asked.flow.triggers.iter();
        let both = flow.zip(&self.asked.planned.triggers).zip(0u16..);
        both.map(|((trigger, planned), place)| {
            let (note, failing) = self.trigger(eid, &trigger.kind, place);
            Trigger { text: Arc::clone(&planned.text), note, failing }
        })
        .collect()
    }

    fn trigger(&self, eid: Eid, kind: &TriggerKind, place: u16) -> (Option<String>, Vec<Part>) {
        match kind {
            TriggerKind::Segment { segment, enters } => match self.asked.checked.segments.get(*segment) {
                Some(segment) => self.turn(&segment.condition, *enters),
                None => (None, Vec::new()),
            },
            TriggerKind::Matches(condition) => self.turn(condition, true),
            TriggerKind::Stage { stage, enters } => self.stage(eid, *stage, *enters),
            TriggerKind::Health { .. } => {
                (Some(self.slot(eid, "health", BuiltInSlot::Health as u16)), Vec::new())
            }
            TriggerKind::Changes { of, .. } => (Some(self.changes(eid, of, place)), Vec::new()),
            TriggerKind::Performs { event, filter } => self.performs(event.raw(), filter.as_ref()),
            TriggerKind::Created => (Some(self.created(eid)), Vec::new()),
            TriggerKind::Reaches(_) => (Some(self.reaches(eid, place)), Vec::new()),
            TriggerKind::Clock { .. } => (Some(self.ticks(eid, place)), Vec::new()),
            TriggerKind::ByHand => {
                (Some("it comes in only by hand, or by `start` of another workflow".into()), Vec::new())
            }
        }
    }

    /// A condition that has to turn.
    fn turn(&self, condition: &Expr, wanted: bool) -> (Option<String>, Vec<Part>) {
        let failing = parts(self, condition, wanted, None);
        let note = failing
            .is_empty()
            .then(|| "it is so already, and fires again only after it was not so in between".to_owned());
        (note, failing)
    }

    fn stage(&self, eid: Eid, stage: usize, enters: bool) -> (Option<String>, Vec<Part>) {
        let now = self.slot(eid, "stage", BuiltInSlot::Stage as u16);
        let stages = self.asked.checked.stages_of(self.asked.subject());
        let condition =
            stages.and_then(|stages| stages.stages.get(stage)).and_then(|stage| stage.condition.as_ref());
        let failing = condition.map(|condition| parts(self, condition, enters, None)).unwrap_or_default();
        (Some(now), failing)
    }

    /// `stage is "Mature" since …`
    fn slot(&self, eid: Eid, name: &str, slot: u16) -> String {
        let snapshot = &self.world.entity(eid).snapshot;
        let since = snapshot.time(slot);
        let since = if since > Instant::MIN { format!(" since {since}") } else { String::new() };
        format!("`{name}` is {}{since}", snapshot.value(slot))
    }

    fn changes(&self, eid: Eid, of: &Expr, place: u16) -> String {
        match self.asked.planned.triggers.get(usize::from(place)).map(|trigger| &trigger.kind) {
            Some(TriggerPlanKind::Slot { slot, .. }) => self.slot(eid, &self.asked.text(of), *slot),
            _ => "it waits for a change".into(),
        }
    }

    fn performs(&self, event: u32, filter: Option<&Expr>) -> (Option<String>, Vec<Part>) {
        let name = self.asked.plan.events.get(event as usize).map(|event| &*event.name).unwrap_or_default();
        let seen = self.events.get(&event);
        let Some((count, last)) = seen.and_then(|seen| Some((seen.count, seen.last.as_ref()?))) else {
            return (Some(format!("`{name}` has never come")), Vec::new());
        };
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let note = format!("`{name}` came {times}, last at {}", last.time);
        let failing = filter.map(|filter| parts(self, filter, true, Some(last))).unwrap_or_default();
        (Some(note), failing)
    }

    fn created(&self, eid: Eid) -> String {
        if !self.world.entity(eid).created {
            return "it was only mentioned: no `group` or `identify` has told of it".into();
        }
        format!("{}: a first sight happens once", self.slot(eid, "created_at", BuiltInSlot::CreatedAt as u16))
    }

    fn reaches(&self, eid: Eid, place: u16) -> String {
        if let Some(at) = self.armed(eid, place) {
            return format!("it fires at {at}");
        }
        let kind = self.asked.planned.triggers.get(usize::from(place)).map(|trigger| &trigger.kind);
        let Some(TriggerPlanKind::Reaches(value)) = kind else { return "it is not armed".into() };
        let value = expr::value(&self.asked.plan.pool, *value, &self.here(eid));
        if value.is_missing() {
            return "its date is missing".into();
        }
        format!("its date, {value}, is past, or it has fired for that value")
    }

    fn ticks(&self, eid: Eid, place: u16) -> String {
        self.armed(eid, place).map_or("it has no next instant".into(), |at| format!("it fires next at {at}"))
    }

    fn armed(&self, eid: Eid, place: u16) -> Option<Instant> {
        let trigger = (self.asked.workflow, place);
        let arm = self.world.entity(eid).arms.iter().find(|arm| arm.trigger == trigger);
        arm.map(|arm| arm.at)
    }

    /// What keeps every firing out now.
    pub(super) fn kept_out(&self, eid: Eid) -> Vec<String> {
        let (entity, planned) = (self.world.entity(eid), self.asked.planned);
        let shadow = planned.state == State::Draft;
        let mine = |workflow: u32, of: bool| workflow == self.asked.workflow && of == shadow;
        let mut kept = Vec::new();
        match planned.state {
            State::Disabled => kept.push("the workflow is disabled".to_owned()),
            State::Draft => {
                kept.push("the workflow is a draft: it runs in the shadow, and nothing is done".into());
            }
            checked::State::Live => {}
        }
        let is_in = entity.runs.iter().any(|run| mine(run.workflow, run.shadow));
        if is_in && planned.enrolment.parallel_by.is_none() && !planned.enrolment.restart {
            kept.push("it is in: a firing meanwhile is ignored".into());
        }
        if let Some(past) = entity.past.iter().find(|past| mine(past.workflow, past.shadow)) {
            kept.extend(self.policy(eid, past.started));
        }
        kept.extend(self.watches(eid));
        kept
    }

    /// What `once` and the pause say of one that was in before.
    fn policy(&self, eid: Eid, started: Instant) -> Option<String> {
        let policy = &self.asked.planned.enrolment;
        if !policy.every {
            return Some(format!("`once`: it came in at {started}, and never may again"));
        }
        let zone = crate::engine::zone(self.asked.plan, self.world.entity(eid));
        let over = crate::engine::clock::forward(started, policy.pause?, zone);
        (over > self.world.now).then(|| format!("its pause lasts until {over}"))
    }

    /// Exits and goals that hold: who came in now would not be let in.
    fn watches(&self, eid: Eid) -> Vec<String> {
        let (here, planned) = (self.here(eid), self.asked.planned);
        let holds = |watch: &&crate::plan::Watch| expr::eval(&self.asked.plan.pool, watch.condition, &here);
        let goals = planned.goals.iter().filter(holds).map(|watch| format!("a goal holds: {}", watch.text));
        let exits = planned.exits.iter().filter(holds).map(|watch| format!("an exit holds: {}", watch.text));
        goals.chain(exits).collect()
    }

    /// What the log says next of the entity in the workflow, if nothing but time comes.
    pub(super) fn to_come(&self, eid: Eid) -> Option<super::ToCome> {
        let mut world = self.world.clone();
        let horizon = world.now.plus(HORIZON);
        for _ in 0..TICKS {
            let at = world.next_timer().filter(|at| *at <= horizon)?;
            let input = crate::engine::Input { at, kind: crate::engine::InputKind::Tick };
            let effects = crate::engine::apply(&mut world, self.asked.plan, &input);
            let mine = effects.log.iter().find(|entry| {
                entry.entity == eid
                    && entry.workflow == Some(self.asked.workflow)
                    && !matches!(entry.kind, LogKind::NotEnrolled(NotEnrolled::AlreadyIn))
            });
            if let Some(entry) = mine {
                let what = crate::simulate::words::sentence(entry);
                return Some(super::ToCome { at: entry.at.to_string(), what });
            }
        }
        None
    }
}

/// How far ahead time is looked at, in milliseconds: 400 days.
const HORIZON: i64 = 400 * 86_400_000;
/// How many instants are looked at.
const TICKS: usize = 100_000;
