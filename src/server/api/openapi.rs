//! What the management API takes and gives (source: the `OpenAPI` specification, 3.1).

use super::{Actor, State};
use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Map, Value, json};

/// (method, path, what it does, the role that it needs, names in its query).
const ROUTES: [(&str, &str, &str, &str, &[&str]); 25] = [
    ("get", "/workflows", "Workflows with their state and counts", "read", &["state"]),
    ("get", "/workflows/{name}", "A workflow: statistics, steps, source", "read", &[]),
    ("get", "/workflows/{name}/enrolments", "Who is in it now", "read", &["limit", "after"]),
    ("get", "/workflows/{name}/report", "A report on it: json, csv or html", "read", &["since", "format"]),
    ("post", "/workflows/{name}/disable", "Disable it at once", "operate", &[]),
    ("post", "/workflows/{name}/enable", "Enable it again", "operate", &[]),
    ("get", "/entities/{kind}/{id}", "An account or a contact", "read", &[]),
    ("get", "/entities/{kind}/{id}/why", "Why it is, was or is not in a workflow", "read", &["workflow"]),
    ("post", "/entities/{kind}/{id}/enrol", "Enrol it by hand", "operate", &[]),
    ("post", "/entities/{kind}/{id}/exit", "Take it out by hand", "operate", &[]),
    (
        "get",
        "/log",
        "Lines of the log, latest first",
        "read",
        &["workflow", "entity", "kind", "since", "until", "before", "limit"],
    ),
    (
        "get",
        "/log/follow",
        "Lines of the log as they come, one JSON object a line",
        "read",
        &["workflow", "entity", "kind"],
    ),
    ("get", "/deploys", "Versions that were deployed, latest first", "read", &[]),
    ("post", "/deploys", "Compare (`dry_run`) or deploy a project's files", "admin", &[]),
    ("get", "/deploys/{number}", "A version with its files", "read", &[]),
    ("post", "/deploys/{number}/rollback", "Deploy an earlier version again", "admin", &[]),
    ("get", "/outbox", "Open rows of the outbox", "read", &["state", "workflow", "limit", "after"]),
    ("get", "/outbox/{row}", "A row with its content", "read", &[]),
    ("post", "/outbox/{row}/edit", "Change parts of it", "operate", &[]),
    ("post", "/outbox/{row}/send", "Let it go", "operate", &[]),
    ("post", "/outbox/{row}/discard", "Throw it away", "operate", &[]),
    ("post", "/outbox/{row}/retry", "Try a dead letter again", "operate", &[]),
    ("post", "/backup", "Copy the journal into a folder of the server's machine", "admin", &[]),
    (
        "get",
        "/stats/email",
        "What became of e-mail, by workflow, step and template",
        "read",
        &["workflow", "since"],
    ),
    ("get", "/rejects", "What was refused of messages, latest first", "read", &["limit", "after"]),
];

/// What the body of a POST is (source: JSON Schema 2020-12): whether there has to be one, and its fields; those that must be
/// there are marked with `!`. The test `schemas_say_what_is_taken` holds it against what is parsed.
fn body(path: &str) -> Option<(bool, Value)> {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let by_name = json!({ "type": "object", "additionalProperties": text });
    let truth = json!({ "type": "boolean" });
    let (required, fields): (bool, Vec<(&str, Value)>) = match path {
        "/deploys" => {
            let number = json!({ "type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX });
            let fields =
                [("files!", by_name), ("backfill", texts.clone()), ("resume", texts), ("note", text)];
            let more = [("dry_run", truth), ("onto", number)];
            (true, fields.into_iter().chain(more).collect())
        }
        "/backup" => (true, vec![("to!", text)]),
        "/entities/{kind}/{id}/enrol" | "/entities/{kind}/{id}/exit" => (true, vec![("workflow!", text)]),
        "/outbox/{row}/edit" => (true, vec![("parts!", by_name)]),
        "/outbox/{row}/send" => (false, vec![("anyway", truth)]),
        "/workflows/{name}/enable" => (false, vec![("resume", truth)]),
        _ => return None,
    };
    let must: Vec<&str> = fields.iter().filter_map(|(name, _)| name.strip_suffix('!')).collect();
    let mut schema = json!({ "type": "object", "required": must, "additionalProperties": false });
    let named = |(name, of): &(&str, Value)| (name.trim_end_matches('!').to_owned(), of.clone());
    schema["properties"] = Value::Object(fields.iter().map(named).collect());
    Some((required, schema))
}

pub(super) async fn document(Shared(_): Shared<State>, _: Actor) -> Json<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for (method, path, summary, role, query) in ROUTES {
        let entry = paths.entry(format!("/api/v1{path}")).or_insert_with(|| json!({}));
        entry[method] = operation((method, path), summary, role, query);
    }
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Wayfare", "version": env!("CARGO_PKG_VERSION") },
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        "security": [{ "token": [] }],
        "paths": paths,
    }))
}

fn operation((method, path): (&str, &str), summary: &str, role: &str, query: &[&str]) -> Value {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let named = named
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let asked =
        query.iter().map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }));
    let problem = json!({ "description": "A problem", "content": { "application/problem+json": {} } });
    let mut operation = json!({
        "summary": summary,
        "description": format!("Needs the role `{role}`."),
        "parameters": named.chain(asked).collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "Done", "content": { "application/json": {} } },
            "default": problem,
        },
    });
    if let Some((required, schema)) = body(path).filter(|_| method == "post") {
        operation["requestBody"] =
            json!({ "required": required, "content": { "application/json": { "schema": schema } } });
    }
    operation
}
