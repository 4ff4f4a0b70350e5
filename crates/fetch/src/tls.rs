//! The TLS settings of one registry: whom to trust, and what to show.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::named::Named;
use crate::{ClientCertificate, Config, sha512};

impl Config {
    /// Returns the TLS settings that this configuration amounts to, for a connection to something else than a registry.
    ///
    /// # Errors
    ///
    /// Returns which certificate or key cannot be used.
    pub fn tls(&self) -> Result<ClientConfig, String> {
        client_config(self)
    }
}

impl ClientCertificate {
    /// Checks that certificate and key can be read and belong together.
    ///
    /// # Errors
    ///
    /// Returns which of them cannot be used.
    pub fn check(&self) -> Result<(), String> {
        let (chain, key) = self.parts()?;
        let fit = CertifiedKey::from_der(chain, key, &sha512::provider());
        fit.map(drop).map_err(|error| do_not_fit(&error))
    }

    fn parts(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let chain = certificates(&self.chain, "the client certificate")?;
        // The parser's error is left out: it may quote a part of the key.
        let key = PrivateKeyDer::from_pem_slice(self.key.expose().as_bytes())
            .map_err(|_| "the client key is no private key in PEM".to_owned())?;
        Ok((chain, key))
    }
}

fn do_not_fit(error: &rustls::Error) -> String {
    format!("the client certificate and its key do not fit: {error}")
}

/// Builds the TLS settings.
pub(crate) fn client_config(config: &Config) -> Result<ClientConfig, String> {
    let provider = Arc::new(sha512::provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS settings: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(config, provider)?);
    let mut tls = match &config.client_certificate {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let (chain, key) = own.parts()?;
            builder.with_client_auth_cert(chain, key).map_err(|error| do_not_fit(&error))?
        }
    };
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

fn verifier(
    config: &Config,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let mut extra = Vec::new();
    for pem in &config.ca_certificates {
        extra.extend(certificates(pem, "the CA certificate")?);
    }
    if config.insecure {
        return Ok(Arc::new(Everyone { trusted: true, provider }));
    }
    match rustls_platform_verifier::Verifier::new_with_extra_roots(
        extra.clone(),
        Arc::clone(&provider),
    ) {
        Ok(verifier) if extra.is_empty() => Ok(Arc::new(verifier)),
        Ok(verifier) => Ok(Arc::new(Named { certificates: extra, inner: Arc::new(verifier) })),
        // A machine without authorities can still use registries without TLS; with TLS no certificate is trusted.
        Err(_) if extra.is_empty() => Ok(Arc::new(Everyone { trusted: false, provider })),
        Err(error) => Err(format!("the CA certificates cannot be used: {error}")),
    }
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{what} is not PEM: {error}"))?;
    let mut checked = RootCertStore::empty();
    let (good, bad) = checked.add_parsable_certificates(found.clone());
    if good == 0 || bad > 0 {
        return Err(format!(
            "{what} holds {good} certificates that can be read and {bad} that cannot"
        ));
    }
    Ok(found)
}

/// Judges all certificates alike. That the server holds its key is still checked.
#[derive(Debug)]
struct Everyone {
    trusted: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Everyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.trusted {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::General("this system has no certificates of authorities".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
