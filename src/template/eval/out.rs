//! Where text goes: the result, or the value of a `capture`.

use super::RenderFault;
use crate::template::ast::Span;
use crate::template::clock::Now;
use crate::template::html::{Escape, Tracker};
use crate::template::limits::{Bound, Budget};
use crate::template::markdown;
use crate::template::value::Value;

/// A text that is being written, within the limit of its length.
pub(super) struct Out {
    pub(super) text: String,
    /// In HTML, where in it the text ends.
    pub(super) tracker: Option<Tracker>,
    pub(super) markdown: bool,
}

impl Out {
    pub(super) fn new(escape: Escape) -> Self {
        let tracker = match escape {
            Escape::None | Escape::Markdown => None,
            Escape::Html => Some(Tracker::new()),
        };
        Out { text: String::new(), tracker, markdown: escape == Escape::Markdown }
    }

    /// Text of the template itself.
    pub(super) fn literal(&mut self, text: &str, budget: &mut Budget) -> Result<(), RenderFault> {
        budget.read(text.len())?;
        self.text.push_str(text);
        if let Some(tracker) = &mut self.tracker {
            tracker.feed(text)?;
        }
        self.within(budget)
    }

    /// A value, escaped.
    pub(super) fn value(&mut self, value: &Value, now: Now, budget: &mut Budget) -> Result<(), RenderFault> {
        budget.step(value.weight())?;
        let before = self.text.len();
        match (&mut self.tracker, value) {
            // What was captured has its values escaped already.
            (None, Value::Markup(text)) if self.markdown => self.text.push_str(text),
            (None, value) if self.markdown => {
                let mut text = String::new();
                value.write_up_to(&mut text, now.zone, budget.output_bytes());
                markdown::escape_into(&text, &mut self.text);
            }
            (None, value) => value.write_up_to(&mut self.text, now.zone, budget.output_bytes()),
            (Some(tracker), Value::Text(text)) => tracker.print(text, false, &mut self.text)?,
            (Some(tracker), Value::Markup(text)) => tracker.print(text, true, &mut self.text)?,
            (Some(tracker), value) => {
                let mut text = String::new();
                value.write_up_to(&mut text, now.zone, budget.output_bytes());
                tracker.print(&text, false, &mut self.text)?;
            }
        }
        budget.read(self.text.len() - before)?;
        self.within(budget)
    }

    fn within(&self, budget: &Budget) -> Result<(), RenderFault> {
        if self.text.len() > budget.output_bytes() { Err(Bound::OutputBytes.into()) } else { Ok(()) }
    }

    /// What was written, as a value: HTML when it is a whole piece of it.
    pub(super) fn finish(self, budget: &mut Budget) -> Result<Value, RenderFault> {
        budget.text(self.text.len())?;
        let whole = self.markdown || self.tracker.is_some_and(|tracker| tracker.is_between_tags());
        Ok(if whole { Value::Markup(self.text.into()) } else { Value::Text(self.text.into()) })
    }
}

/// A path that was printed although nothing was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// As written.
    pub path: String,
    pub span: Span,
    /// The included template in which it stands; `None` in the template itself.
    pub partial: Option<std::sync::Arc<str>>,
}
