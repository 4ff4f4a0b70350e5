//! Platforms: what machine an image is built for, and which child of an index fits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Operating system, architecture and variant, such as `linux/arm64/v8`.
///
/// In its normal form the architecture has Go's name (`amd64`, `arm64`) and a variant that says
/// nothing more than the architecture itself (`arm64/v8`, `amd64/v1`) is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, such as `linux`.
    #[serde(default)]
    pub os: String,
    /// The architecture by Go's name, such as `amd64`.
    #[serde(default)]
    pub architecture: String,
    /// The variant of the architecture, such as `v7` of `arm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The version of the operating system; Windows needs it.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
}

impl Platform {
    /// Returns the platform `linux` on `architecture`, which may have the compiler's name (`x86_64`, `aarch64`).
    pub fn linux(architecture: &str) -> Self {
        Self {
            os: "linux".into(),
            architecture: architecture.into(),
            variant: None,
            os_version: None,
        }
        .normalized()
    }

    /// Returns the platform in its normal form.
    pub fn normalized(mut self) -> Self {
        self.os.make_ascii_lowercase();
        self.architecture.make_ascii_lowercase();
        let (architecture, implied) = match self.architecture.as_str() {
            "x86_64" | "x86-64" => ("amd64", None),
            "aarch64" | "arm64" => ("arm64", None),
            "i386" | "i486" | "i586" | "i686" | "x86" => ("386", None),
            "armhf" => ("arm", Some("v7")),
            "armel" => ("arm", Some("v6")),
            "powerpc64le" => ("ppc64le", None),
            other => (other, None),
        };
        let architecture = architecture.to_owned();
        if let Some(variant) = &mut self.variant {
            variant.make_ascii_lowercase();
            if variant.bytes().all(|byte| byte.is_ascii_digit()) && !variant.is_empty() {
                variant.insert(0, 'v');
            }
        }
        let variant =
            self.variant.take().filter(|variant| !variant.is_empty()).or(implied.map(Into::into));
        self.variant = match (architecture.as_str(), variant.as_deref()) {
            ("amd64", Some("v1")) | ("arm64", Some("v8")) => None,
            ("arm", None) => Some("v7".into()),
            _ => variant,
        };
        self.architecture = architecture;
        self
    }

    /// Returns the text with the version of the operating system, as containerd writes it:
    /// `windows(10.0.20348.1)/amd64`.
    pub fn in_full(&self) -> String {
        let text = self.to_string();
        match (&self.os_version, text.split_once('/')) {
            (Some(version), Some((os, rest))) => format!("{os}({})/{rest}", version.escape_debug()),
            _ => text,
        }
    }

    /// Returns whether `self` is of the machine that is `wanted` but for a variant that does not fit, where
    /// `wanted` names none.
    pub fn is_other_variant_of(&self, wanted: &Self) -> bool {
        let (have, want) = (self.clone().normalized(), wanted.clone().normalized());
        let is_unnamed = match want.architecture.as_str() {
            "arm" => want.variant.as_deref() == Some("v7"),
            _ => want.variant.is_none(),
        };
        is_unnamed
            && have.os == want.os
            && have.architecture == want.architecture
            && have.has_version(&want)
    }

