//! Keys that a metadata service gives: to a container, to a machine.
//!
//! A machine's service is asked in its second version alone (IMDSv2), whose session keeps requests
//! out that something else was tricked into making.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;

use super::{AccessKey, Container};
use crate::Error;
use crate::call::Caller;

pub(super) const CONTAINER: &str = "the container's metadata service";
pub(super) const MACHINE: &str = "the machine's metadata service";

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

/// Asks the service of the machine for the key of its role, and returns the role's name with it.
pub(super) async fn instance(caller: &Caller, service: &Url) -> Result<(AccessKey, String), Error> {
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
    let answer: Answer = caller.json(get(at(&format!("{roles}{role}"))?), MACHINE).await?;
    Ok((answer.key(), role))
}

fn sensitive(text: &str, service: &'static str) -> Result<HeaderValue, Error> {
    let rule = "what it wants to be told has characters that no header may have";
    let mut value = HeaderValue::from_str(text).map_err(|_| Error::Answer { service, rule })?;
    value.set_sensitive(true);
    Ok(value)
}
