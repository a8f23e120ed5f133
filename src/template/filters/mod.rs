//! The filters: one table of their names, arguments and types, and one function each.
//!
//! A filter takes a value and arguments and makes a value. It reads no clock but the given now, writes nothing, and
//! spends the budget of the render for whatever it looks at or makes, before it makes it.

mod date;
mod encode;
mod html;
mod list;
mod number;
mod search;
mod string;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Now;
use super::eval::RenderFault;
use super::limits::{Bound, Budget};
use super::value::Value;

/// What kind of value a filter takes or makes, as far as can be said without the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Any,
    Text,
    Number,
    Bool,
    /// A list of anything.
    List,
    /// A list of what the list that came in holds.
    SameList,
    /// What the list that came in holds.
    Item,
    /// What came in.
    Same,
    /// An instant, a date, or a text or number that names one.
    Instant,
    /// A text or a list.
    TextOrList,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Signature {
    /// As written in a template.
    pub name: &'static str,
    /// Arguments at least and at most.
    pub arguments: (usize, usize),
    /// Arguments with a name.
    pub named: &'static [&'static str],
    pub takes: Kind,
    pub makes: Kind,
    run: Run,
}

type Run = fn(&Value, &Arguments, &mut Context) -> Result<Value, RenderFault>;

macro_rules! filters {
    ($($variant:ident $name:literal $least:literal..$most:literal $takes:ident => $makes:ident, $run:path;)*) => {
        /// A filter by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Filter { $($variant,)* }

        impl Filter {
            /// Every filter, in alphabetical order.
            pub const ALL: &'static [Filter] = &[$(Filter::$variant,)*];

            /// What the filter takes and makes.
            pub fn signature(self) -> Signature {
                match self {
                    $(Filter::$variant => Signature {
                        name: $name,
                        arguments: ($least, $most),
                        named: if matches!(self, Filter::Default) { &["allow_false"] } else { &[] },
                        takes: Kind::$takes,
                        makes: Kind::$makes,
                        run: $run,
                    },)*
                }
            }

            /// The filter of that name.
            pub fn named(name: &str) -> Option<Filter> {
                match name {
                    $($name => Some(Filter::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

filters! {
    Abs "abs" 0..0 Number => Number, number::abs;
    Append "append" 1..1 Text => Text, string::append;
    AtLeast "at_least" 1..1 Number => Number, number::at_least;
    AtMost "at_most" 1..1 Number => Number, number::at_most;
    Base64Decode "base64_decode" 0..0 Text => Text, encode::base64_decode;
    Base64Encode "base64_encode" 0..0 Text => Text, encode::base64_encode;
    Base64UrlSafeDecode "base64_url_safe_decode" 0..0 Text => Text, encode::base64_url_safe_decode;
    Base64UrlSafeEncode "base64_url_safe_encode" 0..0 Text => Text, encode::base64_url_safe_encode;
    Capitalize "capitalize" 0..0 Text => Text, string::capitalize;
    Ceil "ceil" 0..0 Number => Number, number::ceil;
    Compact "compact" 0..1 List => SameList, list::compact;
    Concat "concat" 1..1 List => List, list::concat;
    Date "date" 1..1 Instant => Text, date::date;
    Default "default" 0..1 Any => Same, string::default;
    DividedBy "divided_by" 1..1 Number => Number, number::divided_by;
    Downcase "downcase" 0..0 Text => Text, string::downcase;
    Escape "escape" 0..0 Text => Text, html::escape;
    EscapeOnce "escape_once" 0..0 Text => Text, html::escape_once;
    Find "find" 1..2 List => Item, search::find;
    FindIndex "find_index" 1..2 List => Number, search::find_index;
    First "first" 0..0 TextOrList => Item, list::first;
    Floor "floor" 0..0 Number => Number, number::floor;
    Has "has" 1..2 List => Bool, search::has;
    Join "join" 0..1 List => Text, list::join;
    Last "last" 0..0 TextOrList => Item, list::last;
    Lstrip "lstrip" 0..0 Text => Text, string::lstrip;
    Map "map" 1..1 List => List, list::map;
    Minus "minus" 1..1 Number => Number, number::minus;
    Modulo "modulo" 1..1 Number => Number, number::modulo;
    NewlineToBr "newline_to_br" 0..0 Text => Text, html::newline_to_br;
    Plus "plus" 1..1 Number => Number, number::plus;
    Prepend "prepend" 1..1 Text => Text, string::prepend;
    Reject "reject" 1..2 List => SameList, search::reject;
    Remove "remove" 1..1 Text => Text, string::remove;
    RemoveFirst "remove_first" 1..1 Text => Text, string::remove_first;
    RemoveLast "remove_last" 1..1 Text => Text, string::remove_last;
    Replace "replace" 1..2 Text => Text, string::replace;
    ReplaceFirst "replace_first" 1..2 Text => Text, string::replace_first;
    ReplaceLast "replace_last" 2..2 Text => Text, string::replace_last;
    Reverse "reverse" 0..0 List => SameList, list::reverse;
    Round "round" 0..1 Number => Number, number::round;
    Rstrip "rstrip" 0..0 Text => Text, string::rstrip;
    Size "size" 0..0 TextOrList => Number, list::size;
    Slice "slice" 1..2 TextOrList => Same, string::slice;
    Sort "sort" 0..1 List => SameList, list::sort;
    SortNatural "sort_natural" 0..1 List => SameList, list::sort_natural;
    Split "split" 1..1 Text => List, string::split;
    Strip "strip" 0..0 Text => Text, string::strip;
    StripHtml "strip_html" 0..0 Text => Text, html::strip_html;
    StripNewlines "strip_newlines" 0..0 Text => Text, string::strip_newlines;
    Sum "sum" 0..1 List => Number, list::sum;
    Times "times" 1..1 Number => Number, number::times;
    Truncate "truncate" 0..2 Text => Text, string::truncate;
    TruncateWords "truncatewords" 0..2 Text => Text, string::truncate_words;
    Uniq "uniq" 0..1 List => SameList, list::uniq;
    Upcase "upcase" 0..0 Text => Text, string::upcase;
    UrlDecode "url_decode" 0..0 Text => Text, encode::url_decode;
    UrlEncode "url_encode" 0..0 Text => Text, encode::url_encode;
    Where "where" 1..2 List => SameList, search::where_;
}

impl Filter {
    /// Runs the filter; the count of arguments is checked here.
    pub(super) fn run(
        self,
        input: &Value,
        arguments: &Arguments,
        context: &mut Context,
    ) -> Result<Value, RenderFault> {
        let signature = self.signature();
        let (least, most) = signature.arguments;
        let count = arguments.positional.len();
        if count < least || count > most {
            return Err(RenderFault::ArgumentCount { filter: signature.name, least, most, found: count });
        }
        if let Some((name, _)) = arguments.named.iter().find(|(name, _)| !signature.named.contains(&&**name))
        {
            return Err(RenderFault::UnknownArgument { filter: signature.name, name: name.to_string() });
        }
        context.filter = signature.name;
        (signature.run)(input, arguments, context)
    }
}

/// What stands behind a filter's colon.
pub(super) struct Arguments {
    pub(super) positional: Vec<Value>,
    pub(super) named: Vec<(Arc<str>, Value)>,
}

impl Arguments {
    /// An argument by its place; nil when it is not there.
    fn get(&self, at: usize) -> &Value {
        self.positional.get(at).unwrap_or(&Value::Nil)
    }
}

/// What filters share: the budget, the instant, and what is being written.
pub(super) struct Context<'b, 'l> {
    pub(super) budget: &'b mut Budget<'l>,
    pub(super) now: Now,
    /// In an HTML part, filters that make HTML say so.
    pub(super) html: bool,
    pub(super) filter: &'static str,
}

impl Context<'_, '_> {
    /// The value as text.
    pub(super) fn text(&mut self, value: &Value) -> Result<Arc<str>, Bound> {
        if let Some(text) = value.as_text() {
            self.budget.read(text.len())?;
            return Ok(text.clone());
        }
        self.budget.step(value.weight())?;
        let mut text = String::new();
        value.write_up_to(&mut text, self.now.zone, self.budget.output_bytes());
        self.budget.text(text.len())?;
        Ok(text.into())
    }

    /// A new text as a value.
    fn made(&mut self, text: impl Into<Arc<str>>) -> Result<Value, RenderFault> {
        let text = text.into();
        self.budget.text(text.len())?;
        Ok(Value::Text(text))
    }

    /// A new text that is HTML, where HTML is written.
    fn made_html(&mut self, text: String) -> Result<Value, RenderFault> {
        self.budget.text(text.len())?;
        Ok(if self.html { Value::Markup(text.into()) } else { Value::Text(text.into()) })
    }

    /// Appends to a text that is being made, as far as one may be long.
    fn push(&mut self, out: &mut String, piece: &str) -> Result<(), Bound> {
        if out.len().saturating_add(piece.len()) > self.budget.output_bytes() {
            return Err(Bound::ValueBytes);
        }
        out.push_str(piece);
        Ok(())
    }

    /// An argument that has to be a whole number.
    fn whole(&self, value: &Value) -> Result<i64, RenderFault> {
        value.to_int_strict().ok_or_else(|| self.wrong("a whole number", value))
    }

    /// The fault that `found` is not what the filter needs.
    fn wrong(&self, wanted: &'static str, found: &Value) -> RenderFault {
        RenderFault::Argument { filter: self.filter, wanted, found: kind_word(found) }
    }
}

/// What a value is, in a word.
pub(super) fn kind_word(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nothing",
        Value::Blank => "blank",
        Value::Empty => "empty",
        Value::Bool(_) => "a truth value",
        Value::Int(_) | Value::Decimal(_) => "a number",
        Value::Text(_) | Value::Markup(_) => "a text",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
        Value::Range(..) => "a range",
        Value::Time(_) => "a time",
        Value::Date(_) => "a date",
        Value::Duration(_) => "a duration",
    }
}
