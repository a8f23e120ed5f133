//! Client libraries as their makers ship them: they work by setting their host.

use super::*;
use crate::counterpart;

const COUNT: u64 = 120;

/// Runs a client against a server, and waits until all that it sent is there.
fn sent_by(name: &str, client: Option<Command>, more: &[&str], expected: u64) {
    let Some(mut client) = client else { return };
    let folder = folder(name);
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    client.args([&format!("http://{}", served.address), WRITE, &COUNT.to_string()]).args(more);
    let done = client.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let wrong = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.trim().ends_with("sent"), "{said} {wrong}");
    let metrics = until(|| {
        let metrics = served.ask("GET", "/metrics", &[], b"").1;
        metrics.contains(&format!("\nwayfare_messages_total {expected}\n")).then_some(metrics)
    });
    assert!(metrics.contains("\nwayfare_messages_rejected_total 0\n"), "{metrics}");
    let ann = served.get("/api/v1/entities/contact/ann");
    assert_eq!(ann["segments"], serde_json::json!(["Trial"]), "{ann}");
    assert!(served.stop());
}

#[test]
fn segments_python_client() {
    sent_by("python", counterpart::python("segment_python.py"), &["plain"], COUNT + 3);
}

#[test]
fn segments_python_client_packed() {
    sent_by("python-gzip", counterpart::python("segment_python.py"), &["gzip"], COUNT + 3);
}

#[test]
fn segments_node_client() {
    let client = counterpart::script("segment_node.js", "@segment/analytics-node");
    sent_by("node", client, &[], COUNT + 3);
}

#[test]
fn rudderstacks_node_client() {
    let client = counterpart::script("rudder_node.js", "@rudderstack/rudder-sdk-node");
    sent_by("rudder", client, &[], COUNT + 1);
}
