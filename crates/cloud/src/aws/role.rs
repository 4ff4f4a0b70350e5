//! Roles, and the keys that Amazon's token service gives to who may take one on (STS, API reference).

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;

use super::request::{Signed, signed};
use super::{AccessKey, AwsEndpoints};
use crate::call::{Caller, form};
use crate::{Error, Host};

const STS: &str = "Amazon's token service";
const FORM: &str = "application/x-www-form-urlencoded";

/// A role that is taken on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role<'a> {
    /// Its name, an ARN.
    pub(super) arn: &'a str,
    /// What the session is to be called.
    pub(super) session: Option<&'a str>,
    /// What the role's owner wants to be told.
    pub(super) external_id: Option<&'a str>,
}

/// What the service answers, the names of its actions taken away.
#[derive(Deserialize)]
struct Outer<T> {
    #[serde(alias = "AssumeRoleWithWebIdentityResponse", alias = "AssumeRoleResponse")]
    response: T,
}

#[derive(Deserialize)]
struct Response {
    #[serde(alias = "AssumeRoleWithWebIdentityResult", alias = "AssumeRoleResult")]
    result: Inner,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "Credentials")]
    credentials: Credentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

/// Takes a role on with a signed identity.
pub(super) async fn by_identity(
    caller: &Caller,
    endpoints: &AwsEndpoints,
    host: &Host,
    role: &Role<'_>,
    token: &str,
) -> Result<AccessKey, Error> {
    let (url, _) = place(endpoints, host)?;
    let mut pairs = pairs("AssumeRoleWithWebIdentity", role);
    pairs.push(("WebIdentityToken", token.trim()));
    let request = caller.service.post(url).header(CONTENT_TYPE, FORM).body(form(&pairs));
    answer(caller, request).await
}

/// Takes a role on with a key.
pub(super) async fn by_key(
    caller: &Caller,
    endpoints: &AwsEndpoints,
    host: &Host,
    role: &Role<'_>,
    key: &AccessKey,
) -> Result<AccessKey, Error> {
    let (url, region) = place(endpoints, host)?;
    let mut pairs = pairs("AssumeRole", role);
    pairs.extend(role.external_id.map(|id| ("ExternalId", id)));
    let request = Signed {
        url,
        region,
        service: "sts",
        content_type: FORM,
        headers: &[],
        body: form(&pairs),
    };
    answer(caller, signed(caller, request, key)?).await
}

fn pairs<'a>(action: &'static str, role: &Role<'a>) -> Vec<(&'static str, &'a str)> {
    vec![
        ("Action", action),
        ("Version", "2011-06-15"),
        ("RoleArn", role.arn),
        ("RoleSessionName", role.session.unwrap_or("cutaway")),
    ]
}

async fn answer(caller: &Caller, request: reqwest::RequestBuilder) -> Result<AccessKey, Error> {
    let request = request.header(ACCEPT, "application/json");
    let outer: Outer<Response> = caller.json(request, STS).await?;
    let found = outer.response.result.credentials;
    Ok(AccessKey::new(found.access_key_id, found.secret_access_key, Some(found.session_token)))
}

/// Returns the token service of a registry's region, and the region.
fn place<'a>(endpoints: &AwsEndpoints, host: &'a Host) -> Result<(Url, &'a str), Error> {
    let (name, region) = match host {
        Host::Ecr { region, sts, .. } => (sts.as_str(), region.as_str()),
        // The public registry is in one region.
        _ => ("sts.us-east-1.amazonaws.com", "us-east-1"),
    };
    let url = match &endpoints.sts {
        Some(url) => url.clone(),
        None => Url::parse(&format!("https://{name}/"))
            .map_err(|_| Error::Answer { service: STS, rule: "its address is none" })?,
    };
    Ok((url, region))
}
