//! Tests: a statement a line.
//!
//! In: a test. Out: its tokens.

use super::print::{Printer, Shape};
use crate::syntax::ast::{EntityExpectation, Expectation, Statement, StatementKind, Test};

impl Printer<'_> {
    /// The rest of `test "…" { … }`.
    pub fn test(&mut self, test: &Test) {
        self.through(test.name.at);
        self.list(
            Shape::LINES,
            &test.statements,
            |statement| statement.at.0,
            |p, statement| {
                p.item(|p| {
                    p.statement(statement);
                    p.through(statement.at);
                });
            },
        );
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Entity { fields, .. } => self.object(fields),
            StatementKind::Performs { event, fields, .. } => {
                self.through(event.at);
                if self.peek() == "{" {
                    self.object(fields);
                }
            }
            StatementKind::Expect(Expectation::Entity {
                what:
                    EntityExpectation::Exited { because: Some(condition), .. }
                    | EntityExpectation::Holds(condition),
                ..
            }) => self.expr(condition),
            _ => {}
        }
    }
}
