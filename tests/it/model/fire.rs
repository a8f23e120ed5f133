//! Triggers: what changed between two rounds fires (S4.1, S2.7).

use super::expr::View;
use super::time;
use super::values;
use super::world::{Fact, Facts, Firing, Happening, Id, Model, Name, Text};
use std::rc::Rc;
use wayfare::base::Instant;
use wayfare::check::checked::{
    BuiltIn, Calendar, ClockDay, Expr, ExprKind, HealthChange, Trigger, TriggerKind,
};
use wayfare::value::{Level, Value};

impl Model<'_> {
    /// All firings of the round: one for a workflow and an entity, with the event if one is among its causes.
    pub fn fired(&mut self, before: &Facts) -> Vec<Firing> {
        let mut fired = std::mem::take(&mut self.asked);
        for workflow in self.text.checked.workflows.values() {
            for id in self.created(workflow.subject) {
                for (place, trigger) in workflow.triggers.iter().enumerate() {
                    if let Some(event) = self.fires(before, &(workflow.name.clone(), place), trigger, &id) {
                        fired.push(Firing { workflow: workflow.name.clone(), id: id.clone(), event });
                    }
                }
            }
        }
        fired.sort_by_key(|firing| (firing.workflow.clone(), firing.id.clone(), firing.event.is_none()));
        fired.dedup_by_key(|firing| (firing.workflow.clone(), firing.id.clone()));
        fired.retain(|firing| self.is_created(&firing.id));
        fired
    }

    /// Whether a trigger fires; with which event.
    fn fires(
        &mut self,
        before: &Facts,
        at: &(Name, usize),
        trigger: &Trigger,
        id: &Id,
    ) -> Option<Option<Rc<Happening>>> {
        let fresh = self.fresh.contains(id);
        let old = |fact| before.get(&(id.clone(), fact)).cloned().unwrap_or_default();
        let new = |fact| self.facts.get(&(id.clone(), fact)).cloned().unwrap_or_default();
        let is = |value: Value| value == Value::Bool(true);
        if self.watched(at, trigger).is_some_and(|fact| self.is_first(id, &fact)) {
            return None;
        }
        let fires = match &trigger.kind {
            TriggerKind::Segment { segment, enters } => {
                let segment = Fact::Segment(self.text.checked.segments[*segment].name.clone());
                let (old, new) = (is(old(segment.clone())), is(new(segment)));
                if *enters { !old && new } else { old && !new }
            }
            TriggerKind::Stage { stage, enters } => {
                let stages = self.text.checked.stages[id.0.index()].as_ref()?;
                let name = Value::Text(stages.names.get(*stage)?.clone());
                let (was, is) = (old(Fact::Stage) == name, new(Fact::Stage) == name);
                if *enters { !was && is } else { was && !is }
            }
            TriggerKind::Health { change, to } => {
                health(*change, *to, &old(Fact::Health), &new(Fact::Health))
            }
            TriggerKind::Changes { of, from, to, becomes } => {
                let fact = fact_of(self.text, of)?;
                let (old, new) = (old(fact.clone()), new(fact));
                let narrow =
                    from.as_ref().is_none_or(|from| *from == old) && to.as_ref().is_none_or(|to| *to == new);
                old != new && (*becomes || !fresh) && narrow
            }
            TriggerKind::Matches(_) => {
                let matches = || Fact::Matches(at.0.clone(), at.1);
                !is(old(matches())) && is(new(matches()))
            }
            TriggerKind::Performs { event, filter } => {
                let event = &self.text.checked.events[*event].name;
                return self.performed(id, event, filter.as_ref()).map(Some);
            }
            TriggerKind::Created => fresh,
            TriggerKind::Reaches(instant) => self.reaches(before, at, instant, id),
            TriggerKind::Clock { day, time, calendar } => {
                let calendar = calendar.map(|at| &self.text.checked.calendars[at]);
                let known = self.entities[id].first_sight < self.now;
                let due = known && self.ticks(calendar, *day, *time, id).contains(&self.now);
                // Once an instant, however many rounds it has.
                due && self.ticked.insert((self.now, at.0.clone(), at.1, id.clone()))
            }
            TriggerKind::ByHand => false,
        };
        fires.then_some(None)
    }

    /// The fact whose change a trigger tells of.
    fn watched(&self, at: &(Name, usize), trigger: &Trigger) -> Option<Fact> {
        match &trigger.kind {
            TriggerKind::Segment { segment, .. } => {
                Some(Fact::Segment(self.text.checked.segments[*segment].name.clone()))
            }
            TriggerKind::Stage { .. } => Some(Fact::Stage),
            TriggerKind::Health { .. } => Some(Fact::Health),
            TriggerKind::Changes { of, .. } => fact_of(self.text, of),
            TriggerKind::Matches(_) => Some(Fact::Matches(at.0.clone(), at.1)),
            _ => None,
        }
    }

    /// The event of this round, if it is such a one.
    pub fn performed(&self, id: &Id, event: &str, filter: Option<&Expr>) -> Option<Rc<Happening>> {
        let mine =
            self.happened.iter().filter(|(whose, happening)| whose == id && &*happening.event == event);
        let meets = |happening: &&Rc<Happening>| {
            let view = View { event: Some(Rc::clone(happening)), ..View::of(self, &self.facts, id) };
            filter.is_none_or(|filter| view.decides(filter))
        };
        mine.map(|(_, happening)| happening).find(meets).cloned()
    }

    /// S2.7: armed by a new value, disarmed by any change, fires once at its instant.
    fn reaches(&mut self, before: &Facts, at: &(Name, usize), instant: &Expr, id: &Id) -> bool {
        let fact = (id.clone(), base_of(self.text, instant));
        let changed = self.fresh.contains(id) || before.get(&fact) != self.facts.get(&fact);
        let view = View::of(self, &self.facts, id);
        let due = values::instant(&view.value(instant), view.zone());
        let (now, lateness) = (self.now, self.text.checked.settings.lateness);
        let armed = &mut self.entities.get_mut(id).unwrap().armed;
        if changed {
            armed.insert(at.clone());
        }
        match due {
            Some(due) if armed.contains(at) && due <= now => {
                armed.remove(at);
                // The instant may have passed before the value became known.
                due == now || now.0 - due.0 < lateness
            }
            Some(_) => false,
            None => {
                armed.remove(at);
                false
            }
        }
    }

    /// The instants about now at which a clock trigger fires for an entity.
    pub fn ticks(
        &self,
        calendar: Option<&Calendar>,
        day: ClockDay,
        time: wayfare::check::checked::Clock,
        id: &Id,
    ) -> Vec<Instant> {
        let own = calendar.and_then(|calendar| time::zone(calendar.zone.as_deref()));
        let zone = own.unwrap_or_else(|| self.zone(&self.facts, id));
        time::ticks(calendar, self.now, day, time, zone)
    }
}

