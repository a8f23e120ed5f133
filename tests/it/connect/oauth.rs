//! OAuth: one asks for many, ahead of the end, once more after a 401; what comes with the token.

use super::faults::token;
use super::server::{Act, Seen, Server};
use super::*;
use std::sync::Mutex;

const CRM: &str = r#"
connector crm {
  base "https://crm.example"
  auth oauth {
    grant: "refresh_token"
    token_url: secret "TOKEN_URL"
    client_id: secret "ID"
    client_secret: secret "SECRET"
    refresh_token: secret "REFRESH"
    scope: "tasks"
  }
}
action crm.task(subject text) through crm { post "/tasks" json { subject: subject } }
"#;

fn secrets(server: &Server) -> Fixed {
    let url = format!("{}/token", server.base());
    Fixed::of(&[("TOKEN_URL", &url), ("ID", "id"), ("SECRET", "hush+hush"), ("REFRESH", "refresh-1")])
}

fn case(server: &Server) -> Case {
    Case::new(based(plan(CRM), &server.base()), "crm.task", &[("subject", text("Call"))], about(&[], &[]))
}

fn asked(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path == "/token").collect()
}

fn granted(access: &str, more: &str) -> Act {
    Act::Answer(200, "", format!(r#"{{"access_token":"{access}"{more}}}"#))
}

#[test]
fn of_many_that_need_a_token_one_asks() {
    let server = Server::new(|seen, _| match seen.path.as_str() {
        "/token" => granted("a1", r#","expires_in":3600"#),
        _ => Act::Answer(200, "", "{}".into()),
    });
    let (case, connections) = (case(&server), connections(secrets(&server)));
    let all = block_on(async {
        let one = || connections.attempt(case.call(), at());
        tokio::join!(one(), one(), one(), one())
    });
    assert!(matches!(all, (Outcome::Ok { .. }, Outcome::Ok { .. }, Outcome::Ok { .. }, Outcome::Ok { .. })));
    let asked = asked(&server);
    assert_eq!(asked.len(), 1);
    let form =
        "grant_type=refresh_token&refresh_token=refresh-1&scope=tasks&client_id=id&client_secret=hush%2Bhush";
    assert_eq!(asked[0].body, form);
    assert!(
        server
            .seen()
            .iter()
            .filter(|seen| seen.path == "/tasks")
            .all(|seen| seen.header("authorization") == Some("Bearer a1"))
    );
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let server = Server::new(|seen, number| match seen.path.as_str() {
        "/token" => granted(&format!("a{number}"), r#","expires_in":"0""#),
        _ => Act::Answer(200, "", "{}".into()),
    });
    let (case, connections) = (case(&server), connections(secrets(&server)));
    case.send(&connections);
    case.send(&connections);
    assert_eq!(asked(&server).len(), 2);
}

#[test]
fn after_a_401_it_asks_once_and_tries_once() {
    let server = Server::new(|seen, number| match seen.path.as_str() {
        "/token" => granted(&format!("a{number}"), ""),
        _ => Act::Answer(401, "", "{}".into()),
    });
    let (case, connections) = (case(&server), connections(secrets(&server)));
    let Outcome::Fail { reason, .. } = case.send(&connections) else { panic!() };
    assert_eq!(reason, "answered 401 Unauthorized");
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/token", "/tasks", "/token", "/tasks"]);
}

/// Keeps what is handed out.
struct Keeping(Fixed, Arc<Mutex<Vec<String>>>);

impl Secrets for Keeping {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        self.0.secret(name)
    }

    fn rotated(&self, name: &str, new: &Secret) -> Result<(), String> {
        self.1.lock().unwrap().push(format!("{name}={}", new.expose()));
        Ok(())
    }
}

#[test]
fn a_refresh_token_in_the_place_of_another_is_handed_out_and_used() {
    let server = Server::new(|seen, number| match seen.path.as_str() {
        "/token" => granted("a", &format!(r#","expires_in":0,"refresh_token":"refresh-{}""#, number + 1)),
        _ => Act::Answer(200, "", "{}".into()),
    });
    let kept: Arc<Mutex<Vec<String>>> = Arc::default();
    let connections_ = connections(Keeping(secrets(&server), Arc::clone(&kept)));
    case(&server).send(&connections_);
    case(&server).send(&connections_);
    assert_eq!(*kept.lock().unwrap(), ["REFRESH=refresh-2", "REFRESH=refresh-4"]);
    assert!(asked(&server)[1].body.contains("refresh_token=refresh-2&"), "{:?}", asked(&server)[1].body);
    assert!(connections_.warnings().is_empty());

    let forgetful = connections(secrets(&server));
    case(&server).send(&forgetful);
    assert_eq!(forgetful.warnings(), ["REFRESH can't be kept here"]);
}

#[test]
fn a_grant_that_was_taken_back_is_final_and_a_service_that_is_down_is_not() {
    let answers = [
        (400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#),
        (503, ""),
    ];
    for (status, body) in answers {
        let server = Server::answering(status, body);
        match case(&server).send(&connections(secrets(&server))) {
            Outcome::Fail { reason, .. } => assert_eq!(
                (status, reason.as_str()),
                (400, "no access token: invalid_grant: Token has been expired or revoked. (answered 400)")
            ),
            Outcome::Retry { reason, maybe_delivered, .. } => {
                assert_eq!((status, maybe_delivered), (503, false), "{reason}");
            }
            Outcome::Ok { .. } => panic!(),
        }
    }
}

/// Salesforce says with the token where its requests go.
#[test]
fn the_base_may_come_with_the_token() {
    let server = Server::new(|seen, _| match seen.path.as_str() {
        "/services/oauth2/token" => Act::Answer(200, "", token(seen)),
        _ => Act::Answer(201, "", r#"{"id":"00T1","success":true,"errors":[]}"#.into()),
    });
    let known = about(&[("salesforce_id", text("001A"))], &[]);
    let mut plan = library();
    for connector in plan.connectors.iter_mut().filter(|connector| *connector.name == *"salesforce") {
        connector.base = Some(Base::Token("instance_url".into()));
    }
    let case = Case::new(plan, "salesforce.complete", &[("task", text("00T1"))], known);
    let outcome = case.send(&connections(Fixed::library(&server.base())));
    let Outcome::Ok { reference, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(reference.as_deref(), Some("00T1"));
    assert_eq!(server.seen()[1].path, "/services/data/v66.0/sobjects/Task/00T1");
}
