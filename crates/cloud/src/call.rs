//! One request to a service of a cloud, and its answer: bounded in time and size, without redirects.

use std::sync::Arc;
use std::time::Instant;

use reqwest::{Client, RequestBuilder, redirect};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::de::DeserializeOwned;

use crate::{Error, Settings};

/// The connections to services and to metadata services.
#[derive(Debug)]
pub(crate) struct Caller {
    /// For services on the network.
    pub(crate) service: Client,
    /// For metadata services, which are asked directly and at once.
    pub(crate) metadata: Client,
    settings: Settings,
}

impl Caller {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let tls = tls(&settings)?;
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .redirect(redirect::Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .no_proxy()
                .timeout(settings.patience)
                .user_agent(concat!("cutaway/", env!("CARGO_PKG_VERSION")))
        };
        let mut service = builder();
        if let Some(proxy) = &settings.proxy {
            // The client's error is left out: it may quote the address with its password.
            let made = reqwest::Proxy::https(proxy.url.expose())
                .map_err(|_| unusable("the proxy's address cannot be used"))?;
            service = service.proxy(made.no_proxy(reqwest::NoProxy::from_string(&proxy.except)));
        }
        let broken = |_: reqwest::Error| unusable("no HTTP client can be made of the settings");
        Ok(Self {
            service: service.build().map_err(broken)?,
            metadata: builder()
                .connect_timeout(settings.metadata_connect)
                .build()
                .map_err(broken)?,
            settings,
        })
    }

    /// Sends a request, and reads the whole answer, which must be a success.
    pub(crate) async fn bytes(
        &self,
        request: RequestBuilder,
        service: &'static str,
    ) -> Result<Vec<u8>, Error> {
        let started = Instant::now();
        let response = request.send().await;
        let mut response = response.map_err(|error| unreachable(service, &error))?;
        let status = response.status();
        tracing::debug!(service, status = status.as_u16(), elapsed = ?started.elapsed(), "answered");
        let mut bytes = Vec::new();
        loop {
            let chunk = response.chunk().await.map_err(|error| unreachable(service, &error))?;
            let Some(chunk) = chunk else { break };
            if bytes.len().saturating_add(chunk.len()) > self.settings.answer_bytes {
                return Err(Error::Answer { service, rule: "its answer is over answer_bytes" });
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(bytes);
        }
        Err(Error::Refused { service, status: status.as_u16(), code: code(&bytes) })
    }

    /// As [`Caller::bytes`], for an answer in JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        service: &'static str,
    ) -> Result<T, Error> {
        let bytes = self.bytes(request, service).await?;
        // The parser's error is left out: it may quote the answer.
        serde_json::from_slice(&bytes).map_err(|_| Error::Answer {
            service,
            rule: "its answer is not the JSON that is documented",
        })
    }
}

/// Encodes a form.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    // The query of an address has the encoding of a form.
    let Ok(mut url) = reqwest::Url::parse("http://form/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs).finish();
    url.query().unwrap_or_default().to_owned()
}

fn unusable(rule: &str) -> Error {
    Error::Settings(rule.to_owned())
}

fn unreachable(service: &'static str, error: &reqwest::Error) -> Error {
    let reason = if error.is_timeout() && error.is_connect() {
        "no connection within cloud_ms or metadata_connect_ms".to_owned()
    } else if error.is_timeout() {
        "it took longer than cloud_ms".to_owned()
    } else {
        // The deepest cause names no address, and no part of one.
        let mut cause: &dyn std::error::Error = error;
        for _ in 0..16 {
            let Some(next) = cause.source() else { break };
            cause = next;
        }
        let text: String = cause.to_string().escape_debug().take(200).collect();
        format!("no answer: {text}")
    };
    Error::Unreachable { service, reason }
}

/// Returns the code of an error: `__type`, `error` or `code`, as the three clouds call it.
fn code(body: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = value.get("errors").and_then(|errors| errors.get(0));
    let found = ["__type", "error", "code", "Code"]
        .into_iter()
        .find_map(|name| value.get(name).or_else(|| errors?.get(name))?.as_str());
    let code = found.unwrap_or_default();
    // Without digits it is none of our secrets, which a service may repeat here, too.
    let is_code = code.len() <= 80
        && code.bytes().all(|byte| byte.is_ascii_alphabetic() || b"._#-".contains(&byte));
    if is_code { code.to_owned() } else { String::new() }
}

fn tls(settings: &Settings) -> Result<rustls::ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let mut extra = Vec::new();
    for pem in &settings.ca_certificates {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        extra.extend(found.map_err(|_| unusable("a CA certificate is not PEM"))?);
    }
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable("TLS cannot be set up"))?;
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider);
    Ok(match verifier {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        // A machine without authorities trusts no certificate; metadata services need none.
        Err(_) => builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_words_and_nothing_else() {
        for (body, wanted) in [
            (
                r#"{"__type":"UnrecognizedClientException","message":"secret"}"#,
                "UnrecognizedClientException",
            ),
            (r#"{"error":"invalid_grant","error_description":"secret"}"#, "invalid_grant"),
            (r#"{"errors":[{"code":"UNAUTHORIZED","message":"secret"}]}"#, "UNAUTHORIZED"),
            (r#"{"error":{"code":7}}"#, ""),
            (r#"{"error":"two words"}"#, ""),
            (r#"{"error":"wJalrXUtnFEMI7MDENG"}"#, ""),
            ("secret", ""),
            ("", ""),
        ] {
            assert_eq!(code(body.as_bytes()), wanted, "{body}");
        }
    }

    #[test]
    fn forms() {
        assert_eq!(form(&[("a", "b c&d"), ("e", "+/=")]), "a=b+c%26d&e=%2B%2F%3D");
    }
}
