//! Calls: the action, and each of its arguments in the place of its parameter.

use super::args::{self, Wanted};
use super::builtin::{self, Slot, SlotKind};
use super::checked::*;
use super::cx::Cx;
use super::flow::Flow;
use super::liquid::TextScope;
use super::once::firsts;
use super::recipient;
use crate::base::Span;
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, ArgKind, ExprKind as Written};
use crate::value::{Type, Value};

/// The action of that name.
pub(super) fn action(cx: &mut Cx<'_>, path: &ast::Path) -> Option<ActionRef> {
    let name = path.text();
    if let Some(action) = builtin::find(&name) {
        return Some(ActionRef::BuiltIn(action));
    }
    let names = cx.names;
    if let Some(entry) = names.actions.get(&name) {
        return Some(ActionRef::Declared(entry.idx));
    }
    if names.broken.may_declare("action", &name) {
        return None;
    }
    let unknown = Diagnostic::new(Code::UnknownAction, path.at.0, format!("there is no action `{name}`"));
    cx.fail(if let Some(module) = unused_module(cx, &name) {
        unknown.help(format!("add `use std.{module}` to the project"))
    } else {
        let known = names.actions.names().chain(builtin::NAMES.iter().map(|(name, _)| *name)).chain(STEPS);
        match suggest::nearest(&name, known.take(cx.patience())) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(path.at.0, near),
            None => unknown.help(format!("declare it: `action {name}(…) through … {{ … }}`")),
        }
    })
}

/// Steps that are no actions, for suggestions.
const STEPS: [&str; 10] =
    ["wait", "assign", "set", "add tag", "remove tag", "record", "start", "stop", "exit", "goal"];

/// The module of the standard library that would bring an action and is not used.
fn unused_module(cx: &Cx<'_>, name: &str) -> Option<String> {
    let first = name.split('.').next()?;
    let module = *cx.input.modules.iter().find(|module| **module == first)?;
    let used = cx.names.actions.names().any(|known| known.split('.').next() == Some(first));
    (!used).then(|| module.to_owned())
}

/// An argument as given.
#[derive(Clone, Copy)]
enum Given<'g> {
    /// By its place.
    Placed(&'g ast::Expr),
    /// By its name.
    Named(&'g ast::Arg),
}

impl<'g> Given<'g> {
    fn span(self) -> Span {
        match self {
            Self::Placed(expr) => expr.at.0,
            Self::Named(arg) => arg.at.0,
        }
    }

    fn text(self) -> Option<&'g ast::Text> {
        let expr = match self {
            Self::Placed(expr) => expr,
            Self::Named(ast::Arg { kind: ArgKind::Value(expr), .. }) => expr,
            Self::Named(_) => return None,
        };
        match &expr.kind {
            Written::Text(text) => Some(text),
            _ => None,
        }
    }

    fn arg(self) -> ast::Arg {
        match self {
            Self::Placed(expr) => ast::Arg { kind: ArgKind::Value(expr.clone()), at: expr.at },
            Self::Named(arg) => arg.clone(),
        }
    }
}

