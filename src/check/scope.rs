//! What names mean at a place.
//!
//! A name has one scope, the innermost, without fall-back (semantics S1.7). Here is only what is in scope; what a
//! name resolves to is `resolve`.

use super::checked::{Event, Param, Subject};
use crate::base::{Idx, Span};
use std::sync::Arc;

/// The event at hand.
#[derive(Clone, Copy, Debug, Default)]
pub enum EventScope<'s> {
    /// None.
    #[default]
    None,
    /// Inside an event's `where`: its properties stand bare, or as `event.x`.
    Filter(Idx<Event>),
    /// In a workflow: `event.x` is a property that every trigger's event has.
    Triggers {
        /// The events of the triggers that are events, with the places of the triggers, in order.
        events: &'s [(Idx<Event>, Span)],
        /// The place of a trigger that is no event.
        other: Option<Span>,
    },
}

/// What a bare name is looked up in: the innermost scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Bare {
    /// The entity at hand.
    #[default]
    Entity,
    /// The event that a `where` is about.
    Event,
    /// An action's parameters.
    Params,
}

/// What names mean at a place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope<'s> {
    /// The entity at hand; `None` in an action's declaration.
    pub this: Option<Subject>,
    /// What a bare name is looked up in.
    pub bare: Bare,
    /// Inside `any contact where …` and `contacts where …`: the entity outside.
    pub outer: Option<Subject>,
    /// The event at hand.
    pub event: EventScope<'s>,
    /// Inside the `where` of a wait: the event that is waited for. Bare names are its properties; `event.x` stays the
    /// event that enrolled.
    pub awaited: Option<Idx<Event>>,
    /// Inside the `where` of `count of "X"`: the event's own properties and constants only.
    pub aggregate: bool,
    /// Parameters of the action.
    pub params: &'s [Param],
    /// Names kept by earlier steps.
    pub kept: &'s [Arc<str>],
    /// Whether `response` may be read.
    pub response: bool,
    /// Whether `timed out` may be asked.
    pub timed_out: bool,
}

/// A form and its place: what names mean there, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Here<'s> {
    /// What names mean.
    pub scope: &'s Scope<'s>,
    /// The whole form.
    pub span: Span,
}

impl<'s> Scope<'s> {
    /// A definition: segment, stage, health rule, derived attribute.
    pub fn definition(of: Subject) -> Self {
        Self { this: Some(of), ..Self::default() }
    }

    /// A workflow's conditions and arguments.
    pub fn workflow(of: Subject, event: EventScope<'s>) -> Self {
        Self { this: Some(of), event, ..Self::default() }
    }

    /// An action's declaration: its parameters.
    pub fn action(params: &'s [Param]) -> Self {
        Self { params, bare: Bare::Params, ..Self::default() }
    }

    /// With names kept by earlier steps.
    pub fn with_kept(self, kept: &'s [Arc<str>]) -> Self {
        Self { kept, ..self }
    }

    /// Where the response of a call may be read: its rules, and `keep` behind it.
    pub fn with_response(self) -> Self {
        Self { response: true, ..self }
    }

    /// Directly behind a `wait until … at most …`.
    pub fn with_timed_out(self) -> Self {
        Self { timed_out: true, ..self }
    }

    /// Inside the `where` of a wait for this event: its properties bare, the event that enrolled as `event.x`.
    pub fn awaiting(self, event: Idx<Event>) -> Self {
        Self { awaited: Some(event), bare: Bare::Event, ..self }
    }

    /// Inside the `where` of a trigger for this event: its properties bare, the entity by its name.
    pub fn filter(self, event: Idx<Event>) -> Self {
        Self { event: EventScope::Filter(event), bare: Bare::Event, ..self }
    }

    /// Inside the `where` of an aggregate over this event.
    pub fn aggregate(self, event: Idx<Event>) -> Self {
        let event = EventScope::Filter(event);
        Self { event, bare: Bare::Event, aggregate: true, ..self }
    }

    /// Inside `any contact where …` or `contacts where …`: the related entity, the present one outside.
    pub fn related(self, over: Subject) -> Self {
        Self { this: Some(over), outer: self.this, bare: Bare::Entity, ..self }
    }
}
