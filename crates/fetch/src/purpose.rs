//! What a certificate says that its key may be used for (RFC 5280, section 4.2.1.12).

/// Elements of DER, one after the other.
struct Elements<'a>(&'a [u8]);

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
/// The extensions of a certificate.
const EXTENSIONS: u8 = 0xa3;

const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/// Returns whether a certificate may be that of a server: it names that purpose, any, or none at all.
pub(crate) fn is_for_servers(certificate: &[u8]) -> bool {
    let Some(purposes) = purposes(certificate) else { return true };
    Elements(purposes).any(|(tag, id)| tag == OID && (id == SERVER || id == ANY_USAGE))
}

/// Returns the purposes that a certificate names; none where it has no such extension.
fn purposes(certificate: &[u8]) -> Option<&[u8]> {
    let whole = Elements(certificate).find_map(of(SEQUENCE))?;
    let signed = Elements(whole).find_map(of(SEQUENCE))?;
    let list = Elements(signed).find_map(of(EXTENSIONS))?;
    let extensions = Elements(list).find_map(of(SEQUENCE))?;
    let usage = Elements(extensions)
        .filter_map(of(SEQUENCE))
        .find(|extension| Elements(extension).find_map(of(OID)) == Some(EXTENDED_KEY_USAGE))?;
    let value = Elements(usage).find_map(of(OCTETS)).unwrap_or_default();
    Some(Elements(value).find_map(of(SEQUENCE)).unwrap_or_default())
}

fn of<'a>(wanted: u8) -> impl Fn((u8, &'a [u8])) -> Option<&'a [u8]> {
    move |(tag, content)| (tag == wanted).then_some(content)
}

impl<'a> Iterator for Elements<'a> {
    /// A tag and its content.
    type Item = (u8, &'a [u8]);

    /// Returns the next element; what is cut or has an endless length ends them.
    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (len, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let long = bytes.iter().try_fold(0_usize, |len, &byte| {
                len.checked_mul(256)?.checked_add(usize::from(byte))
            });
            (long.filter(|_| !bytes.is_empty())?, rest)
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn purposes_of_certificates() {
        for (pem, expected) in [
            (&include_bytes!("../tests/it/keys/own.pem")[..], true),
            (include_bytes!("../tests/it/keys/own_of_server.pem"), true),
            (include_bytes!("../tests/it/keys/own_any.pem"), true),
            (include_bytes!("../tests/it/keys/own_of_client.pem"), false),
        ] {
            let certificate = CertificateDer::from_pem_slice(pem).unwrap();
            assert_eq!(is_for_servers(&certificate), expected);
        }
    }

    #[test]
    fn lengths() {
        let elements =
            |bytes: &'static [u8]| Elements(bytes).map(|it| it.1.len()).collect::<Vec<_>>();
        assert_eq!(elements(&[4, 0, 4, 1, 9, 4, 0x81, 1, 7]), [0, 1, 1]);
        assert_eq!(elements(&[4, 0x80, 0, 0]), [0; 0], "endless");
        assert_eq!(elements(&[4, 2, 0]), [0; 0], "cut");
        assert_eq!(elements(&[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [0; 0], "too long");
    }
}
