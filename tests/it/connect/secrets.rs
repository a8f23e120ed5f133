//! No secret in anything that is printed or returned: a service that says all it was sent, in every outcome.

use super::server::{Act, Server};
use super::*;
use wayfare::connect::Response;

/// Everything that leaves of every call of the library, against a service that echoes.
fn everything(status: u16) -> Vec<String> {
    let server = Server::new(move |seen, _| {
        if seen.path.ends_with("/token") {
            return Act::Answer(200, "", super::faults::token(seen));
        }
        let all = format!("{seen:?}");
        let echo =
            serde_json::json!({ "error": all, "message": all, "ok": status == 200, "id": "1", "echo": all });
        Act::Answer(status, "", echo.to_string())
    });
    let id = |name| (name, text("42"));
    let known = about(&[id("hubspot_id"), id("salesforce_id")], &[]);
    let base = server.base();
    let calls: [(&'static str, Vec<(&str, Value)>); 7] = [
        ("webhook", vec![("url", text(&format!("{base}/hook")))]),
        ("slack", vec![("channel", text("#a")), ("message", text("Hi"))]),
        ("slack.webhook", vec![("message", text("Hi"))]),
        ("teams", vec![("message", text("Hi"))]),
        ("hubspot.task", vec![("subject", text("Call"))]),
        ("salesforce.task", vec![("subject", text("Call"))]),
        ("intercom.note", vec![("body", text("Hi")), ("to", text("7"))]),
    ];
    let mut said = Vec::new();
    let secrets = Fixed::library(&base);
    let connections = connections(secrets.clone());
    for (action, args) in calls {
        let mut plan = library();
        for connector in &mut plan.connectors {
            if let Some(Base::Address(address)) = &mut connector.base {
                *address = base.as_str().into();
            }
        }
        let case = Case::new(plan, action, &args, known.clone());
        let mut requests = Vec::new();
        let mut see = |request: &Request| requests.extend([format!("{request:?}"), request.shown()]);
        let outcome = block_on(connections.attempt_seen(case.call(), at(), &mut see));
        said.extend(requests);
        said.extend([format!("{outcome:?}"), serde_json::to_string(&outcome).unwrap()]);
        said.push(
            case.plan.hash().unwrap()
                + &String::from_utf8_lossy(&wayfare::plan::stored::write(&case.plan).unwrap()),
        );
    }
    said
}

#[test]
fn no_secret_is_in_what_is_printed_or_returned() {
    for status in [200, 400, 500] {
        for said in everything(status) {
            for marker in ["MARKER", "TUFSS0VS"] {
                assert!(!said.contains(marker), "{said}");
            }
        }
    }
}

#[test]
fn errors_and_tokens_are_masked_as_well() {
    let secrets = Fixed::library("https://MARKER.example/x y");
    for connector in &library().connectors {
        if let Some(wayfare::check::checked::Auth::OAuth(oauth)) = &connector.auth {
            let asked = wayfare::connect::oauth::request(oauth, &connector.name, &secrets);
            assert!(!format!("{asked:?}").contains("MARKER"), "{asked:?}");
        }
    }
    let body = br#"{"access_token":"MARKER-1","refresh_token":"MARKER-2"}"#.to_vec();
    let response = Response::new(200, vec![("X".into(), "MARKER".into())], body, true);
    let token = wayfare::connect::oauth::read(&response, &wayfare::connect::redact::Redactor::default());
    assert!(!format!("{response:?} {token:?}").contains("MARKER"));
}
