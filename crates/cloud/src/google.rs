//! Google: an access token from one of its sources, which its registries take with a fixed user name.

mod account;
mod external;
mod gcloud;
mod grant;
mod impersonation;
mod sources;
mod token;

use std::time::SystemTime;

use cutaway_ref::auth::Credential;
use reqwest::Url;

use crate::call::Caller;
use crate::search::Search;
use crate::{Error, Found};

pub use sources::GoogleSources;
use token::{Answer, Token};

const METADATA: &str = "Google's metadata service";

/// The user name that goes with an access token.
const USER: &str = "oauth2accesstoken";

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
