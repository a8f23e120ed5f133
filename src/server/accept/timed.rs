//! The body of a request, with a time by which it has come.

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body took too long to come.
#[derive(Debug)]
struct Late(Duration);

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body took more than {:?}", self.0)
    }
}

impl Error for Late {}

/// Whether that is because a body took too long; in words.
pub(in crate::server) fn is_late(error: &(dyn Error + 'static)) -> Option<String> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(late) = error.downcast_ref::<Late>() {
            return Some(late.to_string());
        }
        at = error.source();
    }
    None
}

/// A body that may take so long.
pub(super) struct Timed {
    body: Incoming,
    limit: Duration,
    due: Instant,
    /// Made when there is something to wait for.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timed {
    pub fn new(body: Incoming, limit: Duration) -> Self {
        Self { body, limit, due: Instant::now() + limit, sleep: None }
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(came) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(came.map(|frame| frame.map_err(Into::into)));
        }
        let (due, limit) = (self.due, self.limit);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        sleep.as_mut().poll(cx).map(|()| Some(Err(Late(limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
