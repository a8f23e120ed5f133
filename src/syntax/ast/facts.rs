//! Segments, stages and health, as written.

use super::{Expr, Level, Subject, Text};
use crate::base::{At, Node};

/// `segment "Trial" of account where …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its name.
    pub name: Text,
    /// Of what.
    pub subject: Node<Subject>,
    /// Who is in it.
    pub condition: Expr,
}

/// `stages of account { … }`: ordered; the last that matches wins, the first is the default.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stages {
    /// Of what.
    pub subject: Node<Subject>,
    /// In order.
    pub stages: Vec<Stage>,
}

/// `stage "Mature" when …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its name.
    pub name: Text,
    /// When an entity is in it.
    pub condition: Option<Expr>,
    /// The whole item.
    pub at: At,
}

/// `health of account in stage "Onboarding" { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Of what.
    pub subject: Node<Subject>,
    /// Only in this stage.
    pub stage: Option<Text>,
    /// The rules.
    pub rules: Vec<HealthRule>,
}

/// `bad when …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HealthRule {
    /// The level.
    pub level: Node<Level>,
    /// When.
    pub condition: Expr,
    /// The whole item.
    pub at: At,
}
