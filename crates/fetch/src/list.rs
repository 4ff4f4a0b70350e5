//! Lists: tags, repositories, referrers (distribution specification, "Content Discovery").
//!
//! One odd entry does not lose the others.

use cutaway_model::{Error as ModelError, MediaType};
use cutaway_ref::Digest;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::manifest::scope;
use crate::pages::{Page, is_refusal, pages};
use crate::retry::is_passing;
use crate::{Error, Kind, Registry, Repository};

/// The entries that are asked for in one page; the most that some registries allow.
pub(crate) const PAGE: u32 = 1000;

impl Registry {
    /// Lists the names of the registry's repositories, in its order. Many registries allow it to nobody.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns what kept a page from being fetched, and the rule that its link to the next one breaks.
    pub async fn catalog(&self) -> Result<Vec<String>, ModelError> {
        let pages = pages(
            self.exchange(),
            &format!("_catalog?n={PAGE}"),
            "registry:catalog:*",
            "application/json",
        )
        .await?;
        names(&pages, "repositories")
    }
}

impl Repository {
    /// Lists the tags, in the registry's order.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Registry::catalog`].
    pub async fn tags(&self) -> Result<Vec<String>, ModelError> {
        let path = format!("{}/tags/list?n={PAGE}", self.name());
        let pages = pages(self.exchange(), &path, &scope(self.name()), "application/json").await?;
        names(&pages, "tags")
    }

    /// Returns the indexes that list what refers to the manifest `digest`: signatures, attestations, and the like.
    ///
    /// Registries that do not know the question are asked for the tag that stands in for it. The
    /// documents are as they were sent, mostly one; nothing in them is checked.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Registry::catalog`].
    pub async fn referrers(&self, digest: &Digest) -> Result<Vec<Vec<u8>>, ModelError> {
        let exchange = self.exchange();
        let scope = scope(self.name());
        let asked = pages(
            exchange,
            &format!("{}/referrers/{digest}", self.name()),
            &scope,
            MediaType::OCI_INDEX,
        )
        .await;
        let refusal = match asked.and_then(indexes) {
            Ok(pages) => return Ok(pages),
            Err(error) if is_about_the_question(&error) => error,
            Err(error) => return Err(error),
        };
        tracing::info!(%refusal, "asking for the tag that stands for the list of referrers");
        let tag = format!("{}-{}", digest.algorithm_name(), digest.encoded());
        let tag: String = tag.chars().take(128).collect();
        let path = format!("{}/manifests/{tag}", self.name());
        match pages(exchange, &path, &scope, MediaType::OCI_INDEX).await {
            Err(ModelError::NotFound { .. }) if is_refusal(&refusal, &[401, 403]) => Err(refusal),
            Err(ModelError::NotFound { .. }) => Ok(Vec::new()),
            pages => Ok(pages?.into_iter().map(|page| page.bytes).collect()),
        }
    }
}

/// Returns the bytes of pages that are indexes.
///
/// # Errors
///
/// Returns that one is another document, which is no answer to the question for referrers.
fn indexes(pages: Vec<Page>) -> Result<Vec<Vec<u8>>, ModelError> {
    let is_index = |page: &Page| {
        let document: Option<Value> = serde_json::from_slice(&page.bytes).ok();
        document.is_some_and(|document| document.get("manifests").is_some())
    };
    match pages.iter().find(|page| !is_index(page)) {
        Some(page) => Err(odd(page, "a list of referrers that is no index")),
        None => Ok(pages.into_iter().map(|page| page.bytes).collect()),
    }
}

/// Returns whether an answer says that a registry does not know the question for referrers: not there, a
/// status of refusal, a redirect that nobody follows, or something else than an index.
fn is_about_the_question(error: &ModelError) -> bool {
    let kind = match error {
        ModelError::NotFound { .. } => return true,
        ModelError::Transport(inner) => inner.downcast_ref::<Error>().map(|error| &error.kind),
        _ => return false,
    };
    match kind {
        Some(Kind::Status { status, .. }) => !is_passing(*status),
        Some(Kind::Answer(_) | Kind::OutOfBounds(_) | Kind::Refused(_)) => true,
        _ => false,
    }
}

/// Returns the names that pages list under `key`. What is no name is passed over.
fn names(pages: &[Page], key: &str) -> Result<Vec<String>, ModelError> {
    let mut all = Vec::new();
    for page in pages {
        let parsed: Map<String, Value> = parsed(page)?;
        let listed = match parsed.get(key) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(odd(page, &format!("a list whose {key} are none"))),
        };
        for name in listed {
            match name.as_str().filter(|name| !name.is_empty()) {
                Some(name) => all.push(name.to_owned()),
                None => tracing::warn!(key, "an entry that is no name is passed over"),
            }
        }
    }
    Ok(all)
}

/// Parses a page.
pub(crate) fn parsed<T: for<'de> Deserialize<'de>>(page: &Page) -> Result<T, ModelError> {
    serde_json::from_slice(&page.bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        odd(page, &format!("a list that is not JSON of its kind, at line {line}, column {column}"))
    })
}

fn odd(page: &Page, rule: &str) -> ModelError {
    Error::new(&page.url, 1, Kind::Answer(rule.to_owned())).into()
}
