//! A line of the log in a form that the model and the engine can both be put into.

use std::fmt;
use wayfare::base::Instant;

/// What happened, in words that can be compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub at: Instant,
    /// Empty: of none.
    pub workflow: String,
    /// `account:acme`
    pub entity: String,
    /// 0: of no enrolment.
    pub number: u32,
    pub step: String,
    pub kind: &'static str,
    pub detail: String,
    pub shadow: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} #{} ", self.at, self.workflow, self.entity, self.number)?;
        write!(
            f,
            "[{}] {} {}{}",
            self.step,
            self.kind,
            self.detail,
            if self.shadow { " (draft)" } else { "" }
        )
    }
}

/// Facts of one instant are worked out in no order that anybody could see: they are compared as a set (S1.6).
pub fn in_order(mut log: Vec<Line>) -> Vec<Line> {
    let same = |a: &Line, b: &Line| a.kind == "fact" && b.kind == "fact" && a.at == b.at;
    for facts in log.chunk_by_mut(same) {
        facts.sort();
    }
    log
}
