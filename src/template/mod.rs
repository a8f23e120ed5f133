//! Liquid templates: text -> [`Template`] -> checked against a [`Schema`] -> rendered from [`Data`].
//!
//! In goes the text of one template; out come its tree with all mistakes of form ([`parse`]), what it reads and what is
//! wrong with that ([`check`]), and its text for one entity at one instant ([`render`]). The module is pure: it knows
//! no file, no clock but the [`Now`] that it is given, and no order but that of the text and of the data. Whatever the
//! template and the data are, it ends within its [`Limits`], by an error at worst.
//!
//! Not here: what entities and attributes there are (a [`Schema`] and a [`Data`] say it), how a problem is shown, the
//! sending of what was rendered. Words easily confused: an `Error` is a mistake of form, a `Problem` one of meaning, a
//! `RenderError` one that only the data brings to light; what is `missing` is no error but a list for the caller.
//! Reference for authors: docs/templates.md. Tests: `tests/it/template*.rs`.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod ast;
mod check;
mod clock;
mod compare;
mod eval;
pub mod filters;
mod html;
mod lexer;
mod limits;
mod markdown;
mod parse;
mod value;

pub use self::ast::{Span, Template};
pub use self::check::{Checked, Field, Problem, ProblemKind, Read, Schema, Severity, Ty, check};
pub use self::clock::Now;
pub use self::eval::{Data, Missing, RenderError, RenderFault, Rendered, render};
pub use self::html::Escape;
pub use self::limits::{Bound, Limits};
pub use self::parse::error::{Error, SyntaxError};
pub use self::parse::{Options, parse};
pub use self::value::{Map, Value};
