//! Signatures by elliptic curves over SHA-512, which authorities of companies make and ring does not know: with
//! P-521, and with the smaller curves in the place of the hash that is usual for them.
//!
//! Only public keys and signatures are handled here, so that nothing has to be done in constant time; keys of
//! clients are in [`own_key`](crate::own_key).

use std::sync::LazyLock;

use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls::SignatureScheme;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest as _, Sha512};

use crate::own_key::Keys;

type Verify = fn(&[u8], &[u8], &[u8]) -> Option<()>;
type Algorithm = &'static dyn SignatureVerificationAlgorithm;
type Algorithms = &'static [Algorithm];
type Scheme = (SignatureScheme, Algorithms);

/// A signature of one curve.
#[derive(Debug)]
struct Curve {
    key: AlgorithmIdentifier,
    /// Judges a signature by its key and the hash of what was signed.
    verify: Verify,
}

macro_rules! verify {
    ($curve:ident) => {
        |key, hash, signature| {
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
            let signature = $curve::ecdsa::Signature::from_der(signature).ok()?;
            key.verify_prehash(hash, &signature).ok()
        }
    };
}

static P256: Curve = Curve { key: alg_id::ECDSA_P256, verify: verify!(p256) };
static P384: Curve = Curve { key: alg_id::ECDSA_P384, verify: verify!(p384) };
static P521: Curve = Curve { key: alg_id::ECDSA_P521, verify: verify!(p521) };

/// Under TLS 1.2 the name of the scheme says nothing of the curve; under TLS 1.3 the first one is meant.
static ALL: Algorithms = &[&P521, &P384, &P256];

impl SignatureVerificationAlgorithm for Curve {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        (self.verify)(public_key, &Sha512::digest(message), signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

/// Returns what ring knows, these signatures, and keys of P-521.
pub(crate) fn provider() -> CryptoProvider {
    static KNOWN: LazyLock<(Vec<Algorithm>, Vec<Scheme>)> = LazyLock::new(|| {
        let of_ring = ring::default_provider().signature_verification_algorithms;
        let mapping = [(SignatureScheme::ECDSA_NISTP521_SHA512, ALL)];
        ([of_ring.all, ALL].concat(), [of_ring.mapping, &mapping].concat())
    });
    let (all, mapping) = &*KNOWN;
    let signature_verification_algorithms = WebPkiSupportedAlgorithms { all, mapping };
    let key_provider = &Keys;
    CryptoProvider { signature_verification_algorithms, key_provider, ..ring::default_provider() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls_platform_verifier::Verifier;

    use super::*;

    fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().unwrap()
    }

    /// The authority has a key of P-521; below it are one of P-384, one of P-256 and a server of P-521.
    #[test]
    fn a_chain_of_all_three_curves() {
        let chain = certificates(include_bytes!("../tests/it/keys/large_chain.pem"));
        let authority = certificates(include_bytes!("../tests/it/keys/large.pem"));
        let name = ServerName::try_from("localhost").unwrap();
        for (provider, trusted) in [(provider(), true), (ring::default_provider(), false)] {
            let provider = Arc::new(provider);
            let verifier = Verifier::new_with_extra_roots(authority.clone(), provider).unwrap();
            let (server, above) = chain.split_first().unwrap();
            let judged = verifier.verify_server_cert(server, above, &name, &[], UnixTime::now());
            assert_eq!(judged.is_ok(), trusted, "{judged:?}");
        }
    }

    #[test]
    fn another_signature_is_none() {
        assert!(ALL.iter().all(|curve| curve.verify_signature(&[4; 133], b"a", &[0; 64]).is_err()));
        assert!(
            provider()
                .signature_verification_algorithms
                .supported_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
    }
}
