//! What refers to an image: signatures, attestations and the like.

use serde_json::Value;

use crate::error::Error;
use crate::root::Root;

impl Root {
    /// Returns what the registry lists as referring to it, entry by entry, as it was sent.
    ///
    /// Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns that it is in no registry, or why the registry does not answer.
    pub async fn referrers(&self) -> Result<Vec<Value>, Error> {
        let Some((repository, _)) = &self.remote else {
            return Err(Error::Usage(format!("{} is not in a registry", self.subject.name)));
        };
        entries(&repository.referrers(&self.descriptor.digest).await?)
    }
}

/// Returns the entries of the indexes that a registry sent.
pub(crate) fn entries(pages: &[Vec<u8>]) -> Result<Vec<Value>, Error> {
    let mut entries = Vec::new();
    for page in pages {
        let index: Value =
            serde_json::from_slice(page).map_err(|error| Error::Referrers(error.to_string()))?;
        entries.extend(
            index.get("manifests").and_then(Value::as_array).into_iter().flatten().cloned(),
        );
    }
    Ok(entries)
}
