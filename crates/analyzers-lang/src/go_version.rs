//! Versions of Go binaries: that of Go itself, and that of the main module, which builds state in several
//! ways.

/// Returns the version of Go without its prefix and without what is said of experiments and vendors.
pub(crate) fn toolchain(version: &str) -> String {
    if version.starts_with("devel") {
        return version.to_owned();
    }
    let version = version.strip_prefix("go").unwrap_or(version);
    let end = [version.find(' '), version.find("-X:"), version.find('+')];
    let end = end.into_iter().flatten().min().unwrap_or(version.len());
    version.get(..end).unwrap_or(version).to_owned()
}

/// Returns the version of the main module and what it was taken from: its own unless that is none or made of a
/// commit, else one that the linker was given.
pub(crate) fn main_version(
    module: &str,
    stated: &str,
    settings: &[(&str, &str)],
) -> (String, Option<&'static str>) {
    let is_stated = !stated.is_empty() && stated != "(devel)";
    if is_stated && !is_pseudo(stated) {
        return (stated.to_owned(), Some("buildinfo"));
    }
    let flags = settings.iter().find(|(key, _)| *key == "-ldflags").map(|(_, value)| *value);
    if let Some(version) = flags.and_then(|flags| of_linker(module, flags)) {
        return (version, Some("ldflags"));
    }
    match is_stated {
        true => (stated.to_owned(), Some("buildinfo")),
        false => ("(devel)".to_owned(), None),
    }
}

/// Returns whether a version is made of a time and a commit.
fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or(version);
    let mut parts = version.rsplit('-');
    let (commit, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let time = before.rsplit('.').next().unwrap_or(before);
    let is_commit = commit.len() == 12 && commit.bytes().all(|it| it.is_ascii_hexdigit());
    is_commit && time.len() == 14 && time.bytes().all(|it| it.is_ascii_digit())
}

/// Returns the version that variables are set to by flags of the linker: of the most telling ones, where these
/// agree.
fn of_linker(module: &str, flags: &str) -> Option<String> {
    let mut tiers: [Vec<String>; 3] = Default::default();
    for (key, value) in variables(flags) {
        let lower = key.to_ascii_lowercase();
        let is_version = lower.ends_with(".version") || lower.ends_with(".ver");
        let Some(version) = version(&value).filter(|_| is_version) else { continue };
        let package = key.rsplit_once('.').map_or("", |(package, _)| package);
        let last = package.rsplit('/').next().unwrap_or(package);
        let tier = if package.strip_prefix(module).is_some_and(|it| it.starts_with("/cmd/")) {
            0
        } else if ["main", "common", "version", "cmd"].contains(&last) {
            1
        } else {
            2
        };
        if let Some(tier) = tiers.get_mut(tier)
            && !tier.contains(&version)
        {
            tier.push(version);
        }
    }
    match tiers.into_iter().find(|tier| !tier.is_empty())?.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Returns a value as a version with a `v`, where it has the form of one.
fn version(value: &str) -> Option<String> {
    let number = value.strip_prefix('v').unwrap_or(value);
    let mut dots = number.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let first = dots.next().is_some_and(digits);
    let second = dots.next().is_some_and(|part| part.starts_with(|it: char| it.is_ascii_digit()));
    let plain =
        |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'+' | b'_' | b'~');
    let is_version = first && second && number.bytes().all(plain);
    is_version.then(|| format!("v{number}"))
}

/// Returns the variables that `-X` sets.
fn variables(flags: &str) -> Vec<(String, String)> {
    let words = words(flags);
    let mut words = words.iter();
    let mut variables = Vec::new();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
        let setting = match option.strip_prefix("X=") {
            Some(setting) => Some(setting),
            None if option == "X" => words.next().map(String::as_str),
            None => None,
        };
        if let Some((key, value)) = setting.and_then(|setting| setting.split_once('=')) {
            variables.push((key.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
        }
    }
    variables
}

/// Splits flags at blanks, of which those in quotation marks count as letters. The whole may be one quoted text.
fn words(flags: &str) -> Vec<String> {
    let flags = flags.trim();
    let inner = flags.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let flags =
        inner.map_or_else(|| flags.to_owned(), |it| it.replace("\\\"", "\"").replace("\\\\", "\\"));
    let (mut words, mut word, mut mark) = (Vec::new(), String::new(), None);
    for letter in flags.chars() {
        match (letter, mark) {
            ('"' | '\'', None) => mark = Some(letter),
            (_, Some(open)) if letter == open => mark = None,
            (blank, None) if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains() {
        for (version, expected) in [
            ("go1.26.8", "1.26.8"),
            ("go1.26.8 X:jsonv2", "1.26.8"),
            ("go1.26.8-X:jsonv2", "1.26.8"),
            ("go1.21.13 (Red Hat 1.21.13-3)", "1.21.13"),
            ("go1.22rc1", "1.22rc1"),
            ("go1.20+a", "1.20"),
            ("devel go1.27-abc", "devel go1.27-abc"),
        ] {
            assert_eq!(toolchain(version), expected);
        }
    }

    #[test]
    fn versions_of_main_modules() {
        let pseudo = "v0.0.0-20240102030405-abcdefabcdef";
        for (stated, flags, expected, from) in [
            ("v1.2.3", "-X main.version=9.9", "v1.2.3", Some("buildinfo")),
            ("(devel)", "", "(devel)", None),
            ("(devel)", "\"-s -w -X main.version=1.4.2\"", "v1.4.2", Some("ldflags")),
            (
                "(devel)",
                "\"-X 'main.Version=v1.4.2' -X=main.commit=1.1\"",
                "v1.4.2",
                Some("ldflags"),
            ),
            (
                "(devel)",
                "-X a.b/c.version=1.0 -X m/cmd/x.version=2.0 -X main.version=3.0",
                "v2.0",
                Some("ldflags"),
            ),
            ("(devel)", "-X main.version=1.0 -X a/version.Version=2.0", "(devel)", None),
            ("(devel)", "-X main.version=dev", "(devel)", None),
            ("(devel)", "-X main.goversion=1.2", "(devel)", None),
            (pseudo, "-X main.version=1.4.2", "v1.4.2", Some("ldflags")),
            (pseudo, "", pseudo, Some("buildinfo")),
            ("v1.7.0+dirty", "", "v1.7.0+dirty", Some("buildinfo")),
        ] {
            let settings = [("-ldflags", flags)];
            assert_eq!(
                main_version("m", stated, &settings),
                (expected.to_owned(), from),
                "{flags}"
            );
        }
    }
}
