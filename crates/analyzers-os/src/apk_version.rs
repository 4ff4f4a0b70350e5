//! What a version of apk looks like: `1.2.3a_pre4~0f2e-r5`. It does not compare versions.
//!
//! Format: apk-package(5), "package version specification".

const SUFFIXES: &[&str] = &["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];

/// Returns whether `version` has the form that apk accepts.
pub(crate) fn is_valid(version: &str) -> bool {
    parts(version).is_some_and(str::is_empty)
}

/// Takes the parts of a version off its front and returns what is left.
fn parts(version: &str) -> Option<&str> {
    let mut rest = digits(version)?;
    while let Some(part) = rest.strip_prefix('.') {
        rest = digits(part)?;
    }
    rest = rest.strip_prefix(|letter: char| letter.is_ascii_lowercase()).unwrap_or(rest);
    while let Some(part) = rest.strip_prefix('_') {
        let part = SUFFIXES.iter().find_map(|suffix| part.strip_prefix(suffix))?;
        rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    if let Some(part) = rest.strip_prefix('~') {
        let after = part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
        if after.len() == part.len() {
            return None;
        }
        rest = after;
    }
    match rest.strip_prefix("-r") {
        Some(revision) => digits(revision),
        None => Some(rest),
    }
}

fn digits(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn forms() {
        for version in [
            "1",
            "1.2.3-r0",
            "2.9.11_pre20061021-r2",
            "1.0.2h-r1",
            "1_alpha_git2-r10",
            "1.2~0a9f-r1",
            "20230101.123456",
        ] {
            assert!(is_valid(version), "{version}");
        }
        for version in
            ["", "a", "1.", "1..2", "1-r", "1.2.3-r0x", "1_foo", "1:2", "1~", "1 ", "1.2ab", "v1"]
        {
            assert!(!is_valid(version), "{version}");
        }
    }
}
