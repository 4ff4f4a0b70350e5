//! Who opens and judges images for the gate: a client, or a stand-in of a test.

use async_trait::async_trait;
use cutaway::names::{Digest, Platform, Reference};
use cutaway::{Class, Client, Error, Start};
use cutaway_policy::{Policy, Verdict};
use jiff::Timestamp;

use crate::text;

/// An image as a door was asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Its name.
    pub reference: Reference,
    /// The namespace of a cluster that it is for.
    pub namespace: Option<String>,
    /// The platform; none for that of this machine.
    pub platform: Option<Platform>,
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Whether another try may have another end: the way to the image failed, not the image.
    pub may_pass: bool,
    /// One line without secrets.
    pub message: String,
}

impl Failure {
    /// Makes the failure of something that is no error of an image.
    pub(crate) fn passing(message: impl Into<String>) -> Self {
        Self { may_pass: true, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let may_pass = matches!(error.class(), Class::Transport);
        Self { may_pass, message: text::line(&error.to_string()) }
    }
}

/// What verdicts depend on beside the image and its repository.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depends {
    /// The namespace that it is for.
    pub namespace: bool,
    /// Whether the name has a digest.
    pub pinned: bool,
}

/// Opens images and judges them.
#[async_trait]
pub trait Judge: Send + Sync + 'static {
    /// Returns the digest that a name stands for now.
    ///
    /// # Errors
    ///
    /// Returns why that cannot be had.
    async fn look_up(&self, asked: &Asked) -> Result<Digest, Failure>;

    /// Judges what has this digest, as it was asked for.
    ///
    /// # Errors
    ///
    /// Returns why there is no verdict.
    async fn judge(&self, asked: &Asked, digest: &Digest) -> Result<Verdict, Failure>;

    /// Returns why an image may not pass whatever is in it, where its name alone tells: then nobody is
    /// asked for it.
    fn refuses(&self, _: &Asked) -> Option<String> {
        None
    }

    /// Returns what verdicts depend on beside the image and its repository.
    fn depends(&self) -> Depends;
}

/// A client and the policies that it judges by.
#[derive(Debug)]
pub struct Judging {
    client: Client,
    policies: Vec<Policy>,
}

impl Judging {
    /// Takes a client and the policies, all of which have to let an image pass.
    pub fn new(client: Client, policies: Vec<Policy>) -> Self {
        Self { client, policies }
    }

    fn client(&self, asked: &Asked) -> Client {
        match &asked.platform {
            Some(platform) => self.client.for_platform(platform.clone()),
            None => self.client.clone(),
        }
    }
}

#[async_trait]
impl Judge for Judging {
    async fn look_up(&self, asked: &Asked) -> Result<Digest, Failure> {
        // Never a path, a daemon or standard input, whatever a stranger calls an image.
        match self.client(asked).start(&format!("registry:{}", asked.reference)).await? {
            Start::Root(root) => Ok(root.descriptor.digest),
            Start::Image(_) => Err(Failure::passing("a registry had no manifest")),
        }
    }

    async fn judge(&self, asked: &Asked, digest: &Digest) -> Result<Verdict, Failure> {
        let client = self.client(asked);
        let fixed = asked.reference.clone().with_digest(digest.clone());
        let mut start = client.start(&format!("registry:{fixed}")).await?;
        if let Start::Root(root) = &mut start {
            // What is judged is fixed; what was asked for, and whether it was, is a fact of the request.
            root.subject.name = asked.reference.to_string();
            if let Some((_, reference)) = &mut root.remote {
                *reference = asked.reference.clone();
            }
        }
        let (now, namespace) = (Timestamp::now(), asked.namespace.as_deref());
        Ok(client.check_start(start, &self.policies, now, namespace).await?)
    }

    fn refuses(&self, asked: &Asked) -> Option<String> {
        let named = cutaway_policy::Asked {
            registry: asked.reference.registry().to_owned(),
            repository: asked.reference.repository().to_owned(),
            pinned: asked.reference.digest().is_some(),
        };
        self.policies.iter().find_map(|policy| policy.refuses(&named, asked.namespace.as_deref()))
    }

    fn depends(&self) -> Depends {
        let asks = |key| self.policies.iter().flat_map(Policy::rules).any(|rule| rule.asks == key);
        Depends {
            namespace: self.policies.iter().any(Policy::asks_for_the_namespace) || asks("cel"),
            pinned: asks("image.pinned") || asks("cel"),
        }
    }
}
