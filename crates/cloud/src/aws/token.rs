//! The token of ECR: one signed request, `GetAuthorizationToken` (Amazon ECR API reference).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_ref::auth::Credential;
use reqwest::Url;
use serde::Deserialize;

use super::request::{Signed, signed};
use super::{AccessKey, AwsEndpoints};
use crate::call::Caller;
use crate::{Error, Host};

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

/// Exchanges a key for the token of a registry; returns when it ends, too.
pub(super) async fn fetch(
    caller: &Caller,
    endpoints: &AwsEndpoints,
    host: &Host,
    key: &AccessKey,
) -> Result<(Credential, SystemTime), Error> {
    let (region, api, service, target, endpoint) = match host {
        Host::Ecr { region, api, .. } => (
            region.as_str(),
            api.as_str(),
            "ecr",
            "AmazonEC2ContainerRegistry_V20150921",
            &endpoints.ecr,
        ),
        // There is one, in one region.
        _ => (
            "us-east-1",
            "api.ecr-public.us-east-1.amazonaws.com",
            "ecr-public",
            "SpencerFrontendService",
            &endpoints.ecr_public,
        ),
    };
    let broken = |rule: &'static str| Error::Answer { service: SERVICE, rule };
    let url = match endpoint {
        Some(url) => url.clone(),
        None => {
            Url::parse(&format!("https://{api}/")).map_err(|_| broken("its address is none"))?
        }
    };
    let target = format!("{target}.GetAuthorizationToken");
    let asked = SystemTime::now();
    let request = Signed {
        url,
        region,
        service,
        content_type: JSON,
        headers: &[("x-amz-target", target.as_str())],
        body: "{}".to_owned(),
    };
    let request = signed(caller, request, key)?;
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
    Ok((Credential::basic(username, password), expires.unwrap_or(asked)))
}

fn decode(token: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
