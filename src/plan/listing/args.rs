//! What steps do, with their arguments.

use super::steps::Reader;
use super::*;

/// Arguments inside each other; the language allows fewer.
const DEPTH: usize = 200;

type Details = Vec<(String, String)>;

impl<'r, 'a> Reader<'r, 'a> {
    /// What a step does: its head, and its arguments.
    pub(super) fn act(self, act: &Act) -> (String, Details) {
        let subject = self.workflow.subject;
        let slot = |slot: u16| self.lister.slot(subject, slot);
        match act {
            Act::Set(values) => {
                let value = |(at, value): &(u16, ExprId)| (slot(*at).to_owned(), self.writer.value(*value));
                ("set".into(), values.iter().map(value).collect())
            }
            Act::AddTag(_, tag) => (format!("add tag {tag:?}"), Vec::new()),
            Act::RemoveTag(_, tag) => (format!("remove tag {tag:?}"), Vec::new()),
            Act::Record(event, fields) => {
                let names = self.lister.plan.events.get(*event as usize);
                let name = |at: u16| {
                    let property = names.and_then(|event| event.properties.get(usize::from(at)));
                    property.map_or_else(|| "?".into(), |(name, ..)| name.to_string())
                };
                let details = fields.iter().map(|(at, value)| (name(*at), self.writer.value(*value)));
                (format!("record {}", self.lister.event(*event)), details.collect())
            }
            Act::Assign(at, to) => (format!("assign {}: {}", slot(*at), self.assignee(to)), Vec::new()),
            Act::Start(workflow, contacts) => (
                format!("start {}{}", self.lister.workflow_name(*workflow), self.whom(contacts.as_ref())),
                Vec::new(),
            ),
            Act::Stop(workflow, contacts) => (
                format!("stop {}{}", self.lister.workflow_name(*workflow), self.whom(contacts.as_ref())),
                Vec::new(),
            ),
            Act::Call(call) => (call.name.to_string(), self.call(call)),
        }
    }

    fn call(self, call: &CallPlan) -> Details {
        let mut details: Details =
            call.args.iter().map(|(name, arg)| (name.to_string(), self.args().arg(arg, 0))).collect();
        for (place, value) in &call.keep {
            let name = self.workflow.kept.get(usize::from(*place)).map_or("?", |name| &**name);
            details.push((format!("keep {name}"), self.writer.value(*value)));
        }
        details.push(("on failure".into(), Self::on_failure(call.on_failure).into()));
        details
    }

    fn whom(self, contacts: Option<&ContactsPlan>) -> String {
        contacts.map_or_else(String::new, |contacts| format!(" for {}", self.contacts(contacts)))
    }

    fn contacts(self, contacts: &ContactsPlan) -> String {
        self.args().contacts(contacts)
    }

    fn assignee(self, to: &AssigneePlan) -> String {
        self.args().assignee(to)
    }

    fn args(self) -> Args<'r, 'a> {
        let (writer, subject, kept) = (self.writer, self.workflow.subject, &self.workflow.kept);
        Args { lister: self.lister, writer, subject, kept }
    }
}

/// Writes arguments, of steps and of requests.
#[derive(Clone, Copy)]
pub(super) struct Args<'r, 'a> {
    pub(super) lister: &'r Lister<'a>,
    pub(super) writer: Writer<'r>,
    /// Whose the values are.
    pub(super) subject: Subject,
    /// The names of kept values.
    pub(super) kept: &'r [Arc<str>],
}

impl Args<'_, '_> {
    fn contacts(self, contacts: &ContactsPlan) -> String {
        let writer = self.lister.writer(Subject::Contact).outside(self.subject).kept(self.kept);
        let filter = contacts.filter.map(|filter| writer.text(filter));
        filter.map_or_else(|| "contacts".into(), |filter| format!("contacts where {filter}"))
    }

    fn assignee(self, to: &AssigneePlan) -> String {
        match to {
            AssigneePlan::User(user) => self.writer.value(*user),
            AssigneePlan::NextOf(team) => format!("next of {}", self.lister.team(*team)),
            AssigneePlan::LeastLoadedOf(team) => format!("least loaded of {}", self.lister.team(*team)),
        }
    }

    /// An argument in the words of the language.
    pub(super) fn arg(self, arg: &ArgPlan, depth: usize) -> String {
        if depth > DEPTH {
            return "?".into();
        }
        match arg {
            ArgPlan::Value(value) => self.writer.value(*value),
            ArgPlan::Text(text) => self.lister.text(*text),
            ArgPlan::Message(message) => format!("template {}", self.lister.message(*message)),
            ArgPlan::Team(team) => format!("team {}", self.lister.team(*team)),
            ArgPlan::Recipients(to) => self.recipients(to),
            ArgPlan::Object(fields) => {
                let field =
                    |(name, arg): &(Arc<str>, ArgPlan)| format!("{name}: {}", self.arg(arg, depth + 1));
                format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            ArgPlan::List(items) => {
                let items = items.iter().map(|item| self.arg(item, depth + 1));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            ArgPlan::Entity => "entity".into(),
            ArgPlan::Assignee(to) => self.assignee(to),
        }
    }

    fn recipients(self, to: &RecipientsPlan) -> String {
        match to {
            RecipientsPlan::Contacts(contacts) => self.contacts(contacts),
            RecipientsPlan::Contact => "contact".into(),
            RecipientsPlan::EventContact => "event.contact".into(),
            RecipientsPlan::Address(address) => self.writer.value(*address),
        }
    }
}

impl Lister<'_> {
    /// A Liquid text as a literal, its lines kept apart.
    pub(super) fn text(&self, text: u32) -> String {
        let source = self.plan.texts.get(text as usize).map_or("?", |text| &*text.source);
        if !source.contains('\n') {
            return format!("\"{}\"", source.replace('"', "\\\""));
        }
        let lines: Vec<_> = source.lines().map(str::trim_end).collect();
        format!("\"\"\"\n{}\n\"\"\"", lines.join("\n"))
    }
}
