//! `wf logs`: what a server's workflows did.

use super::since::since;
use super::{Asked, Failure, Format, Outcome, Output, Result, Server, block, cell, to_our_own};
use clap::Args;
use serde_json::Value;

/// Print what a server's workflows did, oldest first
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Logs {
    /// A workflow's name; without one, all of them
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only what happened to this entity (`account:acme`)
    #[arg(long, value_name = "ENTITY")]
    entity: Option<String>,
    /// Only lines of these kinds, with commas between them: enrolled, not-enrolled, action, waiting, arm, exited, …
    #[arg(long, value_name = "KINDS")]
    kind: Option<String>,
    /// From here on: an instant (RFC 3339), a day, or a while ago (`30d`)
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// The last so many lines
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    /// Go on with lines as they come
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    server: Server,
    /// How to print a line
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

const EXAMPLE: &str = "\
Examples:
  wf logs \"Trial nurture\" --follow
  wf logs --entity account:acme --output json";

impl Logs {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        let mut query = Vec::new();
        let from = self.since.as_deref().map(since).transpose()?;
        let fields =
            [("workflow", &self.name), ("entity", &self.entity), ("kind", &self.kind), ("since", &from)];
        query.extend(fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        let lines = self.pages(&query)?;
        for line in lines.iter().rev() {
            self.print(line, out);
        }
        if self.follow {
            self.follow(&query, out)?;
        }
        Ok(Outcome::Clean)
    }

    /// The last lines, latest first.
    fn pages(&self, query: &[(&'static str, String)]) -> Asked<Vec<Value>> {
        let (mut lines, mut before) = (Vec::new(), None);
        while lines.len() < self.limit {
            let mut query = query.to_vec();
            query.push(("limit", (self.limit - lines.len()).min(1_000).to_string()));
            query.extend(before.map(|before: u64| ("before", before.to_string())));
            let answer = self.server.get(&["log"], &query)?;
            lines.extend(answer["lines"].as_array().cloned().unwrap_or_default());
            before = answer["next"].as_u64();
            if before.is_none() {
                break;
            }
        }
        Ok(lines)
    }

    fn print(&self, line: &Value, out: &mut Output) {
        match self.output {
            Format::Json => out.result_line(&line.to_string()),
            Format::Human => {
                let step = line["step"].as_str().map(|step| format!(" [{step}]")).unwrap_or_default();
                let text: String =
                    cell(&line["text"]).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                let workflow = line["workflow"].as_str().map(|name| format!("{name}: ")).unwrap_or_default();
                out.result_line(&format!(
                    "{}  {}  {workflow}{text}{step}",
                    cell(&line["at"]),
                    cell(&line["entity"])
                ));
            }
        }
    }

    fn follow(&self, query: &[(&'static str, String)], out: &mut Output) -> Asked<()> {
        let query: Vec<_> = query.iter().filter(|(name, _)| *name != "since").cloned().collect();
        let (url, token) = (self.server.address(&["log", "follow"], &query)?, self.server.token()?);
        out.note("");
        block(async {
            let client = to_our_own().map_err(|error| Failure::new(error.to_string()))?;
            let answer = client.get(url).bearer_auth(token).send().await;
            let mut answer = answer.map_err(|error| self.server.unreachable(&error))?;
            let mut rest = String::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| self.server.unreachable(&error))? {
                rest.push_str(&String::from_utf8_lossy(&chunk));
                while let Some((line, behind)) = rest.split_once('\n') {
                    if let Ok(line) = serde_json::from_str(line) {
                        self.print(&line, out);
                    }
                    rest = behind.to_owned();
                }
                out.note("");
            }
            Ok(())
        })
    }
}
