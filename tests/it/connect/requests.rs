//! What is built of a call: paths, queries, headers, bodies, auth; and what can't be.

use super::*;

const DESK: &str = r#"
attributes of account { name text  seats number  owner user }
attributes of contact { email email }
connector desk {
  base "https://desk.example/api/v1"
  auth basic secret "USER" secret "PASSWORD"
  header "X-Client" "wayfare"
  idempotency header "Idempotency-Key"
}
action desk.get(id text, tags list of text = missing, q text = missing) through desk {
  get "/tickets/{{ id }}/{{ id | append: '.json' }}?a=1" query { tag: tags, q: q, seats: account.seats }
}
action desk.form(a text, b number = 2.50, c bool = missing) through desk {
  post "/form" headers { "X-B": b } form { a: a, b: b, c: c }
}
action desk.raw(message template, more object = missing) through desk {
  post "/raw" headers more raw message
}
action desk.json(due time = missing, body object = missing) through desk {
  patch "" json { due: due, now: now, owner: owner, mail: contact.email, entity: entity, body: body, gone: missing, list: [1, due, "x"] }
}
action hook(url text, id text = missing) {
  delete "{{ url }}/x/{{ id | default: 'none' }}"
}
"#;

fn secrets() -> Fixed {
    Fixed::of(&[("USER", "us:er"), ("PASSWORD", "pä ss")])
}

fn case(action: &'static str, args: &[(&str, Value)]) -> Case {
    let number = Value::Number("3.10".parse().unwrap());
    let about = about(
        &[("name", text("Acme")), ("seats", number), ("owner", text("ana@acme.com"))],
        &[("email", text("ann@x.com"))],
    );
    Case::new(plan(DESK), action, args, about)
}

fn built(action: &'static str, args: &[(&str, Value)]) -> Request {
    case(action, args).request(&secrets()).unwrap()
}

fn refused(action: &'static str, args: &[(&str, Value)]) -> String {
    case(action, args).request(&secrets()).unwrap_err()
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(request.body.as_deref().unwrap()).unwrap()
}

#[test]
fn values_of_a_path_are_one_segment_and_those_of_a_query_one_field() {
    let tags = Value::List([text("a&b"), text("ü")].into());
    let request = built("desk.get", &[("id", text("a/b?c#d %")), ("tags", tags)]);
    let id = "a%2Fb%3Fc%23d%20%25";
    let expected =
        format!("https://desk.example/api/v1/tickets/{id}/{id}.json?a=1&tag=a%26b&tag=%C3%BC&seats=3.1");
    assert_eq!(request.url.as_str(), expected);
    assert_eq!(request.body, None);
}

#[test]
fn a_path_is_never_built_of_nothing_or_dots() {
    assert_eq!(refused("desk.get", &[("id", text(""))]), "`id` is missing");
    assert_eq!(refused("desk.get", &[]), "`id` is missing");
    assert_eq!(refused("desk.get", &[("id", text(".."))]), "a path can't hold `.` or `..`");
}

#[test]
fn auth_idempotency_and_declared_headers_are_there() {
    let request = built("desk.form", &[("a", text("x&y= ü"))]);
    assert_eq!(header(&request, "Authorization"), Some("Basic dXM6ZXI6cMOkIHNz"));
    assert_eq!(header(&request, "Idempotency-Key"), Some(KEY));
    assert_eq!((header(&request, "X-Client"), header(&request, "X-B")), (Some("wayfare"), Some("2.5")));
    assert_eq!(header(&request, "Content-Type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(body(&request), "a=x%26y%3D+%C3%BC&b=2.5");
}

#[test]
fn no_argument_adds_a_header_or_takes_the_place_of_auth() {
    let more = |name: &str, value: &str| ("more", Value::Map([(Arc::from(name), text(value))].into()));
    let message = ("message", text("hi\r\nX: y"));
    let request = built("desk.raw", &[message.clone(), more("authorization", "Bearer mine")]);
    assert_eq!(
        request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).count(),
        1
    );
    assert_eq!(header(&request, "Authorization"), Some("Basic dXM6ZXI6cMOkIHNz"));
    assert_eq!(body(&request), "hi\r\nX: y");
    for (name, value) in
        [("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "b"), ("Host", "evil"), ("Content-Length", "0")]
    {
        let why = refused("desk.raw", &[message.clone(), more(name, value)]);
        assert!(why.contains("header"), "{why}");
    }
}

#[test]
fn json_has_its_fields_in_order_without_those_that_are_missing() {
    let body_arg = Value::Map([("z".into(), Value::Bool(true)), ("a".into(), Value::Missing)].into());
    let request = built("desk.json", &[("body", body_arg)]);
    let expected = concat!(
        r#"{"now":"2026-01-05T09:00:00.000Z","owner":"ana@acme.com","mail":"ann@x.com","#,
        r#""entity":{"name":"Acme","seats":3.1,"owner":"ana@acme.com"},"body":{"z":true},"list":[1,"x"]}"#
    );
    assert_eq!(body(&request), expected);
    assert_eq!(request.url.as_str(), "https://desk.example/api/v1");
}

#[test]
fn without_a_base_the_path_begins_with_the_address() {
    let to = |url: &str, id: Value| case("hook", &[("url", text(url)), ("id", id)]).request(&secrets());
    let url = to("https://a.example/h?k=v", Value::Missing).unwrap().url;
    assert_eq!(url.as_str(), "https://a.example/h?k=v/x/none");
    let url = to("https://a.example", text("a/b")).unwrap().url;
    assert_eq!(url.as_str(), "https://a.example/x/a%2Fb");
    for wrong in ["a.example", "ftp://a.example", "https://u:p@a.example", "javascript:alert(1)"] {
        assert!(to(wrong, Value::Missing).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_not_set_is_told_by_its_name() {
    let why = case("desk.form", &[("a", text("x"))]).request(&Fixed::default()).unwrap_err();
    assert_eq!(why, "the secret USER is not set: set USER, or USER_FILE to a file");
}

/// The same call twice is the same request: nothing of it comes from a clock or from chance.
#[test]
fn building_is_pure() {
    let shown = |request: Request| (request.url.to_string(), request.headers.clone(), request.body);
    let one = shown(built("desk.json", &[]));
    assert_eq!(one, shown(built("desk.json", &[])));
}
