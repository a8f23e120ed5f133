//! Where everything lies: attributes in slots, segments in bits.

use super::Subject;
use crate::base::Idx;
use crate::check::checked::{Attribute, BuiltIn, Checked, Segment};
use crate::value::{Field, Schema, Type};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The slots that every entity has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum BuiltInSlot {
    /// Its id.
    Id = 0,
    /// The instant of its first sight.
    CreatedAt = 1,
    /// Its stage.
    Stage = 2,
    /// Its health.
    Health = 3,
}

/// The slots and bits of both kinds of entity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Layout {
    /// The slots of accounts and of contacts ([`Subject::index`]).
    pub schemas: [Schema; 2],
    /// For each attribute its slot in the schema of its subject.
    pub slots: Vec<u16>,
    /// For each segment its bit among those of its subject.
    pub bits: Vec<u16>,
    /// How many bits the segments of accounts and of contacts take.
    pub bit_counts: [u16; 2],
    /// What is kept in each slot and bit, by name, for listings.
    pub names: Names,
}

/// Names for listings, by index.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Names {
    /// The segments of accounts and of contacts, by bit.
    pub segments: [Vec<Arc<str>>; 2],
    /// Workflows.
    pub workflows: Vec<Arc<str>>,
    /// Events with their properties.
    pub events: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

/// What lowering looks things up in.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The project.
    pub checked: &'a Checked,
    /// Where its attributes and segments lie.
    pub layout: &'a Layout,
    /// Whose condition it is: the entity at hand ([`Who::This`]).
    pub subject: Subject,
}

impl Layout {
    /// The layout of a project: slots 0 to 3 are [`BuiltInSlot`]s, then the subject's attributes as declared.
    pub fn of(checked: &Checked) -> Self {
        let mut layout = Self::default();
        let mut fields = [built_in(), built_in()];
        for (_, attribute) in checked.attributes.iter() {
            let [accounts, contacts] = &mut fields;
            let of = if attribute.subject == Subject::Account { accounts } else { contacts };
            layout.slots.push(of.len() as u16);
            let keys = attribute.from.iter().cloned().collect();
            of.push(Field { name: attribute.name.clone(), keys, ty: attribute.ty.clone() });
        }
        for (_, segment) in checked.segments.iter() {
            let [accounts, contacts] = &mut layout.names.segments;
            let of = if segment.subject == Subject::Account { accounts } else { contacts };
            layout.bits.push(of.len() as u16);
            of.push(segment.name.clone());
        }
        layout.bit_counts = layout.names.segments.each_ref().map(|names| names.len() as u16);
        layout.schemas = fields.map(Schema::new);
        layout.names.workflows = checked.workflows.values().map(|workflow| workflow.name.clone()).collect();
        layout.names.events = checked.events.values().map(event_names).collect();
        layout
    }

    /// The slot of an attribute in the snapshots of its subject.
    pub fn slot(&self, attribute: Idx<Attribute>) -> u16 {
        self.slots.get(attribute.index()).copied().unwrap_or(u16::MAX)
    }

    /// The slot of what every entity has.
    pub fn built_in(which: BuiltIn) -> u16 {
        let slot = match which {
            BuiltIn::Id => BuiltInSlot::Id,
            BuiltIn::CreatedAt => BuiltInSlot::CreatedAt,
            BuiltIn::Stage => BuiltInSlot::Stage,
            BuiltIn::Health => BuiltInSlot::Health,
        };
        slot as u16
    }

    /// The bit of a segment among those of its subject.
    pub fn bit(&self, segment: Idx<Segment>) -> u16 {
        self.bits.get(segment.index()).copied().unwrap_or(u16::MAX)
    }

    /// The schema of a kind of entity.
    pub fn schema(&self, subject: Subject) -> &Schema {
        let [accounts, contacts] = &self.schemas;
        match subject {
            Subject::Account => accounts,
            Subject::Contact => contacts,
        }
    }
}

fn event_names(event: &crate::check::checked::Event) -> (Arc<str>, Vec<Arc<str>>) {
    (event.name.clone(), event.properties.values().map(|property| property.name.clone()).collect())
}

/// The undeclared slots; only the instant of creation is ever taken from a trait.
fn built_in() -> Vec<Field> {
    let field = |name: &str, ty, keys: &[&str]| {
        let keys = keys.iter().map(|key| Arc::from(*key)).collect();
        Field { name: name.into(), keys, ty }
    };
    vec![
        field("id", Type::Text, &[]),
        field("created_at", Type::Time, &["created_at", "createdAt"]),
        field("stage", Type::Text, &[]),
        field("health", Type::Level, &[]),
    ]
}
