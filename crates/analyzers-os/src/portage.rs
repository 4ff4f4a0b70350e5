//! portage's database: one directory a package, `var/db/pkg/CATEGORY/NAME-VERSION`, with a file for each variable.
//!
//! ```text
//! var/db/pkg/app-containers/skopeo-1.5.1/CONTENTS     obj /usr/bin/skopeo 376c… 1649284374
//!                                        LICENSE      Apache-2.0 BSD
//!                                        SLOT         0
//!                                        USE          amd64 btrfs
//!                                        repository   gentoo
//! ```
//!
//! The directory names the package; `CONTENTS` is the one file that each has. What stands in it is read by
//! [`PortageFiles`](crate::portage_files::PortageFiles). Versions are those of the Package Manager
//! Specification, 3.2; copies in several slots lie beside each other.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, Companion, Database, Details, Ecosystem, File, Findings,
    Interest, Outcome, Package, Unrecorded, Want,
};
use cutaway_layerfs::EntryPath;

use crate::reporter::{Reporter, quote};
use crate::{bytes, unrecorded};

/// Where the database lies.
const DATABASE: &str = "var/db/pkg";
/// What is read beside `CONTENTS`.
const COMPANIONS: &[Companion] = &[
    Companion::beside("LICENSE"),
    Companion::beside("SLOT"),
    Companion::beside("USE"),
    Companion::beside("repository"),
    Companion::beside("BUILD_TIME"),
    Companion::beside("HOMEPAGE"),
    Companion::beside("EAPI"),
    Companion::beside("RDEPEND"),
    Companion::beside("SIZE"),
];

/// The reader of packages.
#[derive(Debug)]
pub(crate) struct Portage;

