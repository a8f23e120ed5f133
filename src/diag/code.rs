//! The one list of codes. Each has a page `docs/diagnostics/<code>.md`.

use super::Severity;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// What is wrong, by a name that does not change.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
        }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The kebab-case name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Error or warning.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    /// The text does not follow the grammar.
    Syntax = "syntax", Error;
    /// A text without its closing quotes.
    UnclosedText = "unclosed-text", Error;
    /// A bracket that is opened and never closed.
    UnclosedBracket = "unclosed-bracket", Error;
    /// A bracket that closes what was never opened.
    UnmatchedBracket = "unmatched-bracket", Error;
    /// A text in quotes of another kind.
    WrongQuotes = "wrong-quotes", Error;
    /// A name that must stand in quotes.
    MissingQuotes = "missing-quotes", Error;
    /// A character that the language does not know.
    StrangeCharacter = "strange-character", Error;
    /// A comment of another language.
    WrongComment = "wrong-comment", Error;
    /// An operator of another language.
    WrongOperator = "wrong-operator", Error;
    /// A `;`.
    StraySemicolon = "stray-semicolon", Error;
    /// A `:` between a name and its type.
    StrayColon = "stray-colon", Error;
    /// An argument or a field without its `:`.
    MissingColon = "missing-colon", Error;
    /// `else` or a branch without braces.
    MissingBraces = "missing-braces", Error;
    /// `if` before a step, where its guard stands behind.
    GuardFirst = "guard-first", Error;
    /// `exit when` among steps.
    ExitWhenInSteps = "exit-when-in-steps", Error;
    /// `1 < x < 3`
    ComparisonChain = "comparison-chain", Error;
    /// `is not missing`, `is "pro"`
    IsSomething = "is-something", Error;
    /// `3 days`
    SpelledDuration = "spelled-duration", Error;
    /// A type that is none.
    UnknownType = "unknown-type", Error;
    /// A word that is nearly one that fits.
    UnknownWord = "unknown-word", Error;
    /// An argument without a name behind one with a name.
    PositionalLast = "positional-last", Error;
    /// An argument without a name that is no literal.
    PositionalValue = "positional-value", Error;
    /// A call without arguments.
    NoArguments = "no-arguments", Error;
    /// An escape in a text that is none.
    BadEscape = "bad-escape", Error;
    /// A number with too many digits.
    BadNumber = "bad-number", Error;
    /// A length of time that can't be.
    BadPeriod = "bad-period", Error;
    /// A date or an instant that the calendar does not have.
    BadDate = "bad-date", Error;
    /// A time of day that no day has.
    BadTime = "bad-time", Error;
    /// A `where` inside a condition that does not say where it ends.
    UnclosedWhere = "unclosed-where", Error;
    /// Nested deeper than the language allows.
    TooDeep = "too-deep", Error;
    /// A name or a number that is too long.
    TooLong = "too-long", Error;
    /// A file could not be read, or is not UTF-8.
    Unreadable = "unreadable", Error;
    /// A guard on a line of its own before another step.
    MisleadingGuard = "misleading-guard", Warning;
    /// `# wf: …` that can't be followed.
    BadAllow = "bad-allow", Warning;
    /// `# wf: allow(code)` that silences nothing.
    UnusedAllow = "unused-allow", Warning;
}

impl Code {
    /// The code of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
