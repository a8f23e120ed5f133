//! The keys of a server: one that may write messages, one that may do everything.
//!
//! They are made at the first start and kept in the data folder, in a file that only its owner can read;
//! `WAYFARE_WRITE_KEY` and `WAYFARE_ADMIN_TOKEN` set them instead.

use crate::disk::{Disk, RealDisk};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The keys of a server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// For messages: what Segment calls a write key.
    pub write: String,
    /// For the management API: role `admin`.
    pub admin: String,
    /// More tokens for it.
    #[serde(default)]
    pub tokens: Vec<Token>,
}

/// A token for the management API.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Who has it: stands in the journal.
    pub name: String,
    /// What it allows.
    pub role: super::auth::Role,
    /// The SHA-256 of the token, in hexadecimal.
    pub sha256: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(••••)")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {:?})", self.name, self.role)
    }
}

/// Why keys can't be had.
#[derive(Debug)]
pub enum KeysError {
    /// The file can't be read or written.
    File(PathBuf, io::Error),
    /// The file is no file of keys.
    Unreadable(PathBuf, String),
    /// This machine gives no randomness.
    Random(io::Error),
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the keys in `{}`: {error}", path.display()),
            Self::Unreadable(path, why) => write!(f, "`{}` holds no keys: {why}", path.display()),
            Self::Random(error) => write!(f, "this machine gives no randomness: {error}"),
        }
    }
}

impl std::error::Error for KeysError {}

impl Keys {
    /// Those of a data folder, made if there are none; whether they were made.
    pub fn open(data: &Path) -> Result<(Self, bool), KeysError> {
        match Self::read(data) {
            Err(KeysError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self { write: random()?, admin: random()?, tokens: Vec::new() };
                keys.keep(data)?;
                Ok((keys.by_environment(), true))
            }
            read => Ok((read?, false)),
        }
    }

    /// Those of a data folder, which has some.
    pub fn read(data: &Path) -> Result<Self, KeysError> {
        Ok(Self::stored(data)?.by_environment())
    }

    /// Changes the tokens of a data folder; gives the keys as they are then, or why nothing was changed.
    pub fn change(
        data: &Path,
        change: impl FnOnce(&mut Vec<Token>) -> Result<(), String>,
    ) -> Result<Result<Self, String>, KeysError> {
        let mut keys = Self::stored(data)?;
        if let Err(why) = change(&mut keys.tokens) {
            return Ok(Err(why));
        }
        keys.keep(data)?;
        Ok(Ok(keys.by_environment()))
    }

    /// What the file says, whatever the environment does.
    fn stored(data: &Path) -> Result<Self, KeysError> {
        let path = data.join("keys.json");
        let bytes = fs::read(&path).map_err(|error| KeysError::File(path.clone(), error))?;
        let bad = |why: String| KeysError::Unreadable(path.clone(), why);
        let keys: Self = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        if keys.write.trim().is_empty() || keys.admin.trim().is_empty() {
            return Err(bad("a key is empty".into()));
        }
        Ok(keys)
    }

    fn by_environment(mut self) -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.write = set("WAYFARE_WRITE_KEY").unwrap_or(self.write);
        self.admin = set("WAYFARE_ADMIN_TOKEN").unwrap_or(self.admin);
        self
    }

    /// Writes them in place of those that are there.
    pub fn keep(&self, data: &Path) -> Result<(), KeysError> {
        let (path, new) = (data.join("keys.json"), data.join("keys.new"));
        let wrong = |error| KeysError::File(path.clone(), error);
        let text = serde_json::to_vec_pretty(self).map_err(|error| wrong(error.into()))?;
        let mut options = fs::File::options();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new).map_err(wrong)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(wrong)?;
        fs::rename(&new, &path).map_err(wrong)
    }
}

/// A key that nobody can guess.
pub(super) fn random() -> Result<String, KeysError> {
    let bytes = [RealDisk.random(), RealDisk.random()];
    let mut whole = Vec::new();
    for part in bytes {
        whole.extend(part.map_err(KeysError::Random)?);
    }
    Ok(BASE64URL_NOPAD.encode(&whole))
}
