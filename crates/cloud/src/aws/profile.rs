//! Profiles in Amazon's shared files, an INI format of its own. Pure.

use super::AccessKey;

/// Returns the key of a profile, where the profile has one.
///
/// In the config file a profile is named `[profile x]`, in the credentials file `[x]`; `default` is
/// `[default]` in both. Lines that begin with a blank belong to the setting above them.
pub(super) fn key(contents: &str, profile: &str, is_config: bool) -> Option<AccessKey> {
    let (mut id, mut secret, mut token) = (None, None, None);
    let mut inside = false;
    for line in contents.lines() {
        if line.starts_with([' ', '\t', '#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            inside = names(name.0.trim(), profile, is_config);
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| inside) else { continue };
        let value = value.trim();
        let slot = match name.trim().to_ascii_lowercase().as_str() {
            "aws_access_key_id" => &mut id,
            "aws_secret_access_key" => &mut secret,
            "aws_session_token" => &mut token,
            _ => continue,
        };
        *slot = Some(value.to_owned()).filter(|value| !value.is_empty());
    }
    Some(AccessKey::new(id?, secret?, token))
}

fn names(section: &str, profile: &str, is_config: bool) -> bool {
    match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => is_config && name.trim() == profile,
        _ => section == profile && (!is_config || profile == "default"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles() {
        let credentials = "# comment\n[default]\naws_access_key_id = A1\naws_secret_access_key=S1=\n\
            [other]\naws_access_key_id=A2\naws_secret_access_key=S2\naws_session_token = T2\n  nested = x\n\
            [half]\naws_access_key_id=A3\n";
        let config = "[default]\nregion=x\naws_access_key_id=A4\naws_secret_access_key=S4\n\
            [profile other]\naws_access_key_id=A5\naws_secret_access_key=S5\n\
            [other]\naws_access_key_id=A6\naws_secret_access_key=S6\n[broken\nx\n";
        for (contents, profile, is_config, wanted) in [
            (credentials, "default", false, Some(("A1", "S1=", None))),
            (credentials, "other", false, Some(("A2", "S2", Some("T2")))),
            (credentials, "half", false, None),
            (credentials, "absent", false, None),
            (config, "default", true, Some(("A4", "S4", None))),
            (config, "other", true, Some(("A5", "S5", None))),
            ("", "default", true, None),
        ] {
            let wanted = wanted.map(|(id, secret, token)| {
                AccessKey::new(id, secret, token.map(ToOwned::to_owned))
            });
            assert_eq!(key(contents, profile, is_config), wanted, "{profile}");
        }
    }
}
