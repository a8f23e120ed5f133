//! What a deploy does, as data: for the one who deploys, and for the log.

use crate::base::Instant;
use crate::plan::{State, Subject, subject_word};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

/// Everything that a deploy changes.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Table {
    /// Workflows that are new, changed, renamed or removed, or that anybody moved in, by name.
    pub workflows: Vec<WorkflowRow>,
    /// Segments that are new or say something else.
    pub segments: Vec<SegmentRow>,
    /// Values whose declared type changed and that the new type refuses, how many by attribute.
    pub refused: Vec<Refused>,
    /// What asks for events that were not kept.
    pub windows: Vec<WindowRow>,
}

/// A workflow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct WorkflowRow {
    /// Its name.
    pub name: Arc<str>,
    /// What happened to it.
    pub change: Change,
    /// Whether it runs now.
    #[serde(serialize_with = "state")]
    pub state: State,
    /// Whether it is disabled by hand, whatever its text says.
    pub disabled_by_hand: bool,
    /// Enrolments that were under way.
    pub under_way: u64,
    /// What becomes of them.
    pub fates: Fates,
    /// The steps that changed.
    pub steps: Vec<StepRow>,
    /// Present members whom a new or changed trigger finds: they are not enrolled.
    pub members: u64,
    /// Members who were taken in by a backfill.
    pub backfilled: u64,
    /// A workflow that was removed and looks like this one.
    pub looks_like: Option<Arc<str>>,
}

/// What happened to a workflow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was not there.
    New,
    /// Those under way have another text before them.
    Edited,
    /// Something else of it: its triggers, its `if`, its policy, whether it runs.
    Changed,
    /// It has another name, and perhaps another text.
    Renamed {
        /// Its old name.
        from: Arc<str>,
        /// Whether its text is another.
        edited: bool,
    },
    /// It is gone.
    Removed,
    /// Nothing; somebody in it is moved for another reason.
    Same,
}

/// What becomes of those under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Fates {
    /// They go on in the present text.
    pub moved: u64,
    /// They end in the text that they began in.
    pub finishing: u64,
    /// They leave, as the text was edited.
    pub left: u64,
    /// They were in the shadow, and it has gone live.
    pub cleared: u64,
    /// They end as what they waited for ended while it was disabled.
    pub ended: u64,
    /// They go on although it was disabled meanwhile.
    pub resumed: u64,
}

/// A step that changed, and those under way that it concerns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StepRow {
    /// Its name in the old text, if it was there.
    pub old: Option<Arc<str>>,
    /// Its name in the new text, if it is there.
    pub new: Option<Arc<str>>,
    /// A short text of it.
    pub text: Arc<str>,
    /// What happened to it.
    pub change: StepChange,
    /// How many had not come to it.
    pub before: u64,
    /// How many were at it.
    pub at: u64,
    /// How many had passed it, or come past where it stands now.
    pub after: u64,
    /// Of those who passed it: how many have it before them again, and will not do it again.
    pub skip: u64,
    /// Where those who were at it go, if it is gone.
    pub to: Option<Arc<str>>,
}

/// What happened to a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepChange {
    /// It was not there.
    Added,
    /// It says something else.
    Edited,
    /// It stands elsewhere.
    Moved,
    /// It is gone.
    Removed,
}

/// A segment that is new or says something else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SegmentRow {
    /// Of accounts or of contacts.
    #[serde(serialize_with = "subject")]
    pub subject: Subject,
    /// Its name.
    pub name: Arc<str>,
    /// Whether it was not there.
    pub new: bool,
    /// Who is in it now.
    pub members: u64,
}

/// Values that a new type refuses: they are kept with the undeclared traits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refused {
    /// Of accounts or of contacts.
    #[serde(serialize_with = "subject")]
    pub subject: Subject,
    /// The attribute.
    pub attribute: Arc<str>,
    /// How many.
    pub count: u64,
}

/// A count over events that were not kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WindowRow {
    /// Of accounts or of contacts.
    #[serde(serialize_with = "subject")]
    pub subject: Subject,
    /// What is counted, in the words of the language.
    pub text: Arc<str>,
    /// What asks for it: segments, attributes, stages, health, workflows.
    pub asked_by: Vec<Arc<str>>,
    /// Events are known from then on.
    #[serde(serialize_with = "instant")]
    pub since: Instant,
    /// From then on it is whole, for those who were known before; never, if it asks for all events.
    #[serde(serialize_with = "instant")]
    pub whole: Instant,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn state<S: serde::Serializer>(state: &State, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(state_word(*state))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn subject<S: serde::Serializer>(subject: &Subject, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(subject_word(*subject))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn instant<S: serde::Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    if *at == Instant::MAX { to.serialize_none() } else { to.collect_str(at) }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Draft => "draft",
        State::Live => "live",
        State::Disabled => "disabled",
    }
}

