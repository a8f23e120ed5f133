//! Sending over SMTP: connections, kept and shared, one message to one recipient at a time.
//!
//! In: a composed (and perhaps signed) message. Out: an [`Outcome`], exact about one thing: whether the server may have
//! taken the message. Before its last line is sent, nothing was delivered; once it is sent and no answer came, that is
//! unknown (`maybe_delivered`), and the same Message-ID goes out again if it is tried again.
//! Not here: composing, signing, trying again, limits of rate.

mod pool;
mod session;
mod settings;

pub use self::settings::{Authentication, BadSmtp, SmtpSettings, Tls};

use self::pool::{Failure, Pool};
use super::address::one_line;
use super::compose::Composed;
use crate::connect::Outcome;
use crate::connect::Shown;
use crate::connect::secret::Secret;

/// Sends over SMTP. Share one: connections are kept.
#[derive(Debug)]
pub struct Smtp {
    pool: Pool,
}

/// The longest reason that is kept, in characters.
const REASON: usize = 300;

impl Smtp {
    /// A sender. Nothing is connected before the first message.
    pub fn new(settings: SmtpSettings) -> Result<Self, BadSmtp> {
        Ok(Self { pool: Pool::new(settings)? })
    }

    /// Makes one attempt to send a message. The password, or the access token, is asked for anew by each connection.
    pub async fn send(&self, message: &Composed, password: Option<&Secret>) -> Outcome {
        match self.pool.send(message, password).await {
            Ok((status, said)) => Outcome::Ok {
                kept: Vec::new(),
                reference: Some(reference(&said).into()),
                response: Shown { status, text: one_line(&said), whole: true },
            },
            Err(failure) => failed(failure),
        }
    }

    /// Ends the connections that are idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// What the server calls the message: its words without the enhanced status code, `2.0.0 af6f55df Message accepted`.
fn reference(said: &str) -> String {
    let said = one_line(said);
    let code = said.split_once(' ').filter(|(code, _)| code.split('.').count() == 3 && code.starts_with('2'));
    code.map_or_else(|| said.clone(), |(_, rest)| rest.to_owned())
}

fn failed(failure: Failure) -> Outcome {
    let short = |text: &str| one_line(text).chars().take(REASON).collect::<String>();
    match failure {
        Failure::Answered { status, said, permanent } => {
            let response = Some(Shown { status, text: short(&said), whole: true });
            let reason = format!("the mail server answered {status} {}", short(&said));
            if permanent {
                Outcome::Fail { reason, response }
            } else {
                Outcome::Retry { reason, after: None, response, maybe_delivered: false }
            }
        }
        Failure::NotSent(why) => {
            Outcome::Retry { reason: short(&why), after: None, response: None, maybe_delivered: false }
        }
        Failure::Unfit(why) => Outcome::Fail { reason: short(&why), response: None },
        Failure::Unknown(why) => {
            let reason = format!("the message was handed over and no answer came: {}", short(&why));
            Outcome::Retry { reason, after: None, response: None, maybe_delivered: true }
        }
    }
}
