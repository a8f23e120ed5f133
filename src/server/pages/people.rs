//! Who may sign in and who is signed in.
//!
//! In: names and passwords. Out: sessions with their [`Actor`]. Invariants: whoever signs in gets a session of a new id;
//! what a session may is looked up at each request, so a role that is taken away is gone at once; passwords are hashed
//! two at a time, so nobody can fill memory or processors with them.

use super::sessions::{Session, Sessions};
use super::throttle::Throttle;
use super::users::{self, User, UsersError};
use crate::server::auth::{Actor, Role, same};
use crate::server::keys::random;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Semaphore;

/// Who may sign in and who is signed in.
pub struct People {
    data: PathBuf,
    users: RwLock<Vec<User>>,
    sessions: Mutex<Sessions>,
    throttle: Mutex<Throttle>,
    /// What the link to set up the first user holds.
    setup: Mutex<Option<String>>,
    hashing: Semaphore,
}

/// Why somebody is not signed in, or a user is not changed, in words.
pub(super) enum Refusal {
    /// What was given does not do.
    Unfit(String),
    /// Too many wrong tries: so many seconds.
    Wait(u64),
    /// The machine.
    Fault(String),
}

impl From<UsersError> for Refusal {
    fn from(error: UsersError) -> Self {
        Self::Fault(error.to_string())
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl People {
    /// Those of a data folder.
    pub fn open(data: &Path) -> Result<Self, UsersError> {
        let users = users::read(data)?;
        let fault = |error: crate::server::KeysError| UsersError::Random(error.to_string());
        let setup = if users.is_empty() { Some(random().map_err(fault)?) } else { None };
        Ok(Self {
            data: data.to_owned(),
            users: RwLock::new(users),
            sessions: Mutex::default(),
            throttle: Mutex::default(),
            setup: Mutex::new(setup),
            hashing: Semaphore::new(2),
        })
    }

    /// What the link for the first user holds, while there is none.
    pub fn setup(&self) -> Option<String> {
        locked(&self.setup).clone()
    }

    /// Whether that link is right.
    pub(super) fn may_set_up(&self, token: &str) -> bool {
        self.setup().is_some_and(|setup| same(&setup, token))
    }

    /// Their names and roles.
    pub(super) fn users(&self) -> Vec<(String, Role)> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.iter().map(|user| (user.name.clone(), user.role)).collect()
    }

    fn user(&self, name: &str) -> Option<User> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.iter().find(|user| user.name == name).cloned()
    }

    /// The session of an id, and who has it.
    pub(super) fn session(&self, id: &str) -> Option<(Session, Actor)> {
        let session = locked(&self.sessions).of(id, Instant::now())?;
        let user = self.user(&session.user)?;
        Some((session, Actor { name: user.name.into(), role: user.role }))
    }

    /// The id of a new session, if that is their password.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> Result<String, Refusal> {
        if let Some(wait) = locked(&self.throttle).wait(name, Instant::now()) {
            return Err(Refusal::Wait(wait.as_secs() + 1));
        }
        if self.is_right(name, password).await? {
            locked(&self.throttle).right(name);
            return self.begin(name);
        }
        locked(&self.throttle).wrong(name, Instant::now());
        Err(Refusal::Unfit("the name or the password is wrong".into()))
    }

    /// Whether that is somebody's password.
    pub(super) async fn is_right(&self, name: &str, password: &str) -> Result<bool, Refusal> {
        let (known, password) = (self.user(name), password.to_owned());
        self.at_rest(move || users::is_right(known.as_ref(), &password)).await
    }

    /// Works on a thread that may wait, two at a time.
    async fn at_rest<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _turn = self.hashing.acquire().await.map_err(|error| Refusal::Fault(error.to_string()))?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Refusal::Fault(error.to_string()))
    }

    fn begin(&self, name: &str) -> Result<String, Refusal> {
        let made = || random().map_err(|error| Refusal::Fault(error.to_string()));
        let (id, token) = (made()?, made()?);
        locked(&self.sessions).open(&id, name, token, Instant::now());
        Ok(id)
    }

    /// Ends a session.
    pub(super) fn sign_out(&self, id: &str) {
        locked(&self.sessions).close(id);
    }

    /// The first user, of role `admin`; gives the id of their session. The link is used up then.
    pub(super) async fn set_up(&self, token: &str, name: &str, password: &str) -> Result<String, Refusal> {
        if !self.may_set_up(token) {
            return Err(Refusal::Unfit("this link has been used".into()));
        }
        self.add(name, password, Role::Admin).await?;
        locked(&self.setup).take();
        self.begin(name)
    }

    /// One more.
    pub(super) async fn add(&self, name: &str, password: &str, role: Role) -> Result<(), Refusal> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(why) = users::unfit(&users, name, password) {
            return Err(Refusal::Unfit(why));
        }
        let kept = password.to_owned();
        let password = self.at_rest(move || users::hash(&kept)).await??;
        let user = User { name: name.to_owned(), role, password };
        self.change(|users| {
            if users.iter().any(|known| known.name == user.name) {
                return Err(format!("there is a user `{}` already", user.name));
            }
            users.push(user);
            Ok(())
        })
    }

    /// Another password; every other session of theirs ends.
    pub(super) async fn set_password(
        &self,
        name: &str,
        password: &str,
        own: Option<&str>,
    ) -> Result<(), Refusal> {
        if let Some(why) = users::unfit_password(password) {
            return Err(Refusal::Unfit(why));
        }
        let kept = password.to_owned();
        let hash = self.at_rest(move || users::hash(&kept)).await??;
        self.change(|users| {
            found(users, name)?.password = hash;
            Ok(())
        })?;
        locked(&self.sessions).close_all(name, own);
        Ok(())
    }

    /// Another role.
    pub(super) fn set_role(&self, name: &str, role: Role) -> Result<(), Refusal> {
        self.change(|users| {
            found(users, name)?.role = role;
            Ok(())
        })
    }

    /// Takes one away, with their sessions.
    pub(super) fn remove(&self, name: &str) -> Result<(), Refusal> {
        self.change(|users| {
            found(users, name)?;
            users.retain(|user| user.name != name);
            Ok(())
        })?;
        locked(&self.sessions).close_all(name, None);
        Ok(())
    }

    /// Changes the users on disk, then here; somebody of role `admin` stays.
    fn change(&self, change: impl FnOnce(&mut Vec<User>) -> Result<(), String>) -> Result<(), Refusal> {
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        let mut new = users.clone();
        change(&mut new).map_err(Refusal::Unfit)?;
        if !new.iter().any(|user| user.role == Role::Admin) {
            return Err(Refusal::Unfit("somebody has to keep the role `admin`".into()));
        }
        users::write(&self.data, &new)?;
        *users = new;
        Ok(())
    }
}

fn found<'u>(users: &'u mut [User], name: &str) -> Result<&'u mut User, String> {
    users.iter_mut().find(|user| user.name == name).ok_or_else(|| format!("there is no user `{name}`"))
}