    /// Returns whether the version of the operating system is the one that is wanted, or one of it:
    /// `10.0.20348.1` is one of `10.0.20348`.
    fn has_version(&self, wanted: &Self) -> bool {
        let Some(wanted) = &wanted.os_version else { return true };
        let rest = self.os_version.as_ref().and_then(|have| have.strip_prefix(wanted.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Returns how well a child built for `self` fits a machine that is `wanted`; `None` where it does not run there.
    ///
    /// 0 is the best fit. An older variant runs on a newer machine (`arm/v6` on `arm/v7`) and counts
    /// as many steps worse as it is older. An `os.version` must fit where `wanted` names one.
    pub fn distance(&self, wanted: &Self) -> Option<u32> {
        let (have, want) = (self.clone().normalized(), wanted.clone().normalized());
        if have.os != want.os || have.architecture != want.architecture {
            return None;
        }
        if !have.has_version(&want) {
            return None;
        }
        let level =
            |platform: &Self| match (platform.architecture.as_str(), platform.variant.as_deref()) {
                ("amd64", None) => Some(1),
                ("arm64", None) => Some(8),
                (_, None) => Some(0),
                (_, Some(variant)) => {
                    variant.strip_prefix('v').and_then(|digits| digits.parse::<u32>().ok())
                }
            };
        if have.variant == want.variant {
            return Some(0);
        }
        match (level(&have), level(&want)) {
            (Some(have), Some(want)) => want.checked_sub(have),
            _ => None,
        }
    }
}

impl FromStr for Platform {
    type Err = ParsePlatformError;

    fn from_str(text: &str) -> Result<Self, ParsePlatformError> {
        let word = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        };
        // crane writes the version behind a colon, containerd in brackets behind the system.
        let (text, behind) = match text.split_once(':') {
            Some((text, version)) => (text, Some(version)),
            None => (text, None),
        };
        let mut parts = text.split('/');
        let (os, architecture, variant, rest) =
            (parts.next(), parts.next(), parts.next(), parts.next());
        let (os, within) = match os.and_then(|os| os.split_once('(')) {
            Some((os, version)) => (Some(os), Some(version.strip_suffix(')').unwrap_or_default())),
            None => (os, None),
        };
        let version = match (within, behind) {
            (Some(_), Some(_)) => return Err(ParsePlatformError),
            (within, behind) => within.or(behind),
        };
        match (os, architecture, variant, rest) {
            (Some(os), Some(architecture), variant, None)
                if word(os)
                    && word(architecture)
                    && variant.is_none_or(word)
                    && version.is_none_or(word) =>
            {
                Ok(Self {
                    os: os.into(),
                    architecture: architecture.into(),
                    variant: variant.map(Into::into),
                    os_version: version.map(Into::into),
                }
                .normalized())
            }
            _ => Err(ParsePlatformError),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = |part: &str| {
            if part.is_empty() { "unknown".to_owned() } else { part.escape_debug().to_string() }
        };
        write!(f, "{}/{}", unknown(&self.os), unknown(&self.architecture))?;
        match &self.variant {
            Some(variant) => write!(f, "/{}", variant.escape_debug()),
            None => Ok(()),
        }
    }
}

/// A platform is written `os/architecture` or `os/architecture/variant`, with the version of the system behind
/// a colon or in brackets behind the system, and the text is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a platform is written os/architecture or os/architecture/variant, such as linux/arm64 or windows(10.0.20348.1)/amd64"
)]
pub struct ParsePlatformError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms() {
        for (text, normal) in [
            ("linux/x86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("linux/arm", "linux/arm/v7"),
            ("Linux/ARM/7", "linux/arm/v7"),
            ("linux/armhf", "linux/arm/v7"),
            ("windows/amd64", "windows/amd64"),
        ] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), normal, "{text}");
        }
        for bad in ["linux", "", "linux/", "a/b/c/d", "linux/am d64", "/amd64"] {
            assert_eq!(bad.parse::<Platform>(), Err(ParsePlatformError), "{bad}");
        }
    }

    #[test]
    fn versions() {
        for text in ["windows(10.0.20348.1)/amd64", "windows/amd64:10.0.20348.1"] {
            let platform: Platform = text.parse().unwrap();
            assert_eq!(platform.os_version.as_deref(), Some("10.0.20348.1"), "{text}");
            assert_eq!(platform.in_full(), "windows(10.0.20348.1)/amd64");
            assert_eq!(platform.to_string(), "windows/amd64");
        }
        let full = "linux(6)/arm/v6".parse::<Platform>().unwrap().in_full();
        assert_eq!(full, "linux(6)/arm/v6");
        for bad in [
            "windows(10/amd64",
            "windows()/amd64",
            "windows(1)/amd64:2",
            "windows/amd64:",
            "w(1)x/amd64",
            "windows/amd64:1:2",
            "(1)/amd64",
        ] {
            assert_eq!(bad.parse::<Platform>(), Err(ParsePlatformError), "{bad}");
        }
        let have: Platform = "windows(10.0.20348.1)/amd64".parse().unwrap();
        for (wanted, fits) in [
            ("windows/amd64", true),
            ("windows/amd64:10.0.20348.1", true),
            ("windows/amd64:10.0.20348", true),
            ("windows/amd64:10.0.2034", false),
            ("windows/amd64:10.0.20348.10", false),
            ("windows/amd64:10.0.17763.1", false),
        ] {
            assert_eq!(have.distance(&wanted.parse().unwrap()).is_some(), fits, "{wanted}");
        }
    }

    #[test]
    fn other_variants() {
        for (have, want, is_other) in [
            ("linux/arm64/armv8", "linux/arm64", true),
            ("linux/riscv64/rva23u64", "linux/riscv64", true),
            ("linux/amd64/v3", "linux/amd64", true),
            ("linux/arm/v8", "linux/arm", true),
            ("linux/arm64/armv8", "linux/arm64/v9", false),
            ("linux/arm/v7", "linux/arm/v6", false),
            ("linux/arm64/armv8", "linux/amd64", false),
        ] {
            let (have, want): (Platform, Platform) = (have.parse().unwrap(), want.parse().unwrap());
            assert_eq!(have.is_other_variant_of(&want), is_other, "{have} on {want}");
        }
    }

    #[test]
    fn distances() {
        for (have, want, distance) in [
            ("linux/amd64", "linux/amd64", Some(0)),
            ("linux/arm64/v8", "linux/arm64", Some(0)),
            ("linux/arm/v6", "linux/arm/v7", Some(1)),
            ("linux/arm/v7", "linux/arm/v6", None),
            ("linux/amd64", "linux/amd64/v3", Some(2)),
            ("linux/amd64/v3", "linux/amd64", None),
            ("linux/386", "linux/amd64", None),
            ("windows/amd64", "linux/amd64", None),
        ] {
            let (have, want): (Platform, Platform) = (have.parse().unwrap(), want.parse().unwrap());
            assert_eq!(have.distance(&want), distance, "{have} on {want}");
        }
    }
}
