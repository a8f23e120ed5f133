//! `wf show`: an account or a contact of a server.

use super::{Failure, Format, Output, Result, Server, cell, print};
use clap::Args;
use serde_json::Value;

/// Show an account or a contact of a server: attributes, segments, enrolments; and why (not)
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  wf show account:acme\n  wf show account:acme --why \"Win-back\"")]
pub struct Show {
    /// The entity: `account:acme` or `contact:ana`
    #[arg(value_name = "ENTITY")]
    entity: String,
    /// Tell why it is, was or is not in this workflow
    #[arg(long, value_name = "WORKFLOW")]
    why: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

impl Show {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let wrong = || {
            Failure::new(format!("`{}` is no entity", self.entity))
                .help(Some("write `account:ID` or `contact:ID`"))
        };
        let (kind, id) = self.entity.split_once(':').ok_or_else(wrong)?;
        if let Some(workflow) = &self.why {
            let query = [("workflow", workflow.clone())];
            let answer = self.server.get(&["entities", kind, id, "why"], &query)?;
            return Ok(print(self.output, &answer, out, |answer| cell(&answer["text"])));
        }
        let answer = self.server.get(&["entities", kind, id], &[])?;
        Ok(print(self.output, &answer, out, shown))
    }
}

fn shown(answer: &Value) -> String {
    let mut text = format!("{}, known since {}\n", cell(&answer["entity"]), cell(&answer["known_since"]));
    let list = |field: &str| answer[field].as_array().cloned().unwrap_or_default();
    for attribute in list("attributes") {
        let (name, value) = (cell(&attribute["name"]), cell(&attribute["value"]));
        text.push_str(&format!("  {name:<20} {value}   since {}\n", cell(&attribute["since"])));
    }
    let names = |field: &str| list(field).iter().map(cell).collect::<Vec<_>>().join(", ");
    for (head, field) in [("segments", "segments"), ("related", "related")] {
        if !names(field).is_empty() {
            text.push_str(&format!("{head}: {}\n", names(field)));
        }
    }
    for run in list("enrolments") {
        let until = run["until"].as_str().map(|until| format!(" until {until}")).unwrap_or_default();
        text.push_str(&format!(
            "in {} since {}, at {}: {}{until}\n",
            cell(&run["workflow"]),
            cell(&run["started"]),
            cell(&run["step"]),
            cell(&run["doing"])
        ));
    }
    for past in list("past") {
        text.push_str(&format!("{} times in {}\n", cell(&past["count"]), cell(&past["workflow"])));
    }
    text
}
