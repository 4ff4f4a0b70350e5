//! Azure: a token of the directory from one of its sources, and the refresh token of ACR for it.
//!
//! ACR's tokens are got in two steps (AAD-OAuth.md of Azure/acr): this makes the first one, and the
//! registry's own token server, which is asked like any other, the second.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_ref::auth::{Credential, Secret};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use crate::call::{Caller, form};
use crate::machine::File;
use crate::search::Search;
use crate::{Error, Found};

const LOGIN: &str = "Azure's login service";
const METADATA: &str = "Azure's metadata service";
const APP: &str = "the app's identity service";
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
    /// The service that has the identity of an app: `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    pub app: Option<AppService>,
    /// The metadata service, such as `http://169.254.169.254`; not asked where it is `None`.
    pub metadata: Option<Url>,
    /// The identity of the machine that is meant, where it has several: `AZURE_CLIENT_ID`.
    pub identity: Option<String>,
    /// Where a principal logs in, in the place of Azure's login service.
    pub login: Option<Url>,
    /// Where tokens are exchanged, in the place of the registry itself.
    pub registry: Option<Url>,
}

/// The identity service of an app (App Service, Functions, Container Apps).
#[derive(Debug, Clone)]
pub struct AppService {
    /// Its whole address.
    pub url: Url,
    /// What it wants to be told, so that it is asked by nobody but the app.
    pub header: Secret,
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
    /// A signed identity, as pods have it: the file `AZURE_FEDERATED_TOKEN_FILE`.
    Assertion(File),
}

#[derive(Deserialize)]
struct AccessToken {
    access_token: String,
}

/// Finds a token of the directory, and exchanges it at the registry.
pub(crate) async fn find(
    mut search: Search<'_>,
    sources: &AzureSources,
    registry: &str,
) -> Result<Found, Error> {
    let caller = search.caller;
    let Some(own) = own(&mut search, sources, registry).await else { return Err(search.lost()) };
    let source = format!("Azure, with {}", own.source);
    match exchange(caller, sources, registry, &own).await {
        Ok((credential, expires)) => Ok(search.found(credential, source, own.key, expires)),
        Err(error) => {
            search.pass(source, error);
            Err(search.lost())
        }
    }
}

/// A token of the directory, and how it came about.
struct Own<'a> {
    token: Secret,
    source: &'static str,
    key: Option<String>,
    tenant: Option<&'a str>,
}

async fn own<'a>(
    search: &mut Search<'_>,
    sources: &'a AzureSources,
    registry: &str,
) -> Option<Own<'a>> {
    let caller = search.caller;
    match &sources.principal {
        Some(principal) => {
            let source = match principal.proof {
                Proof::Secret(_) => "AZURE_CLIENT_SECRET",
                Proof::Assertion(_) => "AZURE_FEDERATED_TOKEN_FILE",
            };
            match log_in(caller, sources, principal, registry).await {
                Ok(token) => {
                    let key = Some(principal.client.clone());
                    return Some(Own { token, source, key, tenant: Some(&principal.tenant) });
                }
                Err(error) => search.pass(source, error),
            }
        }
        None => search.pass(
            "AZURE_CLIENT_ID",
            "it is not set with AZURE_TENANT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE",
        ),
    }
    let by_identity = |token: Secret, source| {
        Some(Own { token, source, key: sources.identity.clone(), tenant: None })
    };
    match &sources.app {
        Some(app) => match by_app(caller, sources, app, registry).await {
            Ok(token) => return by_identity(token, "the app's identity"),
            Err(error) => search.pass(APP, error),
        },
        None => search.pass(APP, "IDENTITY_ENDPOINT and IDENTITY_HEADER are not set"),
    }
    match &sources.metadata {
        Some(service) => match by_metadata(caller, sources, service, registry).await {
            Ok(token) => return by_identity(token, "the machine's identity"),
            Err(error) => search.pass(METADATA, error),
        },
        None => search.pass(METADATA, "it is not asked: this is no machine of Azure's"),
    }
    None
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
            ("client_assertion", token.text()?.trim()),
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
    let url = service.join("/metadata/identity/oauth2/token").map_err(broken)?;
    let url = asking(url, "2018-02-01", sources, registry);
    let request = caller.metadata.get(url).header("Metadata", "true");
    let answer: AccessToken = caller.json(request, METADATA).await?;
    Ok(Secret::new(answer.access_token))
}

async fn by_app(
    caller: &Caller,
    sources: &AzureSources,
    app: &AppService,
    registry: &str,
) -> Result<Secret, Error> {
    let rule = "the header has characters that no header may have";
    let mut header = HeaderValue::from_str(app.header.expose())
        .map_err(|_| Error::Answer { service: APP, rule })?;
    header.set_sensitive(true);
    let url = asking(app.url.clone(), "2019-08-01", sources, registry);
    let request = caller.metadata.get(url).header("X-IDENTITY-HEADER", header);
    let answer: AccessToken = caller.json(request, APP).await?;
    Ok(Secret::new(answer.access_token))
}

/// Adds what both identity services are asked for.
fn asking(mut url: Url, version: &str, sources: &AzureSources, registry: &str) -> Url {
    let resource = cloud(registry).1;
    url.query_pairs_mut().append_pair("api-version", version).append_pair("resource", resource);
    if let Some(identity) = &sources.identity {
        url.query_pairs_mut().append_pair("client_id", identity);
    }
    url
}

async fn exchange(
    caller: &Caller,
    sources: &AzureSources,
    registry: &str,
    own: &Own<'_>,
) -> Result<(Credential, SystemTime), Error> {
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
        ("access_token", own.token.expose()),
    ];
    pairs.extend(own.tenant.map(|tenant| ("tenant", tenant)));
    let asked = SystemTime::now();
    let answer: Answer = caller.json(post(caller, url, &pairs), EXCHANGE).await?;
    let expires = end(&answer.refresh_token).or_else(|| asked.checked_add(LIFE));
    let credential = Credential::IdentityToken {
        username: Some(USER.to_owned()),
        token: Secret::new(answer.refresh_token),
    };
    Ok((credential, expires.unwrap_or(asked)))
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
