//! Certificates and keys: as they are, or in a file that is read when somebody is connected to.

use std::fmt;
use std::path::{Path, PathBuf};

use cutaway_fetch::ClientCertificate;
use cutaway_ref::auth::Secret;
use cutaway_tar::Escaped;

use crate::error::Error;

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
            Self::Text(text) => Ok(text.clone()),
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

/// Reads a file that a setting names.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}
