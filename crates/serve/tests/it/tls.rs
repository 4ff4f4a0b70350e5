//! TLS with a certificate that changes while it is served.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cutaway_serve::{Config, Gate};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{Scripted, exchange, limits, review, serve_with};

/// Keys that other tests have, too: two authorities, each with a certificate.
fn keys() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/tests/it/keys")
}

fn connector(authority: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(keys().join(authority)).unwrap();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Asks as a host of a certificate, over TLS; none where the certificate is not trusted.
async fn ask(address: std::net::SocketAddr, authority: &str, host: &'static str) -> Option<u16> {
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(host).unwrap();
    let stream = connector(authority).connect(name, stream).await.ok()?;
    let body = review(&["a"]);
    let head = format!(
        "POST /validate?timeout=10s HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Some(exchange(stream, &[head.as_bytes(), &body].concat()).await.status)
}

fn put(folder: &Path, name: &str, certificate: &str, key: &str) {
    let volume = folder.join(name);
    std::fs::create_dir(&volume).unwrap();
    std::fs::copy(keys().join(certificate), volume.join("tls.crt")).unwrap();
    std::fs::copy(keys().join(key), volume.join("tls.key")).unwrap();
    // As volumes of secrets do it: the link goes over in one step.
    let (new, link) = (folder.join("new"), folder.join("data"));
    std::os::unix::fs::symlink(&volume, &new).unwrap();
    std::fs::rename(new, link).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_taken_over_and_one_without_its_key_is_not() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "1", "names.pem", "names.key");
    let data = folder.path().join("data");
    let config = format!(
        "schema: cutaway.serve/1\npolicies: [none]\nlisten: [{{address: \"127.0.0.1:0\", certificate: {0}/tls.crt, key: {0}/tls.key}}]\n",
        data.display()
    );
    let limits = cutaway::Serving { certificate: Duration::from_millis(50), ..limits() };
    let gate = Gate::new(Scripted::default(), Vec::new(), &limits);
    let path = folder.path().to_owned();
    let served = serve_with(gate, &Config::parse(&config).unwrap(), folder).await;
    let (names, clouds) =
        (("names-ca.pem", "registry.example"), ("clouds-ca.pem", "mine.azurecr.us"));
    let at = served.address;
    assert_eq!(ask(at, names.0, names.1).await, Some(200));
    assert_eq!(ask(at, clouds.0, clouds.1).await, None);
    put(&path, "2", "clouds.pem", "clouds.key");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(ask(at, clouds.0, clouds.1).await, Some(200));
    assert_eq!(ask(at, names.0, names.1).await, None);
    // A certificate beside the key of another.
    put(&path, "3", "names.pem", "clouds.key");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(ask(at, clouds.0, clouds.1).await, Some(200));
    std::fs::remove_file(path.join("data")).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ask(at, clouds.0, clouds.1).await, Some(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_show_a_certificate_where_one_is_wanted() {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fetch/tests/it/keys");
    let here = keys.display();
    let config = format!(
        "schema: cutaway.serve/1\npolicies: [none]\nlisten: [{{address: \"127.0.0.1:0\", certificate: {here}/server.pem, key: {here}/server.key, client_ca: {here}/ca.pem}}]\n"
    );
    let gate = Gate::new(Scripted::default(), Vec::new(), &limits());
    let folder = tempfile::tempdir().unwrap();
    let served = serve_with(gate, &Config::parse(&config).unwrap(), folder).await;
    let read = |name: &str| std::fs::read(keys.join(name)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&read("ca.pem")).unwrap()).unwrap();
    for (shows, status) in [(true, 200), (false, 0)] {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots.clone());
        let chain = vec![CertificateDer::from_pem_slice(&read("client.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&read("client.key")).unwrap();
        let config = match shows {
            true => builder.with_client_auth_cert(chain, key).unwrap(),
            false => builder.with_no_client_auth(),
        };
        let stream = TcpStream::connect(served.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        // With TLS 1.3 the refusal comes after the client's part of the handshake.
        let answered = match connected {
            Ok(stream) => exchange(stream, request).await.status,
            Err(_) => 0,
        };
        assert_eq!(answered, status, "{shows}");
    }
}
