//! What the name of an archive of Java says, and what its manifest says beside.

/// Endings of archives.
pub(crate) const ENDINGS: &[&str] =
    &["jar", "war", "ear", "par", "sar", "nar", "kar", "far", "rar", "hpi", "jpi", "lpkg", "jmod"];
/// Classifiers of what belongs to an archive and is none of its own.
const CLASSIFIERS: &[&str] = &["sources", "javadoc", "tests", "test-sources"];

/// What a name says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Called<'a> {
    /// The name without its ending.
    pub(crate) stem: &'a str,
    pub(crate) artifact: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) classifier: Option<&'a str>,
    pub(crate) ending: Option<&'a str>,
}

/// Returns whether a name is that of an archive.
pub(crate) fn is_archive(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
    })
}

/// Takes a name apart: `ARTIFACT-VERSION.jar`, where a version begins with a digit.
pub(crate) fn called(name: &str) -> Called<'_> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let ending = Some(ending).filter(|it| !it.is_empty());
    let Some((artifact, version)) = crate::place::name_and_version(stem) else {
        return Called { stem, ending, ..Called::default() };
    };
    let classified = CLASSIFIERS.iter().find_map(|classifier| {
        let version = version.strip_suffix(classifier)?.strip_suffix('-')?;
        Some((version, *classifier))
    });
    let (version, classifier) = match classified {
        Some((version, classifier)) => (version, Some(classifier)),
        None => (version, None),
    };
    Called { stem, artifact: Some(artifact), version: Some(version), classifier, ending }
}

/// Returns `group:artifact` and the version that name and manifest say; none where there is no version.
pub(crate) fn guessed(
    called: &Called<'_>,
    attributes: &[(String, String)],
) -> Option<(String, String)> {
    let field = |name: &str| {
        let found = attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let word = |text: &&str| !text.contains(char::is_whitespace) && !text.contains(['/', ':']);
    let title = field("implementation-title").filter(word);
    // Jenkins has names of its own.
    let short = field("short-name").filter(word);
    let artifact = called.artifact.or(short).or(title).unwrap_or(called.stem);
    let stated = ["implementation-version", "bundle-version", "specification-version"];
    let version = called.version.or_else(|| field("plugin-version"));
    let version = version.or_else(|| stated.iter().find_map(|name| field(name)))?;
    let version = version.split_whitespace().next()?;
    let is_group = |text: &&str| {
        text.contains('.')
            && text
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b".-_".contains(&it))
    };
    let vendor = field("implementation-vendor-id").filter(is_group);
    let symbolic = field("bundle-symbolicname").map(|it| it.split(';').next().unwrap_or(it).trim());
    let of_bundle = symbolic.and_then(|it| it.strip_suffix(artifact)?.strip_suffix('.'));
    let group = vendor.or(field("group-id")).or(of_bundle).unwrap_or(artifact);
    Some((format!("{group}:{artifact}"), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, artifact, version, classifier) in [
            ("slf4j-api-1.7.36.jar", Some("slf4j-api"), Some("1.7.36"), None),
            ("guava-29.0-jre.jar", Some("guava"), Some("29.0-jre"), None),
            ("a-1.0-sources.jar", Some("a"), Some("1.0"), Some("sources")),
            ("log4j-1.2-api-2.20.0.jar", Some("log4j"), Some("1.2-api-2.20.0"), None),
            ("app.jar", None, None, None),
        ] {
            let found = called(name);
            assert_eq!(
                (found.artifact, found.version, found.classifier),
                (artifact, version, classifier)
            );
        }
        assert!(is_archive("a.JAR") && !is_archive(".jar") && !is_archive("jar"));
    }

    #[test]
    fn guesses() {
        let of = |name: &str, pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            guessed(&called(name), &pairs).map(|(name, version)| format!("{name} {version}"))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("javax.inject-1.jar", &[]), some("javax.inject:javax.inject 1"));
        let bundle = ("bundle-symbolicname", "org.tukaani.xz;singleton:=true");
        assert_eq!(of("xz-1.9.jar", &[bundle]), some("org.tukaani:xz 1.9"));
        let vendor = ("implementation-vendor-id", "org.apache");
        assert_eq!(of("a.jar", &[vendor, ("implementation-version", "2")]), some("org.apache:a 2"));
        let title = ("implementation-title", "My Title");
        assert_eq!(of("a.jar", &[title, ("bundle-version", "3")]), some("a:a 3"));
        assert_eq!(of("a.jar", &[title]), None);
    }
}
