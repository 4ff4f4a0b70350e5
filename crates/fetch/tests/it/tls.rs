//! TLS: whom to trust, and what is refused.
//!
//! The keys beside this file are for these tests alone: an authority, and certificates of it that
//! are good, expired, for another name, and for clients; and one that is its own authority.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::sync::Arc;

use cutaway_fetch::{ClientCertificate, Config, Registry};
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_ref::Reference;
use cutaway_ref::auth::{Credential, Secret};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{NAME, Scene, quick, transport};

const CA: &[u8] = include_bytes!("keys/ca.pem");

/// Stands before a registry and speaks TLS for it.
struct Front {
    host: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn front(registry: &FakeRegistry, chain: &[u8], key: &[u8], wants_client: bool) -> Front {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if wants_client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CA).unwrap()).unwrap();
        builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        )
    } else {
        builder.with_no_client_auth()
    };
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let behind = registry.host();
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(stream).await else { return };
                let Ok(mut inside) = TcpStream::connect(behind).await else { return };
                drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
            });
        }
    });
    Front { host, task }
}

async fn good_front(registry: &FakeRegistry) -> Front {
    front(registry, include_bytes!("keys/server.pem"), include_bytes!("keys/server.key"), false)
        .await
}

/// What somebody has made for himself with one command is the certificate of an authority, and shown by a server.
#[tokio::test]
async fn a_certificate_that_is_named_is_trusted_whatever_it_calls_itself() {
    let scene = Scene::new(10).await;
    let own: &[u8] = include_bytes!("keys/own.pem");
    let front = front(&scene.registry, own, include_bytes!("keys/own.key"), false).await;
    let naming = |pem: &[u8]| Config { ca_certificates: vec![pem.to_vec()], ..trusting() };
    let resolved = resolve(&front.host, Credential::Anonymous, naming(own)).await;
    assert_eq!(resolved.unwrap(), scene.manifest);
    let error = resolve(&front.host, Credential::Anonymous, trusting()).await.unwrap_err();
    assert!(transport(error).contains("no secure connection"));
}

fn trusting() -> Config {
    Config { plain_http: false, ca_certificates: vec![CA.to_vec()], ..quick() }
}

async fn resolve(
    host: &str,
    credential: Credential,
    config: Config,
) -> Result<Vec<u8>, cutaway_model::Error> {
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let registry = Registry::new(host, credential, config).unwrap();
    registry.resolve(&reference).await.map(|resolved| resolved.bytes)
}

#[tokio::test]
async fn a_given_authority_is_trusted() {
    let scene = Scene::new(10).await;
    let front = good_front(&scene.registry).await;
    assert_eq!(
        resolve(&front.host, Credential::Anonymous, trusting()).await.unwrap(),
        scene.manifest
    );
    let by_name = front.host.replace("127.0.0.1", "localhost");
    assert_eq!(resolve(&by_name, Credential::Anonymous, trusting()).await.unwrap(), scene.manifest);
    assert_eq!(scene.registry.requests().len(), 2);
}

#[tokio::test]
async fn bad_certificates_are_named_and_end_it() {
    let good = (&include_bytes!("keys/server.pem")[..], &include_bytes!("keys/server.key")[..]);
    let expired =
        (&include_bytes!("keys/expired.pem")[..], &include_bytes!("keys/expired.key")[..]);
    let misnamed =
        (&include_bytes!("keys/misnamed.pem")[..], &include_bytes!("keys/misnamed.key")[..]);
    let stranger = Config { ca_certificates: Vec::new(), ..trusting() };
    for ((chain, key), config, words) in [
        (good, stranger, "UnknownIssuer"),
        (expired, trusting(), "expired"),
        (misnamed, trusting(), "not valid for name"),
    ] {
        let scene = Scene::new(10).await;
        let front = front(&scene.registry, chain, key, false).await;
        let error = transport(
            resolve(&front.host, Credential::Anonymous, config.clone()).await.unwrap_err(),
        );
        assert!(error.contains("no secure connection") && error.contains(words), "{error}");
        assert!(error.contains("CA certificate") && !error.contains("insecure"), "{error}");
        // Not even on this machine is the same then said in the clear.
        assert!(scene.registry.requests().is_empty());
        let config = Config { insecure: true, ..config };
        assert_eq!(
            resolve(&front.host, Credential::Anonymous, config).await.unwrap(),
            scene.manifest
        );
    }
}

