//! The refresh tokens of senders: a file each, which nobody but its owner can read.

use super::super::address::Address;
use crate::connect::secret::{NoSecret, Secret, Secrets};
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the tokens of senders are, and where all other secrets come from.
pub struct Grants {
    folder: PathBuf,
    others: Arc<dyn Secrets>,
}

/// Why a token could not be kept.
#[derive(Debug)]
pub struct BadGrant(String);

impl fmt::Display for BadGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadGrant {}

/// What stands before the sender in the name of a secret.
const PREFIX: &str = "gmail:";

impl Grants {
    /// In a folder, which is made when the first token is kept.
    pub fn new(folder: PathBuf, others: Arc<dyn Secrets>) -> Self {
        Self { folder, others }
    }

    /// The name of a sender's token.
    pub fn name(sender: &Address) -> String {
        format!("{PREFIX}{}", sender.as_str().to_lowercase())
    }

    /// Only what can stand in the name of a file on every system stands there as it is.
    fn file(&self, sender: &str) -> PathBuf {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '-' | '_' | '.');
        let name: String = sender
            .chars()
            .map(|c| if fits(c) { c.to_string() } else { format!("%{:x}", u32::from(c)) })
            .collect();
        self.folder.join(format!("{}.token", name.trim_start_matches('.')))
    }

    /// The senders whose tokens are kept.
    pub fn senders(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let name =
            |entry: std::fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".token")?.to_owned());
        let mut all: Vec<String> = names.filter_map(name).collect();
        all.sort();
        all
    }

    /// Keeps a sender's token, in the place of a former one, whole or not at all; readable for its owner alone.
    pub fn keep(&self, sender: &Address, token: &Secret) -> Result<PathBuf, BadGrant> {
        self.write(&sender.as_str().to_lowercase(), token).map_err(|error| {
            BadGrant(format!("the token of {sender} can't be kept in {}: {error}", self.folder.display()))
        })
    }

    fn write(&self, sender: &str, token: &Secret) -> std::io::Result<PathBuf> {
        let path = self.file(sender);
        std::fs::create_dir_all(&self.folder)?;
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(token.expose().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)?;
        Ok(path)
    }

    /// Forgets a sender's token; `false`: there was none.
    pub fn forget(&self, sender: &Address) -> bool {
        std::fs::remove_file(self.file(&sender.as_str().to_lowercase())).is_ok()
    }
}

impl Secrets for Grants {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        let Some(sender) = name.strip_prefix(PREFIX) else { return self.others.secret(name) };
        match std::fs::read_to_string(self.file(sender)) {
            Ok(token) if !token.trim().is_empty() => Ok(Secret::new(token.trim())),
            Ok(_) => Err(NoSecret::Empty(name.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(NoSecret::Unset(name.into())),
            Err(error) => Err(NoSecret::Unreadable(name.into(), error.to_string())),
        }
    }

    fn rotated(&self, name: &str, new: &Secret) -> Result<(), String> {
        let Some(sender) = name.strip_prefix(PREFIX) else { return self.others.rotated(name, new) };
        let kept = self.write(sender, new);
        kept.map(drop)
            .map_err(|error| format!("a new token of {sender} was handed out and can't be kept: {error}"))
    }
}
