//! TLS in front of a server that speaks none.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The keys of tests: an authority, and certificates of it for 127.0.0.1 and for clients.
pub(crate) const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fetch/tests/it/keys");

/// Listens on a free port of loopback as long as the runtime lives, and hands all that comes to `behind`.
///
/// `name` is that of the certificate and its key in [`KEYS`]. Returns `127.0.0.1:port`.
pub(crate) async fn tls(behind: String, name: &str) -> String {
    let at = |end: &str| std::fs::read(format!("{KEYS}/{name}.{end}")).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(&at("pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&at("key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(stream).await else { return };
                let Ok(mut inside) = TcpStream::connect(behind).await else { return };
                drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
            });
        }
    });
    host
}
