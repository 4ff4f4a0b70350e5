//! Grants: a signed assertion or a refresh token for an access token (RFC 7523, section 2.1; RFC 6749, section 6).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_ref::auth::Secret;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::account::{Account, Service, TOKEN_URI};
use super::{Answer, GoogleSources};
use crate::Error;
use crate::call::{Caller, form};

const SERVICE: &str = "Google's token service";

/// What the token is for: Google has no narrower scope for both of its registries.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long an assertion is good, in seconds; the most that is allowed.
const LIFE: u64 = 3600;

/// Makes the grant that a credential file is for.
pub(super) async fn by_file(
    caller: &Caller,
    sources: &GoogleSources,
    contents: &Secret,
    now: SystemTime,
) -> Result<Answer, Error> {
    let endpoint = sources.endpoint.as_ref();
    let (url, body) = match Account::parse(contents.expose(), endpoint)? {
        Account::Service(service) => {
            let assertion = assertion(&service, now)?;
            let body = form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", &assertion),
            ]);
            (service.token_uri, body)
        }
        Account::User { client_id, client_secret, refresh_token } => {
            let body = form(&[
                ("grant_type", "refresh_token"),
                ("client_id", &client_id),
                ("client_secret", client_secret.expose()),
                ("refresh_token", refresh_token.expose()),
            ]);
            let broken = |_| Error::Answer { service: SERVICE, rule: "its address is none" };
            (endpoint.cloned().map_or_else(|| Url::parse(TOKEN_URI).map_err(broken), Ok)?, body)
        }
    };
    let request = caller
        .service
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    caller.json(request, SERVICE).await
}

/// Makes the assertion of a service account: a JSON Web Token that it signs itself (RFC 7519).
fn assertion(service: &Service, now: SystemTime) -> Result<String, Error> {
    let issued = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(header), Some(id)) = (header.as_object_mut(), &service.key_id) {
        header.insert("kid".to_owned(), id.as_str().into());
    }
    let claims = json!({
        "iss": service.email,
        "scope": SCOPE,
        "aud": service.token_uri.as_str(),
        "iat": issued,
        "exp": issued.saturating_add(LIFE),
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = service.sign(&signed)?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
