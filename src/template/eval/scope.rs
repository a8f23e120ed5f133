//! The variables that a template makes, and the loops that it is in.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::template::value::Value;

/// What one template sees of its own: `render` begins a new frame, `include` goes on in the same.
#[derive(Default)]
pub(super) struct Frame {
    /// By `assign` and `capture`.
    pub(super) assigned: BTreeMap<Arc<str>, Value>,
    /// Variables of loops and arguments of partials, the innermost last.
    pub(super) scopes: Vec<(Arc<str>, Value)>,
    pub(super) loops: Vec<LoopState>,
    /// By `increment` and `decrement`.
    pub(super) counters: BTreeMap<Arc<str>, i64>,
    /// Where loops stopped, for `offset: continue`.
    pub(super) offsets: BTreeMap<Arc<str>, usize>,
    /// How far each `cycle` is, by its group.
    pub(super) cycles: BTreeMap<(bool, Arc<str>), usize>,
    /// What the last `ifchanged` printed.
    pub(super) changed: String,
}

/// What kind of loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LoopKind {
    For,
    TableRow,
    /// `render … for`: its `forloop` is nobody's parent.
    Render,
}

/// Where a loop is.
pub(super) struct LoopState {
    pub(super) kind: LoopKind,
    pub(super) label: Arc<str>,
    pub(super) index: usize,
    pub(super) length: usize,
    pub(super) columns: usize,
}

impl Frame {
    /// A variable of the template's own.
    pub(super) fn variable(&self, name: &str) -> Option<Value> {
        let scoped = self.scopes.iter().rev().find(|(own, _)| &**own == name).map(|(_, value)| value.clone());
        scoped
            .or_else(|| self.assigned.get(name).cloned())
            .or_else(|| self.counters.get(name).map(|count| Value::Int(*count)))
    }

    /// The loop that `forloop` or `tablerowloop` means, by its place in `loops`.
    pub(super) fn current(&self, name: &str) -> Option<usize> {
        let fits = |kind: LoopKind| match name {
            "forloop" => kind != LoopKind::TableRow,
            "tablerowloop" => kind == LoopKind::TableRow,
            _ => false,
        };
        if self.loops.is_empty() {
            return None;
        }
        self.loops.iter().rposition(|state| fits(state.kind))
    }

    /// The loop around another.
    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        self.loops.iter().take(at).rposition(|state| state.kind == LoopKind::For)
    }
}

/// The fields of `forloop`.
pub(in crate::template) const FOR_FIELDS: [&str; 9] =
    ["first", "index", "index0", "last", "length", "name", "parentloop", "rindex", "rindex0"];
/// The fields of `tablerowloop`.
pub(in crate::template) const ROW_FIELDS: [&str; 12] = [
    "col",
    "col0",
    "col_first",
    "col_last",
    "first",
    "index",
    "index0",
    "last",
    "length",
    "rindex",
    "rindex0",
    "row",
];

impl LoopState {
    /// A field of `forloop` or `tablerowloop`.
    pub(super) fn field(&self, name: &str) -> Option<Value> {
        let (index, left) = (self.index, self.length.saturating_sub(self.index));
        let row = self.kind == LoopKind::TableRow;
        let column = index % self.columns.max(1);
        let number = |value: usize| Some(Value::count(value));
        match name {
            "index" => number(index + 1),
            "index0" => number(index),
            "rindex" => number(left),
            "rindex0" => number(left.saturating_sub(1)),
            "first" => Some(Value::Bool(index == 0)),
            "last" => Some(Value::Bool(left <= 1)),
            "length" => number(self.length),
            "name" if !row => Some(Value::Text(self.label.clone())),
            "col" if row => number(column + 1),
            "col0" if row => number(column),
            "col_first" if row => Some(Value::Bool(column == 0)),
            "col_last" if row => Some(Value::Bool(column + 1 == self.columns.max(1))),
            "row" if row => number(index / self.columns.max(1) + 1),
            _ => None,
        }
    }

    /// All fields at once, for a variable that is to hold them.
    pub(super) fn snapshot(&self) -> Value {
        let names: &[&str] = if self.kind == LoopKind::TableRow { &ROW_FIELDS } else { &FOR_FIELDS };
        Value::map(names.iter().filter_map(|name| Some((*name, self.field(name)?))))
    }
}
