//! Declarations but for workflows, connectors and tests.

use super::expr::transpose;
use super::{Lower, Parts};
use crate::base::Node;
use crate::syntax::ast::{
    Attribute, AttributeSource, Attributes, Calendar, CalendarItem, CalendarItemKind, Decl, DeclKind,
    EventDecl, Health, HealthRule, Level, Limit, PartKind, Segment, Stage, Stages, Team, Template,
    TemplatePart, TypeExpr, TypeKind, Weekday, Word,
};
use crate::syntax::{Pair, Rule};

impl Lower {
    /// The rule `decl`.
    pub(in crate::syntax) fn decl(&mut self, pair: Pair<'_>) -> Option<Decl> {
        let at = self.at(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let kind = match rule {
            Rule::workflow | Rule::bare => DeclKind::Workflow(self.workflow(inner)?),
            Rule::test => DeclKind::Test(self.test(inner)?),
            Rule::connector => DeclKind::Connector(self.connector(inner)?),
            Rule::action => DeclKind::Action(self.action(inner)?),
            _ => self.plain_decl(rule, Parts::of(inner))?,
        };
        Some(Decl { kind, at })
    }

    fn plain_decl(&mut self, rule: Rule, mut parts: Parts<'_>) -> Option<DeclKind> {
        Some(match rule {
            Rule::use_ => DeclKind::Use(self.path(&parts.next()?)),
            Rule::attributes => {
                let subject = parts.subject(self)?;
                DeclKind::Attributes(Attributes { subject, items: self.attributes(parts)? })
            }
            Rule::event => {
                let braces = parts.pairs.clone().any(|part| part.as_rule() == Rule::lbrace);
                let name = parts.text(self)?;
                let properties = self.attributes(parts)?;
                DeclKind::Event(EventDecl { name, properties: braces.then_some(properties) })
            }
            Rule::segment => {
                let name = parts.text(self)?;
                let subject = parts.subject(self)?;
                DeclKind::Segment(Segment { name, subject, condition: self.expr(parts.next()?)? })
            }
            Rule::stages => {
                let subject = parts.subject(self)?;
                let stages = parts.map(|stage| self.stage(stage)).collect::<Option<_>>()?;
                DeclKind::Stages(Stages { subject, stages })
            }
            Rule::health => DeclKind::Health(self.health(parts)?),
            Rule::team => {
                let name = parts.text(self)?;
                DeclKind::Team(Team { name, members: parts.map(|member| self.text(&member)).collect() })
            }
            Rule::calendar => {
                let name = parts.text(self)?;
                let items = parts.map(|item| self.calendar_item(item)).collect::<Option<_>>()?;
                DeclKind::Calendar(Calendar { name, items })
            }
            Rule::limit => DeclKind::Limit(self.limit(parts)?),
            _ => {
                let name = parts.text(self)?;
                let parts = parts.map(|part| self.template_part(part)).collect::<Option<_>>()?;
                DeclKind::Template(Template { name, parts })
            }
        })
    }

    fn attributes(&mut self, parts: Parts<'_>) -> Option<Vec<Attribute>> {
        parts.map(|pair| self.attribute(pair)).collect()
    }

    fn attribute(&mut self, pair: Pair<'_>) -> Option<Attribute> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(&parts.next()?);
        let ty = self.type_expr(&parts.next()?)?;
        let source = match parts.next() {
            None => AttributeSource::Own,
            Some(from) if from.as_rule() == Rule::string => AttributeSource::From(self.text(&from)),
            Some(derived) => AttributeSource::Derived(self.expr(derived)?),
        };
        Some(Attribute { name, ty, source, at })
    }

    pub(super) fn type_expr(&mut self, pair: &Pair<'_>) -> Option<TypeExpr> {
        let at = self.at(pair);
        let inner = Parts::of(pair.clone()).next()?;
        let kind = match inner.as_rule() {
            Rule::simple_type => simple_type(inner.as_str()),
            Rule::one_of => {
                TypeKind::OneOf(Parts::of(inner).map(|word| self.word(word)).collect::<Option<_>>()?)
            }
            _ => TypeKind::List(Box::new(self.deeper(pair, 1, |lower| lower.type_expr(&inner))?)),
        };
        Some(TypeExpr { kind, at })
    }

    fn word(&mut self, pair: Pair<'_>) -> Option<Word> {
        let at = self.at(&pair);
        let inner = Parts::of(pair).next()?;
        let quoted = inner.as_rule() == Rule::string;
        let text = if quoted { self.text(&inner).value } else { inner.as_str().to_owned() };
        Some(Word { text, quoted, at })
    }

    fn stage(&mut self, pair: Pair<'_>) -> Option<Stage> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let name = parts.text(self)?;
        Some(Stage { name, condition: transpose(parts.next().map(|part| self.expr(part)))?, at })
    }

    fn health(&mut self, mut parts: Parts<'_>) -> Option<Health> {
        let subject = parts.subject(self)?;
        let stage = parts.text(self);
        let rules = parts.map(|rule| self.health_rule(rule)).collect::<Option<_>>()?;
        Some(Health { subject, stage, rules })
    }

    fn health_rule(&mut self, pair: Pair<'_>) -> Option<HealthRule> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let level = self.level(&parts.next()?);
        Some(HealthRule { level, condition: self.expr(parts.next()?)?, at })
    }

    pub(super) fn level(&self, pair: &Pair<'_>) -> Node<Level> {
        let level = match pair.as_str() {
            "good" => Level::Good,
            "bad" => Level::Bad,
            _ => Level::Average,
        };
        self.node(pair, level)
    }

    fn calendar_item(&mut self, pair: Pair<'_>) -> Option<CalendarItem> {
        let at = self.at(&pair);
        let inner = pair.into_inner().next()?;
        let rule = inner.as_rule();
        let mut parts = Parts::of(inner);
        let kind = match rule {
            Rule::zone => CalendarItemKind::Zone(parts.text(self)?),
            Rule::closed => {
                let first = self.date(&parts.next()?);
                let last = parts.next().map_or_else(|| first.clone(), |last| self.date(&last));
                CalendarItemKind::Closed { first, last }
            }
            _ => {
                let first = self.weekday(&parts.next()?);
                let last =
                    parts.accept(Rule::weekday).map_or_else(|| first.clone(), |last| self.weekday(&last));
                let from = self.clock(&parts.next()?, false);
                CalendarItemKind::Hours { first, last, from, to: self.clock(&parts.next()?, true) }
            }
        };
        Some(CalendarItem { kind, at })
    }

    pub(super) fn weekday(&self, pair: &Pair<'_>) -> Node<Weekday> {
        let day = match pair.as_str().get(..3).unwrap_or_default() {
            "mon" => Weekday::Mon,
            "tue" => Weekday::Tue,
            "wed" => Weekday::Wed,
            "thu" => Weekday::Thu,
            "fri" => Weekday::Fri,
            "sat" => Weekday::Sat,
            _ => Weekday::Sun,
        };
        self.node(pair, day)
    }

    fn limit(&mut self, mut parts: Parts<'_>) -> Option<Limit> {
        let count = self.number_node(&parts.next()?);
        let what = self.path(&parts.next()?);
        let per = parts.subject(self)?;
        Some(Limit { count, what, per, window: self.period(&parts.next()?) })
    }

    fn template_part(&mut self, pair: Pair<'_>) -> Option<TemplatePart> {
        let file = pair.clone().into_inner().any(|part| part.as_rule() == Rule::k_file);
        let mut parts = Parts::of(pair);
        let word = parts.next()?;
        let kind = match word.as_str() {
            "subject" => PartKind::Subject,
            "text" => PartKind::Text,
            "html" => PartKind::Html,
            _ => PartKind::Markdown,
        };
        Some(TemplatePart { kind: self.node(&word, kind), file, text: parts.text(self)? })
    }
}

fn simple_type(word: &str) -> TypeKind {
    match word {
        "text" => TypeKind::Text,
        "email" => TypeKind::Email,
        "number" => TypeKind::Number,
        "bool" => TypeKind::Bool,
        "time" => TypeKind::Time,
        "date" => TypeKind::Date,
        "duration" => TypeKind::Duration,
        "user" => TypeKind::User,
        "object" => TypeKind::Object,
        _ => TypeKind::Template,
    }
}
