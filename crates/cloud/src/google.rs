//! Google: an access token from one of its sources, which its registries take with a fixed user name.

mod account;
mod external;
mod gcloud;
mod grant;
mod impersonation;

use std::time::{Duration, SystemTime};

use cutaway_ref::auth::{Credential, Secret};
use reqwest::Url;
use serde::Deserialize;

use crate::call::Caller;
use crate::machine::File;
use crate::search::Search;
use crate::{Error, Found};

const METADATA: &str = "Google's metadata service";

/// The user name that goes with an access token.
const USER: &str = "oauth2accesstoken";

/// What a token is for: Google has no narrower scope for both of its registries.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

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

/// An access token, and how long it lives.
struct Token {
    text: Secret,
    expires: SystemTime,
}

impl Token {
    /// Makes a token that lives for so many seconds from a moment on.
    fn living(text: impl Into<String>, from: SystemTime, seconds: Option<u64>) -> Self {
        let life = Duration::from_secs(seconds.unwrap_or(3600).min(1 << 31));
        Self { text: Secret::new(text), expires: from.checked_add(life).unwrap_or(from) }
    }
}

/// An access token, as the token service and the metadata service give it.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

/// Finds an access token, and how it came about.
pub(crate) async fn find(mut search: Search<'_>, sources: &GoogleSources) -> Result<Found, Error> {
    let asked = SystemTime::now();
    let found = |search: Search<'_>, token: Token, source: &str, key: Option<String>| {
        let credential = Credential::basic(USER, token.text.expose());
        search.found(credential, format!("Google, with {source}"), key, token.expires)
    };
    let variable = "GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN";
    match &sources.access_token {
        Some(token) => {
            let token = Token::living(token.expose(), asked, None);
            return Ok(found(search, token, variable, None));
        }
        None => search.pass(variable, "it is not set"),
    }
    for (name, file) in [
        ("GOOGLE_APPLICATION_CREDENTIALS", &sources.credentials),
        ("application default credentials", &sources.default_credentials),
    ] {
        let Some(file) = file else {
            search.pass(name, "it is not set");
            continue;
        };
        match grant::by_file(&search, sources, file, asked).await {
            Ok((token, key)) => return Ok(found(search, token, &file.name, Some(key))),
            Err(error) => search.pass(&file.name, error),
        }
    }
    match &sources.metadata {
        Some(service) => match by_metadata(search.caller, service).await {
            Ok(answer) => {
                let token = Token::living(answer.access_token, asked, answer.expires_in);
                return Ok(found(search, token, "the machine's service account", None));
            }
            Err(error) => search.pass(METADATA, error),
        },
        None => search.pass(METADATA, "it is not asked: this is no machine of Google's"),
    }
    if sources.gcloud {
        match gcloud::token(&search, asked).await {
            Ok(token) => return Ok(found(search, token, gcloud::PROGRAM, None)),
            Err(error) => search.pass(gcloud::PROGRAM, error),
        }
    } else {
        search.pass(gcloud::PROGRAM, "it is not asked: nobody has logged in with it");
    }
    Err(search.lost())
}

async fn by_metadata(caller: &Caller, service: &Url) -> Result<Answer, Error> {
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let url = service
        .join(path)
        .map_err(|_| Error::Answer { service: METADATA, rule: "its address is none" })?;
    let request = caller.metadata.get(url).header("Metadata-Flavor", "Google");
    caller.json(request, METADATA).await
}
