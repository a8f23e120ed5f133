//! Sessions of browsers, kept in memory: a restart of the server signs everybody out.
//!
//! A session's id is known to the browser alone; here its SHA-256 is kept.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a session lives without a request.
const IDLE: Duration = Duration::from_secs(12 * 3600);
/// How long a session lives.
const WHOLE: Duration = Duration::from_secs(7 * 86_400);
/// Most sessions; the one that was quiet the longest goes first.
const MOST: usize = 10_000;

/// Someone signed in.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub user: String,
    /// Stands in every form.
    pub token: String,
    made: Instant,
    seen: Instant,
}

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < IDLE && now.saturating_duration_since(self.made) < WHOLE
    }
}

#[derive(Default)]
pub(super) struct Sessions(BTreeMap<[u8; 32], Session>);

fn key(id: &str) -> [u8; 32] {
    Sha256::digest(id).into()
}

impl Sessions {
    /// A new one.
    pub fn open(&mut self, id: &str, user: &str, token: String, now: Instant) {
        self.0.retain(|_, session| session.lives(now));
        if self.0.len() >= MOST {
            let quiet = self.0.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| *key);
            quiet.map(|key| self.0.remove(&key));
        }
        self.0.insert(key(id), Session { user: user.to_owned(), token, made: now, seen: now });
    }

    /// The session of an id, which lives on from now.
    pub fn of(&mut self, id: &str, now: Instant) -> Option<Session> {
        let session = self.0.get_mut(&key(id)).filter(|session| session.lives(now))?;
        session.seen = now;
        Some(session.clone())
    }

    pub fn close(&mut self, id: &str) {
        self.0.remove(&key(id));
    }

    /// Ends all that somebody has, but for one.
    pub fn close_all(&mut self, user: &str, but: Option<&str>) {
        let but = but.map(key);
        self.0.retain(|key, session| session.user != user || Some(*key) == but);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_quiet_old_or_closed() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        for id in ["a", "b", "c"] {
            sessions.open(id, "ann", "t".into(), now);
        }
        assert!(sessions.of("a", now + IDLE / 2).is_some());
        assert!(sessions.of("a", now + IDLE).is_some() && sessions.of("b", now + IDLE).is_none());
        let mut at = now;
        while at < now + WHOLE {
            sessions.of("c", at);
            at += IDLE / 2;
        }
        assert!(sessions.of("c", at).is_none());
        sessions.open("d", "ann", "t".into(), now);
        sessions.open("e", "ann", "t".into(), now);
        sessions.close_all("ann", Some("e"));
        assert!(sessions.of("d", now).is_none() && sessions.of("e", now).is_some());
        sessions.close("e");
        assert!(sessions.of("e", now).is_none());
    }
}
