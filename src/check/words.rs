//! Words of a `one of` type, stages, levels and addresses: what a bare name or a quoted text means beside its type;
//! and whether a value fits where it goes.

use super::checked::*;
use super::collect::subject_word;
use super::cx::Cx;
use super::lookup::{Unknown, listed, quoted};
use super::scope::{Bare, Scope};
use super::types::spoken;
use crate::base::Span;
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, ExprKind as Ast};
use crate::value::{Level, Type, Value, Words};
use rust_decimal::Decimal;
use std::sync::Arc;

const LEVELS: [(&str, Level); 3] = [("bad", Level::Bad), ("average", Level::Average), ("good", Level::Good)];

impl Cx<'_> {
    /// A value; with an expected type it must fit: a bare or quoted word becomes a word of its `one of` type, a text
    /// an address, a length of time an instant from now, and `missing` is allowed (it clears). A date may go where a
    /// time is wanted (its midnight) and a time where a date is (its day): the types then differ.
    pub fn value(&mut self, expr: &ast::Expr, scope: &Scope<'_>, expected: Option<&Type>) -> Option<Expr> {
        let found = self.infer(expr, scope, expected)?;
        match expected {
            Some(expected) => self.fit(found, expected),
            None => Some(found),
        }
    }

    /// A literal of an expected type, `missing` too.
    pub fn constant(&mut self, expr: &ast::Expr, expected: &Type) -> Option<Value> {
        let names_a_word = |path: &ast::Path| path.single().is_some() && is_wordy(expected);
        let literal = match &stripped(expr).kind {
            Ast::Path(path) if !names_a_word(path) => None,
            _ => match self.value(expr, &Scope::default(), Some(expected))?.kind {
                ExprKind::Const(value) => Some(value),
                _ => None,
            },
        };
        if literal.is_some() {
            return literal;
        }
        let message = format!("a literal is wanted here: {}", spoken(expected));
        let help = match (&stripped(expr).kind, expected) {
            (Ast::Path(path), Type::Text | Type::Email | Type::User) => {
                format!("a text stands in quotes: {}", quoted(&path.text()))
            }
            _ => "write the value itself".into(),
        };
        self.fail(Diagnostic::new(Code::NotALiteral, expr.at.0, message).help(help))
    }

    /// A path that may be a word of the type that it stands beside (S1.7).
    pub(super) fn name_or_word(
        &mut self,
        path: &ast::Path,
        scope: &Scope<'_>,
        hint: Option<&Type>,
    ) -> Option<Expr> {
        let (Some(name), Some(ty)) = (path.single(), hint.filter(|ty| is_wordy(ty))) else {
            return self.path(path, scope, hint);
        };
        let named = self.find(path, scope);
        match (word_value(name, ty), named) {
            (Some(_), Some(_)) => self.ambiguous(name, path.at.0, scope),
            (Some(value), None) => Some(self.word(value, ty, path.at.0)),
            (None, Some((kind, ty))) => Some(Expr { kind, ty, span: path.at.0 }),
            (None, None) => {
                let unknown = self.unknown_word(name, ty, path.at.0, scope.this);
                self.fail(unknown)
            }
        }
    }

    fn ambiguous<T>(&mut self, name: &str, span: Span, scope: &Scope<'_>) -> Option<T> {
        let head = match (scope.bare, scope.this) {
            (Bare::Event, _) => "event",
            (_, Some(this)) => subject_word(this),
            (_, None) => "event",
        };
        let message = format!("`{name}` is both a word of this type and the name of a value");
        let help = format!("write {} for the word, or `{head}.{name}` for the value", quoted(name));
        self.fail(Diagnostic::new(Code::AmbiguousWord, span, message).help(help))
    }

    fn word(&mut self, value: Value, ty: &Type, span: Span) -> Expr {
        let value = match value {
            Value::Text(text) => Value::Text(self.intern(&text)),
            other => other,
        };
        Expr::constant(value, ty.clone(), span)
    }

    fn unknown_word(&self, name: &str, ty: &Type, span: Span, this: Option<Subject>) -> Diagnostic {
        let unknown = |code, what| Unknown { code, span, what, name, quoted: false };
        match ty {
            Type::OneOf(words) => {
                let names = words.iter().map(|word| &**word).take(self.patience());
                let mut wrong = unknown(Code::UnknownWord, "word").among(names.clone());
                if let Some(near) = suggest::nearest_of_few(name, names).filter(|_| wrong.help.is_none()) {
                    wrong = wrong.help(format!("did you mean `{near}`?")).fix(span, near);
                }
                wrong.message = format!("`{name}` is none of the words of this type");
                if let Some((of, place)) = self.where_words_stand(words) {
                    wrong.message = format!("`{name}` is none of the words of `{of}`");
                    wrong = wrong.other(place, "its words stand here");
                }
                if let Some(fix) = &mut wrong.fix {
                    fix.replacement = written_word(&fix.replacement);
                }
                with_help(wrong, || format!("the words are {}", listed(words)))
            }
            Type::Level => {
                let wrong =
                    unknown(Code::UnknownLevel, "health level").among(LEVELS.iter().map(|level| level.0));
                with_help(wrong, || "the levels are `bad`, `average` and `good`".into())
            }
            _ => {
                let of = [Subject::Account, Subject::Contact]
                    .into_iter()
                    .find(|of| *ty == Type::Stage(self.stage_words[*of].clone()));
                self.unknown_stage(of.or(this).unwrap_or(Subject::Account), name, span)
            }
        }
    }

    /// The attribute or property whose list this is.
    fn where_words_stand(&self, words: &Words) -> Option<(Arc<str>, Span)> {
        let is_it = |ty: &Type| matches!(ty, Type::OneOf(of) if Arc::ptr_eq(of, words));
        let attribute = self.out.attributes.values().find(|attribute| is_it(&attribute.ty));
        let mut properties = self.out.events.values().flat_map(|event| event.properties.values());
        attribute.map(|it| (Arc::clone(&it.name), it.span)).or_else(|| {
            let property = properties.find(|property| is_it(&property.ty))?;
            Some((Arc::clone(&property.name), property.span))
        })
    }

    /// A quoted text, in the light of what it stands beside.
    pub(super) fn text_literal(&mut self, text: &ast::Text, hint: Option<&Type>) -> Option<Expr> {
        let span = text.at.0;
        match hint {
            Some(ty) if is_wordy(ty) => {
                if let Some(value) = word_value(&text.value, ty) {
                    return Some(self.word(value, ty, span));
                }
                let unknown = self.unknown_word(&text.value, ty, span, None);
                self.fail(unknown)
            }
            Some(ty @ (Type::Email | Type::User)) => self.address(text, ty),
            _ => Some(Expr::constant(Value::Text(self.intern(&text.value)), Type::Text, span)),
        }
    }

    fn address(&mut self, text: &ast::Text, ty: &Type) -> Option<Expr> {
        let address = text.value.to_lowercase();
        let whole = match address.split_once('@') {
            Some((name, host)) => !name.is_empty() && !host.is_empty() && !host.contains('@'),
            None => false,
        };
        if whole && !address.contains(char::is_whitespace) {
            return Some(Expr::constant(Value::Text(self.intern(&address)), ty.clone(), text.at.0));
        }
        let message = format!("`{}` is no e-mail address", text.value);
        self.fail(
            Diagnostic::new(Code::BadAddress, text.at.0, message).help("write it as `\"ana@acme.com\"`"),
        )
    }

    /// The value where one of the expected type goes.
    pub(super) fn fit(&mut self, found: Expr, expected: &Type) -> Option<Expr> {
        let literal = matches!(found.kind, ExprKind::Const(_));
        let fits = match (&found.ty, expected) {
            (Type::Missing | Type::Any, _) | (_, Type::Any | Type::Missing) => true,
            (Type::Duration, Type::Time | Type::Date) => return self.counted_from_now(&found, expected),
            (Type::Date, Type::Time) | (Type::Time, Type::Date) => !literal,
            (Type::Text, Type::Email | Type::User) => !literal,
            (Type::Email | Type::User | Type::OneOf(_) | Type::Stage(_), Type::Text)
            | (Type::Email, Type::User)
            | (Type::User, Type::Email) => true,
            (Type::OneOf(some), Type::OneOf(all)) => some.iter().all(|word| all.contains(word)),
            (found, expected) => found == expected,
        };
        if fits { Some(found) } else { self.misfit(&found, expected) }
    }

    /// `due: 2d` is two days from now.
    fn counted_from_now(&mut self, found: &Expr, expected: &Type) -> Option<Expr> {
        let ExprKind::Const(Value::Period(period)) = found.kind else {
            return self.misfit(found, expected);
        };
        let period = super::time::in_days(period);
        Some(Expr { kind: ExprKind::Moving { period, ago: false }, ty: Type::Time, span: found.span })
    }

    fn misfit<T>(&mut self, found: &Expr, expected: &Type) -> Option<T> {
        let message = format!("this is {}, where {} is wanted", spoken(&found.ty), spoken(expected));
        let wrong = Diagnostic::new(Code::WrongType, found.span, message);
        self.fail(mend_literal(wrong, found, expected))
    }
}

