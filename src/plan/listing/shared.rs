//! What workflows share: definitions, templates, actions, teams, calendars, limits.

use super::args::Args;
use super::*;
use crate::check::checked::{BuiltInAction, PartKind};
use crate::plan::listing::words::clock;

/// Digits of a digest that are shown.
const DIGITS: usize = 12;

/// The listing of everything that is not a workflow, by kind and name.
pub fn shared(plan: &Plan) -> String {
    let lister = Lister::new(plan);
    let sorted = |title: &'static str, mut items: Vec<Item>| {
        items.sort();
        Section { title, items }
    };
    let actions = (0..plan.actions.len() as u32).filter_map(|at| lister.action(ActionId::Declared(at)));
    let mut sections = vec![
        sorted("definitions", plan.facts.iter().filter_map(|fact| lister.definition(fact)).collect()),
        sorted("templates", plan.templates.iter().map(|message| lister.template(message)).collect()),
        sorted("actions", actions.collect()),
        sorted("teams", plan.teams.iter().map(team).collect()),
        sorted("calendars", plan.calendars.iter().map(calendar).collect()),
        sorted("limits", plan.limits.iter().map(|limit| lister.limit(limit)).collect()),
    ];
    sections.retain(|section| !section.items.is_empty());
    print::items_text(&sections)
}

pub(super) fn team(team: &TeamPlan) -> Item {
    Item { text: format!("{:?}", team.name), lines: team.members.iter().map(ToString::to_string).collect() }
}

pub(super) fn calendar(calendar: &CalendarPlan) -> Item {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let mut lines: Vec<String> = calendar.zone.iter().map(|zone| format!("zone {zone}")).collect();
    for (day, hours) in DAYS.iter().zip(&calendar.hours).filter(|(_, hours)| !hours.is_empty()) {
        let hours = hours.iter().map(|(from, to)| format!("{}..{}", clock(*from), clock(*to)));
        lines.push(format!("{day} {}", hours.collect::<Vec<_>>().join(", ")));
    }
    lines.extend(calendar.closed.iter().map(|(first, last)| format!("closed {first}..{last}")));
    Item { text: format!("{:?}", calendar.name), lines }
}

fn digest(text: &str) -> String {
    hash::hex(&hash::sha256(text.as_bytes())).chars().take(DIGITS).collect()
}

