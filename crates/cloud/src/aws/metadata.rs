//! Keys that a service gives: to a container, to a machine, to who holds a role's identity.
//!
//! A machine's service is asked in its second version alone (IMDSv2), whose session keeps requests
//! out that something else was tricked into making.

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;

use super::{AccessKey, Container, WebIdentity};
use crate::call::{Caller, form};
use crate::{Error, Host};

const CONTAINER: &str = "the container's metadata service";
const MACHINE: &str = "the machine's metadata service";
const STS: &str = "Amazon's token service";

/// A key as the metadata services write it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

impl Answer {
    fn key(self) -> AccessKey {
        AccessKey::new(self.access_key_id, self.secret_access_key, self.token)
    }
}

/// Asks the service of a container.
pub(super) async fn container(caller: &Caller, container: &Container) -> Result<AccessKey, Error> {
    let mut request = caller.metadata.get(container.url.clone());
    if let Some(authorization) = &container.authorization {
        request = request.header(AUTHORIZATION, sensitive(authorization.expose(), CONTAINER)?);
    }
    Ok(caller.json::<Answer>(request, CONTAINER).await?.key())
}

/// Asks the service of the machine for the key of its role.
pub(super) async fn instance(caller: &Caller, service: &Url) -> Result<AccessKey, Error> {
    let at = |path: &str| {
        service
            .join(path)
            .map_err(|_| Error::Answer { service: MACHINE, rule: "its address is none" })
    };
    let request = caller
        .metadata
        .put(at("/latest/api/token")?)
        .header("X-aws-ec2-metadata-token-ttl-seconds", "300");
    let session = caller.bytes(request, MACHINE).await?;
    let session = sensitive(String::from_utf8_lossy(&session).trim(), MACHINE)?;
    let get =
        |url: Url| caller.metadata.get(url).header("X-aws-ec2-metadata-token", session.clone());
    let roles = "/latest/meta-data/iam/security-credentials/";
    let listed = caller.bytes(get(at(roles)?), MACHINE).await?;
    let role = String::from_utf8_lossy(&listed).lines().next().unwrap_or_default().to_owned();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    if role.is_empty() || !role.bytes().all(plain) {
        return Err(Error::Answer { service: MACHINE, rule: "it names no role" });
    }
    Ok(caller.json::<Answer>(get(at(&format!("{roles}{role}"))?), MACHINE).await?.key())
}

/// Exchanges an identity for the key of its role.
pub(super) async fn assume_role(
    caller: &Caller,
    identity: &WebIdentity,
    host: &Host,
) -> Result<AccessKey, Error> {
    #[derive(Deserialize)]
    struct Outer {
        #[serde(rename = "AssumeRoleWithWebIdentityResponse")]
        response: Response,
    }
    #[derive(Deserialize)]
    struct Response {
        #[serde(rename = "AssumeRoleWithWebIdentityResult")]
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
    let url = match &identity.endpoint {
        Some(url) => url.clone(),
        None => sts(host)?,
    };
    let body = form(&[
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", &identity.role),
        ("RoleSessionName", "cutaway"),
        ("WebIdentityToken", identity.token.expose()),
    ]);
    let request = caller
        .service
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(body);
    let outer: Outer = caller.json(request, STS).await?;
    let found = outer.response.result.credentials;
    Ok(AccessKey::new(found.access_key_id, found.secret_access_key, Some(found.session_token)))
}

/// Returns the token service of a registry's region.
fn sts(host: &Host) -> Result<Url, Error> {
    let name = match host {
        Host::Ecr { region, .. } if region.starts_with("cn-") => {
            format!("sts.{region}.amazonaws.com.cn")
        }
        Host::Ecr { region, .. } => format!("sts.{region}.amazonaws.com"),
        _ => "sts.us-east-1.amazonaws.com".to_owned(),
    };
    Url::parse(&format!("https://{name}/"))
        .map_err(|_| Error::Answer { service: STS, rule: "its address is none" })
}

fn sensitive(text: &str, service: &'static str) -> Result<HeaderValue, Error> {
    let rule = "what it wants to be told has characters that no header may have";
    let mut value = HeaderValue::from_str(text).map_err(|_| Error::Answer { service, rule })?;
    value.set_sensitive(true);
    Ok(value)
}
