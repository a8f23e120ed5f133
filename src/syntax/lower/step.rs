//! Steps and arguments.

use super::expr::transpose;
use super::{Lower, Parts};
use crate::base::{Node, Span};
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{
    Arg, ArgKind, Arm, Branch, Call, Delay, Expr, Field, Keep, MailEvent, Named, Offset, OnFailure, Step,
    StepKind, Wait, WaitUntil,
};
use crate::syntax::{Pair, Rule};

impl Lower {
    pub(in crate::syntax) fn steps<'i>(
        &mut self,
        pairs: impl Iterator<Item = Pair<'i>>,
    ) -> Option<Vec<Step>> {
        let mut steps: Vec<Step> = Vec::new();
        for pair in pairs.filter(|pair| pair.as_rule() == Rule::step) {
            if let Some(guard) = steps.last().and_then(|step| step.guard.as_ref()) {
                self.watch_guard(guard.at.0, &pair);
            }
            steps.push(self.step(pair)?);
        }
        Some(steps)
    }

    /// Warns of a guard that begins a line which goes on with another step: it looks as if it guarded that one.
    fn watch_guard(&mut self, guard: Span, next: &Pair<'_>) {
        let text = next.as_span().get_input();
        let before = text.get(..guard.start as usize - self.base).unwrap_or_default();
        let line = before.trim_end().strip_suffix("if").map(|line| line.trim_end_matches([' ', '\t']));
        let between = text.get(guard.end as usize - self.base..next.as_span().start()).unwrap_or_default();
        if !line.is_some_and(|line| line.ends_with('\n')) || between.contains('\n') {
            return;
        }
        let step = next.as_str().split_whitespace().next().unwrap_or_default();
        let found = Diagnostic::new(Code::MisleadingGuard, guard, "this condition guards the step before it");
        self.diagnostics.push(
            found
                .other(self.span(next), "and not this one")
                .help(format!("put it behind the step that it guards, `{step} … if …`, or the steps in braces, `if … {{ {step} … }}`")),
        );
    }

    fn block(&mut self, pair: Pair<'_>) -> Option<Vec<Step>> {
        self.deeper(&pair.clone(), 1, |lower| lower.steps(pair.into_inner()))
    }

    fn step(&mut self, pair: Pair<'_>) -> Option<Step> {
        let at = self.at(&pair);
        let (mut label, mut kind, mut guard, mut on_failure) = (None, None, None, None);
        let mut keep = Vec::new();
        for part in Parts::of(pair) {
            match part.as_rule() {
                Rule::label => label = Some(Parts::of(part).text(self)?),
                Rule::guard => {
                    self.only_once(&part, guard.is_some());
                    guard = Some(part);
                }
                Rule::on_failure => {
                    self.only_once(&part, on_failure.is_some());
                    on_failure = Some(self.failure_policy(&Parts::of(part).next()?));
                }
                Rule::keep => keep.push(self.keep(part)?),
                _ => kind = Some(self.step_kind(&part)?),
            }
        }
        let guard = transpose(guard.map(|guard| self.expr(Parts::of(guard).next()?)))?;
        Some(Step { label, kind: kind?, guard, on_failure, keep, at })
    }

    fn failure_policy(&self, pair: &Pair<'_>) -> Node<OnFailure> {
        let exit = pair.as_str() == "exit";
        self.node(pair, if exit { OnFailure::Exit } else { OnFailure::Continue })
    }

    /// Reports a tail that stands behind the same step already.
    fn only_once(&mut self, pair: &Pair<'_>, again: bool) {
        if again {
            let span = self.span(pair);
            let what = if pair.as_rule() == Rule::guard { "an `if`" } else { "an `on failure`" };
            self.error(Code::Syntax, span, format!("this step has {what} already")).help =
                Some("join the two into one".to_owned());
        }
    }

    fn step_kind(&mut self, pair: &Pair<'_>) -> Option<StepKind> {
        let mut parts = Parts::of(pair.clone());
        Some(match pair.as_rule() {
            Rule::branch => StepKind::Branch(self.branch(parts)?),
            Rule::split => StepKind::Split(parts.map(|arm| self.arm(arm)).collect::<Option<_>>()?),
            Rule::wait => StepKind::Wait(self.wait(parts.next()?)?),
            Rule::exit_step => StepKind::Exit,
            Rule::goal_step => StepKind::Goal,
            Rule::set => StepKind::Set(self.named_all(parts)?),
            Rule::tag => {
                let adds = parts.accept(Rule::tag_verb)?.as_str() == "add";
                let tag = parts.text(self)?;
                if adds { StepKind::AddTag(tag) } else { StepKind::RemoveTag(tag) }
            }
            Rule::record => {
                let event = parts.text(self)?;
                StepKind::Record { event, fields: transpose(parts.next().map(|object| self.object(object)))? }
            }
            Rule::assign => StepKind::Assign(self.named(parts.next()?)?),
            Rule::start => StepKind::Start { workflow: parts.text(self)?, named: self.named_all(parts)? },
            Rule::stop => StepKind::Stop { workflow: parts.text(self)?, named: self.named_all(parts)? },
            _ => StepKind::Call(self.call(parts)?),
        })
    }

    fn branch(&mut self, parts: Parts<'_>) -> Option<Branch> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut condition: Option<Expr> = None;
        for part in parts {
            match (part.as_rule(), condition.take()) {
                (Rule::cond, _) => condition = Some(self.expr(part)?),
                (_, Some(condition)) => arms.push((condition, self.block(part)?)),
                (_, None) => otherwise = Some(self.block(part)?),
            }
        }
        Some(Branch { arms, otherwise })
    }

    fn arm(&mut self, pair: Pair<'_>) -> Option<Arm> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let percent = self.number_node(&parts.next()?);
        Some(Arm { percent, name: parts.text(self)?, steps: self.block(parts.next()?)?, at })
    }

    fn wait(&mut self, pair: Pair<'_>) -> Option<Wait> {
        if pair.as_rule() != Rule::until {
            return Some(Wait::For(self.delay(pair)?));
        }
        let mut parts = Parts::of(pair);
        let what = self.wait_until(parts.next()?)?;
        let (mut at_most, mut else_exit) = (None, false);
        for part in parts {
            match part.as_rule() {
                Rule::at_most => at_most = Some(self.delay(Parts::of(part).next()?)?),
                _ => else_exit = true,
            }
        }
        Some(Wait::Until { what, at_most, else_exit })
    }

    fn delay(&mut self, pair: Pair<'_>) -> Option<Delay> {
        if pair.as_rule() != Rule::business {
            return Some(Delay::Period(self.period(&pair)));
        }
        let mut parts = Parts::of(pair);
        let count = self.number_node(&parts.next()?);
        Some(Delay::BusinessDays { count, calendar: parts.text(self) })
    }

    fn wait_until(&mut self, pair: Pair<'_>) -> Option<WaitUntil> {
        if pair.as_rule() == Rule::cond {
            return Some(WaitUntil::Condition(self.expr(pair)?));
        }
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        Some(match rule {
            Rule::until_clock => {
                let time = self.clock(&parts.next()?, false);
                WaitUntil::Clock { time, calendar: parts.text(self) }
            }
            Rule::until_mail => {
                let word = parts.accept(Rule::mail_event)?;
                WaitUntil::Mail {
                    what: self.node(&word, mail_event(word.as_str())),
                    template: parts.text(self)?,
                }
            }
            Rule::until_date => {
                let offset = self.offset(parts.next()?)?;
                WaitUntil::Date { offset, attribute: self.path(&parts.next()?) }
            }
            _ => {
                let event = parts.text(self)?;
                WaitUntil::Performs { event, filter: transpose(parts.next().map(|part| self.expr(part)))? }
            }
        })
    }

    pub(super) fn offset(&mut self, pair: Pair<'_>) -> Option<Offset> {
        let mut parts = Parts::of(pair);
        let period = self.period(&parts.next()?);
        Some(Offset { period, before: parts.next()?.as_str() == "before" })
    }

    fn call(&mut self, mut parts: Parts<'_>) -> Option<Call> {
        let action = self.path(&parts.next()?);
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for part in parts {
            if part.as_rule() == Rule::named {
                named.push(self.named(part)?);
            } else {
                positional.push(Expr { at: self.at(&part), kind: self.literal(&part)? });
            }
        }
        Some(Call { action, positional, named })
    }

    fn named_all(&mut self, parts: Parts<'_>) -> Option<Vec<Named>> {
        parts.map(|pair| self.named(pair)).collect()
    }

    fn named(&mut self, pair: Pair<'_>) -> Option<Named> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        Some(Named { name: self.name(&parts.next()?), value: self.arg(parts.next()?)?, at })
    }

    /// `keep task_id = response.json.id`
    pub(super) fn keep(&mut self, pair: Pair<'_>) -> Option<Keep> {
        let mut parts = Parts::of(pair);
        Some(Keep { name: self.name(&parts.next()?), value: self.expr(parts.next()?)? })
    }

    pub(in crate::syntax) fn arg(&mut self, pair: Pair<'_>) -> Option<Arg> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair.clone());
        let kind = match pair.as_rule() {
            Rule::object => ArgKind::Object(self.object(pair)?),
            Rule::list => {
                let items = |lower: &mut Self| parts.map(|item| lower.arg(item)).collect::<Option<_>>();
                ArgKind::List(self.deeper(&pair, 1, items)?)
            }
            Rule::contacts => ArgKind::Contacts(transpose(parts.next().map(|part| self.expr(part)))?),
            Rule::next_of => ArgKind::NextOf(parts.text(self)?),
            Rule::secret => ArgKind::Secret(parts.text(self)?),
            Rule::least_loaded => ArgKind::LeastLoadedOf(parts.text(self)?),
            _ => ArgKind::Value(self.expr(pair)?),
        };
        Some(Arg { kind, at })
    }

    pub(super) fn object(&mut self, pair: Pair<'_>) -> Option<Vec<Field>> {
        self.deeper(&pair.clone(), 1, |lower| Parts::of(pair).map(|field| lower.field(field)).collect())
    }

    fn field(&mut self, pair: Pair<'_>) -> Option<Field> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let key = parts.next()?;
        let quoted = key.as_rule() == Rule::string;
        let name = if quoted {
            let text = self.text(&key);
            Node { node: text.value, at: text.at }
        } else {
            self.name(&key)
        };
        Some(Field { name, quoted, value: self.arg(parts.next()?)?, at })
    }
}

pub(super) fn mail_event(word: &str) -> MailEvent {
    match word {
        "sent" => MailEvent::Sent,
        "opened" | "opens" => MailEvent::Opened,
        "clicked" | "clicks" => MailEvent::Clicked,
        _ => MailEvent::Replied,
    }
}