impl Flow<'_, '_> {
    /// A call of a step.
    pub(super) fn call(&mut self, call: &ast::Call, keep: &[ast::Keep]) -> Option<Call> {
        let Some(action) = action(self.cx, &call.action) else {
            self.use_names_of(call);
            return None;
        };
        let params: Vec<Param> = match action {
            ActionRef::Declared(idx) => {
                self.cx.out.actions.get(idx).map(|it| it.params.clone()).unwrap_or_default()
            }
            ActionRef::BuiltIn(_) => Vec::new(),
        };
        let slots: Vec<Slot<'_>> = match action {
            ActionRef::BuiltIn(action) => builtin::slots(action),
            ActionRef::Declared(_) => params.iter().map(slot).collect(),
        };
        let given = self.bind(call, &slots);
        let texts = self.env.texts(self.goes_to_contacts(&slots, &given));
        let args = self.arguments(call, action, (&slots, &given), &texts);
        let args = Self::defaults(args?, &params);
        let keep = self.keeps(call, action, keep);
        Some(Call { action, args, keep: keep? })
    }

    /// Whether a message goes to contacts; also where it is not said rightly to whom, for that is told already.
    fn goes_to_contacts(&self, slots: &[Slot<'_>], given: &[Option<Given<'_>>]) -> bool {
        slots.iter().zip(given).any(|(slot, given)| match given {
            Some(given) if recipient::is_contact(&given.arg()) => true,
            Some(given) => matches!(slot.kind, SlotKind::Recipients) && self.is_nobody(&given.arg()),
            None => matches!(slot.kind, SlotKind::Recipients) && slot.required,
        })
    }

    /// Puts each argument in the place of its parameter.
    fn bind<'g>(&mut self, call: &'g ast::Call, slots: &[Slot<'_>]) -> Vec<Option<Given<'g>>> {
        let name = call.action.text();
        let mut given: Vec<Option<Given<'g>>> = vec![None; slots.len()];
        for (at, expr) in call.positional.iter().enumerate() {
            match given.get_mut(at) {
                Some(place) => *place = Some(Given::Placed(expr)),
                None => self.too_many(&name, slots.len(), expr.at.0),
            }
        }
        for named in &call.named {
            let place =
                slots.iter().position(|slot| slot.name == named.name.node).and_then(|at| given.get_mut(at));
            match place {
                None => self.unknown_argument(&name, slots, &named.name),
                Some(Some(first)) => {
                    let message = format!("`{}` is given twice", named.name.node);
                    let twice = Diagnostic::new(Code::DuplicateArgument, named.name.span(), message);
                    self.cx.report(twice.other(first.span(), "first here").help("take one of them out"));
                }
                Some(place) => *place = Some(Given::Named(&named.value)),
            }
        }
        given
    }

    fn too_many(&mut self, action: &str, most: usize, span: Span) {
        let message = format!(
            "`{action}` takes {most} argument{}, and this is one more",
            if most == 1 { "" } else { "s" }
        );
        self.cx.report(Diagnostic::new(Code::TooManyArguments, span, message).help("take it out"));
    }

    fn unknown_argument(&mut self, action: &str, slots: &[Slot<'_>], name: &ast::Name) {
        let message = format!("`{action}` has no `{}`", name.node);
        let unknown = Diagnostic::new(Code::UnknownArgument, name.span(), message);
        let known = || slots.iter().map(|slot| slot.name);
        self.cx.report(if let Some(near) = suggest::nearest(&name.node, known()) {
            unknown.help(format!("did you mean `{near}`?")).fix(name.span(), near)
        } else {
            let known: Vec<String> = known().map(|name| format!("`{name}`")).collect();
            unknown.help(format!("it takes {}", known.join(", ")))
        });
    }

    /// The arguments in the order of the parameters; reports what has to be given and is not.
    fn arguments(
        &mut self,
        call: &ast::Call,
        action: ActionRef,
        (slots, given): (&[Slot<'_>], &[Option<Given<'_>>]),
        texts: &TextScope,
    ) -> Option<Vec<Arg>> {
        let mut made = Some(Vec::with_capacity(slots.len()));
        for (slot, given) in slots.iter().zip(given) {
            let arg = match given {
                Some(given) => self.argument(slot, *given, (action, texts)),
                None => self.absent(call, slot),
            };
            match (arg, &mut made) {
                (Some(arg), Some(made)) => made.push(arg),
                _ => made = None,
            }
        }
        made
    }

    fn absent(&mut self, call: &ast::Call, slot: &Slot<'_>) -> Option<Arg> {
        if matches!(slot.kind, SlotKind::Recipients) && self.env.subject == Subject::Contact {
            return Some(Arg::Recipients(Recipients::Contact));
        }
        if !slot.required {
            return Some(Arg::Absent);
        }
        let (name, action) = (slot.name, call.action.text());
        let missing =
            Diagnostic::new(Code::MissingArgument, call.action.at.0, format!("`{action}` needs `{name}`"));
        let help = match &slot.kind {
            SlotKind::Recipients => "say who gets it: `to: contacts where …`".into(),
            SlotKind::Message => format!("name a template: `{action} \"…\"`"),
            SlotKind::Team => format!("name a team: `{action} \"…\"`"),
            SlotKind::Words(_) | SlotKind::Typed(_) => format!("add `{name}: …`"),
        };
        self.cx.fail(missing.help(help))
    }

    fn argument(
        &mut self,
        slot: &Slot<'_>,
        given: Given<'_>,
        (action, texts): (ActionRef, &TextScope),
    ) -> Option<Arg> {
        match &slot.kind {
            SlotKind::Message => {
                let Some(text) = given.text() else { return self.by_name(slot, given, "a template") };
                let template = self.cx.template(text)?;
                if let ActionRef::BuiltIn(action) = action {
                    self.sent.add(template, action, texts.clone(), text.at.0);
                }
                self.sends.insert(template.raw());
                Some(Arg::Message(template))
            }
            SlotKind::Team => {
                let Some(text) = given.text() else { return self.by_name(slot, given, "a team") };
                Some(Arg::Team(self.cx.team(text)?))
            }
            SlotKind::Recipients => Some(Arg::Recipients(self.recipients(&given.arg())?)),
            SlotKind::Words(words) => self.word(slot, words, given),
            SlotKind::Typed(ty) => {
                let wanted = Wanted { name: slot.name, ty };
                args::typed(self.cx, &given.arg(), wanted, (&self.env.scope(), texts))
            }
        }
    }

    fn by_name(&mut self, slot: &Slot<'_>, given: Given<'_>, what: &str) -> Option<Arg> {
        let message = format!("`{}` takes {what} by its name", slot.name);
        self.cx.fail(
            Diagnostic::new(Code::WrongArgument, given.span(), message).help("write the name in quotes"),
        )
    }

    fn word(&mut self, slot: &Slot<'_>, words: &[&str], given: Given<'_>) -> Option<Arg> {
        let ty = Type::OneOf(words.iter().map(|word| (*word).into()).collect());
        let arg = given.arg();
        let ArgKind::Value(expr) = &arg.kind else {
            let wanted = Wanted { name: slot.name, ty: &ty };
            return self.cx.fail(args::wrong(wanted, given.span(), args::shape(&arg)));
        };
        let word = self.cx.constant(expr, &ty)?;
        Some(Arg::Value(Expr::constant(word, ty, given.span())))
    }

    /// Parameters that are not given get their defaults.
    fn defaults(args: Vec<Arg>, params: &[Param]) -> Vec<Arg> {
        let mut params = params.iter();
        args.into_iter()
            .map(|arg| match (arg, params.next()) {
                (Arg::Absent, Some(Param { default: Some(value), ty, .. })) if *value != Value::Missing => {
                    Arg::Value(Expr::constant(value.clone(), ty.clone(), Span::default()))
                }
                (arg, _) => arg,
            })
            .collect()
    }

    /// Values kept behind a call, and those that the action keeps by itself and the call does not name anew.
    fn keeps(
        &mut self,
        call: &ast::Call,
        action: ActionRef,
        keep: &[ast::Keep],
    ) -> Option<Vec<(usize, Expr)>> {
        let ActionRef::Declared(idx) = action else {
            let Some(first) = keep.first() else { return Some(Vec::new()) };
            let message = format!("`{}` has no response to keep a value of", call.action.text());
            return self
                .cx
                .fail(Diagnostic::new(Code::MisplacedKeep, first.name.span(), message).help("leave it out"));
        };
        let first = firsts(
            self.cx,
            keep.iter().map(|keep| (keep.name.node.as_str(), keep.name.span())),
            (Code::DuplicateItem, "kept name"),
        );
        let own = self.cx.out.actions.get(idx).map(|action| action.rules.keep.clone()).unwrap_or_default();
        let anew = |name: &str| keep.iter().any(|keep| keep.name.node == name);
        let own = own.into_iter().filter(|(name, _)| !anew(name));
        let mut kept: Vec<(usize, Expr)> = own.map(|(name, value)| (self.env.keep(name), value)).collect();
        for (keep, _) in keep.iter().zip(first).filter(|(_, first)| *first) {
            let scope = self.env.scope().with_response();
            let value = self.cx.value(&keep.value, &scope, None);
            let name = self.cx.intern(&keep.name.node);
            kept.push((self.env.keep(name), value?));
        }
        Some(kept)
    }

    /// An unknown action still uses the templates and teams that it names.
    fn use_names_of(&mut self, call: &ast::Call) {
        let names = self.cx.names;
        for text in call.positional.iter().filter_map(|expr| Given::Placed(expr).text()) {
            if names.templates.get(&text.value).is_some() {
                self.cx.template(text);
            }
            if names.teams.get(&text.value).is_some() {
                self.cx.team(text);
            }
        }
    }
}

fn slot(param: &Param) -> Slot<'_> {
    Slot { name: &param.name, kind: SlotKind::Typed(&param.ty), required: param.default.is_none() }
}
