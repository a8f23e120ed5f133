//! Relations and membership: `any contact where …`, `count of contacts …`, `in segment "X"`, `in workflow "W"`.
//!
//! From an account there are its contacts, from a contact its accounts; a relation does not stand inside another.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::explain::article;
use super::expr::{condition, not};
use super::scope::{Here, Scope};
use super::words::stripped;
use crate::base::Node;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::value::Type;

impl Cx<'_> {
    /// `any contact where …`, `every …`, `no …`
    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        over: &Node<Subject>,
        inner: &ast::Expr,
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        let related = self.related(over, scope)?;
        let inner = Box::new(self.condition(inner, &related)?);
        let kind = ExprKind::Quantified { quantifier, over: over.node, condition: inner };
        Some(condition(kind, span))
    }

    /// `count of contacts where …`
    pub(super) fn count_of(
        &mut self,
        over: &Node<Subject>,
        inner: Option<&ast::Expr>,
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        let related = self.related(over, scope)?;
        let inner = match inner {
            Some(inner) => Some(Box::new(self.condition(inner, &related)?)),
            None => None,
        };
        let kind = ExprKind::CountOf { over: over.node, condition: inner };
        Some(Expr { kind, ty: Type::Number, span })
    }

    fn related<'s>(&mut self, over: &Node<Subject>, scope: &Scope<'s>) -> Option<Scope<'s>> {
        let this = scope.this?;
        if scope.outer.is_some() {
            let wrong =
                Diagnostic::new(Code::NestedRelation, over.span(), "one relation can't stand inside another");
            return self.fail(wrong.help("make the inner one a segment, and ask `in segment \"…\"`"));
        }
        if this != over.node {
            return Some(scope.related(over.node));
        }
        let word = subject_word(this);
        let message = format!("{} is not related to other {word}s", article(this));
        let wrong = Diagnostic::new(Code::WrongRelation, over.span(), message);
        let help = match this {
            Subject::Account => "from an account: `any contact where …`".to_owned(),
            Subject::Contact => "from a contact: `account.status`, `any account where …`".to_owned(),
        };
        self.fail(wrong.help(help))
    }

    /// `in segment "X"`, `account in segment "X"`
    pub(super) fn in_segment(
        &mut self,
        of: Option<&ast::Expr>,
        negated: bool,
        segment: &ast::Text,
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        let (of, subject) = self.member(of, scope)?;
        let segment = self.segment_of(segment, subject)?;
        let found = condition(ExprKind::InSegment { of, segment }, span);
        Some(if negated { not(found, span) } else { found })
    }

    /// `in workflow "W"`, `account in workflow "W"`
    pub(super) fn in_workflow(
        &mut self,
        of: Option<&ast::Expr>,
        negated: bool,
        workflow: &ast::Text,
        Here { scope, span }: Here<'_>,
    ) -> Option<Expr> {
        let (of, subject) = self.member(of, scope)?;
        let workflow = self.workflow_of(workflow, subject)?;
        let found = condition(ExprKind::InWorkflow { of, workflow }, span);
        Some(if negated { not(found, span) } else { found })
    }

    /// Whose membership is asked: `account`, `contact`, or without a word the entity at hand.
    fn member(&mut self, of: Option<&ast::Expr>, scope: &Scope<'_>) -> Option<(Who, Subject)> {
        let this = scope.this?;
        let Some(expr) = of else { return Some((Who::This, this)) };
        let subject = match &stripped(expr).kind {
            Ast::Path(path) => match path.single() {
                Some("account") => Some(Subject::Account),
                Some("contact") => Some(Subject::Contact),
                _ => None,
            },
            _ => None,
        };
        let Some(subject) = subject else {
            let message = "only `account` and `contact` are in segments and workflows";
            let wrong = Diagnostic::new(Code::NotAValue, expr.at.0, message);
            return self.fail(wrong.help("write `in segment \"…\"` alone for the entity at hand"));
        };
        if let Some(who) = Self::who(subject, scope) {
            return Some((who, subject));
        }
        let word = subject_word(subject);
        let message = format!("{} has no `{word}`: it has several", article(this));
        let wrong = Diagnostic::new(Code::WrongSubject, expr.at.0, message);
        self.fail(wrong.help(format!("ask its {word}s: `any {word} where in segment \"…\"`")))
    }
}