impl Table {
    /// Whether nobody sees a difference.
    pub fn is_empty(&self) -> bool {
        self.workflows.is_empty()
            && self.segments.is_empty()
            && self.refused.is_empty()
            && self.windows.is_empty()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.workflows.iter().for_each(|row| workflow(&mut text, row));
        for row in &self.segments {
            let (whose, what) = (subject_word(row.subject), if row.new { "new" } else { "changed" });
            let _ = writeln!(
                text,
                "segment \"{}\" of {whose}: {what}, {}",
                row.name,
                many(row.members, "member")
            );
        }
        for row in &self.refused {
            let (whose, count) = (subject_word(row.subject), many(row.count, "value"));
            let _ =
                writeln!(text, "{whose}.{}: {count} refused by the new type and kept aside", row.attribute);
        }
        for row in &self.windows {
            let asked = row.asked_by.join(", ");
            let whole = if row.whole == Instant::MAX {
                "never whole for those known before; play the history into a new store to have it".to_owned()
            } else {
                format!("whole from {}", row.whole)
            };
            let _ = writeln!(text, "{} ({asked}): events are known since {}, {whole}", row.text, row.since);
        }
        f.write_str(&text)
    }
}

fn many(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn workflow(text: &mut String, row: &WorkflowRow) {
    let change = match &row.change {
        Change::New => "new".to_owned(),
        Change::Edited => "edited".to_owned(),
        Change::Changed => "changed".to_owned(),
        Change::Renamed { from, edited } => {
            format!("was \"{from}\"{}", if *edited { ", edited" } else { "" })
        }
        Change::Removed => "removed".to_owned(),
        Change::Same => "as before".to_owned(),
    };
    let _ = write!(text, "workflow \"{}\": {change}", row.name);
    if row.change != Change::Removed {
        let _ = write!(text, ", {}", state_word(row.state));
    }
    if row.disabled_by_hand {
        text.push_str(" (disabled by hand until it is enabled)");
    }
    text.push('\n');
    if row.under_way > 0 {
        let _ = writeln!(text, "  {} under way{}", row.under_way, fates(&row.fates));
    }
    row.steps.iter().for_each(|step| step_line(text, step));
    if row.members > 0 {
        let _ = writeln!(text, "  {} present, not enrolled", many(row.members, "member"));
    }
    if row.backfilled > 0 {
        let _ = writeln!(text, "  {} present, taken up by the backfill", many(row.backfilled, "member"));
    }
    if let Some(old) = &row.looks_like {
        let _ = writeln!(
            text,
            "  it looks like \"{old}\", which is gone: `workflow \"{}\" was \"{old}\"` keeps who is and was in it",
            row.name
        );
    }
}

fn fates(fates: &Fates) -> String {
    let parts = [
        (fates.moved, "go on in the new text"),
        (fates.finishing, "end in the old text"),
        (fates.left, "leave"),
        (fates.cleared, "were in the shadow and are cleared"),
        (fates.ended, "leave, as their wait ended while it was disabled"),
        (fates.resumed, "are resumed"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

fn step_line(text: &mut String, row: &StepRow) {
    let name = row.new.as_ref().or(row.old.as_ref()).map_or("", |name| &**name);
    let change = match row.change {
        StepChange::Added => "added",
        StepChange::Edited => "edited",
        StepChange::Moved => "moved",
        StepChange::Removed => "removed",
    };
    let _ = write!(
        text,
        "  step {name} `{}` {change}: {} before, {} at, {} after",
        row.text, row.before, row.at, row.after
    );
    if row.skip > 0 {
        let _ = write!(text, "; {} have it before them again and skip it", row.skip);
    }
    if row.change == StepChange::Removed && row.at > 0 {
        match &row.to {
            Some(to) => _ = write!(text, "; those at it go on at step {to}"),
            None => text.push_str("; those at it leave"),
        }
    }
    text.push('\n');
}
