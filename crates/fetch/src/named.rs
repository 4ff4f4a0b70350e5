//! Certificates that the user named: whoever shows exactly one of them is trusted, though it calls itself that
//! of an authority, as the certificates that people make for themselves do, or another authority has signed it
//! that nobody named.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::purpose::is_for_servers;

/// Judges as `inner` does, but for the certificates that were named.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) inner: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.inner.verify_server_cert(shown, chain, name, ocsp, now);
        match judged {
            // Its time was judged before; its name and its purpose were not.
            Err(error)
                if is_about_origin(&error)
                    && self.certificates.contains(&shown.clone().into_owned()) =>
            {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                if !is_for_servers(shown) {
                    return Err(CertificateError::InvalidPurpose.into());
                }
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Returns whether a certificate is refused for what it is or who has signed it: because it is that of an authority,
/// or of one that is not known.
fn is_about_origin(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::ring;
    use rustls::pki_types::pem::PemObject as _;
    use rustls_platform_verifier::Verifier;

    use super::*;

    #[test]
    fn name_and_time_are_judged() {
        let own =
            CertificateDer::from_pem_slice(include_bytes!("../tests/it/keys/own.pem")).unwrap();
        let provider = Arc::new(ring::default_provider());
        let inner = Arc::new(Verifier::new_with_extra_roots([own.clone()], provider).unwrap());
        let named = Named { certificates: vec![own.clone()], inner: inner.clone() };
        let nobody = Named { certificates: Vec::new(), inner };
        let (then, now) = (UnixTime::since_unix_epoch(std::time::Duration::ZERO), UnixTime::now());
        for (judge, name, at, trusted) in [
            (&named, "localhost", now, true),
            (&named, "127.0.0.1", now, true),
            (&named, "other.example", now, false),
            (&named, "localhost", then, false),
            (&nobody, "localhost", now, false),
        ] {
            let name = ServerName::try_from(name).unwrap();
            let judged = judge.verify_server_cert(&own, &[], &name, &[], at);
            assert_eq!(judged.is_ok(), trusted, "{name:?} {judged:?}");
        }
    }

    #[test]
    fn one_that_another_authority_signed_is_trusted() {
        let read = |pem: &[u8]| CertificateDer::from_pem_slice(pem).unwrap();
        let server = read(include_bytes!("../tests/it/keys/server.pem"));
        let expired = read(include_bytes!("../tests/it/keys/expired.pem"));
        for (shown, named, name, trusted) in [
            (&server, &server, "localhost", true),
            (&server, &server, "other.example", false),
            (&server, &expired, "localhost", false),
            (&expired, &expired, "localhost", false),
        ] {
            let provider = Arc::new(ring::default_provider());
            let inner = Verifier::new_with_extra_roots([named.clone()], provider).unwrap();
            let judge = Named { certificates: vec![named.clone()], inner: Arc::new(inner) };
            let name = ServerName::try_from(name).unwrap();
            let judged = judge.verify_server_cert(shown, &[], &name, &[], UnixTime::now());
            assert_eq!(judged.is_ok(), trusted, "{name:?} {judged:?}");
        }
    }

    #[test]
    fn purpose_is_judged() {
        let name = ServerName::try_from("localhost").unwrap();
        for (pem, trusted) in [
            (&include_bytes!("../tests/it/keys/own_of_server.pem")[..], true),
            (include_bytes!("../tests/it/keys/own_of_client.pem"), false),
        ] {
            let own = CertificateDer::from_pem_slice(pem).unwrap();
            let provider = Arc::new(ring::default_provider());
            let inner = Verifier::new_with_extra_roots([own.clone()], provider).unwrap();
            let named = Named { certificates: vec![own.clone()], inner: Arc::new(inner) };
            let judged = named.verify_server_cert(&own, &[], &name, &[], UnixTime::now());
            assert_eq!(judged.is_ok(), trusted, "{judged:?}");
        }
    }
}
