//! Whether it lives, whether it is ready, and numbers for Prometheus.

use super::state::State;
use crate::runtime::Status;
use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use std::fmt::Write;
use std::sync::atomic::Ordering;

/// Records that may wait to be applied while it still counts as ready.
const READY_LAG: u64 = 10_000;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

async fn ready(Shared(state): Shared<State>) -> (StatusCode, String) {
    let status = state.handle.status();
    match status.fault {
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("stopped: {why}\n")),
        None if status.durable.saturating_sub(status.applied) > READY_LAG => {
            (StatusCode::SERVICE_UNAVAILABLE, "behind\n".into())
        }
        None => (StatusCode::OK, "ready\n".into()),
    }
}

async fn metrics(Shared(state): Shared<State>) -> impl IntoResponse {
    let text = exposition(&state.handle.status(), &state);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

/// In Prometheus' text format (source: its exposition formats).
fn exposition(status: &Status, state: &State) -> String {
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    let counters = [
        ("messages_total", "Messages that were taken", count(&state.counts.messages)),
        (
            "messages_rejected_total",
            "Messages that were refused for what they are",
            count(&state.counts.rejected),
        ),
        ("messages_duplicate_total", "Messages that had been seen before", status.duplicates),
        ("unauthorized_total", "Requests with a wrong key", count(&state.counts.unauthorized)),
        ("submissions_refused_total", "Submissions refused because too much was waiting", status.refused),
        ("journal_records_total", "The last record that is durable", status.durable),
        ("journal_appends_total", "Appends to the journal since the start", status.appends),
        ("records_applied_total", "The last record that is applied", status.applied),
        ("checkpoints_total", "Checkpoints since the start", status.checkpoints),
        ("log_lines_total", "Lines of the log since the start", status.log_lines),
    ];
    let gauges = [
        ("records_checkpointed", "The last record that is in a checkpoint", status.checkpointed),
        ("entities", "Accounts and contacts that are known", status.entities),
        ("entities_resident_bytes", "Memory of those that are resident", status.resident),
        ("timers", "Entities that wait for time", status.timers),
        ("outbox_open_entities", "Entities with open rows in their outbox", status.open_rows),
        ("queue_bytes", "Bytes that wait for the sequencer", status.queued_bytes),
        ("timer_lateness_max_milliseconds", "The worst lateness of a timer", status.latest.max(0) as u64),
    ];
    let mut text = String::new();
    for (kind, numbers) in [("counter", &counters[..]), ("gauge", &gauges[..])] {
        for (name, help, value) in numbers {
            let _ = writeln!(
                text,
                "# HELP wayfare_{name} {help}.\n# TYPE wayfare_{name} {kind}\nwayfare_{name} {value}"
            );
        }
    }
    text
}
