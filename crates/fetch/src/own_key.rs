//! Keys of P-521 for the certificate that a client shows of itself, which ring does not know.

use std::fmt;
use std::sync::Arc;

use p521::SecretKey;
use p521::ecdsa::signature::hazmat::PrehashSigner as _;
use p521::ecdsa::{Signature, SigningKey as P521Key};
use p521::pkcs8::DecodePrivateKey as _;
use rustls::crypto::{KeyProvider, ring};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm, SignatureScheme};
use sha2::{Digest as _, Sha512};

/// Loads the keys that ring knows, and those of P-521.
#[derive(Debug)]
pub(crate) struct Keys;

/// A key of P-521. What it signs takes no chance: the nonce comes of the key and the message (RFC 6979).
#[derive(Clone)]
struct Key(Arc<P521Key>);

const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP521_SHA512;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        let own = Key::load(&key);
        let known = ring::default_provider().key_provider.load_private_key(key);
        known.or_else(|error| match own {
            Some(own) => Ok(Arc::new(own)),
            None => Err(error),
        })
    }
}

impl Key {
    fn load(key: &PrivateKeyDer<'_>) -> Option<Self> {
        let secret = match key {
            PrivateKeyDer::Sec1(key) => SecretKey::from_sec1_der(key.secret_sec1_der()).ok()?,
            PrivateKeyDer::Pkcs8(key) => SecretKey::from_pkcs8_der(key.secret_pkcs8_der()).ok()?,
            _ => return None,
        };
        Some(Self(Arc::new(P521Key::from(secret))))
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SCHEME).then(|| -> Box<dyn Signer> { Box::new(self.clone()) })
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signed: Result<Signature, _> = self.0.sign_prehash(&Sha512::digest(message));
        let signature = signed.map_err(|_| Error::General("the client key cannot sign".into()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}

/// Shows nothing of the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{SignatureVerificationAlgorithm, alg_id};

    use super::*;
    use crate::sha512;

    #[test]
    fn keys_in_both_forms_sign() {
        let forms = [
            &include_bytes!("../tests/it/keys/large_chain.key")[..],
            include_bytes!("../tests/it/keys/large_chain.pkcs8.key"),
        ];
        for pem in forms {
            let der = PrivateKeyDer::from_pem_slice(pem).unwrap();
            let public = Key::load(&der).unwrap().0.verifying_key().to_sec1_point(false);
            let key = sha512::provider().key_provider.load_private_key(der).unwrap();
            assert!(key.choose_scheme(&[SignatureScheme::ED25519]).is_none());
            let signer = key.choose_scheme(&[SignatureScheme::ED25519, SCHEME]).unwrap();
            let signature = signer.sign(b"message").unwrap();
            let known = sha512::provider().signature_verification_algorithms.all;
            let verify = |message: &[u8]| {
                let is_curve = |it: &&&dyn SignatureVerificationAlgorithm| {
                    it.public_key_alg_id() == alg_id::ECDSA_P521
                };
                let curve = known.iter().find(is_curve).unwrap();
                curve.verify_signature(public.as_bytes(), message, &signature).is_ok()
            };
            assert!(verify(b"message") && !verify(b"another"));
            assert_eq!(format!("{key:?}"), "Key { .. }");
        }
        let known = PrivateKeyDer::from_pem_slice(include_bytes!("../tests/it/keys/client.key"));
        assert!(Keys.load_private_key(known.unwrap()).is_ok());
    }
}
