//! The config of an image: platform, diffIDs and the history of its build (config.md).

use std::collections::BTreeMap;

use cutaway_ref::{Digest, Platform};
use serde::{Deserialize, Serialize};

use crate::json::{
    self, Known, OtherKeys, null_as_empty, strict, strict_list, text_or_number, texts,
    texts_of_list,
};
use crate::{DiffId, Error};

/// What a config says. Fields that programs rarely need are left to the raw bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The platform the image is built for; empty words where the config has none.
    pub platform: Platform,
    /// When the image was built, as the config spells it.
    pub created: Option<String>,
    /// Who built it.
    pub author: Option<String>,
    /// How a container is started.
    pub run: Run,
    /// The diffIDs of the layers, oldest first.
    pub diff_ids: Vec<DiffId>,
    /// The steps of the build, oldest first.
    pub history: Vec<History>,
}

/// How a container of the image is started, as far as it is text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The user, as a name or a number.
    #[serde(rename = "User", default, deserialize_with = "text_or_number")]
    pub user: String,
    /// The environment, each `NAME=value`.
    #[serde(rename = "Env", default, deserialize_with = "texts_of_list")]
    pub env: Vec<String>,
    /// The program that always runs.
    #[serde(rename = "Entrypoint", default, deserialize_with = "words")]
    pub entrypoint: Vec<String>,
    /// Its default arguments, or the program.
    #[serde(rename = "Cmd", default, deserialize_with = "words")]
    pub cmd: Vec<String>,
    /// The directory it starts in.
    #[serde(rename = "WorkingDir", default, deserialize_with = "null_as_empty")]
    pub working_dir: String,
    /// Ports that it listens on, such as `80/tcp`.
    #[serde(rename = "ExposedPorts", default, deserialize_with = "keys")]
    pub exposed_ports: Vec<String>,
    /// Directories that are mounted.
    #[serde(rename = "Volumes", default, deserialize_with = "keys")]
    pub volumes: Vec<String>,
    /// Free text by key.
    #[serde(rename = "Labels", default, deserialize_with = "texts")]
    pub labels: BTreeMap<String, String>,
    /// The signal that stops it.
    #[serde(rename = "StopSignal", default)]
    pub stop_signal: Option<String>,
}

/// One step of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When it ran, as the config spells it.
    #[serde(default)]
    pub created: Option<String>,
    /// The command that ran.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub created_by: String,
    /// Who ran it.
    #[serde(default)]
    pub author: Option<String>,
    /// What the builder noted.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub comment: String,
    /// Whether the step made no layer.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub empty_layer: bool,
}

const KNOWN: &[&str] = &[
    "created",
    "author",
    "architecture",
    "os",
    "os.version",
    "variant",
    "config",
    "rootfs",
    "history",
];

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    author: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    architecture: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    os: String,
    #[serde(rename = "os.version", default)]
    os_version: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default, deserialize_with = "strict")]
    config: Run,
    #[serde(default, deserialize_with = "strict")]
    rootfs: Rootfs,
    #[serde(default, deserialize_with = "strict_list")]
    history: Vec<History>,
    #[serde(flatten)]
    other: OtherKeys,
}

#[derive(Deserialize, Default)]
struct Rootfs {
    #[serde(default, deserialize_with = "null_as_empty")]
    diff_ids: Vec<DiffId>,
}

impl Known for Rootfs {
    const KEYS: &[&str] = &["type", "diff_ids"];
}

impl Known for Run {
    const KEYS: &[&str] = &[
        "User",
        "Env",
        "Entrypoint",
        "Cmd",
        "WorkingDir",
        "ExposedPorts",
        "Volumes",
        "Labels",
        "StopSignal",
    ];
}

impl Known for History {
    const KEYS: &[&str] = &["created", "created_by", "author", "comment", "empty_layer"];
}

impl Config {
    /// Parses a config; `what` names it in errors.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for what is no JSON of this form and for known keys in two spellings.
    pub fn parse(bytes: &[u8], what: &str) -> Result<Self, Error> {
        let wire: Wire = json::parse(bytes, what)?;
        wire.other.refuse_variants_of(KNOWN).map_err(|rule| Error::malformed(what, rule))?;
        let variant = wire.variant.filter(|variant| !variant.is_empty());
        Ok(Self {
            platform: Platform {
                os: wire.os,
                architecture: wire.architecture,
                variant,
                os_version: wire.os_version,
            },
            created: wire.created,
            author: wire.author,
            run: wire.config,
            diff_ids: wire.rootfs.diff_ids,
            history: wire.history,
        })
    }

    /// Returns the history line of each of `layers` layers, by position.
    ///
    /// All are `None` where the history does not have just one line a layer, since any pairing would
    /// be a guess.
    pub fn history_of_layers(&self, layers: usize) -> Vec<Option<&History>> {
        let steps: Vec<_> = self.history.iter().filter(|step| !step.empty_layer).collect();
        if steps.len() == layers {
            steps.into_iter().map(Some).collect()
        } else {
            vec![None; layers]
        }
    }
}

/// Returns the chainID of each layer: the digest that names it with all that lies below it (config.md, "Layer ChainID").
pub fn chain_ids(diff_ids: &[DiffId]) -> Vec<Digest> {
    let mut chain: Vec<Digest> = Vec::with_capacity(diff_ids.len());
    for DiffId(diff_id) in diff_ids {
        let next = match chain.last() {
            None => diff_id.clone(),
            Some(below) => Digest::sha256(format!("{below} {diff_id}").as_bytes()),
        };
        chain.push(next);
    }
    chain
}

/// Reads a list of words, which some tools write as one string.
fn words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        List(#[serde(deserialize_with = "texts_of_list")] Vec<String>),
        One(String),
    }
    Ok(match Option::<Words>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Words::List(words)) => words,
        Some(Words::One(word)) => vec![word],
    })
}

/// Reads the keys of a map whose values are empty objects.
fn keys<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let map = Option::<BTreeMap<String, serde::de::IgnoredAny>>::deserialize(deserializer)?;
    Ok(map.unwrap_or_default().into_keys().collect())
}
