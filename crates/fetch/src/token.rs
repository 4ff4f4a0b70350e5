//! Tokens: the request to a token server, and its answer (distribution, `spec/auth/token.md` and `oauth.md`).
//!
//! The scope is ours, whatever the challenge asks for beyond it. Redirects are not followed.

use std::time::{Duration, Instant};

use cutaway_ref::auth::Credential;
use reqwest::Url;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use serde::Deserialize;

use crate::Kind;
use crate::answer::failure_of;
use crate::document;
use crate::error::{Tries, redacted};
use crate::failure::Failure;
use crate::pause::pause;
use crate::retry::Retry;
use crate::session::basic;
use crate::transport::Transport;

/// How long a token lives at least, also where its server says less (token.md).
const LIFE_MIN: u64 = 60;

/// What a token is asked for, where, and as whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenAsk<'a> {
    pub(crate) realm: &'a Url,
    pub(crate) service: Option<&'a str>,
    pub(crate) scope: &'a str,
    pub(crate) credential: &'a Credential,
}

/// A token and the moment from which it is no longer used.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires: Instant,
}

/// Asks the token server, and again if it fails in passing.
pub(crate) async fn fetch(transport: &Transport, ask: TokenAsk<'_>) -> Result<Token, Failure> {
    let mut retry = Retry::new(&transport.config.retry);
    loop {
        match retry.clock.bound(fetch_once(transport, ask)).await {
            Ok(token) => return Ok(token),
            Err(failure) => {
                if let Err(failure) = pause(transport, &mut retry, failure).await {
                    return Err(named(ask.realm, failure, &retry));
                }
            }
        }
    }
}

async fn fetch_once(transport: &Transport, ask: TokenAsk<'_>) -> Result<Token, Failure> {
    let Credential::IdentityToken { token, .. } = ask.credential else {
        return get(transport, ask).await;
    };
    match exchange(transport, ask, token.expose()).await {
        // Servers that know only the older way say so like this.
        Err(failure) if matches!(failure.kind, Kind::Status { status: 404 | 405, .. }) => {
            get(transport, ask).await
        }
        exchanged => exchanged,
    }
}

async fn get(transport: &Transport, ask: TokenAsk<'_>) -> Result<Token, Failure> {
    let authorization = match ask.credential {
        Credential::Basic { username, password } => Some(basic(username, password.expose())?),
        Credential::IdentityToken { username, token } => {
            Some(basic(username.as_deref().unwrap_or("<token>"), token.expose())?)
        }
        _ => None,
    };
    let url = query(ask);
    let response = transport
        .ask_named(&url, |client| client.get(url.clone()).headers(headers(authorization)))
        .await?;
    read(transport, response, &url).await
}

/// Exchanges a refresh token (oauth.md).
async fn exchange(
    transport: &Transport,
    ask: TokenAsk<'_>,
    refresh_token: &str,
) -> Result<Token, Failure> {
    let form = encoded(&[
        ("grant_type", "refresh_token"),
        ("service", ask.service.unwrap_or_default()),
        ("scope", ask.scope),
        ("client_id", "cutaway"),
        ("refresh_token", refresh_token),
    ]);
    let mut headers = headers(None);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let response = transport
        .ask_named(ask.realm, |client| client.post(ask.realm.clone()).headers(headers).body(form))
        .await?;
    read(transport, response, ask.realm).await
}

async fn read(
    transport: &Transport,
    response: reqwest::Response,
    url: &Url,
) -> Result<Token, Failure> {
    let limits = &transport.config.limits;
    if response.status().is_redirection() {
        let rule = "a token server that redirects".to_owned();
        return Err(Failure::lasting(Kind::OutOfBounds(rule)));
    }
    if !response.status().is_success() {
        return Err(failure_of(transport, response, url).await);
    }
    let asked = Instant::now();
    let read = document::read(transport, response, limits.token_bytes).await;
    let document::Read { bytes, complete, .. } = read.map_err(|failure| match failure.kind {
        Kind::Answer(rule) => Failure::lasting(Kind::Token(rule)),
        _ => failure,
    })?;
    if !complete {
        let rule = format!(
            "its answer is longer than the limit token_bytes, which is {}",
            limits.token_bytes
        );
        return Err(Failure::lasting(Kind::Token(rule)));
    }
    parse(&bytes, asked).ok_or_else(|| {
        let rule = match document::complaint(&bytes) {
            Some(Failure { kind: Kind::Answer(said), .. }) => said,
            _ => "its answer is no JSON object with a token".to_owned(),
        };
        Failure::lasting(Kind::Token(rule))
    })
}

