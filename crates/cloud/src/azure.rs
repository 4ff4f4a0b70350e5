//! Azure: a token of the directory from one of its sources, and the refresh token of ACR for it.
//!
//! ACR's tokens are got in two steps (AAD-OAuth.md of Azure/acr): this makes the first one, and the
//! registry's own token server, which is asked like any other, the second.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_ref::auth::{Credential, Secret};
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

use crate::call::{Caller, form};
use crate::{Error, Found};

const LOGIN: &str = "Azure's login service";
const METADATA: &str = "Azure's metadata service";
const EXCHANGE: &str = "the exchange of the Azure registry";

/// The user name that goes with a refresh token.
const USER: &str = "00000000-0000-0000-0000-000000000000";

/// How long a refresh token lives where it does not say it itself.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// Where a token of the directory may be had, in the order in which the sources are asked.
#[derive(Debug, Clone, Default)]
pub struct AzureSources {
    /// A principal: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, and its proof.
    pub principal: Option<Principal>,
    /// The metadata service, such as `http://169.254.169.254`; not asked where it is `None`.
    pub metadata: Option<Url>,
    /// The identity of the machine that is meant, where it has several: `AZURE_CLIENT_ID`.
    pub identity: Option<String>,
    /// Where a principal logs in, in the place of Azure's login service.
    pub login: Option<Url>,
    /// Where tokens are exchanged, in the place of the registry itself.
    pub registry: Option<Url>,
}

/// A principal of the directory.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The directory.
    pub tenant: String,
    /// The principal.
    pub client: String,
    /// How it proves to be itself.
    pub proof: Proof,
}

/// How a principal proves to be itself.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A secret: `AZURE_CLIENT_SECRET`.
    Secret(Secret),
    /// A signed identity, as pods have it: the contents of `AZURE_FEDERATED_TOKEN_FILE`.
    Assertion(Secret),
}

#[derive(Deserialize)]
struct AccessToken {
    access_token: String,
}

/// Finds a token of the directory, and exchanges it at the registry.
pub(crate) async fn find(
    caller: &Caller,
    sources: &AzureSources,
    registry: &str,
) -> Result<Found, Error> {
    let mut tried = Vec::new();
    let mut got = None;
    match &sources.principal {
        Some(principal) => match log_in(caller, sources, principal, registry).await {
            Ok(token) => got = Some((token, "a principal")),
            Err(error) => tried.push(error.to_string()),
        },
        None => tried.push("no AZURE_CLIENT_ID with its proof".to_owned()),
    }
    match &sources.metadata {
        _ if got.is_some() => {}
        Some(service) => match by_metadata(caller, sources, service, registry).await {
            Ok(token) => got = Some((token, "the machine's identity")),
            Err(error) => tried.push(error.to_string()),
        },
        None => tried.push("this is no machine of Azure's".to_owned()),
    }
    match got {
        Some((token, source)) => exchange(caller, sources, registry, &token, source).await,
        None => Err(Error::NoKey { cloud: "Azure", tried: tried.join("; ") }),
    }
}

async fn log_in(
    caller: &Caller,
    sources: &AzureSources,
    principal: &Principal,
    registry: &str,
) -> Result<Secret, Error> {
    let (login, resource) = cloud(registry);
    let base = match &sources.login {
        Some(url) => url.clone(),
        None => address(login, LOGIN)?,
    };
    let mut url = base;
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend([principal.tenant.as_str(), "oauth2", "v2.0", "token"]);
    }
    let scope = format!("{resource}/.default");
    let mut pairs = vec![
        ("grant_type", "client_credentials"),
        ("client_id", principal.client.as_str()),
        ("scope", scope.as_str()),
    ];
    match &principal.proof {
        Proof::Secret(secret) => pairs.push(("client_secret", secret.expose())),
        Proof::Assertion(token) => pairs.extend([
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", token.expose()),
        ]),
    }
    let answer: AccessToken = caller.json(post(caller, url, &pairs), LOGIN).await?;
    Ok(Secret::new(answer.access_token))
}

async fn by_metadata(
    caller: &Caller,
    sources: &AzureSources,
    service: &Url,
    registry: &str,
) -> Result<Secret, Error> {
    let broken = |_| Error::Answer { service: METADATA, rule: "its address is none" };
    let mut url = service.join("/metadata/identity/oauth2/token").map_err(broken)?;
    url.query_pairs_mut()
        .append_pair("api-version", "2018-02-01")
        .append_pair("resource", cloud(registry).1);
    if let Some(identity) = &sources.identity {
        url.query_pairs_mut().append_pair("client_id", identity);
    }
    let request = caller.metadata.get(url).header("Metadata", "true");
    let answer: AccessToken = caller.json(request, METADATA).await?;
    Ok(Secret::new(answer.access_token))
}

async fn exchange(
    caller: &Caller,
    sources: &AzureSources,
    registry: &str,
    token: &Secret,
    source: &str,
) -> Result<Found, Error> {
    #[derive(Deserialize)]
    struct Answer {
        refresh_token: String,
    }
    let base = match &sources.registry {
        Some(url) => url.clone(),
        None => address(&format!("https://{registry}"), EXCHANGE)?,
    };
    let broken = |_| Error::Answer { service: EXCHANGE, rule: "its address is none" };
    let url = base.join("/oauth2/exchange").map_err(broken)?;
    let mut pairs = vec![
        ("grant_type", "access_token"),
        ("service", registry),
        ("access_token", token.expose()),
    ];
    if let Some(principal) = &sources.principal {
        pairs.push(("tenant", &principal.tenant));
    }
    let asked = SystemTime::now();
    let answer: Answer = caller.json(post(caller, url, &pairs), EXCHANGE).await?;
    let expires = end(&answer.refresh_token).or_else(|| asked.checked_add(LIFE));
    Ok(Found {
        credential: Credential::IdentityToken {
            username: Some(USER.to_owned()),
            token: Secret::new(answer.refresh_token),
        },
        source: format!("Azure, with {source}"),
        expires: expires.unwrap_or(asked),
    })
}

fn post(caller: &Caller, url: Url, pairs: &[(&str, &str)]) -> reqwest::RequestBuilder {
    caller
        .service
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form(pairs))
}

/// Returns the login service and the resource of the cloud that a registry is in.
fn cloud(registry: &str) -> (&'static str, &'static str) {
    match registry.rsplit('.').next() {
        Some("cn") => ("https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
        Some("us") => ("https://login.microsoftonline.us", "https://management.usgovcloudapi.net"),
        _ => ("https://login.microsoftonline.com", "https://management.azure.com"),
    }
}

fn address(text: &str, service: &'static str) -> Result<Url, Error> {
    Url::parse(text).map_err(|_| Error::Answer { service, rule: "its address is none" })
}

/// Returns when a token ends, as it says itself; the registry checks it, we do not.
fn end(token: &str) -> Option<SystemTime> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(claims.exp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        let token = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        for (token, wanted) in [
            (token(r#"{"exp":1000}"#), Some(1000)),
            (token(r#"{"exp":"x"}"#), None),
            (token(r#"{"exp":18446744073709551615}"#), None),
            ("opaque".to_owned(), None),
        ] {
            let wanted = wanted.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(end(&token), wanted, "{token}");
        }
    }

    #[test]
    fn every_cloud_has_its_own_login() {
        for (registry, login) in [
            ("mine.azurecr.io", "https://login.microsoftonline.com"),
            ("mine.azurecr.us", "https://login.microsoftonline.us"),
            ("mine.azurecr.cn", "https://login.chinacloudapi.cn"),
        ] {
            assert_eq!(cloud(registry).0, login);
        }
    }
}
