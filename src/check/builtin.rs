//! The actions that the machine does itself, as a table, and what they take.
//!
//! The order of the parameters is the order of positional arguments and of `checked::Call::args`. Everything else that
//! a step can call is declared in `.wf` (`stdlib/`).

use super::checked::BuiltInAction;
use crate::value::Type;

/// A parameter of an action.
#[derive(Clone, Debug)]
pub struct Slot<'t> {
    /// Its name.
    pub name: &'t str,
    /// What it takes.
    pub kind: SlotKind<'t>,
    /// Whether it has to be given.
    pub required: bool,
}

/// What a parameter takes.
#[derive(Clone, Debug)]
pub enum SlotKind<'t> {
    /// A template by its name.
    Message,
    /// A team by its name.
    Team,
    /// Who gets it.
    Recipients,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A value of a type.
    Typed(&'t Type),
}

/// The type of a Liquid text, for slots.
const TEMPLATE: &Type = &Type::Template;
const USER: &Type = &Type::User;

/// The action of that name.
pub fn find(name: &str) -> Option<BuiltInAction> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, action)| *action)
}

/// Every action that the machine does itself, by name.
pub const NAMES: [(&str, BuiltInAction); 4] = [
    ("email", BuiltInAction::Email),
    ("html", BuiltInAction::Html),
    ("gmail", BuiltInAction::Gmail),
    ("notify", BuiltInAction::Notify),
];

/// What an action takes, in order.
pub fn slots(action: BuiltInAction) -> Vec<Slot<'static>> {
    let slot = |name, kind, required| Slot { name, kind, required };
    let message = slot("template", SlotKind::Message, true);
    let to = slot("to", SlotKind::Recipients, true);
    let from = slot("from", SlotKind::Typed(USER), false);
    let reply = slot("reply", SlotKind::Words(&["thread", "new"]), false);
    match action {
        BuiltInAction::Email | BuiltInAction::Html => {
            let send = slot("send", SlotKind::Words(&["review", "automatic"]), false);
            let expires = slot("expires", SlotKind::Typed(&Type::Duration), false);
            vec![message, to, from, send, reply, expires]
        }
        BuiltInAction::Gmail => vec![message, to, from, reply],
        BuiltInAction::Notify => vec![
            slot("team", SlotKind::Team, true),
            slot("message", SlotKind::Typed(TEMPLATE), true),
            slot("subject", SlotKind::Typed(TEMPLATE), false),
        ],
    }
}

/// Whether the action sends a message to people outside.
pub fn is_mail(action: BuiltInAction) -> bool {
    action != BuiltInAction::Notify
}
