//! Which kinds of packages are wanted.

use cutaway_analyze::{Analyzers, Ecosystem};
use cutaway_report::{PackageReport, Report};

/// Kinds of packages: of systems, of languages, or by their names. None is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds(Vec<String>);

/// The words for many kinds.
const OF_SYSTEMS: &str = "os";
const OF_LANGUAGES: &str = "lang";

impl Kinds {
    /// Takes words: `os`, `lang`, or the type of package URLs, such as `deb` or `npm`.
    pub fn new(words: &[String]) -> Self {
        Self(words.iter().map(|word| word.trim().to_ascii_lowercase()).collect())
    }

    /// Returns the analyzers that are needed; with `records` those that compare files, too. Databases of systems
    /// are always read: they say whose the files of other packages are.
    pub fn analyzers(&self, records: bool) -> Analyzers {
        let needs_languages = self.0.is_empty() || self.0.iter().any(|word| word != OF_SYSTEMS);
        match (needs_languages, records) {
            (true, true) => crate::analyzers_with_records(),
            (true, false) => crate::analyzers(),
            (false, true) => cutaway_analyzers_os::analyzers_with_records(),
            (false, false) => cutaway_analyzers_os::analyzers(),
        }
    }

    /// Leaves packages of other kinds out of a report.
    pub fn keep(&self, report: &mut Report) {
        if self.0.is_empty() {
            return;
        }
        report.packages.retain(|package| self.hold(package));
        report.removed.retain(|removed| self.hold(&removed.package));
        report.bundled.retain(|bundled| self.hold(&bundled.package));
        if let Some(stories) = &mut report.history {
            stories.retain(|story| self.has(&story.kind));
        }
    }

    fn hold(&self, package: &PackageReport) -> bool {
        self.has(&package.kind)
    }

    /// Returns whether a kind is one of these. A program that nobody packaged counts with languages.
    fn has(&self, kind: &Ecosystem) -> bool {
        let of_language = kind.is_of_language() || kind.name() == "generic";
        let group = if of_language { OF_LANGUAGES } else { OF_SYSTEMS };
        self.0.iter().any(|word| word == group || word == kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let has = |words: &[&str], kind: &'static str| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Kinds::new(&words).has(&Ecosystem::of(kind))
        };
        assert!(has(&["os"], "deb") && !has(&["os"], "npm"));
        assert!(has(&["lang"], "npm") && has(&["lang"], "generic") && !has(&["lang"], "rpm"));
        assert!(
            has(&["NPM", " deb"], "npm") && has(&["npm", " deb"], "deb") && !has(&["npm"], "pypi")
        );
    }

    #[test]
    fn all_can_be_served() {
        let count = |words: &[&str], records| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            Kinds::new(&words).analyzers(records).members().len()
        };
        assert!(count(&[], false) > count(&["os"], false) && count(&["os"], false) > 0);
        assert!(count(&["npm"], true) > count(&["os"], true));
    }
}
