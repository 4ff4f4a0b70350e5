//! Google: an access token from one of its sources, which its registries take with a fixed user name.

mod account;
mod grant;

use std::time::{Duration, SystemTime};

use cutaway_ref::auth::{Credential, Secret};
use reqwest::Url;
use serde::Deserialize;

use crate::call::Caller;
use crate::{Error, Found};

const METADATA: &str = "Google's metadata service";

/// The user name that goes with an access token.
const USER: &str = "oauth2accesstoken";

/// Where an access token may be had, in the order in which the sources are asked.
#[derive(Debug, Clone, Default)]
pub struct GoogleSources {
    /// An access token, as it is.
    pub access_token: Option<Secret>,
    /// The contents of the file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    pub credentials: Option<Secret>,
    /// The contents of the file that `gcloud auth application-default login` writes.
    pub default_credentials: Option<Secret>,
    /// The metadata service, such as `http://metadata.google.internal`; not asked where it is `None`.
    pub metadata: Option<Url>,
    /// Where grants are made, in the place of Google's token service.
    pub endpoint: Option<Url>,
}

/// An access token, as the token service and the metadata service give it.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

/// Finds an access token, and how it came about.
pub(crate) async fn find(caller: &Caller, sources: &GoogleSources) -> Result<Found, Error> {
    let asked = SystemTime::now();
    let found = |token: Answer, source: &str| {
        let life = Duration::from_secs(token.expires_in.unwrap_or(3600).min(1 << 31));
        Found {
            credential: Credential::basic(USER, token.access_token),
            source: format!("Google, with {source}"),
            expires: asked.checked_add(life).unwrap_or(asked),
        }
    };
    if let Some(token) = &sources.access_token {
        let token = Answer { access_token: token.expose().to_owned(), expires_in: None };
        return Ok(found(token, "the access token of a variable"));
    }
    let mut tried = Vec::new();
    for (file, contents) in [
        ("GOOGLE_APPLICATION_CREDENTIALS", &sources.credentials),
        ("the application default credentials", &sources.default_credentials),
    ] {
        let Some(contents) = contents else {
            tried.push(format!("no {file}"));
            continue;
        };
        match grant::by_file(caller, sources, contents, asked).await {
            Ok(token) => return Ok(found(token, file)),
            Err(error) => tried.push(format!("{file}: {error}")),
        }
    }
    match &sources.metadata {
        Some(service) => match by_metadata(caller, service).await {
            Ok(token) => return Ok(found(token, "the machine's service account")),
            Err(error) => tried.push(error.to_string()),
        },
        None => tried.push("this is no machine of Google's".to_owned()),
    }
    Err(Error::NoKey { cloud: "Google", tried: tried.join("; ") })
}

async fn by_metadata(caller: &Caller, service: &Url) -> Result<Answer, Error> {
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let url = service
        .join(path)
        .map_err(|_| Error::Answer { service: METADATA, rule: "its address is none" })?;
    let request = caller.metadata.get(url).header("Metadata-Flavor", "Google");
    caller.json(request, METADATA).await
}
