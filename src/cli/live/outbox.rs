//! `wf outbox`: what waits for a person, and what has failed.

use super::table::table;
use super::{Asked, Failure, Format, Outcome, Output, Result, Server, cell, print};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Write;

/// Look at what waits in a server's outbox, change it, send it, throw it away
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  wf outbox list --state review\n  wf outbox edit 12-1\n  wf outbox send 12-1"
)]
pub struct Outbox {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    List(List),
    Show(Show),
    /// Change a row in $VISUAL or $EDITOR
    #[command(after_help = "Example:\n  wf outbox edit 12-1")]
    Edit(One),
    Send(Send),
    /// Throw a row away
    #[command(after_help = "Example:\n  wf outbox discard 12-1")]
    Discard(One),
    /// Try a dead letter again
    #[command(after_help = "Example:\n  wf outbox retry 12-1")]
    Retry(One),
}

/// List what is open
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf outbox list --state review")]
struct List {
    /// Only what is `review`, `held`, `ready`, `sending`, `retrying` or `dead`
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only of this workflow
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

/// Show a row with its content
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf outbox show 12-1")]
struct Show {
    /// The row, such as 12-1
    #[arg(value_name = "ROW")]
    row: String,
    #[command(flatten)]
    server: Server,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    output: Format,
}

#[derive(Args, Debug)]
struct One {
    /// The row, such as 12-1
    #[arg(value_name = "ROW")]
    row: String,
    #[command(flatten)]
    server: Server,
}

/// Let a row go
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  wf outbox send 12-1")]
struct Send {
    /// The row, such as 12-1
    #[arg(value_name = "ROW")]
    row: String,
    /// Whatever speaks against it
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    server: Server,
}

impl Outbox {
    pub(in super::super) fn run(self, out: &mut Output) -> Result {
        match self.what {
            What::List(list) => list.run(out),
            What::Show(show) => {
                let answer = show.server.get(&["outbox", &show.row], &[])?;
                Ok(print(show.output, &answer, out, shown))
            }
            What::Edit(one) => one.edit(out),
            What::Send(send) => {
                let body = json!({ "anyway": send.anyway });
                Ok(said(&send.server.post(&["outbox", &send.row, "send"], &body)?, out))
            }
            What::Discard(one) => {
                Ok(said(&one.server.post(&["outbox", &one.row, "discard"], &json!({}))?, out))
            }
            What::Retry(one) => Ok(said(&one.server.post(&["outbox", &one.row, "retry"], &json!({}))?, out)),
        }
    }
}

fn said(answer: &Value, out: &mut Output) -> Outcome {
    out.result_line(&format!("{} is {}", cell(&answer["row"]), cell(&answer["state"])));
    Outcome::Clean
}

impl List {
    fn run(self, out: &mut Output) -> Result {
        let mut query: Vec<(&str, String)> = vec![("limit", "1000".into())];
        query.extend(self.state.clone().map(|state| ("state", state)));
        query.extend(self.workflow.clone().map(|name| ("workflow", name)));
        let answer = self.server.get(&["outbox"], &query)?;
        Ok(print(self.output, &answer, out, |answer| {
            let fields = ["row", "state", "workflow", "step", "action", "entity", "to", "prepared"];
            let rows = answer["rows"].as_array().into_iter().flatten();
            let rows: Vec<Vec<String>> =
                rows.map(|row| fields.iter().map(|field| cell(&row[*field])).collect()).collect();
            if rows.is_empty() { "nothing is open\n".into() } else { table(&fields, &rows) }
        }))
    }
}

fn shown(answer: &Value) -> String {
    let mut text = format!("{} ({})\n", cell(&answer["row"]), cell(&answer["state"]));
    for field in ["reason", "workflow", "step", "action", "entity", "to", "prepared", "expires", "attempts"] {
        if !answer[field].is_null() {
            text.push_str(&format!("{field:<10} {}\n", cell(&answer[field])));
        }
    }
    let parts = answer["content"]["parts"].as_object().into_iter().flatten();
    for (name, part) in parts.filter(|(_, part)| !part.is_null()) {
        text.push_str(&format!("\n--- {name}\n{}\n", cell(part)));
    }
    text
}

/// Begins the lines that name a part in the edited text.
const MARK: &str = "--- ";

impl One {
    fn edit(self, out: &mut Output) -> Result {
        let answer = self.server.get(&["outbox", &self.row], &[])?;
        let parts = answer["content"]["parts"].as_object().cloned().unwrap_or_default();
        let texts: Vec<(&String, &str)> =
            parts.iter().filter_map(|(name, part)| Some((name, part.as_str()?))).collect();
        let before: String = texts.iter().map(|(name, text)| format!("{MARK}{name}\n{text}\n")).collect();
        let after = in_editor(&before)?;
        if after == before {
            out.note_line("nothing was changed");
            return Ok(Outcome::Clean);
        }
        let mut changed = serde_json::Map::new();
        for (name, text) in split(&after) {
            let was = texts.iter().find(|(known, _)| **known == name).map(|(_, text)| *text);
            let was = was.ok_or_else(|| Failure::new(format!("`{name}` is no part of it")))?;
            if was != text {
                changed.insert(name, text.into());
            }
        }
        Ok(said(&self.server.post(&["outbox", &self.row, "edit"], &json!({ "parts": changed }))?, out))
    }
}

/// The parts of an edited text.
fn split(text: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix(MARK), parts.last_mut()) {
            (Some(name), _) => parts.push((name.trim().to_owned(), String::new())),
            (None, Some((_, part))) => {
                part.push_str(line);
                part.push('\n');
            }
            (None, None) => {}
        }
    }
    for (_, part) in &mut parts {
        part.pop();
    }
    parts
}

/// What a person makes of a text in `$VISUAL` or `$EDITOR`.
fn in_editor(text: &str) -> Asked<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into());
    let wrong = |error: std::io::Error| Failure::new(format!("the editor `{editor}`: {error}"));
    let path = std::env::temp_dir().join(format!("wayfare-{}.txt", std::process::id()));
    let mut options = std::fs::File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(wrong)?;
    let mut words = editor.split_whitespace();
    let status = std::process::Command::new(words.next().unwrap_or("vi")).args(words).arg(&path).status();
    let after = status.and_then(|status| {
        if status.success() {
            std::fs::read_to_string(&path)
        } else {
            Err(std::io::Error::other(status.to_string()))
        }
    });
    let _ = std::fs::remove_file(&path);
    after.map_err(wrong)
}
