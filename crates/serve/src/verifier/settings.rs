//! The settings of the verifier, which containerd cannot pass.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::config::text_of;
use crate::error::Error;

/// Where the settings of the verifier lie where nothing else is said.
pub const VERIFIER_SETTINGS: &str = "/etc/cutaway/verifier.yaml";

/// The settings of the verifier, `cutaway.verifier/1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierSettings {
    /// `cutaway.verifier/1`.
    pub schema: VerifierSchema,
    /// The socket of a gate of this machine, which is asked first.
    #[serde(default)]
    pub socket: Option<PathBuf>,
    /// Policies by which it decides itself where nobody listens there.
    #[serde(default)]
    pub policies: Vec<PathBuf>,
    /// The `per_verifier_timeout` of containerd, such as `10s`.
    #[serde(default)]
    pub timeout: Option<String>,
}

/// The form of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum VerifierSchema {
    /// The only one.
    #[serde(rename = "cutaway.verifier/1")]
    Verifier1,
}

/// How long containerd waits where nothing else is set.
const TIMEOUT: Duration = Duration::from_secs(10);

impl VerifierSettings {
    /// Reads settings.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json = cutaway_policy::settings(text).map_err(|error| error.to_string())?;
        let settings: Self = serde_json::from_value(json).map_err(|error| error.to_string())?;
        if settings.socket.is_none() && settings.policies.is_empty() {
            return Err("neither a socket nor policies: nothing could be asked".to_owned());
        }
        match settings.timeout.as_deref().map(cutaway::parse_duration) {
            Some(Err(error)) => Err(format!("timeout: {error}")),
            _ => Ok(settings),
        }
    }

    /// Reads a file of settings.
    ///
    /// # Errors
    ///
    /// Returns which file is wrong, and how.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&text_of(path)?).map_err(|reason| Error::of_file(path, reason))
    }

    /// Returns how long an answer may take: nine tenths of what containerd waits.
    pub(crate) fn budget(&self) -> Duration {
        let told = self.timeout.as_deref().and_then(|text| cutaway::parse_duration(text).ok());
        let told = told.unwrap_or(TIMEOUT);
        told.saturating_sub(told.checked_div(10).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_or_refused() {
        let good =
            "schema: cutaway.verifier/1\nsocket: /run/gate.sock\npolicies: [a]\ntimeout: 20s\n";
        let settings = VerifierSettings::parse(good).unwrap();
        assert_eq!(settings.budget(), Duration::from_secs(18));
        let short = VerifierSettings::parse("schema: cutaway.verifier/1\nsocket: /s\n").unwrap();
        assert_eq!(short.budget(), Duration::from_secs(9));
        for (text, why) in [
            ("schema: cutaway.verifier/1\n", "nothing could be asked"),
            ("schema: cutaway.verifier/2\nsocket: /s\n", "cutaway.verifier/1"),
            ("schema: cutaway.verifier/1\nsockets: /s\n", "unknown field"),
            ("schema: cutaway.verifier/1\nsocket: /s\ntimeout: soon\n", "timeout: "),
        ] {
            let error = VerifierSettings::parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
