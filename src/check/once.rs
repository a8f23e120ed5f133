//! What may be said once only.

use super::cx::Cx;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// A value that may be given once; the first one counts.
#[derive(Debug)]
pub(super) struct Once<T> {
    first: Option<(T, Span)>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { first: None }
    }
}

impl<T> Once<T> {
    /// Takes a value; a second one is an error of that code.
    pub(super) fn put(&mut self, cx: &mut Cx<'_>, value: T, span: Span, (code, what): (Code, &str)) {
        match &self.first {
            None => self.first = Some((value, span)),
            Some((_, first)) => {
                let twice = Diagnostic::new(code, span, format!("{what} is said twice"));
                cx.report(twice.other(*first, "first here").help("take one of them out"));
            }
        }
    }

    /// The value, if one was given.
    pub(super) fn value(self) -> Option<T> {
        self.first.map(|(value, _)| value)
    }

    /// The value and its place.
    pub(super) fn placed(&self) -> Option<&(T, Span)> {
        self.first.as_ref()
    }
}

/// Reports every name that stands a second time; gives whether each is the first of its name.
pub(super) fn firsts<'n>(
    cx: &mut Cx<'_>,
    names: impl IntoIterator<Item = (&'n str, Span)>,
    (code, what): (Code, &str),
) -> Vec<bool> {
    let mut seen = std::collections::HashMap::new();
    let mut firsts = Vec::new();
    for (name, span) in names {
        let known = seen.get(name).copied();
        firsts.push(known.is_none());
        let Some(first) = known else {
            seen.insert(name, span);
            continue;
        };
        let twice = Diagnostic::new(code, span, format!("the {what} `{name}` stands here twice"));
        cx.report(twice.other(first, "first here").help("take one of them out"));
    }
    firsts
}