#[tokio::test]
async fn clients_show_their_certificate() {
    let scene = Scene::new(10).await;
    let front = front(
        &scene.registry,
        include_bytes!("keys/server.pem"),
        include_bytes!("keys/server.key"),
        true,
    )
    .await;
    let error =
        transport(resolve(&front.host, Credential::Anonymous, trusting()).await.unwrap_err());
    assert!(error.contains("--client-cert") && !error.contains("--ca-cert"), "{error}");
    let own = ClientCertificate {
        chain: include_bytes!("keys/client.pem").to_vec(),
        key: Secret::new(include_str!("keys/client.key")),
    };
    let config = Config { client_certificate: Some(own), ..trusting() };
    assert!(!format!("{config:?}").contains("PRIVATE"));
    assert_eq!(resolve(&front.host, Credential::Anonymous, config).await.unwrap(), scene.manifest);
}

#[tokio::test]
async fn nothing_leads_from_https_to_http() {
    let scene = Scene::new(10).await;
    let front = good_front(&scene.registry).await;
    scene.registry.always(
        "/manifests/",
        Fault::redirect(format!("http://{}/v2/x/manifests/1", scene.registry.host())),
    );
    let error =
        transport(resolve(&front.host, Credential::Anonymous, trusting()).await.unwrap_err());
    assert!(error.contains("a redirect from HTTPS to plain HTTP"), "{error}");
    assert_eq!(scene.registry.requests().len(), 1);

    let scene = Scene::new(10).await;
    let front = good_front(&scene.registry).await;
    scene.registry.gate(Gate::bearer("http://auth.example/token"));
    let user = || Credential::basic("user", "canary");
    let error = transport(resolve(&front.host, user(), trusting()).await.unwrap_err());
    assert!(error.contains("plain HTTP, and the registry speaks HTTPS"), "{error}");
    assert_eq!(scene.registry.requests().len(), 1);

    // On its own host it is asked where it is known to be, over TLS.
    let (host, _) = front.host.rsplit_once(':').unwrap();
    scene.registry.gate(Gate::bearer(&format!("http://{host}/token")));
    assert_eq!(resolve(&front.host, user(), trusting()).await.unwrap(), scene.manifest);
    assert_eq!(scene.registry.count("/token"), 1);
}

#[tokio::test]
async fn plain_http_to_a_tls_registry_is_told_apart() {
    let scene = Scene::new(10).await;
    let front = good_front(&scene.registry).await;
    let error = transport(resolve(&front.host, Credential::Anonymous, quick()).await.unwrap_err());
    assert!(error.starts_with("http://"), "{error}");
}

#[test]
fn settings_that_cannot_be_used() {
    let garbage = || b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let key = |key: &str| Some(ClientCertificate { chain: CA.to_vec(), key: Secret::new(key) });
    for (config, words) in [
        (
            Config { ca_certificates: vec![b"canary".to_vec()], ..Config::default() },
            "0 certificates that can be read",
        ),
        (Config { ca_certificates: vec![garbage()], ..Config::default() }, "1 that cannot"),
        (
            Config { client_certificate: key("canary"), ..Config::default() },
            "no private key in PEM",
        ),
        (
            Config {
                client_certificate: key(include_str!("keys/client.key")),
                ..Config::default()
            },
            "do not fit",
        ),
    ] {
        let error = Registry::new("a.io", Credential::Anonymous, config).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains("canary"), "{error}");
    }
}
