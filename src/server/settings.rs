//! `server.toml`: how a server delivers, and what connections may do.
//!
//! In: the file that `--config` names, else `server.toml` beside the project's `wayfare.toml`, else in the data folder. Out:
//! [`Config`], checked. A key that is not known is an error with a suggestion; secrets are only named.

use super::accept::ServerSettings;
use crate::connect::guard::Allowed;
use crate::connect::mail::gmail::{Google, Grants};
use crate::connect::mail::settings::MailSettings;
use crate::connect::secret::Environment;
use crate::connect::{self};
use crate::diag::suggest::nearest;
use crate::runtime::delivery;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// The name of the file.
pub const FILE: &str = "server.toml";

/// `server.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[mail]`; none: e-mail waits.
    pub mail: Option<MailSettings>,
    /// `[delivery]`.
    #[serde(default)]
    pub delivery: DeliverySettings,
    /// `[server]`.
    #[serde(default)]
    pub server: ServerSettings,
    /// `[connectors.NAME]`.
    #[serde(default)]
    pub connectors: BTreeMap<Arc<str>, ConnectorSettings>,
}

/// `[connectors.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSettings {
    /// Where it is, in place of where its declaration says: a sandbox, a gateway, a stand-in.
    pub base: String,
}

/// `[delivery]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliverySettings {
    /// Attempts under way at one time to one host of one connector.
    pub workers_per_host: usize,
    /// Attempts under way at one time in all.
    pub workers: usize,
    /// Networks and hosts that may be reached though they are not public: `10.1.0.0/16`, `crm.internal`.
    pub allow: Vec<String>,
    /// A file with certificates of authorities that are trusted besides the known ones, in PEM.
    pub authorities: Option<PathBuf>,
    /// Where the tokens of senders are that `wf connect gmail --tokens` kept; `gmail` in the data folder if not given.
    pub gmail_tokens: Option<PathBuf>,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        let delivery::Settings { most, total, .. } = delivery::Settings::default();
        Self {
            workers_per_host: most,
            workers: total,
            allow: Vec::new(),
            authorities: None,
            gmail_tokens: None,
        }
    }
}

/// A file of settings that can't be used: which, and why.
#[derive(Debug)]
pub struct BadConfig {
    path: PathBuf,
    why: String,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path.display(), self.why)
    }
}

impl std::error::Error for BadConfig {}

impl Config {
    /// The settings of a server: a file that is named has to be there.
    pub fn find(named: Option<&Path>, project: Option<&Path>, data: &Path) -> Result<Self, BadConfig> {
        if let Some(path) = named {
            return Self::read(path);
        }
        let folder = |path: &Path| if path.is_dir() { path.to_owned() } else { path.with_file_name("") };
        let usual = [project.map(folder), Some(data.to_owned())].into_iter().flatten();
        match usual.map(|folder| folder.join(FILE)).find(|path| path.exists()) {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, BadConfig> {
        let bad = |why: String| BadConfig { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        Self::parse(&text).map_err(bad)
    }

    /// Reads settings; the error says what, where, and what may have been meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| worded(text, &error))?;
        if let Some(mail) = &config.mail {
            mail.check().map_err(|error| error.to_string())?;
        }
        config.server.limits()?;
        let DeliverySettings { workers, workers_per_host, .. } = config.delivery;
        if !(1..=100_000).contains(&workers) || !(1..=workers).contains(&workers_per_host) {
            return Err("`delivery.workers` is 1 to 100000, and `workers_per_host` not more than that".into());
        }
        for (name, own) in &config.connectors {
            if connect::request::host(&own.base).is_none() {
                return Err(format!("`connectors.{name}.base` is no address of the web: `https://…`"));
            }
        }
        Ok(config)
    }

    /// Gmail, where it is not where it usually is.
    fn google(&self) -> Result<Option<Google>, String> {
        let keys = self.mail.as_ref().and_then(|mail| mail.gmail.as_ref());
        let (Some(own), Some(keys)) = (self.connectors.get("gmail"), keys) else { return Ok(None) };
        let bad = |error: url::ParseError| format!("`connectors.gmail.base`: {error}");
        let base = Url::parse(&own.base).map_err(bad)?;
        let google = Google::real(&keys.client_id, &keys.client_secret);
        google.and_then(|real| real.moved(&base)).map(Some).map_err(bad)
    }

    fn bases(&self) -> connect::request::Bases {
        self.connectors.iter().map(|(name, own)| (Arc::clone(name), own.base.clone())).collect()
    }

    /// How things are delivered, for a server with that data folder.
    pub fn delivery(&self, data: &Path) -> Result<delivery::Settings, String> {
        let own = &self.delivery;
        let allowed = Allowed::parse(own.allow.iter().map(String::as_str));
        let allowed = allowed.map_err(|bad| format!("`delivery.allow`: {bad}"))?;
        let authorities = match &own.authorities {
            Some(path) => std::fs::read(path)
                .map_err(|error| format!("`delivery.authorities`: `{}`: {error}", path.display()))?,
            None => Vec::new(),
        };
        let tokens = own.gmail_tokens.clone().unwrap_or_else(|| data.join("gmail"));
        Ok(delivery::Settings {
            most: own.workers_per_host,
            total: own.workers,
            network: connect::Settings { allowed, authorities, bases: self.bases() },
            mail: self.mail.clone(),
            google: self.google()?,
            secrets: Arc::new(Grants::new(tokens, Arc::new(Environment))),
        })
    }
}

/// With the line, and the nearest of the keys that are known. What stands in the file is not repeated: it may be a secret.
fn worded(text: &str, error: &toml::de::Error) -> String {
    let line =
        error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let known = message.starts_with("unknown field");
    let near = quoted.next().filter(|_| known).and_then(|wrong| nearest(wrong, quoted));
    let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    format!("{}{line}{meant}", message.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_not_known_is_told_with_its_line_and_what_may_have_been_meant() {
        let wrong = |text: &str| Config::parse(text).err().unwrap_or_default();
        let said = wrong("[mail]\nfrom = \"a@b.example\"\nsmpt = 1\n");
        assert!(said.contains("`smpt`") && said.contains("line 3"), "{said}");
        assert!(said.ends_with("did you mean `smtp`?"), "{said}");
        assert!(wrong("[delivery]\nworker = 3\n").ends_with("did you mean `workers`?"));
        assert!(wrong("[delivery]\nworkers = 0\n").contains("1 to 100000"));
        assert!(wrong("[mail]\nfrom = \"a@b.example\"\n").contains("how mail is sent"));
        assert!(Config::parse("").is_ok());
    }
}
