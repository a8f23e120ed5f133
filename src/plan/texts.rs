//! What a Liquid text reads.

use super::TextPlan;
use crate::template::{self, Escape, Field, Schema, Ty};
use std::collections::BTreeSet;
use std::sync::Arc;

impl TextPlan {
    /// The paths that it reads, each as its names.
    pub fn paths(&self) -> BTreeSet<Vec<Arc<str>>> {
        let found = template::check(&self.template, &Anything, Escape::None);
        found.reads.into_iter().map(|read| read.path).collect()
    }

    /// The paths that it reads, as a text writes them.
    pub fn reads(&self) -> impl Iterator<Item = String> {
        self.paths().into_iter().map(|path| format!("{{{{ {} }}}}", path.join(".")))
    }
}

/// A schema that knows every name: what a checked text reads is all that is asked.
struct Anything;

impl Schema for Anything {
    fn root(&self, name: &str) -> Option<Field> {
        Some(Field { ty: Ty::Object(name.into()), optional: false })
    }

    fn roots(&self) -> Vec<&str> {
        Vec::new()
    }

    fn field(&self, _: &str, field: &str) -> Option<Field> {
        Some(Field { ty: Ty::Object(field.into()), optional: false })
    }

    fn fields(&self, _: &str) -> Vec<&str> {
        Vec::new()
    }
}
