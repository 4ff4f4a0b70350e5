//! The certificate of a listener, read again while it serves: volumes of secrets swap it under us.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{Tls, bytes_of};
use crate::error::Error;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::validity;

/// A certificate that can be changed.
#[derive(Debug)]
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    now: RwLock<Loaded>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug, Clone)]
struct Loaded {
    key: Arc<CertifiedKey>,
    /// What was read, to see that it is another.
    chain_pem: Vec<u8>,
    key_pem: Vec<u8>,
    /// When it ends, in seconds since the epoch.
    ends: Option<i64>,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&now.key))
    }
}

impl Certificate {
    /// Reads a certificate and its key.
    pub(crate) fn read(tls: &Tls) -> Result<Arc<Self>, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let loaded = load(tls.certificate.clone(), tls.key.clone(), &provider)?;
        let (chain, key) = (tls.certificate.clone(), tls.key.clone());
        Ok(Arc::new(Self { chain, key, now: RwLock::new(loaded), provider }))
    }

    /// Returns the settings of TLS that show it.
    pub(crate) fn settings(self: &Arc<Self>, tls: &Tls) -> Result<ServerConfig, Error> {
        let wrong = |error: &dyn std::fmt::Display| Error::Tls(error.to_string());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(&error))?;
        let builder = match &tls.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(&bytes_of(path)?) {
                    let certificate =
                        certificate.map_err(|_| Error::of_file(path, "it is not PEM"))?;
                    roots.add(certificate).map_err(|error| wrong(&error))?;
                }
                let provider = Arc::clone(&self.provider);
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(&error))?)
            }
        };
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut settings = builder.with_cert_resolver(resolver);
        settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(settings)
    }

    /// Looks at the files for ever. A pair that does not fit is not taken over.
    pub(crate) async fn follow(self: Arc<Self>, gate: Arc<Gate>) {
        loop {
            self.look(&gate.metrics);
            tokio::time::sleep(gate.limits.certificate).await;
        }
    }

    /// Takes over what the files have now.
    pub(crate) fn look(&self, metrics: &Metrics) {
        match load(self.chain.clone(), self.key.clone(), &self.provider) {
            Ok(loaded) => {
                let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
                if (&now.chain_pem, &now.key_pem) != (&loaded.chain_pem, &loaded.key_pem) {
                    tracing::info!(file = %self.chain.display(), "another certificate");
                    *now = loaded;
                }
            }
            Err(error) => {
                metrics.certificates_refused.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%error, "the certificate is kept as it was");
            }
        }
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        metrics.certificate_ends.store(now.ends.unwrap_or_default(), Ordering::Relaxed);
    }
}

/// Reads a pair and sees that it is one.
fn load(chain: PathBuf, key: PathBuf, provider: &CryptoProvider) -> Result<Loaded, Error> {
    let (chain_pem, key_pem) = (bytes_of(&chain)?, bytes_of(&key)?);
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain_pem)
        .collect::<Result<_, _>>()
        .map_err(|_| Error::of_file(&chain, "it is not PEM"))?;
    let Some(first) = certificates.first() else {
        return Err(Error::of_file(&chain, "it has no certificate"));
    };
    let ends = validity::end_of(first);
    // The parser's error is left out: it may quote a part of the key.
    let private = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|_| Error::of_file(&key, "it is no private key in PEM"))?;
    let pair = CertifiedKey::from_der(certificates, private, provider)
        .map_err(|error| Error::of_file(&key, format!("the key and its certificate: {error}")))?;
    Ok(Loaded { key: Arc::new(pair), chain_pem, key_pem, ends })
}
