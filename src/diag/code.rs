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
    /// A file could not be read, or is not UTF-8.
    Unreadable = "unreadable", Error;
    /// `# wf: allow(code)` that silences nothing.
    UnusedAllow = "unused-allow", Warning;

    // names
    /// Two declarations of one kind share a name.
    DuplicateName = "duplicate-name", Error;
    /// An attribute or a property is declared twice.
    DuplicateAttribute = "duplicate-attribute", Error;
    /// Stages or health rules are declared in two blocks that say the same.
    DuplicateBlock = "duplicate-block", Error;
    /// A file has two workflows without a name.
    SecondBareWorkflow = "second-bare-workflow", Error;
    /// A name that means something already.
    ReservedName = "reserved-name", Error;
    /// `use` of a module that there is not.
    UnknownModule = "unknown-module", Error;
    /// An attribute that is not declared.
    UnknownAttribute = "unknown-attribute", Error;
    /// A property that the event does not have.
    UnknownProperty = "unknown-property", Error;
    /// An event that is not declared.
    UnknownEvent = "unknown-event", Error;
    /// A segment that is not declared.
    UnknownSegment = "unknown-segment", Error;
    /// A stage that is not declared.
    UnknownStage = "unknown-stage", Error;
    /// A workflow that is not declared.
    UnknownWorkflow = "unknown-workflow", Error;
    /// A calendar that is not declared.
    UnknownCalendar = "unknown-calendar", Error;
    /// A team that is not declared.
    UnknownTeam = "unknown-team", Error;
    /// A template that is not declared.
    UnknownTemplate = "unknown-template", Error;
    /// A word that is not in its `one of` list.
    UnknownWord = "unknown-word", Error;
    /// A level of health that there is not.
    UnknownLevel = "unknown-level", Error;
    /// A name that means nothing in an action's declaration.
    UnknownParameter = "unknown-parameter", Error;

    // scopes
    /// A name that is both a word of the list and an attribute.
    AmbiguousWord = "ambiguous-word", Error;
    /// A name of the entity outside, inside `where`.
    OuterName = "outer-name", Error;
    /// The `where` of an aggregate reads more than the event's own properties.
    AggregateFilter = "aggregate-filter", Error;
    /// `account` where a contact is wanted, or the other way round.
    WrongSubject = "wrong-subject", Error;
    /// `event.x` where no event is at hand.
    NoEvent = "no-event", Error;
    /// `event.x` where a trigger is no event, or an event without `x`.
    NotEveryTrigger = "not-every-trigger", Error;
    /// `response` where there is none.
    NoResponse = "no-response", Error;
    /// `timed out` where nothing can have timed out.
    NoTimeOut = "no-time-out", Error;
    /// A relation inside another.
    NestedRelation = "nested-relation", Error;
    /// A relation that this entity does not have.
    WrongRelation = "wrong-relation", Error;

    // types
    /// A type that can't stand here.
    MisplacedType = "misplaced-type", Error;
    /// A word twice in a `one of` list.
    DuplicateWord = "duplicate-word", Error;
    /// `= …` on a property of an event.
    DerivedProperty = "derived-property", Error;
    /// Values of different types are compared.
    TypeMismatch = "type-mismatch", Error;
    /// A value of another type than is wanted.
    WrongType = "wrong-type", Error;
    /// A value where a condition is wanted.
    NotACondition = "not-a-condition", Error;
    /// A condition where a value is wanted.
    NotAValue = "not-a-value", Error;
    /// Something that is worked out where a literal is wanted.
    NotALiteral = "not-a-literal", Error;
    /// `<` between values that have no order.
    NoOrder = "no-order", Error;
    /// Arithmetic with values that don't take part in it.
    BadArithmetic = "bad-arithmetic", Error;
    /// A division by zero.
    DivisionByZero = "division-by-zero", Error;
    /// A comparison with `missing`.
    ComparedToMissing = "compared-to-missing", Error;
    /// `=` with a bound that moves.
    MovingEquality = "moving-equality", Error;
    /// `contains`, `starts with`, `ends with`, `matches` in what is no text.
    NotSearchable = "not-searchable", Error;
    /// A regular expression that is none, or is too large.
    BadRegex = "bad-regex", Error;
    /// `sum`, `min`, `max`, `average` over what they can't be made of.
    BadAggregate = "bad-aggregate", Error;
    /// A threshold above what a window can hold.
    ThresholdAboveBound = "threshold-above-bound", Error;
    /// Bounds the wrong way round.
    EmptyRange = "empty-range", Error;
    /// A length of time that is nothing, or longer than ten years.
    PeriodOutOfRange = "period-out-of-range", Error;
    /// A number of times that is no whole number from 1.
    BadCount = "bad-count", Error;
    /// A text that is no e-mail address.
    BadAddress = "bad-address", Error;
    /// A time of day where it means nothing.
    MisplacedClock = "misplaced-clock", Error;

    // definitions
    /// Two stages of one subject share a name.
    DuplicateStage = "duplicate-stage", Error;
    /// A condition on the first stage, which is the default.
    FirstStageCondition = "first-stage-condition", Error;
    /// A later stage without a condition.
    StageWithoutCondition = "stage-without-condition", Error;
    /// Definitions that hang on each other in a circle.
    Circle = "circle", Error;
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
