//! Conditions of `test` blocks, lowered into the same pool as the project's own.

use super::super::*;
use super::Lowering;
use crate::check::checked::{Test, TestStatementKind};

/// For each test, for each of its statements: the condition that is expected to hold.
pub type TestConditions = Vec<Vec<Option<CondId>>>;

impl Lowering<'_> {
    /// The conditions that tests expect.
    pub(super) fn tests(&mut self, tests: &[Test]) -> TestConditions {
        let mut all = Vec::new();
        for test in tests {
            let mut conditions = Vec::new();
            for statement in &test.statements {
                conditions.push(match &statement.kind {
                    TestStatementKind::ExpectHolds { entity, condition } => {
                        Some(self.condition(condition, entity.subject))
                    }
                    _ => None,
                });
            }
            all.push(conditions);
        }
        all
    }
}
