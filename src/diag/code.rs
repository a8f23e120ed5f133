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
    MistypedWord = "mistyped-word", Error;
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
    /// `wayfare.toml` is not TOML.
    SettingsSyntax = "settings-syntax", Error;
    /// A setting that there is not.
    UnknownSetting = "unknown-setting", Error;
    /// A setting with a value that it can't have.
    WrongSetting = "wrong-setting", Error;
    /// A guard on a line of its own before another step.
    MisleadingGuard = "misleading-guard", Warning;
    /// `# wf: …` that can't be followed.
    BadAllow = "bad-allow", Warning;
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
    /// A word that is not in its `one of` list.
    UnknownWord = "unknown-word", Error;
    /// A calendar that is not declared.
    UnknownCalendar = "unknown-calendar", Error;
    /// A team that is not declared.
    UnknownTeam = "unknown-team", Error;
    /// A template that is not declared.
    UnknownTemplate = "unknown-template", Error;
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
    /// More of something than the machine numbers.
    TooMany = "too-many", Error;
    // workflows
    /// A workflow that nothing starts.
    MissingTrigger = "missing-trigger", Error;
    /// A workflow that does nothing.
    MissingSteps = "missing-steps", Error;
    /// A clause that a workflow has twice.
    DuplicateClause = "duplicate-clause", Error;
    /// Triggers of one workflow about accounts and about contacts.
    MixedSubjects = "mixed-subjects", Error;
    /// A trigger that can never fire.
    ImpossibleTrigger = "impossible-trigger", Error;
    /// An enrolment option that stands twice.
    ContradictingEnrolment = "contradicting-enrolment", Error;
    /// `was` names a workflow that is there, or that another one was.
    WasConflict = "was-conflict", Error;

    // steps
    /// Two steps of one workflow with the same label.
    DuplicateLabel = "duplicate-label", Error;
    /// A second split without a label.
    SplitWithoutLabel = "split-without-label", Error;
    /// Shares of a split that don't add up to 100%.
    SplitShares = "split-shares", Error;
    /// Two arms of a split with the same name.
    DuplicateArm = "duplicate-arm", Error;
    /// `wait until opened "x"` where no earlier step sends it.
    NotSentBefore = "not-sent-before", Error;
    /// `else exit` behind a wait that can't time out.
    PointlessElseExit = "pointless-else-exit", Error;
    /// `start` or `stop` with `for:` where it has none, or without where it needs one.
    WrongFor = "wrong-for", Error;
    /// What can't be set: a derived attribute, a built-in one.
    NotSettable = "not-settable", Error;
    /// Tags without an attribute `tags list of text`.
    MissingTags = "missing-tags", Error;
    /// `assign` to an attribute that is no user.
    NotAUser = "not-a-user", Error;
    /// `on failure` behind a step that can't fail.
    MisplacedOnFailure = "misplaced-on-failure", Error;
    /// `keep` behind a step that has no response.
    MisplacedKeep = "misplaced-keep", Error;
    /// The same field twice.
    DuplicateField = "duplicate-field", Error;

    // actions and their arguments
    /// An action that is not declared.
    UnknownAction = "unknown-action", Error;
    /// An argument that has to be given.
    MissingArgument = "missing-argument", Error;
    /// An argument that the action does not take.
    UnknownArgument = "unknown-argument", Error;
    /// An argument given twice.
    DuplicateArgument = "duplicate-argument", Error;
    /// More arguments than the action takes by their order.
    TooManyArguments = "too-many-arguments", Error;
    /// An argument of the wrong kind.
    WrongArgument = "wrong-argument", Error;
    /// Who can't get a message here.
    WrongRecipient = "wrong-recipient", Error;

    // templates
    /// A Liquid text that does not follow Liquid's grammar.
    TemplateSyntax = "template-syntax", Error;
    /// A name in a Liquid text that is not in scope there.
    TemplateName = "template-name", Error;
    /// A filter of a Liquid text that there is not, or that is used wrongly.
    TemplateFilter = "template-filter", Error;
    /// A Liquid text that means nothing.
    TemplateMeaning = "template-meaning", Error;
    /// A template's file that can't be read.
    MissingFile = "missing-file", Error;
    /// The same part of a template twice.
    DuplicatePart = "duplicate-part", Error;
    /// Parts of a template that exclude each other.
    ConflictingParts = "conflicting-parts", Error;
    /// A template that is sent as e-mail without a subject.
    MissingSubject = "missing-subject", Error;
    /// A template without the body that is asked of it.
    MissingBody = "missing-body", Error;

    // calendars, teams, limits
    /// A zone that there is not.
    UnknownZone = "unknown-zone", Error;
    /// Opening hours that overlap.
    OverlappingHours = "overlapping-hours", Error;
    /// Opening hours of no length.
    EmptyHours = "empty-hours", Error;
    /// Days that end before they begin.
    BackwardDays = "backward-days", Error;
    /// A member that a team has twice.
    DuplicateMember = "duplicate-member", Error;
    /// A team without members.
    EmptyTeam = "empty-team", Error;
    /// A limit on what is no action.
    UnknownLimit = "unknown-limit", Error;
    /// The same limit twice.
    DuplicateLimit = "duplicate-limit", Error;

    // connectors
    /// What a connector, an action or a calendar says twice.
    DuplicateItem = "duplicate-item", Error;
    /// A connector that is not declared.
    UnknownConnector = "unknown-connector", Error;
    /// An action that sends nothing.
    MissingRequest = "missing-request", Error;
    /// A request that goes nowhere.
    MissingBase = "missing-base", Error;
    /// What is no address of the web.
    BadUrl = "bad-url", Error;
    /// What is no name of a secret.
    BadSecretName = "bad-secret-name", Error;
    /// What is no name of a header.
    BadHeader = "bad-header", Error;
    /// A rate by a parameter that no action of the connector has.
    UnknownRateParameter = "unknown-rate-parameter", Error;
    /// A field that there is not.
    UnknownField = "unknown-field", Error;
    /// A field that has to be given.
    MissingField = "missing-field", Error;
    /// A parameter that an action has twice.
    DuplicateParameter = "duplicate-parameter", Error;
    /// An action with the name of one that the machine does itself.
    ReservedAction = "reserved-action", Error;

    // tests
    /// A test whose clock is not set first, or goes back.
    TestClock = "test-clock", Error;
    /// An entity that the test has not named before.
    UnknownTestEntity = "unknown-test-entity", Error;
    /// A name that is an account and a contact.
    AmbiguousTestEntity = "ambiguous-test-entity", Error;
    /// `because` with what is no exit or goal of the workflow.
    UnknownReason = "unknown-reason", Error;

    // lints
    /// A segment that nothing uses.
    UnusedSegment = "unused-segment", Warning;
    /// A template that nothing sends.
    UnusedTemplate = "unused-template", Warning;
    /// A team that nothing uses.
    UnusedTeam = "unused-team", Warning;
    /// A calendar that nothing uses.
    UnusedCalendar = "unused-calendar", Warning;
    /// A step that no path leads to.
    UnreachableStep = "unreachable-step", Warning;
    /// A wait that may never end.
    EndlessWait = "endless-wait", Warning;
    /// A stage that never wins.
    ShadowedStage = "shadowed-stage", Warning;
    /// A literal that looks like a secret.
    SecretLiteral = "secret-literal", Warning;
    /// Something worked out from events or relations, read in an action's declaration.
    NotInDeclaration = "not-in-declaration", Error;
    /// A workflow with neither exit nor goal.
    NoExit = "no-exit", Warning;
    /// Workflows that set each other off in a circle.
    WorkflowCycle = "workflow-cycle", Warning;
    /// A branch that asks what an earlier arm has asked.
    DuplicateCondition = "duplicate-condition", Warning;
    /// Braces of a template in a text that is none.
    BracesInText = "braces-in-text", Warning;
    /// A message prints what can be missing, and is held when it is.
    MaybeMissing = "maybe-missing", Warning;
    /// A test that expects nothing.
    TestWithoutExpectation = "test-without-expectation", Warning;
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