fn parse(bytes: &[u8], now: Instant) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
        expires_in: Option<serde_json::Value>,
    }
    let answer: Answer = serde_json::from_slice(bytes).ok()?;
    let text = answer.access_token.or(answer.token).filter(|token| !token.is_empty())?;
    let life = answer.expires_in.and_then(|value| value.as_u64()).unwrap_or(0).max(LIFE_MIN);
    // A tenth is left for clocks and for requests that are on their way.
    let life = Duration::from_secs(life.min(1 << 31)).mul_f32(0.9);
    Some(Token { text, expires: now.checked_add(life).unwrap_or(now) })
}

/// Returns the realm with our service and scope, and none of its own.
fn query(ask: TokenAsk<'_>) -> Url {
    let mut url = ask.realm.clone();
    let kept: Vec<(String, String)> = ask
        .realm
        .query_pairs()
        .filter(|(name, _)| name != "scope" && name != "service")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_fragment(None);
    let mut pairs = url.query_pairs_mut();
    pairs.clear().extend_pairs(kept);
    if let Some(service) = ask.service {
        pairs.append_pair("service", service);
    }
    pairs.append_pair("scope", ask.scope).finish();
    drop(pairs);
    url
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    // The query of an address has the encoding of a form.
    let Ok(mut url) = Url::parse("http://form/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs).finish();
    url.query().unwrap_or_default().to_owned()
}

fn headers(authorization: Option<HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    headers
}

/// Says of a failure that it was the token server's.
fn named(realm: &Url, failure: Failure, retry: &Retry) -> Failure {
    let (count, limit) = (retry.attempts(), retry.limit());
    let tries = Tries { count, limit, ..Tries::default() };
    let kind = match failure.kind {
        Kind::Deadline => Kind::Deadline,
        Kind::OutOfBounds(rule) => Kind::OutOfBounds(rule),
        Kind::Status { status: status @ (401 | 403), body, .. } => {
            Kind::Refused(format!("the token server says HTTP status {status}: {body}"))
        }
        Kind::Token(rule) => Kind::Token(format!("{}: {rule}", redacted(realm))),
        other => Kind::Token(format!("{}: {other}{tries}", redacted(realm))),
    };
    Failure::lasting(kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries() {
        for (realm, service, wanted) in [
            (
                "https://a.io/token",
                Some("reg"),
                "https://a.io/token?service=reg&scope=repository%3Ax%2Fy%3Apull",
            ),
            (
                "https://a.io/token?a=b",
                None,
                "https://a.io/token?a=b&scope=repository%3Ax%2Fy%3Apull",
            ),
            (
                "https://a.io/token?scope=repository:z:push&service=t#f",
                Some("a&b=c"),
                "https://a.io/token?service=a%26b%3Dc&scope=repository%3Ax%2Fy%3Apull",
            ),
        ] {
            let realm = Url::parse(realm).unwrap();
            let credential = &Credential::Anonymous;
            let ask = TokenAsk { realm: &realm, service, scope: "repository:x/y:pull", credential };
            assert_eq!(query(ask).as_str(), wanted);
        }
    }

    #[test]
    fn answers() {
        let now = Instant::now();
        for (body, token, seconds) in [
            (r#"{"token":"t"}"#, Some("t"), 54),
            (r#"{"token":"t","access_token":"a","expires_in":300}"#, Some("a"), 270),
            (r#"{"access_token":"a","expires_in":1}"#, Some("a"), 54),
            (r#"{"token":"t","expires_in":"300"}"#, Some("t"), 54),
            (r#"{"token":"t","expires_in":-5}"#, Some("t"), 54),
            (r#"{"token":""}"#, None, 0),
            (r#"{"token":7}"#, None, 0),
            (r#"{}"#, None, 0),
            ("<html>", None, 0),
        ] {
            let parsed = parse(body.as_bytes(), now);
            assert_eq!(parsed.as_ref().map(|token| token.text.as_str()), token, "{body}");
            if let Some(parsed) = parsed {
                let life = parsed.expires.duration_since(now).as_secs_f32();
                assert!(
                    (life - f32::from(u16::try_from(seconds).unwrap())).abs() < 0.1,
                    "{body}: {life}"
                );
            }
        }
        assert!(parse(br#"{"token":"t","expires_in":18446744073709551615}"#, now).is_some());
    }

    proptest! {
        #[test]
        fn any_answer_is_a_token_of_some_life_or_none(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in ".{0,40}", life in prop_oneof![
                Just("null".to_owned()), any::<u64>().prop_map(|it| it.to_string()),
                any::<f64>().prop_map(|it| format!("{it:e}")), "-?[0-9]{1,40}", "\"[0-9]{1,3}\"",
            ],
        ) {
            let now = Instant::now();
            let _ = parse(&bytes, now);
            let json = format!("{{\"token\":{},\"expires_in\":{life}}}", serde_json::json!(text));
            if let Some(token) = parse(json.as_bytes(), now) {
                prop_assert!(!token.text.is_empty() && token.text == text);
                let life = token.expires.duration_since(now).as_secs();
                prop_assert!((LIFE_MIN * 8 / 10..=1 << 31).contains(&life), "{}", life);
            }
        }
    }
}
