//! Grants: a signed assertion or a refresh token for an access token (RFC 7523, section 2.1; RFC 6749, section 6).

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::GoogleSources;
use super::account::{Account, Own, Service};
use super::token::{Answer, SCOPE, Token};
use crate::Error;
use crate::call::form;
use crate::machine::File;
use crate::search::Search;

const SERVICE: &str = "Google's token service";

/// How long an assertion is good, in seconds; the most that is allowed.
const LIFE: u64 = 3600;

/// Makes the grant that a credential file is for; returns whose token it is, too.
pub(super) async fn by_file(
    search: &Search<'_>,
    sources: &GoogleSources,
    file: &File,
    now: SystemTime,
) -> Result<(Token, String), Error> {
    let endpoint = sources.endpoint.as_ref();
    match Account::parse(file.text()?, endpoint)? {
        Account::Own(own) => {
            let name = own.name().to_owned();
            Ok((by_own(search, &own, now).await?, name))
        }
        Account::External(external) => {
            let name = external.name();
            Ok((external.token(search, now).await?, name))
        }
        Account::Impersonated(own, account) => {
            let token = by_own(search, &own, now).await?;
            let name = account.account();
            Ok((account.token(search, &token.text, now).await?, name))
        }
    }
}

async fn by_own(search: &Search<'_>, own: &Own, now: SystemTime) -> Result<Token, Error> {
    let (url, body): (&Url, String) = match own {
        Own::Service(service) => {
            let assertion = assertion(service, now)?;
            let body = form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", &assertion),
            ]);
            (&service.token_uri, body)
        }
        Own::User { client_id, client_secret, refresh_token, token_uri } => {
            let body = form(&[
                ("grant_type", "refresh_token"),
                ("client_id", client_id),
                ("client_secret", client_secret.expose()),
                ("refresh_token", refresh_token.expose()),
            ]);
            (token_uri, body)
        }
    };
    let request = search
        .caller
        .service
        .post(url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let answer: Answer = search.caller.json(request, SERVICE).await?;
    Ok(Token::living(answer.access_token, now, answer.expires_in))
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
