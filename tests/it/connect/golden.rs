//! Requests of the standard library beside those that the services' own libraries send: recorded from
//! @hubspot/api-client 13.5.0, jsforce 3.10.16 and `slack_sdk` 3.47.0 (tests/cases/connect/recorded.jsonl).

use super::*;
use serde_json::Value as Json;

/// The recorded request to a path that ends so.
fn recorded(path: &str) -> Json {
    let all = include_str!("../../cases/connect/recorded.jsonl");
    let mut all = all.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    all.find(|request| request["path"].as_str().unwrap().ends_with(path)).unwrap()
}

/// Method, path, kind of body, authorization and body of both are the same; times are compared as instants.
fn same(case: &Case, secrets: &Fixed, recorded: &Json) {
    let request = case.request(secrets).unwrap();
    let header = |name: &str| {
        let known = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        known.map(|(_, value)| value.clone())
    };
    let expected = |name: &str| {
        let all = recorded["headers"].as_array().unwrap();
        let known = all.iter().find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
        known.map(|pair| pair[1].as_str().unwrap().to_owned())
    };
    let kind = |kind: Option<String>| kind.map(|kind| kind.split(';').next().unwrap().to_owned());
    assert_eq!(recorded["method"], wayfare::connect::request::method_word(request.method));
    assert_eq!(recorded["path"], request.url.path());
    assert_eq!(kind(header("Content-Type")), kind(expected("Content-Type")));
    assert_eq!(header("Authorization"), expected("Authorization"));
    let body: Json = serde_json::from_slice(request.body.as_deref().unwrap()).unwrap();
    assert_eq!(steady(&body), steady(&recorded["body"]));
}

fn steady(json: &Json) -> Json {
    match json {
        Json::String(text) => Instant::parse(text).map_or_else(|| json.clone(), |at| at.to_string().into()),
        Json::Array(items) => items.iter().map(steady).collect(),
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), steady(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_hubspot_task_is_that_of_its_own_library() {
    let args = [
        ("subject", text("Call")),
        ("to", text("101")),
        ("due", Value::Period(Period::of_days(1))),
        ("type", text("CALL")),
        ("priority", text("HIGH")),
    ];
    let about = About {
        at: Instant::parse("2026-11-23T09:00:00Z").unwrap(),
        ..about(&[("hubspot_owner_id", text("1"))], &[])
    };
    let case = Case::new(library(), "hubspot.contact_task", &args, about);
    same(&case, &Fixed::of(&[("HUBSPOT_TOKEN", "pat-x")]), &recorded("/crm/v3/objects/tasks"));
}

#[test]
fn a_salesforce_task_is_that_of_jsforce() {
    let args = [
        ("subject", text("Call")),
        ("due", Value::Date("2026-11-24".parse().unwrap())),
        ("description", text("d")),
        ("priority", text("High")),
        ("who", text("003000000000001AAA")),
    ];
    let known =
        [("salesforce_id", text("001000000000001AAA")), ("salesforce_owner_id", text("005000000000001AAA"))];
    let case = Case::new(library(), "salesforce.task", &args, about(&known, &[]));
    let mut recorded = recorded("/sobjects/Task");
    for header in recorded["headers"].as_array_mut().unwrap() {
        if header[0] == "Authorization" {
            // The token is a stand-in here: asking for one is another test.
            header[1] = "Bearer access token".into();
        }
    }
    same(&case, &Fixed::library("https://acme.my.salesforce.com"), &recorded);
}

#[test]
fn slack_messages_are_those_of_its_own_library() {
    let said = ("message", text("hi"));
    let case = Case::new(library(), "slack", &[("channel", text("C1")), said.clone()], about(&[], &[]));
    let mut posted = recorded("/chat.postMessage");
    posted["body"].as_object_mut().unwrap().remove("blocks");
    same(&case, &Fixed::of(&[("SLACK_BOT_TOKEN", "xoxb-1")]), &posted);
    let hook = Fixed::of(&[("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/x")]);
    let case = Case::new(library(), "slack.webhook", &[said], about(&[], &[]));
    same(&case, &hook, &recorded("/services/T/B/x"));
}
