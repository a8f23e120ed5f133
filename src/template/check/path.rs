//! What a path means.

use std::sync::Arc;

use super::flow::{self, Variable, Words};
use super::types::Ty;
use super::{Checker, Field, LoopKind, ProblemKind, Read};
use crate::template::ast::{Key, Path, Segment};
use crate::template::eval::{FOR_FIELDS, ROW_FIELDS};

/// Where the walk along a path is.
struct Walk {
    ty: Ty,
    optional: bool,
    /// The names so far, for what is known to be there.
    words: Words,
    /// The path of the entity, as long as it consists of names.
    origin: Option<Words>,
}

impl<'a> Checker<'a> {
    /// The type of a path. Unknown names are reported, what it reads is noted.
    pub(super) fn path(&mut self, path: &'a Path) -> Variable {
        let Key::Name(root) = &path.root else {
            return self.dynamic(path);
        };
        let Some(mut walk) = self.root(root, path) else { return unknown() };
        for segment in &path.segments {
            if !self.segment(&mut walk, segment, path) {
                self.note(&walk, path);
                return unknown();
            }
        }
        self.note(&walk, path);
        Variable { ty: walk.ty, optional: walk.optional, origin: walk.origin }
    }

    fn dynamic(&mut self, path: &'a Path) -> Variable {
        if let Key::Path(inner) = &path.root {
            self.path(inner);
        }
        self.report(ProblemKind::DynamicName, path.root_span);
        unknown()
    }

    fn note(&mut self, walk: &Walk, path: &Path) {
        if let Some(origin) = &walk.origin {
            let partial = self.partials.last().cloned();
            self.checked.reads.push(Read { path: origin.clone(), span: path.span, partial });
        }
    }

    fn root(&mut self, name: &Arc<str>, path: &'a Path) -> Option<Walk> {
        let words = vec![name.clone()];
        if let Some(variable) = self.flow.variable(name).cloned() {
            let optional = variable.optional && !self.flow.is_present(&words);
            return Some(Walk { ty: variable.ty, optional, words, origin: variable.origin });
        }
        if self.is_loop(name) {
            self.loop_fields(name, path);
            return None;
        }
        if let Some(Field { ty, optional }) = self.schema.root(name) {
            let optional = optional && !self.flow.is_present(&words);
            return Some(Walk { ty, optional, origin: Some(words.clone()), words });
        }
        if self.later.contains(name) {
            return Some(Walk { ty: Ty::Any, optional: true, words, origin: None });
        }
        let near = self.near_name(name);
        self.report(ProblemKind::UnknownName { name: name.to_string(), near }, path.root_span);
        for segment in &path.segments {
            if let Key::Path(inner) = &segment.key {
                self.path(inner);
            }
        }
        None
    }

    fn near_name(&self, name: &str) -> Option<String> {
        let mut names = self.schema.roots();
        names.extend(self.later.iter().map(|name| &**name));
        names.extend(self.flow.scopes.iter().map(|(name, _)| &**name));
        self.near(name, names.into_iter()).map(str::to_owned)
    }

    fn is_loop(&self, name: &str) -> bool {
        match name {
            "forloop" => self.loops.contains(&LoopKind::For),
            "tablerowloop" => self.loops.contains(&LoopKind::TableRow),
            _ => false,
        }
    }

    /// `forloop.parentloop.index`: only the names are checked; each is a number, a truth value or a text.
    fn loop_fields(&mut self, name: &str, path: &Path) {
        let fields: &[&str] = if name == "forloop" { &FOR_FIELDS } else { &ROW_FIELDS };
        for segment in &path.segments {
            let Key::Name(field) = &segment.key else { return };
            if !fields.contains(&&**field) {
                let near = self.near(field, fields.iter().copied()).map(str::to_owned);
                let kind = ProblemKind::UnknownField { of: name.into(), field: field.to_string(), near };
                self.report(kind, segment.span);
            }
            if &**field != "parentloop" {
                return;
            }
        }
    }

    /// Goes one step along a path; false when nothing more can be said.
    fn segment(&mut self, walk: &mut Walk, segment: &'a Segment, path: &'a Path) -> bool {
        match &segment.key {
            Key::Name(name) => self.field(walk, name, segment, path),
            Key::Index(index) => {
                walk.words.push(index.to_string().into());
                self.item(walk, segment, path)
            }
            Key::Path(inner) => {
                self.path(inner);
                if matches!(walk.ty, Ty::Object(_) | Ty::Any) {
                    return false;
                }
                self.item(walk, segment, path)
            }
        }
    }

    fn item(&mut self, walk: &mut Walk, segment: &Segment, path: &Path) -> bool {
        match &walk.ty {
            Ty::Any => return false,
            Ty::List(item) => walk.ty = (**item).clone(),
            _ => {
                self.no_fields(walk, segment, path);
                return false;
            }
        }
        walk.optional = !self.flow.is_present(&walk.words);
        true
    }

    fn field(&mut self, walk: &mut Walk, name: &Arc<str>, segment: &Segment, path: &Path) -> bool {
        let object = match &walk.ty {
            Ty::Object(object) => object.clone(),
            Ty::Any => return false,
            ty => {
                let Some(ty) = builtin(ty, name) else {
                    self.no_fields(walk, segment, path);
                    return false;
                };
                walk.words.push(name.clone());
                walk.optional |= &**name != "size";
                walk.optional &= !self.flow.is_present(&walk.words);
                walk.ty = ty;
                return true;
            }
        };
        let Some(field) = self.schema.field(&object, name) else {
            let near = self.near(name, self.schema.fields(&object).into_iter()).map(str::to_owned);
            let of = self.before(segment, path);
            self.report(ProblemKind::UnknownField { of, field: name.to_string(), near }, segment.span);
            return false;
        };
        walk.words.push(name.clone());
        if let Some(origin) = &mut walk.origin {
            origin.push(name.clone());
        }
        walk.optional = (walk.optional || field.optional) && !self.flow.is_present(&walk.words);
        walk.ty = field.ty;
        true
    }

    fn no_fields(&mut self, walk: &Walk, segment: &Segment, path: &Path) {
        let of = self.before(segment, path);
        let field = segment.span.of(&self.template.text).to_owned();
        self.report(ProblemKind::NoFields { of, found: walk.ty.word(), field }, segment.span);
    }

    /// The path as written in front of a segment.
    fn before(&self, segment: &Segment, path: &Path) -> String {
        let span = crate::template::ast::Span { start: path.span.start, end: segment.span.start };
        span.of(&self.template.text)
            .trim_end_matches(|c: char| c == '.' || c == '[' || c.is_whitespace())
            .to_owned()
    }
}

/// What nothing is known of.
pub(super) fn unknown() -> Variable {
    Variable { ty: Ty::Any, optional: false, origin: None }
}

/// `size`, `first` and `last` of texts and lists.
fn builtin(ty: &Ty, name: &str) -> Option<Ty> {
    match (ty, name) {
        (Ty::Text | Ty::Words(_) | Ty::List(_), "size") => Some(Ty::Number),
        (Ty::List(item), "first" | "last") => Some((**item).clone()),
        _ => None,
    }
}

impl Checker<'_> {
    /// Is the whole path known to be there, whatever its type says?
    pub(super) fn is_tested(&self, path: &Path) -> bool {
        flow::whole(path).is_some_and(|words| self.flow.is_present(&words))
    }
}