impl Lister<'_> {
    /// A template: for each part a digest of its text, which stands in the project, and what it reads.
    pub(super) fn template(&self, message: &MessagePlan) -> Item {
        let mut lines = Vec::new();
        for (kind, text) in &message.parts {
            let Some(text) = self.plan.texts.get(*text as usize) else { continue };
            let kind = match kind {
                PartKind::Subject => "subject",
                PartKind::Text => "text",
                PartKind::Html => "html",
                PartKind::Markdown => "markdown",
            };
            let reads: Vec<_> = text.reads().collect();
            let reads = if reads.is_empty() { String::new() } else { format!("  {}", reads.join(" ")) };
            lines.push(format!("{kind} #{}{reads}", digest(&text.source)));
        }
        Item { text: format!("{:?}", message.name), lines }
    }

    /// A declared action: its request, and what a response means.
    pub(super) fn action(&self, action: ActionId) -> Option<Item> {
        let ActionId::Declared(at) = action else { return None };
        let name = self.plan.actions.get(at as usize)?.name.to_string();
        Some(Item { text: name, lines: self.action_lines(action) })
    }

    /// The lines of a declared action, without its name.
    pub fn action_lines(&self, action: ActionId) -> Vec<String> {
        let ActionId::Declared(at) = action else { return Vec::new() };
        let Some(action) = self.plan.actions.get(at as usize) else { return Vec::new() };
        let own = action.params.iter().map(|(name, ..)| Arc::clone(name));
        let names: Vec<_> = own.chain(action.found().cloned()).collect();
        let writer = self.writer(Subject::Account).params(&names);
        let mut lines = vec![self.request(action)];
        let param = |(name, ty, default): &(Arc<str>, crate::value::Type, Option<crate::value::Value>)| {
            let default =
                default.as_ref().map_or_else(String::new, |value| format!(" = {}", words::literal(value)));
            format!("parameter {name}  {ty}{default}")
        };
        lines.extend(action.params.iter().map(param));
        for find in &action.finds {
            for (source, word) in find.sources.iter().zip(["="].into_iter().chain(std::iter::repeat("else")))
            {
                lines.extend(self.source(source, &names).into_iter().enumerate().map(
                    |(at, line)| match at {
                        0 => format!("find {} {word} {line}", find.name),
                        _ => format!("  {line}"),
                    },
                ));
            }
        }
        lines.extend(self.parts(&action.request, &names));
        lines.extend(action.rules.ok.iter().map(|rule| format!("ok when {}", writer.text(*rule))));
        lines.extend(action.rules.retry.iter().map(|rule| format!("retry when {}", writer.text(*rule))));
        lines.extend(action.rules.fail.map(|reason| format!("fail {}", writer.value(reason))));
        lines.extend(
            action.rules.keep.iter().map(|(name, value)| format!("keep {name} = {}", writer.value(*value))),
        );
        lines
    }

    /// Where something is looked for; more than one line for a request.
    fn source(&self, source: &SourcePlan, names: &[Arc<str>]) -> Vec<String> {
        let writer = self.writer(Subject::Account).params(names);
        match source {
            SourcePlan::Value(value) => vec![writer.value(*value)],
            SourcePlan::Fail(reason) => {
                let args = Args { lister: self, writer, subject: Subject::Account, kept: &[] };
                vec![format!("fail {}", args.arg(reason, 0))]
            }
            SourcePlan::Asked { request, take } => {
                let mut lines = vec![format!("{} of {}", writer.value(*take), self.line(request))];
                lines.extend(self.parts(request, names));
                lines
            }
        }
    }

    /// The parts of a request behind its path.
    fn parts(&self, request: &RequestPlan, names: &[Arc<str>]) -> Vec<String> {
        let writer = self.writer(Subject::Account).params(names);
        let args = Args { lister: self, writer, subject: Subject::Account, kept: &[] };
        let field =
            |what: &str, (name, arg): &(Arc<str>, ArgPlan)| format!("{what} {name}: {}", args.arg(arg, 0));
        let mut lines: Vec<String> = request.query.iter().map(|query| field("query", query)).collect();
        lines.extend(request.headers.iter().map(|header| field("header", header)));
        let more = request.more_headers.and_then(|at| names.get(usize::from(at)));
        lines.extend(more.map(|name| format!("headers {name}")));
        match &request.body {
            BodyPlan::None => {}
            BodyPlan::Json(arg) => lines.push(format!("json {}", args.arg(arg, 0))),
            BodyPlan::Form(form) => lines.extend(form.iter().map(|part| field("form", part))),
            BodyPlan::Raw(value) => lines.push(format!("raw {}", writer.value(*value))),
        }
        lines
    }

    /// `POST /tickets`
    fn line(&self, request: &RequestPlan) -> String {
        let method = format!("{:?}", request.method).to_uppercase();
        let path = self.plan.texts.get(request.path as usize).map_or("?", |text| &*text.source);
        format!("{method} {path}")
    }

    /// `POST /tickets through desk`, with a digest of what the connector says.
    fn request(&self, action: &ActionPlan) -> String {
        let line = self.line(&action.request);
        let connector = action.through.and_then(|at| self.plan.connectors.get(at as usize));
        let Some(connector) = connector else { return line };
        let writer = self.writer(Subject::Account);
        let headers =
            connector.headers.iter().map(|(name, value)| format!("{name}: {}", writer.value(*value)));
        let said = serde_json::json!({
            "base": connector.base,
            "auth": connector.auth,
            "rates": connector.rates,
            "headers": headers.collect::<Vec<_>>(),
            "idempotency": connector.idempotency,
            "timeout": connector.timeout,
        });
        format!("{line} through {} #{}", connector.name, digest(&said.to_string()))
    }

    pub(super) fn limit(&self, limit: &LimitPlan) -> Item {
        let what = match limit.action {
            None => "e-mails",
            Some(ActionId::BuiltIn(BuiltInAction::Email)) => "email",
            Some(ActionId::BuiltIn(BuiltInAction::Html)) => "html",
            Some(ActionId::BuiltIn(BuiltInAction::Gmail)) => "gmail",
            Some(ActionId::BuiltIn(BuiltInAction::Notify)) => "notify",
            Some(ActionId::Declared(at)) => {
                self.plan.actions.get(at as usize).map_or("?", |action| &*action.name)
            }
        };
        let per = subject_word(limit.per);
        Item::plain(format!("{} {what} per {per} in {}", limit.count, limit.window))
    }
}
