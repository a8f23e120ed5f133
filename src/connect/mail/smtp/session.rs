//! One message over one connection, command by command: so that it is known how far it came.

use super::pool::Failure;
use super::settings::{Authentication, SmtpSettings, Tls};
use crate::connect::mail::compose::Composed;
use crate::connect::secret::Secret;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use std::future::Future;
use std::time::Duration;

/// How long a server may take over a whole message (RFC 5321, 4.5.3.2.6): giving up sooner would send it twice.
const LAST: Duration = Duration::from_secs(600);

/// A connection that is ready for messages.
pub(super) async fn connect(
    settings: &SmtpSettings,
    tls: Option<&TlsParameters>,
    password: Option<&Secret>,
) -> Result<AsyncSmtpConnection, Failure> {
    let hello = settings.hello.clone().map_or_else(ClientId::default, ClientId::Domain);
    let address = (settings.host.as_str(), settings.port);
    let implicit = tls.filter(|_| settings.tls == Tls::Implicit).cloned();
    let connecting =
        AsyncSmtpConnection::connect_tokio1(address, Some(settings.timeout), &hello, implicit, None);
    let mut connection = within(settings.timeout, connecting).await.map_err(unconnected)?;
    if let (Tls::StartTls, Some(tls)) = (settings.tls, tls) {
        within(settings.timeout, connection.starttls(tls.clone(), &hello)).await.map_err(unconnected)?;
    }
    if let Some((user, how)) = &settings.user {
        let password =
            password.ok_or_else(|| Failure::NotSent("there is no password for the mail server".into()))?;
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        let ways: &[Mechanism] = match how {
            Authentication::Password => &[Mechanism::Plain, Mechanism::Login],
            Authentication::XOAuth2 => &[Mechanism::Xoauth2],
        };
        within(settings.timeout, connection.auth(ways, &credentials)).await.map_err(unconnected)?;
    }
    Ok(connection)
}

/// Whatever goes wrong before there is a message is no fault of the message: a person mends it, and it is tried again.
fn unconnected(trouble: Trouble) -> Failure {
    Failure::NotSent(match trouble {
        Trouble::Smtp(error) => format!("the mail server can't be used: {error}"),
        Trouble::Late => "the mail server did not answer in time".into(),
    })
}

/// What went wrong with one command.
pub(super) enum Trouble {
    Smtp(Error),
    Late,
}

async fn within<T>(limit: Duration, doing: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    match tokio::time::timeout(limit, doing).await {
        Ok(done) => done.map_err(Trouble::Smtp),
        Err(_) => Err(Trouble::Late),
    }
}

/// Sends a message. The flag says whether the connection can be used on.
pub(super) async fn deliver(
    connection: &mut AsyncSmtpConnection,
    message: &Composed,
    limit: Duration,
) -> (Result<(u16, String), Failure>, bool) {
    let begun = begin(connection, message, limit).await;
    let answered = match begun {
        // The dot that ends a message brings a line end of its own.
        Ok(()) => {
            let bytes = message.bytes.strip_suffix(b"\r\n").unwrap_or(&message.bytes);
            within(LAST, connection.message(bytes)).await.map_err(after_data)
        }
        Err(failure) => Err(failure),
    };
    match answered {
        Ok(response) => (Ok((response.code().into(), said(&response))), true),
        Err(failure) => {
            // A server that said no goes on listening; one that said nothing, or goodbye, does not.
            let listens = matches!(failure, Failure::Answered { status, .. } if status != 421)
                && within(limit, connection.command(Rset)).await.is_ok();
            (Err(failure), listens)
        }
    }
}

/// Envelope and `DATA`: until it is done, nothing was handed over.
async fn begin(
    connection: &mut AsyncSmtpConnection,
    message: &Composed,
    limit: Duration,
) -> Result<(), Failure> {
    let international = !message.sender.as_str().is_ascii() || !message.recipient.as_str().is_ascii();
    let server = connection.server_info();
    if international && !server.supports_feature(Extension::SmtpUtfEight) {
        return Err(Failure::Unfit(
            "the mail server does not take international addresses (SMTPUTF8)".into(),
        ));
    }
    let mut parameters = Vec::new();
    if international {
        parameters.push(MailParameter::SmtpUtfEight);
        if server.supports_feature(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(
                lettre::transport::smtp::extension::MailBodyParameter::EightBitMime,
            ));
        }
    }
    let mail = Mail::new(Some(message.sender.lettre()), parameters);
    within(limit, connection.command(mail)).await.map_err(before_data)?;
    let recipient = Rcpt::new(message.recipient.lettre(), Vec::new());
    within(limit, connection.command(recipient)).await.map_err(before_data)?;
    within(limit, connection.command(Data)).await.map(drop).map_err(before_data)
}

fn before_data(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Smtp(error) => answered(&error)
            .unwrap_or_else(|| Failure::NotSent(format!("the connection to the mail server broke: {error}"))),
        Trouble::Late => Failure::NotSent("the mail server did not answer in time".into()),
    }
}

fn after_data(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Smtp(error) => answered(&error).unwrap_or_else(|| Failure::Unknown(error.to_string())),
        Trouble::Late => Failure::Unknown("it took too long".into()),
    }
}

/// A refusal in the server's own words.
fn answered(error: &Error) -> Option<Failure> {
    use std::error::Error as _;
    let status = error.status()?;
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    Some(Failure::Answered { status: status.into(), said, permanent: error.is_permanent() })
}

fn said(response: &Response) -> String {
    response.message().collect::<Vec<_>>().join(" ")
}
