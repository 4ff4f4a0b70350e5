//! Why packages are there, as files beside their databases say.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cutaway_analyze::{Ecosystem, InstallReason, NamedReason, Package, Reasons};
use cutaway_report::PackageReport;

/// What all files together say.
#[derive(Debug, Default)]
pub(crate) struct Why<'a>(HashMap<&'a Ecosystem, OfEcosystem<'a>>);

#[derive(Debug, Default)]
struct OfEcosystem<'a> {
    others: Option<InstallReason>,
    named: HashMap<&'a str, Vec<&'a NamedReason>>,
    /// Names that are of no package: somebody asked for what one provides.
    provided: HashSet<&'a str>,
}

/// What is said of one package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    pub(crate) reason: Option<InstallReason>,
    pub(crate) repository: Option<&'a str>,
}

impl Said<'_> {
    /// Says it of a package that does not itself.
    pub(crate) fn put(self, report: &mut PackageReport) {
        report.install_reason = report.install_reason.or(self.reason);
        let known = report.details.as_deref().and_then(|it| it.repository.as_deref());
        if let (Some(repository), None) = (self.repository, known) {
            let mut details = report.details.as_deref().cloned().unwrap_or_default();
            details.repository = Some(repository.into());
            report.details = Some(Arc::new(details));
        }
    }
}

impl<'a> Why<'a> {
    /// Takes what files say, the preferred one first, of these packages.
    pub(crate) fn new(
        said: impl Iterator<Item = &'a Reasons>,
        packages: impl Iterator<Item = &'a Package>,
    ) -> Self {
        let mut why = Self::default();
        for reasons in said {
            let of = why.0.entry(&reasons.ecosystem).or_default();
            of.others = of.others.or(reasons.others);
            for named in &reasons.named {
                of.named.entry(&named.name).or_default().push(named);
            }
        }
        if why.0.is_empty() {
            return why;
        }
        for of in why.0.values_mut() {
            of.provided = of.named.keys().copied().collect();
        }
        for package in packages.filter(|package| package.is_installed()) {
            if let Some(of) = why.0.get_mut(&package.ecosystem) {
                of.provided.remove(package.name.as_str());
            }
        }
        why
    }

    /// Returns what is said of a package.
    pub(crate) fn of(&self, package: &Package) -> Said<'a> {
        let Some(of) = self.0.get(&package.ecosystem).filter(|_| package.is_installed()) else {
            return Said::default();
        };
        let named = of.find(&package.name, package).or_else(|| {
            let provides = package.details.iter().flat_map(|details| details.provides.iter());
            let mut names = provides.map(without_version).filter(|it| of.provided.contains(it));
            names.find_map(|name| of.find(name, package))
        });
        match named {
            Some(NamedReason { reason, repository, .. }) => {
                Said { reason: *reason, repository: repository.as_deref() }
            }
            None => Said { reason: of.others, repository: None },
        }
    }
}

impl<'a> OfEcosystem<'a> {
    fn find(&self, name: &str, package: &Package) -> Option<&'a NamedReason> {
        let of_package = |named: &NamedReason| match (&named.arch, &package.arch) {
            (Some(named), Some(own)) => named == own || own == "all",
            _ => true,
        };
        self.named.get(name)?.iter().find(|named| of_package(named)).copied()
    }
}

/// Returns the name of what a package provides.
fn without_version(provided: &str) -> &str {
    let name = provided.split(['=', '<', '>', '~', ' ', '(']).next();
    name.unwrap_or(provided)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, arch: Option<&str>, reason: InstallReason) -> NamedReason {
        let arch = arch.map(str::to_owned);
        NamedReason { name: name.into(), arch, reason: Some(reason), repository: None }
    }

    #[test]
    fn names_architectures_and_what_is_provided() {
        use InstallReason::{Dependency, Explicit};
        let package = |ecosystem: Ecosystem, name: &str, arch: &str| {
            let mut package = Package::new(ecosystem, name, "1");
            package.arch = Some(arch.into());
            package
        };
        let mut provider = package(Ecosystem::APK, "bash", "x86_64");
        let mut details = cutaway_analyze::Details::default();
        details.provides = ["cmd:bash=5", "sh"].into_iter().collect();
        provider.set_details(details);
        let mut purged = package(Ecosystem::DEB, "p", "amd64");
        purged.state = "config-files".into();
        let packages = [
            (package(Ecosystem::APK, "a", "x86_64"), Some(Explicit)),
            (package(Ecosystem::APK, "b", "x86_64"), Some(Dependency)),
            (provider, Some(Explicit)),
            (package(Ecosystem::DEB, "c", "amd64"), Some(Dependency)),
            (package(Ecosystem::DEB, "c", "i386"), Some(Explicit)),
            (package(Ecosystem::DEB, "d", "all"), Some(Dependency)),
            (package(Ecosystem::DEB, "e", "amd64"), Some(Explicit)),
            (purged, None),
            (package(Ecosystem::RPM, "a", "x86_64"), None),
        ];
        let said = [
            Reasons {
                ecosystem: Ecosystem::APK,
                others: Some(Dependency),
                named: vec![named("a", None, Explicit), named("cmd:bash", None, Explicit)],
            },
            Reasons {
                ecosystem: Ecosystem::DEB,
                others: Some(Explicit),
                named: vec![
                    named("c", Some("amd64"), Dependency),
                    named("d", Some("amd64"), Dependency),
                ],
            },
        ];
        let why = Why::new(said.iter(), packages.iter().map(|(package, _)| package));
        for (package, expected) in &packages {
            assert_eq!(why.of(package).reason, *expected, "{} {:?}", package.name, package.arch);
        }
        let nothing = Why::new([].iter(), packages.iter().map(|(package, _)| package));
        assert_eq!(nothing.of(&packages[0].0), Said::default());
    }
}
