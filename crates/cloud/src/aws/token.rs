//! The token of ECR: one signed request, `GetAuthorizationToken` (Amazon ECR API reference).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_ref::auth::Credential;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use super::sign::{Signing, authorization};
use super::stamp::Stamp;
use super::{AccessKey, AwsSources};
use crate::call::Caller;
use crate::{Error, Found, Host};

const SERVICE: &str = "Amazon ECR";
const JSON: &str = "application/x-amz-json-1.1";

/// How long a token lives where the answer does not say it.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    authorization_data: OneOrMany,
}

/// The private registries give a list, the public one an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Data>),
    One(Data),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    authorization_token: String,
    expires_at: Option<f64>,
}

/// Exchanges a key for the token of a registry.
pub(super) async fn fetch(
    caller: &Caller,
    sources: &AwsSources,
    host: &Host,
    key: &AccessKey,
    source: &'static str,
) -> Result<Found, Error> {
    let (region, api, service, target) = match host {
        Host::Ecr { region, api } => {
            (region.as_str(), api.as_str(), "ecr", "AmazonEC2ContainerRegistry_V20150921")
        }
        // There is one, in one region.
        _ => (
            "us-east-1",
            "api.ecr-public.us-east-1.amazonaws.com",
            "ecr-public",
            "SpencerFrontendService",
        ),
    };
    let broken = |rule: &'static str| Error::Answer { service: SERVICE, rule };
    let url = match &sources.endpoint {
        Some(url) => url.clone(),
        None => {
            Url::parse(&format!("https://{api}/")).map_err(|_| broken("its address is none"))?
        }
    };
    let target = format!("{target}.GetAuthorizationToken");
    let asked = SystemTime::now();
    let stamp = Stamp::of(asked);
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut headers = vec![
        ("content-type", JSON),
        ("host", authority.as_str()),
        ("x-amz-date", stamp.time.as_str()),
        ("x-amz-target", target.as_str()),
    ];
    if let Some(token) = &key.session_token {
        headers.push(("x-amz-security-token", token.expose()));
    }
    let body = b"{}";
    let signing = Signing {
        method: "POST",
        path: url.path(),
        query: &[],
        headers: &headers,
        body,
        region,
        service,
        stamp: &stamp,
    };
    let mut request = caller
        .service
        .post(url.clone())
        .header(AUTHORIZATION, sensitive(&authorization(&signing, key))?)
        .header(CONTENT_TYPE, JSON)
        .header("x-amz-date", stamp.time.as_str())
        .header("x-amz-target", target.as_str())
        .body(&body[..]);
    if let Some(token) = &key.session_token {
        request = request.header("x-amz-security-token", sensitive(token.expose())?);
    }
    let answer: Answer = caller.json(request, SERVICE).await?;
    let data = match answer.authorization_data {
        OneOrMany::One(data) => data,
        OneOrMany::Many(list) => {
            list.into_iter().next().ok_or_else(|| broken("its answer has no token"))?
        }
    };
    let (username, password) = decode(&data.authorization_token)
        .ok_or_else(|| broken("its token is not a user name and a password in base64"))?;
    let expires = data
        .expires_at
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .and_then(|after| UNIX_EPOCH.checked_add(after))
        .or_else(|| asked.checked_add(LIFE));
    Ok(Found {
        credential: Credential::basic(username, password),
        source: format!("Amazon ECR, with the key of {source}"),
        expires: expires.unwrap_or(asked),
    })
}

fn decode(token: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

fn sensitive(text: &str) -> Result<HeaderValue, Error> {
    let rule = "the key has characters that no header may have";
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Error::Unusable { what: "the access key".to_owned(), rule })?;
    value.set_sensitive(true);
    Ok(value)
}
