//! Attributes, events and their types, as written.

use super::{Expr, Name, Subject, Text};
use crate::base::{At, Node};

/// `attributes of account { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Of what.
    pub subject: Node<Subject>,
    /// The attributes.
    pub items: Vec<Attribute>,
}

/// `signed_up time from "createdAt"`, `logins_7d number = count of "Login" in last 7d`; also an event's property.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Where its value comes from.
    pub source: AttributeSource,
    /// The whole item.
    pub at: At,
}

/// Where an attribute's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AttributeSource {
    /// The trait of the same name.
    Own,
    /// `from "createdAt"`: the trait of that name.
    From(Text),
    /// `= …`: derived, never taken from the data.
    Derived(Expr),
}

/// A written type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeExpr {
    /// Which.
    pub kind: TypeKind,
    /// Where.
    pub at: At,
}

/// Which type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeKind {
    /// `text`
    Text,
    /// `email`: text, lower-cased and checked on entry
    Email,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `time`
    Time,
    /// `date`
    Date,
    /// `duration`
    Duration,
    /// `user`: a member of our own team, by e-mail address
    User,
    /// `template`: a Liquid text (parameters of actions only)
    Template,
    /// `object`: fields with names (parameters of actions only)
    Object,
    /// `one of (trial, paid, "past due")`
    OneOf(Vec<Word>),
    /// `list of text`
    List(Box<TypeExpr>),
}

/// A word of a `one of` list, bare or quoted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Whether it was quoted.
    pub quoted: bool,
    /// Where.
    pub at: At,
}

/// `event "Report Exported" { format text }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventDecl {
    /// Its name.
    pub name: Text,
    /// Its properties; `None` if it was declared without braces.
    pub properties: Option<Vec<Attribute>>,
}