/// Whether bare words have a meaning of that type.
pub(super) fn is_wordy(ty: &Type) -> bool {
    matches!(ty, Type::OneOf(_) | Type::Stage(_) | Type::Level)
}

/// The expression inside its parentheses.
pub(super) fn stripped(expr: &ast::Expr) -> &ast::Expr {
    let mut at = expr;
    while let Ast::Paren(inner) = &at.kind {
        at = inner;
    }
    at
}

fn word_value(name: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::OneOf(words) | Type::Stage(words) => {
            words.iter().find(|word| ***word == *name).map(|word| Value::Text(word.clone()))
        }
        Type::Level => LEVELS.iter().find(|level| level.0 == name).map(|level| Value::Level(level.1)),
        _ => None,
    }
}

/// A word as it is written: bare where it can be.
fn written_word(word: &str) -> String {
    let bare = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && word.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    if bare { word.to_owned() } else { quoted(word) }
}

fn with_help(diagnostic: Diagnostic, help: impl FnOnce() -> String) -> Diagnostic {
    if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help()) }
}

/// How a literal would be written as the type that is wanted.
pub(super) fn mend_literal(wrong: Diagnostic, found: &Expr, wanted: &Type) -> Diagnostic {
    let ExprKind::Const(value) = &found.kind else { return wrong };
    let written = match (value, wanted) {
        (Value::Text(text), Type::Number) if text.parse::<Decimal>().is_ok() => text.to_string(),
        (Value::Text(text), Type::Bool) if matches!(&**text, "true" | "false") => text.to_string(),
        (Value::Text(text), Type::Date) if text.parse::<chrono::NaiveDate>().is_ok() => text.to_string(),
        (Value::Text(text), Type::Time) if crate::base::Instant::parse(text).is_some() => text.to_string(),
        (Value::Number(number), Type::Text) => format!("\"{number}\""),
        (Value::Bool(value), Type::Text) => format!("\"{value}\""),
        (Value::Date(date), Type::Time) => format!("{date}T00:00Z"),
        (Value::Number(number), Type::Duration) => format!("{number}d"),
        _ => return wrong,
    };
    wrong.help(format!("write `{written}`")).fix(found.span, written)
}
