//! The management API, and the commands that speak to it.

use super::*;
use serde_json::json;

fn wf(served: &Served, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    command
        .args(args)
        .env("WAYFARE_SERVER", format!("http://{}", served.address))
        .env("WAYFARE_TOKEN", ADMIN);
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    let done = command.output().unwrap();
    let text = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (done.status.code().unwrap(), text)
}

#[test]
fn a_team_sees_and_steers_its_workflows() {
    let folder = folder("steer");
    let path = project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    served.batch(&[identify("ann", "1", "trial"), identify("bob", "2", "free")]).unwrap();

    let (code, text) = wf(&served, &["ls"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Nurture") && text.contains("live"), "{text}");
    let (_, text) = wf(&served, &["logs", "Nurture"]);
    assert!(text.contains("contact:ann  Nurture: enrolled: when contact enters segment \"Trial\""), "{text}");
    let (_, text) = wf(&served, &["show", "contact:bob", "--why", "Nurture"]);
    assert!(text.contains("never in") && text.contains("plan is \"free\""), "{text}");

    // By hand, and as drift against the file.
    assert_eq!(wf(&served, &["disable", "Nurture"]).0, 0);
    assert!(wf(&served, &["ls"]).1.contains("disabled by hand"));
    served.batch(&[identify("cid", "3", "trial")]).unwrap();
    let counts = served.get("/api/v1/workflows/Nurture");
    assert_eq!((&counts["enrolled"], &counts["not_enrolled"]), (&json!(1), &json!(1)), "{counts}");
    let report = served.get("/api/v1/workflows/Nurture/report");
    assert_eq!(
        (&report["enrolled"], &report["not_enrolled"]["disabled"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    let admin = [("authorization", "Bearer admin-token")];
    let (status, text) = served.ask("GET", "/api/v1/workflows/Nurture/report?format=csv", &admin, b"");
    assert!(status == 200 && text.contains("\"Nurture\",\"enrolled\",1"), "{text}");
    let (status, text) = served.ask("GET", "/api/v1/workflows/Nurture/report?format=html", &admin, b"");
    assert!(status == 200 && text.contains("<h1>Nurture</h1>"), "{text}");
    assert_eq!(wf(&served, &["enable", "Nurture"]).0, 0);
    let (status, body) = served.post("/api/v1/entities/contact/cid/enrol", &json!({ "workflow": "Nurture" }));
    assert_eq!((status, body["enrolments"].as_array().unwrap().len()), (200, 1), "{body}");
    let (status, body) = served.post("/api/v1/entities/contact/cid/exit", &json!({ "workflow": "Nurture" }));
    assert_eq!((status, body["enrolments"].as_array().unwrap().len()), (200, 0), "{body}");

    // Another text: compared, deployed, and taken back.
    std::fs::write(path.join("main.wf"), TRIAL.replace("wait 3d", "wait 5d")).unwrap();
    let project = path.to_str().unwrap();
    let (code, text) = wf(&served, &["deploy", project, "--dry-run"]);
    assert!(code == 0 && text.contains("Nurture"), "{text}");
    assert!(wf(&served, &["deploy", project]).1.contains("nobody can be asked"));
    assert_eq!(served.get("/api/v1/status")["version"], 1);
    let (code, text) = wf(&served, &["deploy", project, "--yes", "--note", "longer"]);
    assert!(code == 0 && text.contains("version 2 runs"), "{text}");
    assert!(wf(&served, &["versions"]).1.contains("longer"));
    let (code, text) = wf(&served, &["rollback", "1"]);
    assert!(code == 0 && text.contains("version 3 runs"), "{text}");
    std::fs::write(path.join("main.wf"), "workflow \"W\" { nonsense }").unwrap();
    assert_eq!(wf(&served, &["deploy", project, "--yes"]).0, 2);

    // All of it is there after a kill.
    let before = served.get("/api/v1/log?limit=1000");
    served.kill();
    let served = Served::start(&folder, &[]);
    assert_eq!(served.get("/api/v1/log?limit=1000"), before);
    assert_eq!(served.get("/api/v1/status")["version"], 3);
    assert!(served.stop());
}

#[test]
fn who_may_not_is_told_so() {
    let folder = folder("roles");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let document = served.get("/api/v1/openapi.json");
    let mut looked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path = path.replace("{kind}", "contact").replace("{id}", "x").replace("{name}", "x");
            let path = path.replace("{number}", "1").replace("{row}", "1-1");
            for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
                let (status, body) = served.ask(&method.to_uppercase(), &path, headers, b"{}");
                assert_eq!(status, 401, "{method} {path}: {body}");
                looked += 1;
            }
        }
    }
    assert!(looked > 40, "{looked}");
    assert_eq!(served.ask("GET", "/healthz", &[], b""), (200, "ok\n".into()));
    assert_eq!(served.ask("GET", "/readyz", &[], b""), (200, "ready\n".into()));
}

#[test]
fn a_day_passes_in_a_moment_for_a_trial() {
    let folder = folder("speed");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &["--speed", "200000"]);
    served.batch(&[identify("ann", "1", "trial")]).unwrap();
    let finished = until(|| {
        let row = served.get("/api/v1/workflows/Nurture");
        (row["finished"] == 1).then_some(row)
    });
    assert_eq!(finished["steps"][2]["counts"]["done"], 1, "{finished}");
    assert!(served.stop());
}

#[test]
fn what_can_not_start_says_why() {
    let folder = folder("refused");
    let start = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
        let done = command.arg("serve").args(args).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    let (code, text) = start(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(code == 2 && text.contains("no project was given"), "{text}");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let (code, text) = start(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(code == 2 && text.contains("in use"), "{text}");
    let other = folder.join("other");
    let (code, text) = start(&["--data", other.to_str().unwrap(), "--listen", &served.address]);
    assert!(code == 2 && text.contains("can't listen on"), "{text}");
    assert!(served.stop());
    // A record that is damaged is named, not skipped.
    let journal = std::fs::read_dir(folder.join("data/journal")).unwrap().map(|entry| entry.unwrap().path());
    let segment =
        journal.into_iter().find(|path| path.extension().is_some_and(|it| it == "segment")).unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[4096 + 60] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let (code, text) = start(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(code == 2 && text.contains("damaged"), "{text}");
}

#[test]
fn a_hangup_ends_nothing() {
    let folder = folder("hangup");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    assert_eq!(served.ask("GET", "/healthz", &[], b"").0, 200);
    let sent = Command::new("kill").args(["-HUP", &served.child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    // A process that it ends is gone by the time that this one has ended.
    assert_eq!(served.batch(&[identify("ann", "1", "trial")]).unwrap().0, 200);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(served.ask("GET", "/healthz", &[], b"").0, 200);
    assert!(served.stop());
}
