//! Certificates and keys: as they are, or in a file that is read when somebody is connected to.

use std::fmt;
use std::path::{Path, PathBuf};

use cutaway_fetch::ClientCertificate;
use cutaway_ref::auth::Secret;
use cutaway_tar::Escaped;

use crate::error::Error;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A certificate or a key in PEM.
#[derive(Clone)]
pub enum Pem {
    /// The text itself.
    Text(Vec<u8>),
    /// A file that has it, read when a host is connected to.
    File(PathBuf),
}

impl Pem {
    /// Returns the text.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text(text) => Ok(without_mark(text.clone())),
            Self::File(path) => read(path),
        }
    }

    /// Returns the text, which has to hold a certificate.
    pub(crate) fn read_certificate(&self) -> Result<Vec<u8>, Error> {
        let text = self.read()?;
        match labels(&text) {
            labels if labels.iter().any(|label| label == "CERTIFICATE") => Ok(text),
            labels if labels.is_empty() => {
                let rule = "it has no line -----BEGIN CERTIFICATE-----";
                Err(Error::Usage(format!("{} is no certificate in PEM: {rule}", self.name())))
            }
            labels => {
                let held = Escaped::new(&labels.join(", ")).at_most(100).to_string();
                let rule = "a CERTIFICATE is wanted";
                Err(Error::Usage(format!("{} holds {held}, and {rule}", self.name())))
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Text(_) => "the PEM text".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

impl From<&Path> for Pem {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

/// Shows where it is, never what: it may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Returns what the parts of a PEM are, by their first lines.
fn labels(text: &[u8]) -> Vec<String> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let labels = lines.filter_map(|line| line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----"));
    labels.map(|label| String::from_utf8_lossy(label).into_owned()).collect()
}

/// Reads a certificate and its key.
pub(crate) fn client_certificate(chain: &Pem, key: &Pem) -> Result<ClientCertificate, Error> {
    let secret = String::from_utf8(key.read()?)
        .map_err(|_| Error::Usage(format!("{} is no PEM file", key.name())))?;
    Ok(ClientCertificate { chain: chain.read_certificate()?, key: Secret::new(secret) })
}

/// Reads a file of certificates or keys that a setting names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let read = std::fs::read(path).map(without_mark);
    read.map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

/// Takes away the byte order mark that some editors put in front of a text, where its first line is not found behind it.
fn without_mark(mut text: Vec<u8>) -> Vec<u8> {
    if text.starts_with(MARK) {
        text.drain(..MARK.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text() {
        let plain = b"-----BEGIN CERTIFICATE-----\n".to_vec();
        let marked = [MARK, &plain].concat();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, &marked).unwrap();
        for pem in [Pem::Text(plain.clone()), Pem::Text(marked), Pem::File(file)] {
            assert_eq!(pem.read_certificate().unwrap(), plain);
        }
    }
}
