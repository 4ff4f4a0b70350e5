//! The settings of a gate, as a file has them: YAML or JSON, every key known.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cutaway::names::Platform;
use serde::{Deserialize, Deserializer};

use crate::error::Error;

/// The most bytes of a file of settings, of a policy, of a certificate or of a token.
const MAX_BYTES: u64 = 1 << 20;

/// The settings of a gate, `cutaway.serve/1`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `cutaway.serve/1`.
    pub schema: Schema,
    /// Files of policies, all of which have to let an image pass.
    pub policies: Vec<PathBuf>,
    /// Where it listens.
    pub listen: Vec<Listen>,
    /// The platforms for which an image has to pass; that of this machine where there are none.
    #[serde(default, deserialize_with = "platforms")]
    pub platforms: Vec<Platform>,
    /// The file with the token that callers of `/events` and `/v1/` show from elsewhere; without one they
    /// are not answered.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The registry whose events are taken.
    #[serde(default)]
    pub events: Option<Events>,
}

/// The form of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Schema {
    /// The only one.
    #[serde(rename = "cutaway.serve/1")]
    Serve1,
}

/// Where a gate listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Listen {
    /// A socket of this machine: whoever the file system lets in is trusted.
    Unix(Unix),
    /// A port, with TLS.
    Tls(Tls),
    /// A port of loopback, without TLS.
    Plain(Plain),
}

/// A socket of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unix {
    /// Its path.
    pub unix: PathBuf,
}

/// A port with TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The address and the port.
    pub address: SocketAddr,
    /// The certificate and those that lead to its authority, PEM. It is read again every ten seconds.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// The authorities of callers; without them everybody may call.
    #[serde(default)]
    pub client_ca: Option<PathBuf>,
}

/// A port without TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// The address, of loopback, and the port.
    pub address: SocketAddr,
}

/// Whose events are taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The registry, as names of images have it; what events say of addresses is not looked at.
    pub registry: String,
}

fn platforms<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Platform>, D::Error> {
    let texts = Vec::<String>::deserialize(reader)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

impl Config {
    /// Reads settings.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with them: with line and column where it is the YAML.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json = cutaway_policy::settings(text).map_err(|error| error.to_string())?;
        let config: Self = serde_json::from_value(json).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    /// Reads a file of settings.
    ///
    /// # Errors
    ///
    /// Returns which file is wrong, and how.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&text_of(path)?).map_err(|reason| Error::of_file(path, reason))
    }

    fn check(&self) -> Result<(), String> {
        if self.policies.is_empty() {
            return Err("policies: there is none, so nothing would be asked".to_owned());
        }
        if self.listen.is_empty() {
            return Err("listen: there is no place".to_owned());
        }
        for listen in &self.listen {
            if let Listen::Plain(Plain { address }) = listen
                && !address.ip().is_loopback()
            {
                return Err(format!("listen: {address} is not of loopback and has no certificate"));
            }
        }
        let whole = |registry: &str| cutaway::reference(&format!("{registry}/a/b:c"));
        match &self.events {
            Some(Events { registry })
                if !whole(registry).is_ok_and(|it| it.registry() == registry) =>
            {
                Err(format!("events: \"{registry}\" is no registry"))
            }
            _ => Ok(()),
        }
    }
}

/// Reads a small file.
pub(crate) fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path);
    let read =
        opened.and_then(|file| file.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes));
    let length = read.map_err(|error| Error::of_file(path, error.to_string()))?;
    match u64::try_from(length).is_ok_and(|length| length <= MAX_BYTES) {
        true => Ok(bytes),
        false => Err(Error::of_file(path, "it has more than 1 MiB".to_owned())),
    }
}

/// Reads a small file of text.
pub(crate) fn text_of(path: &Path) -> Result<String, Error> {
    let text = String::from_utf8(bytes_of(path)?);
    text.map_err(|_| Error::of_file(path, "it is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "schema: cutaway.serve/1
policies: [/etc/cutaway/policy.yaml]
platforms: [linux/amd64, linux/arm64]
token_file: /etc/cutaway/token
events: {registry: registry.example}
listen:
  - {unix: /run/cutaway.sock}
  - {address: \"127.0.0.1:8080\"}
  - {address: \"0.0.0.0:8443\", certificate: a.pem, key: a.key}
";

    #[test]
    fn settings_are_read() {
        let config = Config::parse(GOOD).unwrap();
        assert_eq!(config.listen.len(), 3);
        assert!(matches!(config.listen.first(), Some(Listen::Unix(_))));
        assert!(matches!(config.listen.last(), Some(Listen::Tls(_))));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for (from, to, why) in [
            ("cutaway.serve/1", "cutaway.serve/2", "cutaway.serve/1"),
            ("token_file", "tokenfile", "unknown field `tokenfile`"),
            ("policies: [/etc/cutaway/policy.yaml]", "policies: []", "policies: there is none"),
            ("127.0.0.1:8080", "0.0.0.0:8080", "is not of loopback"),
            ("registry.example", "registry.example/a", "is no registry"),
            ("registry.example", "http://registry", "is no registry"),
            ("key: a.key", "kay: a.key", "did not match any"),
            ("linux/arm64", "1", "invalid type: integer"),
            ("schema", "schema: x\nschema", "2:1: the key"),
        ] {
            let error = Config::parse(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(why), "{to}: {error}");
        }
    }
}
