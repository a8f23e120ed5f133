//! `wf connector list`

use super::super::{Outcome, Output};
use super::secrets;
use crate::check::checked::{Auth, Base};
use crate::plan::{ConnectorPlan, Plan};
use crate::project::Project;

pub(super) fn run(project: &Project, out: &mut Output) -> Outcome {
    let Some(plan) = &project.plan else { return Outcome::Findings };
    if plan.connectors.is_empty() {
        out.note_line("this project has no connectors: `use std.slack` brings one in (`wf std list` shows which there are)");
        return Outcome::Clean;
    }
    let rows: Vec<[String; 4]> =
        plan.connectors.iter().zip(0u32..).map(|(it, at)| row(plan, it, at)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (name, base, auth) = (width(0), width(1), width(2));
    for [a, b, c, d] in &rows {
        out.result_line(format!("{a:name$}  {b:base$}  {c:auth$}  {d}").trim_end());
    }
    for connector in &plan.connectors {
        for missing in secrets::missing(&secrets::names(connector)) {
            out.note_line(&format!("{}: {missing}", connector.name));
        }
    }
    Outcome::Clean
}

fn row(plan: &Plan, connector: &ConnectorPlan, at: u32) -> [String; 4] {
    let actions = plan.actions.iter().filter(|action| action.through == Some(at));
    let actions: Vec<&str> = actions.map(|action| &*action.name).collect();
    [connector.name.to_string(), base(connector), auth(connector), actions.join(", ")]
}

/// Where requests go, in words.
pub(super) fn base(connector: &ConnectorPlan) -> String {
    match &connector.base {
        None => "(each action's own)".into(),
        Some(Base::Address(address)) => address.to_string(),
        Some(Base::Secret(name)) => format!("secret {name}"),
        Some(Base::Token(field)) => format!("{field} of the token"),
    }
}

/// How a connector proves who it is, in words.
pub(super) fn auth(connector: &ConnectorPlan) -> String {
    match &connector.auth {
        None => "no auth".into(),
        Some(Auth::Bearer { secret }) => format!("bearer {secret}"),
        Some(Auth::Basic { user_secret, password_secret: None }) => format!("basic {user_secret}"),
        Some(Auth::Basic { user_secret, password_secret: Some(password) }) => {
            format!("basic {user_secret} {password}")
        }
        Some(Auth::Header { name, secret }) => format!("{name}: {secret}"),
        Some(Auth::Signed { secret }) => format!("signed {secret}"),
        Some(Auth::OAuth(oauth)) => match &oauth.refresh_secret {
            Some(refresh) => format!("oauth {refresh}"),
            None => format!("oauth {}", oauth.client_id_secret),
        },
    }
}
