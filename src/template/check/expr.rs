//! Expressions and conditions.

use super::Checker;
use super::flow::Variable;
use super::path::unknown;
use super::problem::ProblemKind;
use super::types::{self, Ty};
use crate::diag::suggest;
use crate::template::ast::{Condition, Expr, FilterCall, Literal, Operand, Span, Test};
use crate::template::filters::{Filter, Kind};

/// An expression on its way through its filters.
struct Chain {
    value: Variable,
    /// The path that can be missing in what is there so far.
    missing: Option<Span>,
}

impl<'a> Checker<'a> {
    /// The type of an expression. A path that can be missing is reported when it is printed or goes through a filter.
    pub(super) fn expr(&mut self, expr: &'a Expr, printed: bool) -> Variable {
        let Some(operand) = &expr.value else { return unknown() };
        let value = self.operand(operand);
        let mut chain = Chain { missing: may_miss(operand, &value), value };
        for call in &expr.filters {
            self.filter(call, &mut chain);
        }
        if let (Some(span), true) = (chain.missing, printed || !expr.filters.is_empty()) {
            let path = span.of(&self.template.text).to_owned();
            self.report(ProblemKind::MaybeMissing { path }, span);
        }
        chain.value
    }

    pub(super) fn operand(&mut self, operand: &'a Operand) -> Variable {
        match operand {
            Operand::Literal(literal, _) => {
                Variable { ty: types::literal(literal).unwrap_or(Ty::Any), ..unknown() }
            }
            Operand::Path(path) => {
                let value = self.path(path);
                Variable { optional: value.optional && !self.is_tested(path), ..value }
            }
            Operand::Range(ends, _) => {
                self.operand(&ends.0);
                self.operand(&ends.1);
                Variable { ty: Ty::List(Ty::Number.into()), ..unknown() }
            }
        }
    }

    fn filter(&mut self, call: &'a FilterCall, chain: &mut Chain) {
        let arguments: Vec<Variable> = call.arguments.iter().map(|argument| self.operand(argument)).collect();
        for (_, argument) in &call.named {
            self.operand(argument);
        }
        let Some(filter) = call.filter else {
            let near = self.near(&call.name.text, Filter::ALL.iter().map(|filter| filter.signature().name));
            self.report(
                ProblemKind::UnknownFilter { name: call.name.text.to_string(), near },
                call.name.span,
            );
            chain.value = unknown();
            return;
        };
        self.filter_arguments(filter, call, &arguments);
        let ty = &chain.value.ty;
        if let Some(wanted) = types::refused(filter, ty) {
            let kind = ProblemKind::FilterType { filter: filter.signature().name, wanted, found: ty.word() };
            self.report(kind, call.name.span);
        }
        let missing: Vec<Option<Span>> =
            call.arguments.iter().zip(&arguments).map(|(operand, value)| may_miss(operand, value)).collect();
        let first = arguments.first();
        if filter == Filter::Default {
            chain.missing = missing.into_iter().flatten().next();
            let other = first.map_or(Ty::Text, |first| first.ty.clone());
            let ty = chain.value.ty.join(&other);
            chain.value = Variable { ty, optional: first.is_some_and(|first| first.optional), origin: None };
            return;
        }
        chain.missing = chain.missing.or(missing.into_iter().flatten().next());
        let (mut ty, optional) = types::made(filter, &chain.value.ty, first.map(|first| &first.ty));
        if filter == Filter::Map {
            ty = self.mapped(&chain.value.ty, call).unwrap_or(ty);
        }
        chain.value = Variable { ty, optional, origin: None };
    }

    fn mapped(&self, input: &Ty, call: &FilterCall) -> Option<Ty> {
        match call.arguments.first() {
            Some(Operand::Literal(Literal::Text(field), _)) => {
                Some(Ty::List(types::mapped(self.schema, input, field)?.into()))
            }
            _ => None,
        }
    }

    fn filter_arguments(&mut self, filter: Filter, call: &'a FilterCall, arguments: &[Variable]) {
        let signature = filter.signature();
        let (least, most) = signature.arguments;
        let found = arguments.len();
        if found < least || found > most {
            self.report(ProblemKind::ArgumentCount { filter: signature.name, least, most, found }, call.span);
        }
        for (name, _) in &call.named {
            if !signature.named.contains(&&*name.text) {
                let kind =
                    ProblemKind::UnknownArgument { filter: signature.name, name: name.text.to_string() };
                self.report(kind, name.span);
            }
        }
        if signature.takes != Kind::Number {
            return;
        }
        for (operand, value) in call.arguments.iter().zip(arguments) {
            if types::refused(filter, &value.ty).is_some() {
                let found = value.ty.word();
                let kind = ProblemKind::FilterType { filter: signature.name, wanted: "a number", found };
                self.report(kind, operand.span());
            }
        }
    }

    pub(super) fn condition(&mut self, condition: &'a Condition) {
        for test in &condition.tests {
            self.test(test);
        }
    }

    fn test(&mut self, test: &'a Test) {
        let left = self.operand(&test.left);
        let Some((comparison, operand)) = &test.compare else { return };
        let right = self.operand(operand);
        self.compare((&test.left, &left), (operand, &right), (*comparison, test.span));
    }

    /// Two values are compared: do their types allow it?
    pub(super) fn compare(
        &mut self,
        (left_operand, left): (&Operand, &Variable),
        (right_operand, right): (&Operand, &Variable),
        (comparison, span): (crate::template::ast::Comparison, Span),
    ) {
        if is_nothing(left_operand) || is_nothing(right_operand) {
            return;
        }
        let text = text_of(right_operand).or_else(|| text_of(left_operand));
        if !types::comparable(comparison, &left.ty, &right.ty, text) {
            let kind = ProblemKind::Comparison {
                left: left.ty.word(),
                word: comparison.word(),
                right: right.ty.word(),
            };
            self.report(kind, span);
            return;
        }
        self.word(&left.ty, right_operand, comparison);
        self.word(&right.ty, left_operand, comparison);
    }

    /// A constant that is compared with one of a few words has to be one of them.
    fn word(&mut self, ty: &Ty, operand: &Operand, comparison: crate::template::ast::Comparison) {
        use crate::template::ast::Comparison;
        let words = match ty {
            Ty::Words(words) if matches!(comparison, Comparison::Equal | Comparison::NotEqual) => words,
            Ty::List(item) if comparison == Comparison::Contains => match &**item {
                Ty::Words(words) => words,
                _ => return,
            },
            _ => return,
        };
        let Some(text) = text_of(operand) else { return };
        if !text.is_empty() && !words.iter().any(|word| &**word == text) {
            let near = suggest::nearest_of_few(text, words.iter().map(|word| &**word)).map(str::to_owned);
            let kind = ProblemKind::NotAWord { text: text.into(), words: words.to_vec(), near };
            self.report(kind, operand.span());
        }
    }
}

fn may_miss(operand: &Operand, value: &Variable) -> Option<Span> {
    match operand {
        Operand::Path(path) if value.optional => Some(path.span),
        _ => None,
    }
}

fn is_nothing(operand: &Operand) -> bool {
    matches!(operand, Operand::Literal(Literal::Nil | Literal::Blank | Literal::Empty, _))
}

fn text_of(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Literal(Literal::Text(text), _) => Some(text),
        _ => None,
    }
}
