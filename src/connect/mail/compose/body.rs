//! Which texts a message has, made from the rendered parts of its template.
//!
//! | action | text | HTML |
//! | --- | --- | --- |
//! | `email` | `text`, else from `markdown` | from `markdown`, else none |
//! | `html` | `text`, else from the HTML | `html` (HTML or MJML), else from `markdown` |
//! | `gmail` | the same | the same, if the template has either |
//! | `notify` | the message | none |

use super::{html, markdown, plain};
use crate::plan::BuiltInAction;
use std::fmt;

/// What kind of message an action makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// `email`: plain text first.
    Text,
    /// `html`: it has to have HTML.
    Html,
    /// `gmail`: whatever the template has.
    Draft,
}

impl From<BuiltInAction> for Form {
    fn from(action: BuiltInAction) -> Self {
        match action {
            BuiltInAction::Email | BuiltInAction::Notify => Self::Text,
            BuiltInAction::Html => Self::Html,
            BuiltInAction::Gmail => Self::Draft,
        }
    }
}

/// The rendered parts of a template (`engine::text::part_name`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Parts<'a> {
    /// Plain text.
    pub text: Option<&'a str>,
    /// HTML or MJML, values escaped.
    pub html: Option<&'a str>,
    /// Markdown, from which both are made.
    pub markdown: Option<&'a str>,
}

/// The texts of a message.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Body {
    /// For those who read plain text, and for whoever can't show HTML.
    pub text: String,
    /// A whole HTML document.
    pub html: Option<String>,
}

/// Why no message can be made of the parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// The template has nothing that this kind of message shows.
    Nothing,
    /// The text or HTML says nothing.
    Empty,
    /// What is wrong with the MJML.
    Mjml(String),
    /// What is wrong with the CSS.
    Css(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the template has no part that such a message could show"),
            Self::Empty => f.write_str("the message is empty"),
            Self::Mjml(why) => write!(f, "the MJML can't be read: {why}"),
            Self::Css(why) => write!(f, "the CSS can't be inlined: {why}"),
        }
    }
}

impl std::error::Error for Unfit {}

/// The texts of a message.
pub fn body(form: Form, parts: &Parts<'_>) -> Result<Body, Unfit> {
    let shown = if form == Form::Text { None } else { parts.html };
    let html = match (shown, parts.markdown) {
        (Some(source), _) => Some(html::document(source)?),
        (None, Some(source)) => Some(html::document(&markdown::to_html(source))?),
        (None, None) => None,
    };
    if form == Form::Html && html.is_none() {
        return Err(Unfit::Nothing);
    }
    let text = match (parts.text, &html) {
        (Some(text), _) => text.to_owned(),
        (None, Some(html)) => plain::plain(html),
        (None, None) => return Err(Unfit::Nothing),
    };
    // A message that says nothing is a mistake; a picture alone is not.
    let silent = text.trim().is_empty() && !html.as_deref().is_some_and(|html| html.contains("<img"));
    if silent { Err(Unfit::Empty) } else { Ok(Body { text, html }) }
}
