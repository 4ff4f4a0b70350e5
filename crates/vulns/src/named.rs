//! A distribution by a short name, as package URLs have it: `debian-12`, `opensuse-leap-15.6`, `bookworm`.

use cutaway_report::DistroReport;

/// Releases that are called by a word.
const CODENAMES: &[(&str, &str, &str)] = &[
    ("bullseye", "debian", "11"),
    ("bookworm", "debian", "12"),
    ("trixie", "debian", "13"),
    ("forky", "debian", "14"),
    ("focal", "ubuntu", "20.04"),
    ("jammy", "ubuntu", "22.04"),
    ("noble", "ubuntu", "24.04"),
    ("plucky", "ubuntu", "25.04"),
    ("questing", "ubuntu", "25.10"),
];

/// Reads `ID-VERSION`, `ID`, or the codename of a release of Debian or Ubuntu.
pub fn distro(text: &str) -> DistroReport {
    // The version begins with the first digit behind a hyphen; an ID may have hyphens.
    let starts = text.match_indices('-').map(|(at, _)| at);
    let mut starts = starts.filter(|at| {
        let behind = text.get(at.saturating_add(1)..).unwrap_or_default();
        behind.starts_with(|it: char| it.is_ascii_digit())
    });
    let (id, version) = match starts.next().and_then(|at| text.split_at_checked(at)) {
        Some((id, version)) => (id, Some(version.trim_start_matches('-'))),
        None => by_codename(text),
    };
    DistroReport::named(id, version.map(str::to_owned))
}

fn by_codename(text: &str) -> (&str, Option<&'static str>) {
    let word = text.rsplit('-').next().unwrap_or(text);
    let known = CODENAMES.iter().find(|(codename, ..)| *codename == word);
    known.map_or((text, None), |(_, id, version)| (*id, Some(*version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, id, version) in [
            ("debian-12", "debian", Some("12")),
            ("opensuse-leap-15.6", "opensuse-leap", Some("15.6")),
            ("openEuler-24.03-LTS-SP1", "openEuler", Some("24.03-LTS-SP1")),
            ("bookworm", "debian", Some("12")),
            ("ubuntu-jammy", "ubuntu", Some("22.04")),
            ("debian-sid", "debian-sid", None),
            ("wolfi", "wolfi", None),
            ("", "", None),
        ] {
            let told = distro(text);
            assert_eq!((told.id.as_str(), told.version_id.as_deref()), (id, version), "{text}");
        }
    }
}
