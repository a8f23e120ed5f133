//! `for` and `tablerow`.

use std::sync::Arc;

use super::scope::{LoopKind, LoopState};
use super::{Done, Flow, RenderError, RenderFault, Renderer};
use crate::template::ast::{Loop, Offset, Operand};
use crate::template::filters::kind_word;
use crate::template::value::{Map, Value, pair, range_len};

/// What a loop goes over; a range is never made into a list.
pub(super) enum Items {
    Range(i64, usize),
    List(Arc<[Value]>),
    Map(Arc<Map>),
    One(Value),
    None,
}

impl Items {
    /// The items of a value: a text is one item, what has no items is none.
    pub(super) fn of(value: Value) -> Items {
        match value {
            Value::Range(from, to) => Items::Range(from, range_len(from, to)),
            Value::List(items) => Items::List(items),
            Value::Map(map) => Items::Map(map),
            Value::Text(text) | Value::Markup(text) if text.is_empty() => Items::None,
            Value::Text(_) | Value::Markup(_) => Items::One(value),
            _ => Items::None,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Items::Range(_, len) => *len,
            Items::List(items) => items.len(),
            Items::Map(map) => map.len(),
            Items::One(_) => 1,
            Items::None => 0,
        }
    }

    pub(super) fn at(&self, index: usize) -> Value {
        match self {
            Items::Range(from, _) => i64::try_from(index)
                .ok()
                .and_then(|index| from.checked_add(index))
                .map_or(Value::Nil, Value::Int),
            Items::List(items) => items.get(index).cloned().unwrap_or_default(),
            Items::Map(map) => map.at(index).map(pair).unwrap_or_default(),
            Items::One(value) => value.clone(),
            Items::None => Value::Nil,
        }
    }
}

/// The part of the items that a loop goes over.
struct Window {
    items: Items,
    from: usize,
    count: usize,
    reversed: bool,
}

impl Window {
    fn at(&self, index: usize) -> Value {
        let index = if self.reversed { self.count.saturating_sub(index + 1) } else { index };
        self.items.at(self.from.saturating_add(index))
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn for_loop(&mut self, of: &'a Loop) -> Done {
        let window = self.window(of)?;
        if window.count == 0 {
            return match &of.otherwise {
                Some(nodes) => self.block(nodes, of.span),
                None => Ok(Flow::On),
            };
        }
        let place = self.enter(of, LoopKind::For, window.count, window.count);
        for index in 0..window.count {
            self.iterate(of, place, index, &window)?;
            if self.block(&of.body, of.span)? == Flow::Break {
                break;
            }
        }
        self.leave(place);
        Ok(Flow::On)
    }

    pub(super) fn table_row(&mut self, of: &'a Loop) -> Done {
        let window = self.window(of)?;
        let columns = match &of.columns {
            Some(columns) => self.operand(columns)?.to_number().whole(),
            None => 0,
        };
        let columns = usize::try_from(columns).ok().filter(|columns| *columns > 0).unwrap_or(window.count);
        let place = self.enter(of, LoopKind::TableRow, window.count, columns);
        self.literal("<tr class=\"row1\">\n", of.span)?;
        for index in 0..window.count {
            self.iterate(of, place, index, &window)?;
            self.literal(&format!("<td class=\"col{}\">", index % columns + 1), of.span)?;
            let flow = self.block(&of.body, of.span)?;
            self.literal("</td>", of.span)?;
            if flow == Flow::Break {
                break;
            }
            if (index + 1) % columns == 0 && index + 1 < window.count {
                let row = format!("</tr>\n<tr class=\"row{}\">", (index + 1) / columns + 1);
                self.literal(&row, of.span)?;
            }
        }
        self.literal("</tr>\n", of.span)?;
        self.leave(place);
        Ok(Flow::On)
    }

    /// Begins a loop; the answer is the place of its variable.
    fn enter(&mut self, of: &Loop, kind: LoopKind, length: usize, columns: usize) -> usize {
        self.frame.loops.push(LoopState { kind, label: of.label.clone(), index: 0, length, columns });
        self.frame.scopes.push((of.variable.text.clone(), Value::Nil));
        self.frame.scopes.len() - 1
    }

    fn iterate(&mut self, of: &Loop, place: usize, index: usize, window: &Window) -> Result<(), RenderError> {
        self.step(1, of.span)?;
        if let Some(state) = self.frame.loops.last_mut() {
            state.index = index;
        }
        if let Some((_, value)) = self.frame.scopes.get_mut(place) {
            *value = window.at(index);
        }
        Ok(())
    }

    fn leave(&mut self, place: usize) {
        self.frame.loops.pop();
        self.frame.scopes.truncate(place);
    }

    /// The items of a loop after `offset` and `limit`.
    fn window(&mut self, of: &'a Loop) -> Result<Window, RenderError> {
        let items = Items::of(self.operand(&of.items)?);
        let from = match &of.offset {
            None => 0,
            Some(Offset::Continue) => self.frame.offsets.get(&of.label).copied().unwrap_or(0),
            Some(Offset::At(operand)) => self.whole(operand, "offset")?.unwrap_or(0),
        };
        let limit = match &of.limit {
            Some(operand) => self.whole(operand, "limit")?.unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let count = items.len().saturating_sub(from).min(limit);
        self.frame.offsets.insert(of.label.clone(), from.saturating_add(count));
        Ok(Window { items, from, count, reversed: of.reversed })
    }

    /// A whole number, 0 at least; nothing says nothing.
    fn whole(&mut self, operand: &'a Operand, option: &'static str) -> Result<Option<usize>, RenderError> {
        let value = self.operand(operand)?;
        if matches!(value, Value::Nil) {
            return Ok(None);
        }
        match value.to_int_strict() {
            Some(number) => Ok(Some(usize::try_from(number).unwrap_or(0))),
            None => {
                Err(self.error(operand.span(), RenderFault::NotWhole { option, found: kind_word(&value) }))
            }
        }
    }
}
