//! Types: what a written type means, which values compare, and how types are spoken of.

use super::cx::Cx;
use crate::diag::{Code, Diagnostic};
use crate::syntax::ast::{self, TypeKind};
use crate::value::{Type, Words};
use std::collections::HashMap;
use std::sync::Arc;

impl Cx<'_> {
    /// The type that a written type means.
    pub fn written_type(&mut self, ty: &ast::TypeExpr) -> Option<Type> {
        Some(match &ty.kind {
            TypeKind::Text => Type::Text,
            TypeKind::Email => Type::Email,
            TypeKind::Number => Type::Number,
            TypeKind::Bool => Type::Bool,
            TypeKind::Time => Type::Time,
            TypeKind::Date => Type::Date,
            TypeKind::Duration => Type::Duration,
            TypeKind::User => Type::User,
            TypeKind::Template => Type::Template,
            TypeKind::Object => Type::Object,
            TypeKind::OneOf(words) => Type::OneOf(self.words(words)),
            TypeKind::List(of) => self.list_type(of)?,
        })
    }

    /// The type of an attribute or a property: of a value that can be kept.
    pub(super) fn stored_type(&mut self, ty: &ast::TypeExpr) -> Option<Type> {
        let found = self.written_type(ty)?;
        if !matches!(found, Type::Template | Type::Object) {
            return Some(found);
        }
        let message = "no attribute or property can hold this: it is for parameters of actions";
        self.fail(Diagnostic::new(Code::MisplacedType, ty.at.0, message).help("make it `text`"))
    }

    fn list_type(&mut self, of: &ast::TypeExpr) -> Option<Type> {
        if matches!(of.kind, TypeKind::List(_) | TypeKind::Template | TypeKind::Object) {
            let message = "a list holds plain values: no lists, templates or objects";
            return self
                .fail(Diagnostic::new(Code::MisplacedType, of.at.0, message).help("make it `list of text`"));
        }
        Some(Type::List(Box::new(self.written_type(of)?)))
    }

    fn words(&mut self, words: &[ast::Word]) -> Words {
        let mut found: Vec<Arc<str>> = Vec::with_capacity(words.len());
        let mut firsts = HashMap::new();
        for word in words {
            let first = *firsts.entry(&word.text).or_insert(word);
            if !std::ptr::eq(first, word) {
                let message = format!("the word `{}` stands twice in the list", word.text);
                let twice = Diagnostic::new(Code::DuplicateWord, word.at.0, message);
                self.report(twice.other(first.at.0, "first here").help("take one of them out"));
                continue;
            }
            found.push(self.intern(&word.text));
        }
        found.into()
    }
}

/// Whether it is a text as far as searching and comparing goes.
pub(super) fn is_textual(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::Email | Type::User | Type::OneOf(_) | Type::Stage(_) | Type::Any)
}

/// Whether `<` means something.
pub(super) fn is_ordered(ty: &Type) -> bool {
    matches!(ty, Type::Number | Type::Time | Type::Date | Type::Duration | Type::Level | Type::Any)
}

/// Whether two values of these types can be compared.
pub(super) fn comparable(left: &Type, right: &Type) -> bool {
    use Type::{Any, Date, Email, List, Missing, Object, OneOf, Stage, Template, Text, Time, User};
    match (left, right) {
        (List(_) | Template | Object | Missing, _) | (_, List(_) | Template | Object | Missing) => false,
        (Any, _) | (_, Any) => true,
        (OneOf(a), OneOf(b)) | (Stage(a), Stage(b)) => a.iter().any(|word| b.contains(word)),
        (Text, OneOf(_) | Stage(_)) | (OneOf(_) | Stage(_), Text) => true,
        (Text | Email | User, Text | Email | User) | (Time | Date, Time | Date) => true,
        _ => left == right,
    }
}

/// The type as it is spoken of: `a number`.
pub(super) fn spoken(ty: &Type) -> String {
    match ty {
        Type::Text => "a text".into(),
        Type::Email => "an e-mail address".into(),
        Type::Number => "a number".into(),
        Type::Bool => "true or false".into(),
        Type::Time => "a time".into(),
        Type::Date => "a date".into(),
        Type::Duration => "a duration".into(),
        Type::User => "a user".into(),
        Type::OneOf(words) => format!("one of ({})", words.join(", ")),
        Type::Stage(_) => "a stage".into(),
        Type::Level => "a health level".into(),
        Type::List(of) => format!("a list of {of}"),
        Type::Template => "a template".into(),
        Type::Object => "an object".into(),
        Type::Any => "any value".into(),
        Type::Missing => "`missing`".into(),
    }
}
