//! Connections: taken, bounded, cut off when they don't get on.
//!
//! In: a listener, the router, [`Limits`] that may change meanwhile, the word to stop. Out: nothing; it returns when all
//! is answered, or the time for that is over. Invariants: at most so many connections are open as the limits say, and who
//! comes then is told so; a connection without a request under way has a deadline, whatever its client does.
//! Not here: what a request means. Tests: tests/it/server/connections.rs.

mod limits;
mod peer;
mod timed;
mod watched;

pub use limits::{Limits, ServerSettings};
pub use peer::Peer;
pub(super) use timed::is_late;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Sleep, sleep, timeout};
use watched::{Watch, Watched};

/// What a connection may buffer of a request's head, in bytes.
const HEAD: usize = 64 << 10;
/// Connections that are told at one time that there are too many; more are closed without a word.
const FAREWELLS: usize = 256;
/// What is said to them.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\n\
connection: close\r\ncontent-length: 117\r\n\r\n\
{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"too many connections are open: try later\"}";

/// What all connections share.
#[derive(Clone)]
struct Door {
    router: Router,
    limits: watch::Receiver<Limits>,
    stop: watch::Receiver<bool>,
    /// Held by each connection: counts them, and is closed when the last has gone.
    open: mpsc::Sender<Infallible>,
    farewells: Arc<AtomicUsize>,
}

/// Serves until it is told to stop; then what is under way is answered, for at most `grace`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: watch::Receiver<Limits>,
    stop: watch::Receiver<bool>,
    grace: Duration,
) {
    let (open, mut closed) = mpsc::channel(1);
    let door = Door { router, limits, stop, open, farewells: Arc::default() };
    let mut stopping = door.stop.clone();
    loop {
        tokio::select! {
            came = listener.accept() => match came {
                Ok((stream, from)) => door.take(stream, from),
                Err(error) => refused(&error).await,
            },
            _ = stopping.wait_for(|stop| *stop) => break,
        }
    }
    drop((listener, door));
    let _ = timeout(grace, closed.recv()).await;
}

/// A client that went before it was taken is nothing; that files are used up passes, and goes on using the processor if
/// one only tries again.
async fn refused(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!("connections can't be taken: {error}");
        sleep(Duration::from_millis(500)).await;
    }
}

impl Door {
    fn take(&self, stream: TcpStream, from: SocketAddr) {
        let limits = self.limits.borrow().clone();
        // One is this door's own.
        if self.open.strong_count() > limits.connections {
            return self.turn_away(stream);
        }
        let _ = stream.set_nodelay(true);
        let door = self.clone();
        tokio::spawn(async move { door.serve(stream, from, limits).await });
    }

    fn turn_away(&self, stream: TcpStream) {
        let farewells = Arc::clone(&self.farewells);
        if farewells.fetch_add(1, Ordering::Relaxed) >= FAREWELLS {
            farewells.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        tokio::spawn(async move {
            let _ = timeout(Duration::from_secs(1), farewell(stream)).await;
            farewells.fetch_sub(1, Ordering::Relaxed);
        });
    }

    async fn serve(self, stream: TcpStream, from: SocketAddr, limits: Limits) {
        let watch = Watch::new();
        let io = TokioIo::new(Watched::new(stream, watch.clone()));
        let router = TowerToHyperService::new(self.router.clone());
        let (seen, peer, body) = (watch.clone(), Peer::new(from, limits.proxies.clone()), limits.body);
        let service = service_fn(move |request: Request<Incoming>| {
            let busy = seen.busy();
            let mut request = request.map(|incoming| Body::new(timed::Timed::new(incoming, body)));
            request.extensions_mut().insert(peer.clone());
            let answer = hyper::service::Service::call(&router, request);
            async move { answer.await.map(|response| response.map(|body| busy.until_sent(body))) }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.max_buf_size(HEAD);
        let mut connection = pin!(builder.serve_connection(io, service));
        let mut stop = self.stop.clone();
        let mut deadline = Deadline { sleep: pin!(sleep(limits.header)), watch, limits };
        loop {
            let polled = poll_fn(|cx| match connection.as_mut().poll(cx) {
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => deadline.poll(cx),
            });
            tokio::select! {
                () = polled => return,
                Ok(()) = stop.changed() => connection.as_mut().graceful_shutdown(),
            }
        }
    }
}

/// Ends a connection that does not get on; looked at whenever something happened to it.
struct Deadline<'a> {
    sleep: Pin<&'a mut Sleep>,
    watch: Watch,
    limits: Limits,
}

impl Deadline<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.watch.due(&self.limits) else { return Poll::Pending };
        if self.sleep.deadline() != due {
            self.sleep.as_mut().reset(due);
        }
        self.sleep.as_mut().poll(cx)
    }
}

/// Says that there are too many, and waits until the client has read it: who closes while something is unread makes the
/// other side forget what it was told.
async fn farewell(mut stream: TcpStream) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    // Whoever has gone needs no answer.
    let _ = said.await;
}
