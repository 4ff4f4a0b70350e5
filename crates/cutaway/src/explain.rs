//! Which credential is used, as programs read it: `cutaway.auth-explain/1`.

use cutaway_ref::Reference;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;

/// Which credential would be used for a reference, and from where; never the secret.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What this is, and which version of it.
    pub schema: &'static str,
    /// The reference.
    pub reference: String,
    /// What is asked instead, where `registries.conf` moves the reference.
    pub place: Option<String>,
    /// The source that has it.
    pub source: Option<String>,
    /// The key in that source.
    pub key: Option<String>,
    /// The user.
    pub username: Option<String>,
    /// The kind of credential.
    pub kind: &'static str,
    /// What was asked before and had none.
    pub passed_over: Vec<PassedOver>,
}

/// A source that had no credential.
#[derive(Debug, Serialize)]
pub struct PassedOver {
    /// The source.
    pub source: String,
    /// Why it was passed over.
    pub reason: String,
}

impl Client {
    /// Says which credential would be used for `reference`. The registry is asked nothing.
    ///
    /// Needs a tokio runtime, as [`credential`](Self::credential) does.
    ///
    /// # Errors
    ///
    /// Those of [`credential`](Self::credential) and [`route`](Self::route).
    pub async fn explain(&self, reference: &Reference) -> Result<Explanation, Error> {
        let route = self.route(reference)?;
        // Mirrors come before the place that has the image, each with a credential of its own.
        let place = route.last().map_or(reference, |endpoint| &endpoint.reference);
        let resolution = self.credential(place).await?;
        let passed_over = resolution.passed_over.into_iter();
        Ok(Explanation {
            schema: "cutaway.auth-explain/1",
            reference: reference.to_string(),
            place: Some(place.to_string()).filter(|_| place != reference),
            username: resolution.credential.username().map(str::to_owned),
            kind: resolution.credential.kind(),
            source: resolution.source,
            key: resolution.key,
            passed_over: passed_over
                .map(|passed| PassedOver { source: passed.source, reason: passed.reason })
                .collect(),
        })
    }
}
