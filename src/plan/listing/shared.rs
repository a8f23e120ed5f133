//! What workflows share: definitions, templates, actions, teams, calendars, limits.

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
    hex(&Sha256::digest(text.as_bytes())).chars().take(DIGITS).collect()
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
            let reads: Vec<_> = uses::reads(text).into_iter().collect();
            let reads = if reads.is_empty() { String::new() } else { format!("  {}", reads.join(" ")) };
            lines.push(format!("{kind} #{}{reads}", digest(&text.source)));
        }
        Item { text: format!("{:?}", message.name), lines }
    }

    /// A declared action: its request in a line.
    pub(super) fn action(&self, action: ActionId) -> Option<Item> {
        let ActionId::Declared(at) = action else { return None };
        let action = self.plan.actions.get(at as usize)?;
        let path = self.plan.texts.get(action.path as usize).map_or("?", |text| &*text.source);
        let method = format!("{:?}", action.method).to_uppercase();
        let through = action.through.and_then(|at| self.plan.connectors.get(at as usize));
        let through = through.map_or_else(String::new, |connector| format!(" through {}", connector.name));
        Some(Item { text: action.name.to_string(), lines: vec![format!("{method} {path}{through}")] })
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
