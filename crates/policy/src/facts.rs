//! What is judged: each fact is a value, or unknown with a cause.

use std::collections::BTreeMap;

use cutaway_model::Run;
use cutaway_ref::Digest;
use cutaway_report::Report;
use jiff::Timestamp;

/// What is known of an image.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// What a scan of it says.
    pub report: &'a Report,
    /// How it runs, as its config says; none where there is no config.
    pub config: Option<&'a Run>,
    /// The annotations of its manifest.
    pub annotations: &'a BTreeMap<String, String>,
    /// The index that named it, where one did.
    pub index_digest: Option<Digest>,
    /// Where it was asked for; none of what does not come from a registry.
    pub asked: Option<Asked>,
    /// Its `etc/passwd`, where a name had to be looked up and the file is there.
    pub passwd: Option<&'a [u8]>,
    /// The namespace of a cluster that it is for, where one asks.
    pub namespace: Option<String>,
    /// The time of the judgement.
    pub now: Timestamp,
}

/// The name under which a registry was asked for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The registry, such as `registry.example` or `127.0.0.1:5000`.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// Whether the name has a digest, so that it stands for the same bytes for ever.
    pub pinned: bool,
}

impl Facts<'_> {
    /// Returns what patterns of images are held against: registry and repository, else the text that
    /// named the source.
    pub(crate) fn image(&self) -> String {
        match &self.asked {
            Some(asked) => format!("{}/{}", asked.registry, asked.repository),
            None => self.report.image.name.clone(),
        }
    }

    /// Returns the platform, `os/arch[/variant]`.
    pub(crate) fn platform(&self) -> String {
        let platform = &self.report.image.platform;
        let parts = [&platform.os, &platform.architecture, &platform.variant];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join("/")
    }

    /// Returns when the image was made. That is a claim: the epoch, which builders write that want the
    /// same bytes again, and a time to come say nothing.
    pub(crate) fn created(&self) -> Result<Timestamp, String> {
        let text =
            self.report.created.as_deref().ok_or("the config does not say when it was made")?;
        let time: Timestamp =
            text.parse().map_err(|_| format!("the config has no time of creation: \"{text}\""))?;
        let day = time.as_second().div_euclid(86_400);
        match (day, time > self.now) {
            (..=0, _) => Err(format!("the config says it was made on {text}, which says nothing")),
            (_, true) => Err(format!("the config says it was made in the future: {text}")),
            _ => Ok(time),
        }
    }

    /// Returns whether nothing says what is in the image: no package and no distribution.
    pub(crate) fn is_scratch(&self) -> bool {
        self.report.distro.is_none() && self.report.installed().next().is_none()
    }
}

/// Returns the time so many seconds later, if there is one.
pub(crate) fn later(time: Timestamp, seconds: u64) -> Option<Timestamp> {
    let seconds = time.as_second().checked_add(i64::try_from(seconds).ok()?)?;
    Timestamp::from_second(seconds).ok()
}
