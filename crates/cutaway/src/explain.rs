//! Which credential is used, as programs read it: `cutaway.auth-explain/1`.

use cutaway_ref::Reference;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;

/// The order in which credentials are looked for, as people read it.
pub const ORDER_OF_CREDENTIALS: &str = "\
The first of these that has one wins:
  1. --registry-token or CUTAWAY_REGISTRY_TOKEN
  2. --username with --password-stdin, or CUTAWAY_USERNAME with CUTAWAY_PASSWORD
  3. CUTAWAY_PULL_SECRETS: pull secrets of Kubernetes, files or directories, separated by colons
  4. DOCKER_AUTH_CONFIG: the contents of a config.json
  5. the file REGISTRY_AUTH_FILE and no other; or else one after the other
     $XDG_RUNTIME_DIR/containers/auth.json (or /run/containers/UID/auth.json),
     $XDG_CONFIG_HOME/containers/auth.json (or below ~/.config),
     $DOCKER_CONFIG/config.json (or in ~/.docker), ~/.dockercfg;
     and the credential-helpers of registries.conf, in its order
  6. the file NETRC, or else ~/.netrc
  7. GITHUB_TOKEN with GITHUB_ACTOR, for ghcr.io
  8. the cloud of the registry:
     Amazon: AWS_ACCESS_KEY_ID; AWS_PROFILE in ~/.aws/credentials and ~/.aws/config (a key, a role,
       a credential_process, a login); AWS_WEB_IDENTITY_TOKEN_FILE; the container; the machine
     Google: GOOGLE_OAUTH_ACCESS_TOKEN; GOOGLE_APPLICATION_CREDENTIALS; the application default
       credentials; the machine; gcloud
     Azure: AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE; the app; the machine
  9. none
In a file: the helper of the registry, the entries from the repository up to the registry, credsStore.
What cannot be read, fails or takes too long is passed over.";

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
