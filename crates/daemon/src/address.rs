//! Where a daemon listens, as `DOCKER_HOST`, `CONTAINER_HOST` and contexts spell it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use cutaway_tar::Escaped;

/// An address of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A host and a port; whether TLS is spoken is a setting, or is said by the scheme.
    Tcp {
        /// The host with its port, as in a URL.
        authority: String,
        /// Whether the scheme itself was `https`.
        secure: bool,
    },
}

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("address \"{address}\" of a daemon {rule}")]
pub struct AddressError {
    /// The address, escaped.
    address: String,
    /// The rule that it breaks.
    rule: &'static str,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = |rule| {
            let address = Escaped::new(text).at_most(200).to_string();
            Err(AddressError { address, rule })
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return match text.strip_prefix('/') {
                Some(_) => Ok(Self::Unix(PathBuf::from(text))),
                None => refuse("has no scheme; unix:///PATH and tcp://HOST:PORT are known"),
            };
        };
        match scheme {
            "unix" if rest.starts_with('/') => Ok(Self::Unix(PathBuf::from(rest))),
            "unix" => refuse("is no absolute path"),
            "tcp" | "http" | "https" => {
                let authority = rest.trim_end_matches('/');
                if authority.is_empty()
                    || authority.contains(['/', '@', '?', '#', '\\'])
                    || authority.chars().any(|c| c.is_whitespace() || c.is_control())
                {
                    return refuse("is no HOST:PORT");
                }
                Ok(Self::Tcp { authority: authority.to_owned(), secure: scheme == "https" })
            }
            "ssh" => refuse("wants an SSH session; forward its socket and name that"),
            "npipe" => refuse("is a pipe of Windows"),
            "fd" => refuse("is for a daemon to listen on"),
            _ => refuse("has an unknown scheme; unix:///PATH and tcp://HOST:PORT are known"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", Escaped::path(path)),
            Self::Tcp { authority, secure: true } => {
                write!(f, "https://{}", Escaped::new(authority))
            }
            Self::Tcp { authority, secure: false } => {
                write!(f, "tcp://{}", Escaped::new(authority))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, shown) in [
            ("unix:///var/run/docker.sock", Some("unix:///var/run/docker.sock")),
            ("/run/podman/podman.sock", Some("unix:///run/podman/podman.sock")),
            ("tcp://10.0.0.1:2376", Some("tcp://10.0.0.1:2376")),
            ("tcp://[::1]:2375/", Some("tcp://[::1]:2375")),
            ("http://a:2375", Some("tcp://a:2375")),
            ("https://a:2376", Some("https://a:2376")),
            ("unix://docker.sock", None),
            ("tcp://", None),
            ("tcp://user@a:1", None),
            ("tcp://a:1/path", None),
            ("ssh://root@host", None),
            ("npipe:////./pipe/docker_engine", None),
            ("fd://", None),
            ("docker.sock", None),
            ("gopher://a", None),
            ("", None),
        ] {
            let address = text.parse::<Address>();
            assert_eq!(address.as_ref().ok().map(ToString::to_string).as_deref(), shown, "{text}");
            if let Err(error) = address {
                assert!(!error.to_string().contains('\n'), "{error}");
            }
        }
    }
}
