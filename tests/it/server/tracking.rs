//! The tracking API: what client libraries send, and what nobody should.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

fn key() -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{WRITE}:").as_bytes()))
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

#[test]
fn every_way_in_that_clients_use() {
    let folder = folder("ways");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let key = key();
    let one = |n: &str| json!({ "messageId": n, "userId": "ann", "event": "Login" }).to_string();
    // With the key as the user of Basic authorization, whatever the content type.
    for (n, kind) in
        [("1", "application/json"), ("2", "text/plain"), ("3", "application/x-www-form-urlencoded")]
    {
        let headers = [("authorization", &*key), ("content-type", kind)];
        assert_eq!(
            served.ask("POST", "/v1/track", &headers, one(n).as_bytes()),
            (200, "{\"success\":true}".into())
        );
    }
    // In the body, packed, by the short paths of browsers.
    let with_key =
        json!({ "messageId": "4", "userId": "ann", "event": "Login", "writeKey": WRITE }).to_string();
    assert_eq!(served.ask("POST", "/v1/t", &[], with_key.as_bytes()).0, 200);
    let batch = json!({ "batch": [identify("ann", "5", "trial")], "writeKey": WRITE }).to_string();
    let headers = [("content-encoding", "gzip"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(served.ask("POST", "/v1/batch", &headers, &packed(batch.as_bytes())).0, 200);
    for (path, body) in [
        ("/v1/identify", json!({ "messageId": "6", "userId": "ann", "traits": {} })),
        ("/v1/group", json!({ "messageId": "7", "userId": "ann", "groupId": "acme", "traits": {} })),
        ("/v1/page", json!({ "messageId": "8", "userId": "ann", "name": "Docs" })),
        ("/v1/screen", json!({ "messageId": "9", "anonymousId": "x", "name": "Home" })),
    ] {
        let answer = served.ask("POST", path, &[("authorization", &key)], body.to_string().as_bytes());
        assert_eq!(answer, (200, "{\"success\":true}".into()), "{path}");
    }
    assert_eq!(served.ask("OPTIONS", "/v1/t", &[("origin", "https://app.example")], b"").0, 204);
    let metrics = served.ask("GET", "/metrics", &[], b"").1;
    assert!(metrics.contains("\nwayfare_messages_total 9\n"), "{metrics}");
    assert!(served.stop());
}

#[test]
fn an_alias_makes_one_contact_of_two_for_good() {
    let folder = folder("alias");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let headers = [("authorization", &*key())];
    let send = |served: &Served, path: &str, body: serde_json::Value| {
        let answer = served.ask("POST", path, &headers, body.to_string().as_bytes());
        assert_eq!(answer, (200, "{\"success\":true}".into()), "{path}");
    };
    send(&served, "/v1/i", json!({ "messageId": "1", "anonymousId": "x-1", "traits": { "plan": "trial" } }));
    send(
        &served,
        "/v1/i",
        json!({ "messageId": "2", "userId": "ann", "traits": { "email": "ann@acme.example" } }),
    );
    send(&served, "/v1/alias", json!({ "messageId": "3", "previousId": "x-1", "userId": "ann" }));
    let one = |served: &Served| {
        let page = served.get("/api/v1/workflows/Nurture/enrolments");
        let rows = page["enrolments"].as_array().unwrap().clone();
        assert_eq!((rows.len(), &rows[0]["entity"]), (1, &json!("contact:ann")), "{page}");
        let (former, ann) =
            (served.get("/api/v1/entities/contact/x-1"), served.get("/api/v1/entities/contact/ann"));
        assert_eq!(former, ann, "the former id leads to her");
    };
    one(&served);
    served.kill();
    let served = Served::start(&folder, &[]);
    one(&served);
    send(&served, "/v1/i", json!({ "messageId": "4", "anonymousId": "x-1", "traits": { "plan": "paid" } }));
    assert!(served.get("/api/v1/workflows/Nurture/enrolments")["enrolments"].as_array().unwrap().is_empty());
    assert!(served.stop());
    let data = folder.join("data");
    let verified =
        Command::new(env!("CARGO_BIN_EXE_wf")).args(["verify", "--data"]).arg(&data).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_message_that_is_wrong_does_not_keep_the_others_out() {
    let folder = folder("wrong");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let messages = [identify("ann", "1", "trial"), json!({ "type": "track" }), identify("bob", "2", "trial")];
    let (status, body) = served.batch(&messages).unwrap();
    assert_eq!(status, 200);
    assert!(body.contains("\"index\":1") && body.contains("`event` is missing"), "{body}");
    let page = served.get("/api/v1/workflows/Nurture/enrolments");
    assert_eq!(page["enrolments"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_refused_is_kept_with_its_reason_and_its_beginning() {
    let folder = folder("refused");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let single =
        format!(r#"{{"messageId":"deep","userId":"ann","event":"Login","properties":{{"a":{deep}}}}}"#);
    let (status, said) = served.ask("POST", "/v1/track", &[("authorization", &key())], single.as_bytes());
    assert!(status == 200 && said.contains("`properties` is nested more than 100 deep"), "{status} {said}");
    let in_batch = format!(r#"{{"type":"track",{}"#, &single[1..]);
    let body = format!(r#"{{"context":{{"ip":"1"}},"batch":[{in_batch},{{"type":"track","event":"E"}},7]}}"#);
    let (status, said) = served.ask("POST", "/v1/batch", &[("authorization", &key())], body.as_bytes());
    assert!(status == 200 && said.matches("\"index\"").count() == 3, "{status} {said}");
    let many = format!(r#"{{"batch":[{}]}}"#, vec!["0"; 3_000].join(","));
    assert_eq!(served.ask("POST", "/v1/batch", &[("authorization", &key())], many.as_bytes()).0, 200);
    served.kill();

    // Durable before it was answered, and bounded.
    let served = Served::start(&folder, &[]);
    let found = served.get("/api/v1/rejects?limit=1000");
    let rows = found["rejects"].as_array().unwrap();
    assert_eq!((found["count"].as_u64(), rows.len()), (Some(105), 105));
    assert_eq!(rows[0]["reason"], "2900 more messages of the same request were refused");
    let first = rows.last().unwrap();
    assert_eq!(first["message"], "deep");
    assert_eq!(first["reason"], "`properties` is nested more than 100 deep");
    assert_eq!(first["text"].as_str().unwrap().chars().count(), 500);
    assert!(rows[102]["reason"].as_str().unwrap().contains("is missing"), "{}", rows[102]);
    assert!(served.stop());
}

#[test]
fn what_nobody_should_send_is_a_4xx_that_says_why() {
    let folder = folder("hostile");
    project(&folder, TRIAL);
    let served = Served::start(&folder, &[]);
    let key = key();
    let good = [("authorization", &*key)];
    let deep = format!("{{\"batch\":[{}{}]}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = json!({ "batch": [], "x": "y".repeat(600_000) }).to_string();
    let bomb = packed(&vec![b' '; 200 << 20]);
    let cases: [(&str, &[(&str, &str)], &[u8], u16, &str); 10] = [
        ("/v1/track", &[], b"{}", 401, "write key"),
        ("/v1/track", &[("authorization", "Basic !!!")], b"{}", 401, "write key"),
        ("/v1/track", &[("authorization", "Bearer admin-token")], b"{}", 401, "write key"),
        ("/v1/track", &good, b"nonsense", 400, "no message"),
        ("/v1/track", &good, b"[1,2]", 400, "no message"),
        ("/v1/batch", &good, b"\xff\xfe", 400, "UTF-8"),
        ("/v1/batch", &good, deep.as_bytes(), 200, "32768 are the limit"),
        ("/v1/batch", &good, long.as_bytes(), 400, "bytes"),
        ("/v1/batch", &[("authorization", &key), ("content-encoding", "gzip")], &bomb, 400, "bytes"),
        ("/v1/../../etc/passwd", &good, b"{}", 404, "nothing at"),
    ];
    for (path, headers, body, status, word) in cases {
        let (found, text) = served.ask("POST", path, headers, body);
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.contains(word), "{path}: {text}");
    }
    // A client that never says what it wants holds nobody up.
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(&served.address).unwrap()).collect();
    assert_eq!(served.batch(&[identify("ann", "1", "trial")]).unwrap().0, 200);
    drop(idle);
    assert!(served.stop());
}
