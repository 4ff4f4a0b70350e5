//! Profiles in Amazon's shared files, an INI format of its own. Pure.

use std::collections::BTreeMap;

/// The settings of a profile, each with the file that it is from.
#[derive(Debug, Default)]
pub(super) struct Profile<'a> {
    settings: BTreeMap<String, (&'a str, &'a str)>,
}

/// Which of the two shared files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Config,
    Credentials,
}

impl<'a> Profile<'a> {
    /// Reads a profile out of files, each with its name and kind; the settings of a later file win.
    pub(super) fn read(files: &[(&'a str, Kind, &'a str)], name: &str) -> Self {
        let mut settings = BTreeMap::new();
        for (file, kind, contents) in files {
            for (setting, value) in section(contents, |head| names(head, name, *kind)) {
                settings.insert(setting, (value, *file));
            }
        }
        Self { settings }
    }

    /// Returns the name of a file that has the profile.
    pub(super) fn any_file(&self) -> Option<&'a str> {
        self.settings.values().next().map(|(_, file)| *file)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.settings.is_empty()
    }

    /// Returns a setting that is not empty.
    pub(super) fn get(&self, setting: &str) -> Option<&'a str> {
        self.settings.get(setting).map(|(value, _)| *value).filter(|value| !value.is_empty())
    }

    /// Returns the name of the file that has a setting.
    pub(super) fn file(&self, setting: &str) -> Option<&'a str> {
        self.settings.get(setting).map(|(_, file)| *file)
    }
}

/// Returns the settings of the sections whose head is wanted; the last of one name wins.
///
/// Lines that begin with a blank belong to the setting above them, and comments to nobody.
pub(super) fn section(contents: &str, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, &str> {
    let mut settings = BTreeMap::new();
    let mut inside = false;
    for line in contents.lines() {
        if line.starts_with([' ', '\t', '#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some((head, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            inside = wanted(head.trim());
        } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
            settings.insert(name.trim().to_ascii_lowercase(), value.trim());
        }
    }
    settings
}

/// Returns whether a section is that of a profile.
///
/// In the config file a profile is named `[profile x]`, in the credentials file `[x]`; `default` is
/// `[default]` in both.
fn names(section: &str, profile: &str, kind: Kind) -> bool {
    let is_config = kind == Kind::Config;
    match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => is_config && name.trim() == profile,
        _ => section == profile && (!is_config || profile == "default"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# comment\n[default]\naws_access_key_id = A1\naws_secret_access_key=S1=\n\
        [other]\naws_access_key_id=A2\nAWS_Secret_Access_Key=S2\naws_session_token = T2\n  nested = x\n\
        [half]\naws_access_key_id=A3\nempty=\n";
    const CONFIG: &str = "[default]\nregion=x\naws_access_key_id=A4\n\
        [profile other]\naws_access_key_id=A5\nrole_arn=r\n\
        [profile  config only]\nregion=y\n[other]\naws_access_key_id=A6\n[broken\nx\n";

    #[test]
    fn profiles_of_both_files() {
        let files = [("c", Kind::Config, CONFIG), ("k", Kind::Credentials, CREDENTIALS)];
        for (profile, setting, wanted) in [
            ("default", "aws_access_key_id", Some(("A1", "k"))),
            ("default", "aws_secret_access_key", Some(("S1=", "k"))),
            ("default", "region", Some(("x", "c"))),
            ("other", "aws_access_key_id", Some(("A2", "k"))),
            ("other", "aws_secret_access_key", Some(("S2", "k"))),
            ("other", "aws_session_token", Some(("T2", "k"))),
            ("other", "role_arn", Some(("r", "c"))),
            ("other", "nested", None),
            ("config only", "region", Some(("y", "c"))),
            ("half", "empty", None),
            ("absent", "region", None),
        ] {
            let read = Profile::read(&files, profile);
            let found = read.get(setting).zip(read.file(setting));
            assert_eq!(found, wanted, "{profile} {setting}");
        }
        assert!(Profile::read(&files, "absent").is_empty());
        assert!(Profile::read(&[], "default").is_empty());
        let sso = section("[sso-session s]\nsso_region = r\n", |head| head == "sso-session s");
        assert_eq!(sso["sso_region"], "r");
    }
}