impl Analyzer for Portage {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("portage", 2)
    }

    fn interest(&self) -> Interest {
        interest()
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        wants(file.path)
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let Some((category, stem)) = package_of(file.path()) else { return Outcome::Done };
        let mut reporter = Reporter::new(findings);
        match split(stem) {
            Some((name, version)) => reporter.package(package(file, category, name, version)),
            None => reporter.error(
                "portage-name-unreadable",
                format_args!("the directory {} names no version", quote(stem.as_bytes())),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

impl Database for Portage {
    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }

    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::PORTAGE
    }
}

/// Returns where files of packages lie.
pub(crate) fn interest() -> Interest {
    Interest::default().named_below(DATABASE, "CONTENTS")
}

/// Returns what is wanted of a file there.
pub(crate) fn wants(path: &EntryPath) -> Want {
    match package_of(path) {
        Some(_) => Want::Whole { max: u64::MAX },
        None => Want::No,
    }
}

/// Returns the category and the directory of the package that a file of the database is about.
fn package_of(path: &EntryPath) -> Option<(&str, &str)> {
    let below = path.parent().strip_prefix(DATABASE.as_bytes())?.strip_prefix(b"/")?;
    let (category, stem) = std::str::from_utf8(below).ok()?.split_once('/')?;
    (!stem.contains('/')).then_some((category, stem))
}

fn package(file: &File<'_>, category: &str, name: &str, version: &str) -> Package {
    let text = |position| {
        let text = String::from_utf8_lossy(file.companion(position)?).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let mut package = Package::new(Ecosystem::PORTAGE, name, version);
    package.namespace = Some(category.to_owned());
    package.release = version.rsplit_once("-r").map(|(_, revision)| format!("r{revision}"));
    package.licenses = text(0).map(|it| licenses(&it)).unwrap_or_default();
    let mut details = Details::default();
    details.slot = text(1).map(Into::into);
    // A sub-slot says what else is to be built again, and tells no copies apart.
    let slot = details.slot.as_deref().and_then(|slot| slot.split('/').next());
    package.place = slot.filter(|slot| *slot != "0").map(str::to_owned);
    details.features = text(2).iter().flat_map(|it| it.split_whitespace()).collect();
    details.repository = text(3).map(Into::into);
    details.built_at = text(4).and_then(|it| bytes::number(it.as_bytes()));
    details.homepage = text(5).and_then(|it| Some(it.split_whitespace().next()?.into()));
    details.eapi = text(6).map(Into::into);
    details.depends = text(7).map(|it| conditions(&it)).unwrap_or_default().iter().collect();
    details.installed_size = text(8).and_then(|it| bytes::number(it.as_bytes()));
    package.set_details(details);
    package
}

/// Returns licences that all apply one by one, and conditions as they stand.
fn licenses(text: &str) -> Vec<String> {
    let words = || text.split_whitespace();
    if words().any(|word| matches!(word, "||" | "(" | ")") || word.ends_with('?')) {
        return vec![words().collect::<Vec<_>>().join(" ")];
    }
    words().map(str::to_owned).collect()
}

/// Returns what is needed, one condition each; alternatives and what depends on a flag stay together.
fn conditions(text: &str) -> Vec<String> {
    let (mut conditions, mut open, mut goes_on) = (Vec::<String>::new(), 0_usize, false);
    for word in text.split_whitespace() {
        match conditions.last_mut().filter(|_| open > 0 || goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => conditions.push(word.to_owned()),
        }
        goes_on = word.ends_with('?') || matches!(word, "||" | "^^");
        open = match word {
            "(" => open.saturating_add(1),
            ")" => open.saturating_sub(1),
            _ => open,
        };
    }
    conditions
}

/// Splits the name of a directory into name and version.
fn split(stem: &str) -> Option<(&str, &str)> {
    let is_revision = |text: &str| {
        let digits = text.strip_prefix('r');
        digits.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (rest, last) = stem.rsplit_once('-')?;
    let name = if is_revision(last) {
        let (name, version) = rest.rsplit_once('-')?;
        is_version(version).then_some(name)?
    } else {
        is_version(last).then_some(rest)?
    };
    let version = stem.strip_prefix(name)?.strip_prefix('-')?;
    (!name.is_empty()).then_some((name, version))
}

/// Returns whether a text is a version without a revision.
fn is_version(text: &str) -> bool {
    let mut parts = text.split('_');
    let numbers = parts.next().unwrap_or_default();
    let letter = numbers.strip_suffix(|it: char| it.is_ascii_lowercase());
    let numbers = letter.unwrap_or(numbers);
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    let suffixes = ["alpha", "beta", "pre", "rc", "p"];
    let is_suffix = |part: &str| {
        let digits = suffixes.iter().find_map(|suffix| part.strip_prefix(suffix));
        digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    numbers.split('.').all(is_number) && parts.all(is_suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        for (stem, expected) in [
            ("skopeo-1.5.1", Some(("skopeo", "1.5.1"))),
            ("gcc-13.2.1_p20240210-r2", Some(("gcc", "13.2.1_p20240210-r2"))),
            ("openssl-1.0.2t-r1", Some(("openssl", "1.0.2t-r1"))),
            ("font-adobe-100dpi-1.0.3", Some(("font-adobe-100dpi", "1.0.3"))),
            ("a-1_alpha_pre3", Some(("a", "1_alpha_pre3"))),
            ("gtk+-3-r1-2", Some(("gtk+-3-r1", "2"))),
            ("skopeo", None),
            ("a-1x1", None),
            ("a-r1", None),
            ("-1", None),
            ("a-1_odd", None),
            ("a-", None),
        ] {
            assert_eq!(split(stem), expected, "{stem}");
        }
    }

    #[test]
    fn licences() {
        assert_eq!(licenses("A  B\nC"), ["A", "B", "C"]);
        assert_eq!(licenses("|| ( A\n B )"), ["|| ( A B )"]);
        assert_eq!(licenses("A ssl? ( B )"), ["A ssl? ( B )"]);
    }
}
