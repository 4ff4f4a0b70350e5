//! Where an access token of Google may be found.

use cutaway_ref::auth::Secret;
use reqwest::Url;

use crate::machine::File;

/// Where an access token may be had, in the order in which the sources are asked.
#[derive(Debug, Clone, Default)]
pub struct GoogleSources {
    /// An access token, as it is.
    pub access_token: Option<Secret>,
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    pub credentials: Option<File>,
    /// The file that `gcloud auth application-default login` writes.
    pub default_credentials: Option<File>,
    /// The metadata service, such as `http://metadata.google.internal`; not asked where it is `None`.
    pub metadata: Option<Url>,
    /// Whether `gcloud` is run, as a user has logged in with it.
    pub gcloud: bool,
    /// What stands for the origin of each of Google's token services; their paths are below its own.
    pub endpoint: Option<Url>,
}
