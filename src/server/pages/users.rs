//! People who may sign in: names, roles, hashes of passwords, in `users.json` of the data folder.
//!
//! Invariant: the file is replaced as a whole and readable for its owner alone; a password is in it as Argon2id only.

use crate::server::auth::Role;
use argon2::Argon2;
use argon2::password_hash::rand_core::{CryptoRng, Error, RngCore};
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The shortest password, in characters (source: NIST SP 800-63B, 5.1.1.2: at least 8).
pub(super) const SHORTEST: usize = 10;
/// The longest, in bytes.
const LONGEST: usize = 512;
/// Most users.
const MOST: usize = 1_000;

/// Someone who may sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct User {
    /// As it stands in the journal.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// Their password, as a PHC string.
    pub password: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({}, {:?})", self.name, self.role)
    }
}

/// Why users can't be had.
#[derive(Debug)]
pub enum UsersError {
    /// The file can't be read or written.
    File(PathBuf, io::Error),
    /// The file is no file of users.
    Unreadable(PathBuf, String),
    /// This machine gives no randomness.
    Random(String),
}

impl fmt::Display for UsersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "the users in `{}`: {error}", path.display()),
            Self::Unreadable(path, why) => write!(f, "`{}` holds no users: {why}", path.display()),
            Self::Random(why) => write!(f, "this machine gives no randomness: {why}"),
        }
    }
}

impl std::error::Error for UsersError {}

#[derive(Default, Serialize, Deserialize)]
struct File {
    users: Vec<User>,
}

/// Reads them; none, where there is no file.
pub(super) fn read(data: &Path) -> Result<Vec<User>, UsersError> {
    let path = data.join("users.json");
    match fs::read(&path) {
        Ok(bytes) => match serde_json::from_slice::<File>(&bytes) {
            Ok(file) => Ok(file.users),
            Err(error) => Err(UsersError::Unreadable(path, error.to_string())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(UsersError::File(path, error)),
    }
}

/// Writes them in place of those that are there.
pub(super) fn write(data: &Path, users: &[User]) -> Result<(), UsersError> {
    let (path, new) = (data.join("users.json"), data.join("users.new"));
    let wrong = |error| UsersError::File(path.clone(), error);
    let text = serde_json::to_vec_pretty(&File { users: users.to_vec() });
    let text = text.map_err(|error| wrong(error.into()))?;
    let mut options = fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).map_err(wrong)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(wrong)?;
    fs::rename(&new, &path).map_err(wrong)
}

/// What is wrong with a name or a password, in words.
pub(super) fn unfit(users: &[User], name: &str, password: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '+');
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(plain) {
        return Some("a name has 1 to 64 letters, digits or any of . - _ @ +".into());
    }
    if users.len() >= MOST {
        return Some(format!("there are {MOST} users already"));
    }
    unfit_password(password)
}

/// What is wrong with a password, in words.
pub(super) fn unfit_password(password: &str) -> Option<String> {
    if password.chars().count() < SHORTEST {
        return Some(format!("a password has at least {SHORTEST} characters"));
    }
    (password.len() > LONGEST).then(|| format!("a password has at most {LONGEST} bytes"))
}

/// The hash of a password (Argon2id with the parameters that its crate recommends).
pub(super) fn hash(password: &str) -> Result<String, UsersError> {
    let mut random = Random;
    let salt = SaltString::generate(&mut random);
    let hashed = Argon2::default().hash_password(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| UsersError::Random(error.to_string()))
}

/// Whether that is the password; takes as long where there is no such user.
pub(super) fn is_right(known: Option<&User>, password: &str) -> bool {
    /// Of nothing: nobody knows what would give it.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let hash = known.map_or(NOBODY, |user| user.password.as_str());
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    let right =
        password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    right && known.is_some()
}

/// The machine's randomness, as the hasher wants it.
struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        // A salt has to differ, not to be secret: what the machine does not give is left.
        let _ = self.try_fill_bytes(to);
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Error> {
        for chunk in to.chunks_mut(16) {
            let bytes = crate::disk::Disk::random(&crate::disk::RealDisk).map_err(Error::new)?;
            for (to, from) in chunk.iter_mut().zip(bytes) {
                *to = from;
            }
        }
        Ok(())
    }
}

impl CryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let user =
            |password: &str| User { name: "ann".into(), role: Role::Read, password: hash(password).unwrap() };
        let (ann, again) = (user("correct horse"), user("correct horse"));
        assert_ne!(ann.password, again.password);
        assert!(ann.password.starts_with("$argon2id$"));
        assert!(is_right(Some(&ann), "correct horse"));
        assert!(!is_right(Some(&ann), "correct horsf"));
        assert!(!is_right(None, "correct horse"));
    }
}
