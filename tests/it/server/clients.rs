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

#[test]
fn segments_library_for_browsers() {
    let client = counterpart::script("segment_browser.js", "@segment/analytics-next");
    sent_by("browser-library", client, &["standard"], COUNT + 4);
}

#[test]
fn segments_library_for_browsers_in_batches() {
    let client = counterpart::script("segment_browser.js", "@segment/analytics-next");
    sent_by("browser-library-batches", client, &["batching"], COUNT + 4);
}

#[test]
fn schemathesis_finds_no_fault_of_the_server() {
    let Some(mut client) = counterpart::python_program("schemathesis") else { return };
    let folder = folder("schemathesis");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    served.batch(&[identify("ann", "1", "trial")]).unwrap();
    let document = folder.join("openapi.json");
    std::fs::write(&document, served.get("/api/v1/openapi.json").to_string()).unwrap();
    client.arg("run").arg(&document).args(["--url", &format!("http://{}", served.address)]);
    client.args(["-H", &format!("Authorization: Bearer {ADMIN}"), "--max-examples", "20", "--no-color"]);
    // One that never ends by itself, and one that writes where it is told to.
    client.args(["--exclude-path", "/api/v1/log/follow", "--exclude-path", "/api/v1/backup"]);
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,negative_data_rejection";
    let done = client.args(["--checks", checks]).current_dir(&folder).stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert!(served.stop());
}
