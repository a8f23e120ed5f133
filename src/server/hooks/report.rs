//! From what happened to a message to inputs.

use crate::base::Instant;
use crate::connect::mail::events::{Kind, MailEvent};
use crate::connect::mail::inbound::key_of_id;
use crate::engine::outbox::{Report, Suppression};
use crate::engine::{InputKind, RowInput};
use crate::runtime::{Core, Handle, Posted, Record, Refused, What};
use std::sync::Arc;

/// The longest detail that is kept, in characters.
const LONGEST: usize = 500;

/// The message of a key; `None`: none of ours, or it can't be read.
pub(super) async fn posted(handle: &Handle, key: String) -> Result<Option<Arc<Posted>>, Refused> {
    handle.ask(move |core| core.posted(&key).ok().flatten()).await
}

/// Reports what happened to a message, once; `id` tells a report that may be made twice from all others.
pub(super) async fn report(
    handle: &Handle,
    posted: &Arc<Posted>,
    (what, at): (Report, Instant),
    (detail, id): (&str, Option<String>),
) -> Result<(), Refused> {
    let asked = Arc::clone(posted);
    if handle.ask(move |core| is_known(core, &asked, what)).await? {
        return Ok(());
    }
    let detail = detail.chars().take(LONGEST).collect::<String>().into();
    let what = RowInput::Report { what, time: at, detail };
    let kind = InputKind::Row { row: posted.row, what, by: "".into() };
    let id = id.map(|id| Arc::from(format!("mail:{id}")));
    handle.submit(vec![Record { by: "".into(), id, what: What::Input(kind) }]).await.map(drop)
}

/// The recipient wants no more: the address is suppressed, whether or not the message is still remembered.
pub(super) async fn unsubscribe(handle: &Handle, posted: &Arc<Posted>) -> Result<(), Refused> {
    let (address, why) = (Arc::clone(&posted.address), Some(Suppression::Unsubscribed));
    let suppress = InputKind::Suppress { address: Arc::clone(&address), why, by: "".into() };
    if handle.ask(move |core| core.world.suppressed(&address).is_none()).await? {
        handle.submit(vec![Record::machine(suppress)]).await?;
    }
    report(handle, posted, (Report::Unsubscribed, handle.now()), ("", None)).await
}

fn is_known(core: &Core, posted: &Posted, what: Report) -> bool {
    let entity = posted.row.entity;
    if (entity.0 as usize) >= core.world.len() {
        return true;
    }
    let mut sent = core.world.entity(entity).outbox.iter().flat_map(|outbox| &outbox.sent);
    let sent = sent.rfind(|sent| sent.number == posted.row.number);
    // One that is not remembered any more can't be reported of.
    sent.is_none_or(|sent| sent.known.contains(&what))
}

/// Takes events of a service, or of mail that came in. Those that are about no message of ours are passed over.
pub(super) async fn take(handle: &Handle, of: &str, events: Vec<MailEvent>) -> Result<(), Refused> {
    for event in events {
        let key = event.message_key().or_else(|| key_of_id(event.message.as_deref()?));
        let (Some(key), Some(what)) = (key, event.kind.and_then(|kind| word(kind, event.machine))) else {
            continue;
        };
        let Some(posted) = posted(handle, key.to_string()).await? else { continue };
        let at = event.at.unwrap_or_else(|| handle.now());
        let detail = event.url.or(event.response).or(event.description).unwrap_or_default();
        let id = event.id.map(|id| format!("{of}:{id}"));
        if what == Report::Unsubscribed {
            unsubscribe(handle, &posted).await?;
        } else {
            report(handle, &posted, (what, at), (&detail, id)).await?;
        }
    }
    Ok(())
}

fn word(kind: Kind, machine: bool) -> Option<Report> {
    Some(match kind {
        Kind::Delivered => Report::Delivered,
        Kind::Opened if machine => Report::OpenedByMachine,
        Kind::Opened => Report::Opened,
        Kind::Clicked if machine => Report::ClickedByMachine,
        Kind::Clicked => Report::Clicked,
        Kind::Replied => Report::Replied,
        Kind::Bounced => Report::Bounced,
        Kind::Rejected | Kind::Failed => Report::Rejected,
        Kind::Complained => Report::Complained,
        Kind::Unsubscribed => Report::Unsubscribed,
        Kind::Queued | Kind::Sent | Kind::Deferred | Kind::Autoresponded => return None,
        Kind::Subscribed | Kind::Unknown => return None,
    })
}
