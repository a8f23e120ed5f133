//! Where pest stopped, and what it would have taken there.

use super::{Grammar, Pairs, Rule};
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

/// Why a text did not parse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failure {
    /// The byte of the file at which nothing more fitted.
    pub(super) at: usize,
    /// What would have fitted there.
    pub(super) expected: Vec<Rule>,
    /// The stack was used up before the text was.
    pub(super) too_deep: bool,
}

/// Reads a text that begins at byte `base` of its file.
pub(super) fn read(what: Rule, text: &str, base: usize) -> Result<Pairs<'_>, Failure> {
    Grammar::parse(what, text).map_err(|error| {
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let (expected, too_deep) = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => (positives, false),
            ErrorVariant::CustomError { .. } => (Vec::new(), true),
        };
        Failure { at: base + at, expected, too_deep }
    })
}