/// What a trigger of a change watches.
fn fact_of(text: Text<'_>, of: &Expr) -> Option<Fact> {
    match &of.kind {
        ExprKind::Attribute { attribute, .. } => {
            Some(Fact::Attribute(text.checked.attributes[*attribute].name.clone()))
        }
        ExprKind::BuiltIn { which: BuiltIn::Stage, .. } => Some(Fact::Stage),
        ExprKind::BuiltIn { which: BuiltIn::Health, .. } => Some(Fact::Health),
        ExprKind::BuiltIn { which: BuiltIn::CreatedAt, .. } => Some(Fact::CreatedAt),
        _ => None,
    }
}

/// The value that an instant is counted from.
pub fn base_of(text: Text<'_>, instant: &Expr) -> Fact {
    match &instant.kind {
        ExprKind::Shift { base, .. } => base_of(text, base),
        _ => fact_of(text, instant).unwrap_or(Fact::CreatedAt),
    }
}

fn health(change: HealthChange, to: Option<Level>, old: &Value, new: &Value) -> bool {
    let (Value::Level(old), Value::Level(new)) = (old, new) else { return false };
    let way = match change {
        HealthChange::Drops => new < old,
        HealthChange::Rises => new > old,
        HealthChange::Changes => new != old,
    };
    way && to.is_none_or(|to| to == *new)
}
