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
    if method == "post" {
        operation["requestBody"] = json!({ "content": { "application/json": {} } });
    }
    operation
}
