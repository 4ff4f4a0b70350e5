//! Docker's contexts: named daemons in `~/.docker/contexts` (Docker CLI, "Docker contexts").
//!
//! `config.json` names the current one; `contexts/meta/<sha256 of the name>/meta.json` says where its
//! daemon is, and `contexts/tls/<the same>/docker/` holds its certificates.

use cutaway_ref::Digest;
use serde::Deserialize;

/// The context that stands for no context.
const DEFAULT: &str = "default";

/// What a context says about its daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address, as in `DOCKER_HOST`.
    pub host: String,
    /// Whether the daemon's certificate is not to be verified.
    pub skip_tls_verify: bool,
}

/// Returns the name of the current context that a `config.json` gives, where it gives one.
pub fn current(config: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(rename = "currentContext", default)]
        current: Option<String>,
    }
    let config: Config = serde_json::from_slice(config).ok()?;
    config.current.filter(|name| !name.is_empty() && name != DEFAULT)
}

/// Returns the folder of a context below `contexts/meta` and `contexts/tls`.
pub fn folder(name: &str) -> String {
    Digest::sha256(name.as_bytes()).encoded().to_owned()
}

/// Returns the endpoint that a `meta.json` describes; `None` for what is none.
pub fn endpoint(meta: &[u8]) -> Option<Endpoint> {
    #[derive(Deserialize)]
    struct Meta {
        #[serde(rename = "Endpoints")]
        endpoints: Endpoints,
    }
    #[derive(Deserialize)]
    struct Endpoints {
        docker: Docker,
    }
    #[derive(Deserialize)]
    struct Docker {
        #[serde(rename = "Host", default)]
        host: String,
        #[serde(rename = "SkipTLSVerify", default)]
        skip_tls_verify: bool,
    }
    let meta: Meta = serde_json::from_slice(meta).ok()?;
    let Docker { host, skip_tls_verify } = meta.endpoints.docker;
    if host.is_empty() { None } else { Some(Endpoint { host, skip_tls_verify }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        assert_eq!(current(br#"{"currentContext":"far","auths":{}}"#).as_deref(), Some("far"));
        for none in [&br#"{"currentContext":"default"}"#[..], b"{}", b"x"] {
            assert_eq!(current(none), None);
        }
        // As `docker context create far` names it.
        assert_eq!(
            folder("far"),
            "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868".to_owned()
        );
        let meta = br#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://a:2376","SkipTLSVerify":true}}}"#;
        let wanted = Endpoint { host: "tcp://a:2376".into(), skip_tls_verify: true };
        assert_eq!(endpoint(meta), Some(wanted));
        assert_eq!(endpoint(br#"{"Endpoints":{"docker":{}}}"#), None);
        assert_eq!(endpoint(br#"{"Endpoints":{}}"#), None);
    }
}
