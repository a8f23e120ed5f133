//! Secrets: named in `.wf` and in settings, read where they are used, never shown.
//!
//! In: a name. Out: a [`Secret`], from the environment variable of that name, or from the file that `NAME_FILE` names
//! ([`Environment`]). Invariant: no `Debug` and no `Display` prints what a secret holds; only [`Secret::expose`] gives
//! it out. Not here: masking texts that came from elsewhere (`redact`).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What stands where a secret was.
pub const MASK: &str = "••••";

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Makes a text a secret.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// What it holds: for the wire alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Why there is no secret of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoSecret {
    /// Neither `NAME` nor `NAME_FILE` is set.
    Unset(Arc<str>),
    /// It is empty.
    Empty(Arc<str>),
    /// It is no text, or holds a control character, which no header and no URL can carry.
    NotText(Arc<str>),
    /// The file that `NAME_FILE` names can't be read: (name, why).
    Unreadable(Arc<str>, String),
}

impl fmt::Display for NoSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unset(name) => {
                write!(f, "the secret {name} is not set: set {name}, or {name}_FILE to a file")
            }
            Self::Empty(name) => write!(f, "the secret {name} is empty"),
            Self::NotText(name) => write!(f, "the secret {name} holds what is no plain text on one line"),
            Self::Unreadable(name, why) => write!(f, "the file that {name}_FILE names can't be read: {why}"),
        }
    }
}

impl std::error::Error for NoSecret {}

/// Where secrets come from.
pub trait Secrets: Send + Sync {
    /// The secret of that name, as it is now.
    fn secret(&self, name: &str) -> Result<Secret, NoSecret>;

    /// A service has put a new secret in the place of the one of that name (a refresh token that is used once). It has
    /// to be kept before it is used; the error says in words why it was not.
    fn rotated(&self, name: &str, new: &Secret) -> Result<(), String>;
}

/// Secrets in the environment of the process: `NAME`, or a file that `NAME_FILE` names. `NAME` wins. Files are read
/// each time, so that what is changed in them holds from the next request on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl Environment {
    fn file(name: &str) -> Option<PathBuf> {
        std::env::var_os(format!("{name}_FILE")).filter(|path| !path.is_empty()).map(PathBuf::from)
    }
}

impl Secrets for Environment {
    fn secret(&self, name: &str) -> Result<Secret, NoSecret> {
        if let Some(text) = std::env::var_os(name) {
            let text = text.into_string().map_err(|_| NoSecret::NotText(name.into()))?;
            return tidy(name, &text);
        }
        let path = Self::file(name).ok_or_else(|| NoSecret::Unset(name.into()))?;
        let bytes =
            std::fs::read(&path).map_err(|error| NoSecret::Unreadable(name.into(), error.to_string()))?;
        tidy(name, std::str::from_utf8(&bytes).map_err(|_| NoSecret::NotText(name.into()))?)
    }

    /// Puts it in the file that `NAME_FILE` names, whole or not at all; a variable can't be changed from here.
    fn rotated(&self, name: &str, new: &Secret) -> Result<(), String> {
        let path = Self::file(name).filter(|_| std::env::var_os(name).is_none()).ok_or_else(|| {
            format!("a new {name} was handed out and can't be kept in a variable: keep it in a file that {name}_FILE names")
        })?;
        let beside = path.with_extension("new");
        let written = std::fs::write(&beside, new.expose()).and_then(|()| std::fs::rename(&beside, &path));
        written.map_err(|error| format!("a new {name} was handed out and its file can't be written: {error}"))
    }
}

/// Without the line end that editors put behind it.
fn tidy(name: &str, text: &str) -> Result<Secret, NoSecret> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err(NoSecret::Empty(name.into()));
    }
    if text.chars().any(char::is_control) {
        return Err(NoSecret::NotText(name.into()));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("xoxb-1");
        assert_eq!(format!("{secret} {secret:?} {:?}", vec![&secret]), format!("{MASK} {MASK} [{MASK}]"));
    }

    #[test]
    fn a_secret_is_one_line_of_text() {
        assert_eq!(tidy("A", "x\r\n").unwrap().expose(), "x");
        assert_eq!(tidy("A", "\n"), Err(NoSecret::Empty("A".into())));
        assert_eq!(tidy("A", "a\nb"), Err(NoSecret::NotText("A".into())));
    }
}
