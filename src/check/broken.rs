//! What declarations that did not parse leave open, so that one mistake is reported once.
//!
//! In: the stumps of all files. Out: whether a name may be declared in one of them, and which diagnostics only follow
//! from one. A project with a stump has an error already: nothing that is wrong passes for right.

use super::checked::{BySubject, Subject};
use super::collect::subject_word;
use crate::diag::{Code, Diagnostic};
use crate::syntax::Stump;
use std::collections::HashSet;

/// What is left open.
#[derive(Debug, Default)]
pub struct Broken {
    declared: HashSet<(&'static str, String)>,
    /// A module that is not there, or a file that can't be read: any name may be in it.
    everything: bool,
    attributes: BySubject<bool>,
    stages: BySubject<bool>,
    events: bool,
}

impl Broken {
    /// Takes in a stump; a workflow without a name is named as its file.
    pub(super) fn add(&mut self, stump: &Stump, stem: &str) {
        let of = |subject| stump.name.is_empty() || stump.name == subject_word(subject);
        for subject in [Subject::Account, Subject::Contact] {
            self.attributes[subject] |= stump.keyword == "attributes" && of(subject);
            self.stages[subject] |= stump.keyword == "stages" && of(subject);
        }
        self.events |= stump.keyword == "event";
        self.everything |= stump.keyword == "use";
        let name = if stump.keyword == "workflow" && stump.name.is_empty() { stem } else { &stump.name };
        self.declared.insert((stump.keyword, name.to_owned()));
    }

    /// Takes in that a module is not there.
    pub(super) fn add_module(&mut self) {
        self.everything = true;
    }

    /// Whether a declaration of that kind and name may stand where nothing could be read.
    pub fn may_declare(&self, keyword: &'static str, name: &str) -> bool {
        self.everything || self.declared.contains(&(keyword, name.to_owned()))
    }

    /// Without what only follows from a declaration that did not parse.
    pub(super) fn without_followers(&self, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        found.retain(|found| !self.leaves_open(found.code) && (found.is_error() || !self.everything));
        found
    }

    /// Whether a diagnostic of that code may only follow from a declaration that did not parse.
    pub fn leaves_open(&self, code: Code) -> bool {
        let any = |of: &BySubject<bool>| self.everything || of.iter().any(|(_, open)| *open);
        if !self.everything && self.declared.is_empty() {
            return false;
        }
        match code {
            Code::UnusedSegment | Code::UnusedTemplate | Code::UnusedTeam | Code::UnusedCalendar => true,
            Code::UnknownAttribute | Code::OuterName | Code::MissingTags => any(&self.attributes),
            Code::TemplateName => any(&self.attributes) || self.events,
            Code::UnknownProperty | Code::NotEveryTrigger => self.everything || self.events,
            Code::UnknownStage => any(&self.stages),
            _ => false,
        }
    }
}
