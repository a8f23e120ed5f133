//! Requests of every wrong shape: each is answered, in JSON, and the fault is never the server's.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

/// Any text, but none that begins as an absolute path: a backup is written where it says.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("ann".to_owned()),
        Just("../../etc/passwd".to_owned()),
        Just("%2e%2e%2f%00".to_owned()),
        Just("\u{0}\u{202e}\u{1f600}\"\\".to_owned()),
        Just("9".repeat(400)),
        "[^/]{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let key = prop_oneof![
        proptest::sample::select(vec![
            "type",
            "userId",
            "event",
            "traits",
            "properties",
            "context",
            "batch",
            "messageId",
            "timestamp",
            "files",
            "workflow",
            "parts",
            "to",
            "anyway",
            "resume",
            "backfill",
            "onto",
            "dry_run",
            "previousId",
            "groupId",
        ])
        .prop_map(str::to_owned),
        text(),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A body: JSON, cut off JSON, any bytes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => json_value().prop_map(|value| value.to_string().into_bytes()),
        1 => (json_value(), 0..20_usize).prop_map(|(value, cut)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(bytes.len().saturating_sub(cut));
            bytes
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..60),
        1 => Just(format!("{}{}", "[".repeat(50_000), "]".repeat(50_000)).into_bytes()),
    ]
}

/// A part of a path or a query that may stand in the first line of a request.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'%' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// Every route of the document, and those of messages: (method, path, names in its query).
fn routes(document: &Value) -> Vec<(String, String, Vec<String>)> {
    let mut routes: Vec<_> =
        ["identify", "group", "track", "page", "screen", "alias", "batch", "import", "t", "b"]
            .map(|kind| ("POST".to_owned(), format!("/v1/{kind}"), Vec::new()))
            .into();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let asked = operation["parameters"].as_array().unwrap().iter().filter(|it| it["in"] == "query");
            let names = asked.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
            // One that never ends by itself.
            if path != "/api/v1/log/follow" {
                routes.push((method.to_uppercase(), path.clone(), names));
            }
        }
    }
    routes
}

#[test]
fn whatever_is_asked_is_answered_in_json_and_is_never_the_servers_fault() {
    let folder = folder("hostile-shapes");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    served.batch(&[identify("ann", "1", "trial")]).unwrap();
    let routes = routes(&served.get("/api/v1/openapi.json"));
    let cases = std::env::var("WAYFARE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let kind = proptest::sample::select(vec![
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "x",
    ]);
    let strategy = (0..routes.len(), text(), text(), body(), kind, 0..12_u8);
    let basic = format!("Basic {}", data_encoding::BASE64.encode(format!("{WRITE}:").as_bytes()));
    let bearer = format!("Bearer {ADMIN}");
    let asked = runner.run(&strategy, |(at, name, value, body, kind, odd)| {
        let (method, path, names) = &routes[at];
        let key = if path.starts_with("/v1/") { &basic } else { &bearer };
        let name = if name.is_empty() { "x".to_owned() } else { escaped(&name) };
        let mut path = path.replace("{kind}", if odd < 8 { "contact" } else { &name });
        for part in ["{id}", "{name}", "{number}", "{row}"] {
            path = path.replace(part, if odd < 6 { "1-1" } else { &name });
        }
        let query: Vec<String> = names.iter().map(|of| format!("{of}={}", escaped(&value))).collect();
        if !query.is_empty() && odd % 2 == 0 {
            path = format!("{path}?{}", query.join("&"));
        }
        let method = if odd == 11 { "PUT" } else { method };
        let headers = [("authorization", &**key), ("content-type", kind)];
        let (status, said) = exchange(&served.address, method, &path, &headers, &body)
            .map_err(|error| TestCaseError::fail(format!("{method} {path}: {error}")))?;
        prop_assert!((200..500).contains(&status), "{method} {path}: {status} {said}");
        let json = serde_json::from_str::<Value>(&said).is_ok();
        let report = status == 200 && path.contains("/report");
        prop_assert!(json || report, "{method} {path}: {status} {said}");
        Ok(())
    });
    if let Err(wrong) = asked {
        panic!("{wrong}");
    }
    assert_eq!(served.ask("GET", "/readyz", &[], b"").0, 200);
    assert!(served.stop());
}

/// A value that a schema takes.
fn fitting(schema: &Value) -> Value {
    match &schema["type"] {
        Value::String(kind) if kind == "string" => "x".into(),
        Value::String(kind) if kind == "boolean" => true.into(),
        Value::String(kind) if kind == "array" => json!([fitting(&schema["items"])]),
        Value::String(kind) if kind == "object" => json!({ "x": fitting(&schema["additionalProperties"]) }),
        Value::Array(_) => 1.into(),
        other => panic!("{other}"),
    }
}

#[test]
fn schemas_say_what_is_taken() {
    let folder = folder("schemas");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let document = served.get("/api/v1/openapi.json");
    let (mut looked, parts) =
        (0, [("{kind}", "contact"), ("{id}", "x"), ("{name}", "Nurture"), ("{row}", "1-1")]);
    for (path, operations) in document["paths"].as_object().unwrap() {
        let body = &operations["post"]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        let Some(fields) = schema["properties"].as_object() else { continue };
        let path = parts.iter().fold(path.clone(), |path, (part, by)| path.replace(part, by));
        // Whether the body itself is refused, whatever else may be wrong.
        let refused = |sent: &Value| {
            let (status, said) = served.post(&path, sent);
            let detail = said["detail"].as_str().unwrap_or_default();
            matches!(status, 400 | 422) && detail.starts_with("Failed to deserialize the JSON body")
        };
        let whole: Value = fields.iter().map(|(name, of)| (name.clone(), fitting(of))).collect();
        assert!(!refused(&whole), "{path}: {whole}");
        let mut more = whole.clone();
        more["unknown"] = true.into();
        assert!(refused(&more), "{path}: {more}");
        for name in fields.keys() {
            let mut wrong = whole.clone();
            wrong[name] = json!({ "x": [{}] });
            assert!(refused(&wrong), "{path}: {wrong}");
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(name);
            let must = schema["required"].as_array().unwrap().contains(&name.as_str().into());
            assert_eq!(refused(&without), must, "{path}: {without}");
        }
        let (status, _) = served.ask("POST", &path, &[("authorization", &format!("Bearer {ADMIN}"))], b"");
        assert_eq!(matches!(status, 400 | 415), body["required"] == true, "{path}: {status}");
        looked += 1;
    }
    assert_eq!(looked, 7);
    assert!(served.stop());
}
