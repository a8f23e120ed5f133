//! `wf connector`: what it prints, what it sends, how it ends.

use super::server::Server;
use crate::cli::Folder;

const PROJECT: &str = r#"
attributes of account { name text  seats number }
connector desk {
  base secret "DESK_URL"
  auth bearer secret "DESK_TOKEN"
  rate 5 per 1s per queue
  timeout 5s
  fail with response.json.message
}
action desk.ticket(queue text, title template, due time = missing, tags list of text = missing) through desk {
  post "/queues/{{ queue }}" json { title: title, due: due, tags: tags, account: account.name }
  keep ticket = response.json.id
}
"#;

const TRY: [&str; 7] = ["connector", "try", "desk.ticket", "case.wf", "--arg", "queue=a b", "--arg"];

fn folder() -> Folder {
    Folder::with(&[("case.wf", PROJECT)])
}

#[test]
fn connectors_are_listed_with_what_is_not_set() {
    let ran = folder().wf(&["connector", "list", "case.wf"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), "desk  secret DESK_URL  bearer DESK_TOKEN  desk.ticket\n")
    );
    assert!(ran.stderr.contains("desk: the secret DESK_URL is not set"), "{}", ran.stderr);
}

#[test]
fn a_connector_is_shown_with_its_actions() {
    let ran = folder().wf_with(
        &["connector", "show", "desk", "case.wf"],
        "",
        &[("DESK_URL", "MARKER"), ("DESK_TOKEN", "MARKER")],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("connector-show", ran.stdout);
    let ran = folder().wf(&["connector", "show", "dusk", "case.wf"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("did you mean `desk`?"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_prints_the_request_masked_and_sends_nothing() {
    let env = [("DESK_URL", "https://desk.example/MARKER-path"), ("DESK_TOKEN", "MARKER-token")];
    let args =
        [&TRY[..], &["title=Hi", "--arg", "tags=a,b", "--set", "account.name=Acme", "--dry-run"]].concat();
    let ran = folder().wf_with(&args, "", &env);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("connector-try-dry-run", ran.stdout);
    let ran = folder().wf(&args);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("the secret DESK_TOKEN is not set"), "{}", ran.stderr);
}

#[test]
fn one_call_is_sent_and_judged() {
    let server = Server::answering(201, r#"{"id":17,"token":"MARKER-token"}"#);
    let base = server.base();
    let env = [("DESK_URL", base.as_str()), ("DESK_TOKEN", "MARKER-token")];
    let allowed =
        [&TRY[..], &["title=Hi", "--arg", "due=2026-01-07T09:00:00Z", "--allow", "127.0.0.0/8"]].concat();
    let ran = folder().wf_with(&allowed, "", &env);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    assert!(ran.stdout.contains("ok: answered 201\nreference: 17\nkeep ticket = 17\n"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("MARKER"), "{}", ran.stdout);
    assert_eq!(
        server.seen()[0].json(),
        serde_json::json!({ "title": "Hi", "due": "2026-01-07T09:00:00.000Z" })
    );
    assert_eq!((&*server.seen()[0].method, &*server.seen()[0].path), ("POST", "/queues/a%20b"));

    let refused = [&TRY[..], &["title=Hi"]].concat();
    let ran = folder().wf_with(&refused, "", &env);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("is a private address"), "{}", ran.stdout);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn the_outcome_is_there_for_machines() {
    let server = Server::answering(422, r#"{"message":"no such queue"}"#);
    let base = server.base();
    let env = [("DESK_URL", base.as_str()), ("DESK_TOKEN", "MARKER-token")];
    let args = [&TRY[..], &["title=Hi", "--allow", "127.0.0.1", "--output", "json"]].concat();
    let ran = folder().wf_with(&args, "", &env);
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, said["format_version"].as_u64()), (Some(1), Some(1)));
    assert_eq!(said["outcome"]["result"], "fail");
    assert_eq!(said["outcome"]["reason"], "no such queue (answered 422 Unprocessable Entity)");
}

#[test]
fn what_is_given_wrongly_is_told() {
    let wrong = |more: &[&str]| {
        let ran = folder().wf(&[&TRY[..], more].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        ran.stderr
    };
    assert!(wrong(&["titel=Hi"]).contains("did you mean `title`?"));
    assert!(wrong(&["title=Hi", "--arg", "due=soon"]).contains("`due`: `soon` is no time"));
    assert!(wrong(&["title=Hi", "--set", "account.seats=many"]).contains("expected a number"));
    assert!(wrong(&["title=Hi", "--set", "account.nmae=x"]).contains("did you mean `name`?"));
    assert!(wrong(&["title=Hi", "--allow", "10.0.0.0/99"]).contains("is neither a network"));
    assert!(wrong(&["title"]).contains("name=value"));
}

/// A person stops it while the service says nothing: 130, whatever was sent.
#[cfg(unix)]
#[test]
fn a_person_can_stop_it() {
    use std::process::{Command, Stdio};
    let (tell, told) = std::sync::mpsc::channel();
    let server = Server::new(move |_, _| {
        tell.send(()).unwrap();
        super::server::Act::Stall
    });
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wf"));
    command.args([&TRY[..], &["title=Hi", "--allow", "127.0.0.1"]].concat()).current_dir(folder.path());
    command.envs([("DESK_URL", server.base()), ("DESK_TOKEN", "x-token".into())]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    told.recv().unwrap();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8(output.stderr).unwrap().contains("interrupted"));
}
