//! Docker's `config.json`, Podman's `auth.json` and the legacy `.dockercfg`, as data.
//!
//! Everything but the credentials is passed over. One entry that cannot be read spoils that entry
//! only. Errors say where something is wrong and never quote what is there.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::auth::key::{Key, legacy};
use crate::auth::{Credential, HelperName, ParseHelperNameError, Secret};
use crate::normalize::registry_name;

/// Base64 with or without padding; both are written.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The credentials of one file.
#[derive(Debug, Clone, Default)]
pub struct DockerConfig {
    auths: Vec<(Key, String, Entry)>,
    helpers: BTreeMap<String, Result<HelperName, ParseHelperNameError>>,
    store: Option<Result<HelperName, ParseHelperNameError>>,
}

/// What stands under one key.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Credential(Credential),
    /// Nothing: the secret is with a helper.
    Empty,
    /// Something that cannot be used, and why.
    Unusable(&'static str),
}

/// A file that is no credential file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseConfigError {
    /// It is not JSON.
    #[error("it is no JSON, from line {line}, column {column} on")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A part that must be an object is something else.
    #[error("{0} is no JSON object")]
    NoObject(&'static str),
}

impl DockerConfig {
    /// Parses the contents of a file.
    ///
    /// # Errors
    ///
    /// Returns what keeps the whole file from being read.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseConfigError> {
        // The parser's own text is not used: it quotes values.
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            ParseConfigError::Json { line: error.line(), column: error.column() }
        })?;
        let Value::Object(root) = value else { return Err(ParseConfigError::NoObject("it")) };
        let modern =
            ["auths", "credHelpers", "credsStore"].iter().any(|key| root.contains_key(*key));
        if !modern {
            // A legacy file has nothing but its entries.
            let entries =
                root.iter().filter(|(_, entry)| entry.get("auth").is_some_and(Value::is_string));
            return Ok(Self { auths: parse_entries(entries, legacy), ..Self::default() });
        }
        let mut helpers = BTreeMap::new();
        for (registry, name) in object(&root, "credHelpers")? {
            helpers.insert(Key::parse(registry).name, name.as_str().unwrap_or_default().parse());
        }
        let store = root.get("credsStore").and_then(Value::as_str).filter(|name| !name.is_empty());
        Ok(Self {
            auths: parse_entries(object(&root, "auths")?, Key::parse),
            helpers,
            store: store.map(str::parse),
        })
    }

    /// Returns the helper that keeps the credentials of `registry` alone.
    pub fn helper(&self, registry: &str) -> Option<Result<&HelperName, ParseHelperNameError>> {
        self.helpers.get(&registry_name(registry)).map(|name| name.as_ref().map_err(|error| *error))
    }

    /// Returns whether a helper is set for a name in normal form that is more than a registry.
    pub(crate) fn has_helper_of_path(&self, name: &str) -> bool {
        name.contains('/') && self.helpers.contains_key(name)
    }

    /// Returns the helper that keeps the credentials of every registry.
    pub fn store(&self) -> Option<Result<&HelperName, ParseHelperNameError>> {
        self.store.as_ref().map(|name| name.as_ref().map_err(|error| *error))
    }

    /// Returns the entries for a name in normal form, with their keys as written; plain keys before addresses.
    pub(crate) fn entries<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        self.auths
            .iter()
            .filter(move |(key, _, _)| key.name == name)
            .map(|(_, written, entry)| (written.as_str(), entry))
    }
}

fn object<'a>(
    root: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Vec<(&'a String, &'a Value)>, ParseConfigError> {
    match root.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(map)) => Ok(map.iter().collect()),
        Some(_) => Err(ParseConfigError::NoObject(name)),
    }
}

fn parse_entries<'a>(
    entries: impl IntoIterator<Item = (&'a String, &'a Value)>,
    parse_key: fn(&str) -> Key,
) -> Vec<(Key, String, Entry)> {
    let mut parsed: Vec<_> = entries
        .into_iter()
        .map(|(key, entry)| (parse_key(key), key.clone(), parse_entry(entry)))
        .collect();
    // Two spellings of one key are an accident; which of them wins must not be one.
    parsed.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    parsed
}

pub(crate) fn parse_entry(entry: &Value) -> Entry {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (username, password) = match text("auth") {
        None => (text("username").map(ToOwned::to_owned), text("password").map(ToOwned::to_owned)),
        Some(auth) => match decode(auth) {
            Ok((username, password)) => (Some(username), Some(password)),
            Err(rule) => return Entry::Unusable(rule),
        },
    };
    if let Some(token) = text("registrytoken") {
        return Entry::Credential(Credential::RegistryToken(Secret::new(token)));
    }
    if let Some(token) = text("identitytoken") {
        return Entry::Credential(Credential::IdentityToken {
            username,
            token: Secret::new(token),
        });
    }
    match (username, password) {
        (Some(username), Some(password)) if username == "<token>" => {
            Entry::Credential(Credential::IdentityToken {
                username: None,
                token: Secret::new(password),
            })
        }
        (Some(username), Some(password)) => {
            Entry::Credential(Credential::basic(username, password))
        }
        (None, None) => Entry::Empty,
        _ => Entry::Unusable("it has only one of user name and password"),
    }
}

/// Decodes `user:password`; the password may have colons.
fn decode(auth: &str) -> Result<(String, String), &'static str> {
    let bytes = BASE64.decode(auth.trim()).map_err(|_| "its auth is no base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "its auth is no text")?;
    let (username, password) =
        text.split_once(':').ok_or("its auth has no colon between user name and password")?;
    // Old Docker versions padded the password with zeros.
    Ok((username.to_owned(), password.trim_matches('\0').to_owned()))
}
