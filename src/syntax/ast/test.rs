//! Tests, as written.

use super::{Expr, Field, Path, Subject, Text};
use crate::base::{At, Instant, Node, Period};

/// `test "…" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its name.
    pub name: Text,
    /// Its statements in order.
    pub statements: Vec<Statement>,
}

/// A statement of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// The whole statement.
    pub at: At,
}

/// Which statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatementKind {
    /// `at 2026-01-05T09:00Z`
    At(Node<Instant>),
    /// `after 2d`
    After(Node<Period>),
    /// `account "acme" { … }`, `contact "ann" of "acme" { … }`
    Entity {
        /// Account or contact.
        subject: Node<Subject>,
        /// Its id.
        id: Text,
        /// `of "acme"`
        of: Option<Text>,
        /// Its attributes.
        fields: Vec<Field>,
    },
    /// `contact "ann" performs "Login" { … }`, `contact "ann" of "acme" performs …`
    Performs {
        /// Account or contact.
        subject: Node<Subject>,
        /// Its id.
        id: Text,
        /// The account it is done in.
        of: Option<Text>,
        /// The event.
        event: Text,
        /// Its properties.
        fields: Vec<Field>,
    },
    /// `contact "ann" opens "welcome"` (`clicks`, `replies to`)
    Mail {
        /// The contact.
        id: Text,
        /// What is done.
        what: Node<MailEvent>,
        /// To the message of this template.
        template: Text,
    },
    /// `enrol "acme" in "Trial nurture"`: by hand
    Enrol {
        /// The entity.
        id: Text,
        /// The workflow.
        workflow: Text,
    },
    /// `expect …`
    Expect(Expectation),
}

/// What happens to a message that was sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailEvent {
    /// It left the outbox.
    Sent,
    /// It was opened.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// It was answered.
    Replied,
}

/// What a test expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// `expect nothing more`
    NothingMore,
    /// `expect no slack`, `expect no email "welcome"`
    NoAction {
        /// The action.
        action: Path,
        /// Its positional arguments.
        args: Vec<Text>,
    },
    /// `expect email "welcome" to "ann@acme.com"`, `expect slack "#trials" containing "three days"`
    Action {
        /// The action.
        action: Path,
        /// Its positional arguments.
        args: Vec<Text>,
        /// `to "…"` and `containing "…"`, in order.
        checks: Vec<ActionCheck>,
    },
    /// `expect "acme" …`, `expect contact "acme" …`
    Entity {
        /// Where an account and a contact share the name.
        subject: Option<Node<Subject>>,
        /// The entity.
        id: Text,
        /// What of it.
        what: EntityExpectation,
    },
}

/// A check of an action that was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionCheck {
    /// `to "…"`
    To(Text),
    /// `containing "…"`
    Containing(Text),
}

/// What is expected of an entity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityExpectation {
    /// `enrolled in "W"`, `not enrolled in "W"`
    Enrolled {
        /// `not`
        negated: bool,
        /// The workflow.
        workflow: Text,
    },
    /// `exited "W" because status = paid`
    Exited {
        /// The workflow.
        workflow: Text,
        /// The condition, as in the workflow's text.
        because: Option<Expr>,
    },
    /// `finished "W"`
    Finished(Text),
    /// `waiting in "W" until 2026-01-08T09:00Z`
    Waiting {
        /// The workflow.
        workflow: Text,
        /// Until when.
        until: Option<Node<Instant>>,
    },
    /// any condition: `in segment "Trial"`, `stage = "Adopting"`
    Holds(Expr),
}
