//! Everything that was found in one file, weighed as it is found.

use std::borrow::Cow;
use std::sync::Arc;

use cutaway_layerfs::Account;
use cutaway_tar::len64;

use crate::package::text_weight;
use crate::{
    Budget, ContentDigest, Diagnostic, Distro, FileRecords, Key, Package, Reasons, Severity,
};

/// What one package may weigh without touching the budget: memory grows with the number of packages
/// by this much each anyway.
const PACKAGE_ALLOWANCE: usize = 400;
/// What it takes to keep what was found in a file, be it nothing.
const FILE: u64 = 600;
/// What it takes to list a record and to follow it through the layers, beside what it says.
const LISTED: usize = 400;

/// Everything that was found in one file.
///
/// What is added is weighed and paid from the [`Budget`] of the run; what that cannot pay is not kept,
/// and [`Budget::is_overspent`] then says so to whoever reads the image. Records of files have a
/// limit of their own besides, see [`FileRecords`].
#[derive(Debug, Clone, Default)]
pub struct Findings {
    packages: Vec<Arc<Package>>,
    /// The digests of the file, each as its tag and its bytes.
    digests: Box<[u8]>,
    /// None where there is nothing of it, as in nearly all files that are read.
    rare: Option<Box<Rare>>,
    /// What is said about files of the image.
    pub files: FileRecords,
    budget: Budget,
    account: Account,
    weight: u64,
}

/// What few files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rare {
    keys: Vec<Key>,
    licenses: Vec<String>,
    reasons: Option<Reasons>,
    distro: Option<Distro>,
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Returns findings that are paid from a budget, with records of files of at most `record_bytes`.
    pub fn within(budget: Budget, record_bytes: u64) -> Self {
        let record_bytes = usize::try_from(record_bytes).unwrap_or(usize::MAX);
        let files = FileRecords::within(record_bytes, budget.account());
        let mut account = budget.account();
        // Where that is not there, the budget remembers.
        let _: bool = account.pay(FILE);
        Self { files, account, budget, ..Self::default() }
    }

    /// Returns every record that has a name and a version, in the order of the file; of a journal also
    /// those without a version, whose packages are gone.
    pub fn packages(&self) -> &[Arc<Package>] {
        &self.packages
    }

    /// Returns signing keys that a package manager trusts.
    pub fn keys(&self) -> &[Key] {
        self.rare.as_ref().map(|rare| &*rare.keys).unwrap_or_default()
    }

    /// Returns the licences of the package that the file is about, as the file spells them.
    pub fn licenses(&self) -> &[String] {
        self.rare.as_ref().map(|rare| &*rare.licenses).unwrap_or_default()
    }

    /// Returns what the file says of why packages are there.
    pub fn reasons(&self) -> Option<&Reasons> {
        self.rare.as_ref()?.reasons.as_ref()
    }

    /// Returns the distribution that a release file names.
    pub fn distro(&self) -> Option<&Distro> {
        self.rare.as_ref()?.distro.as_ref()
    }

    /// Returns digests of the file, by which it is compared with what packages record of it; none where
    /// not all of it was held.
    pub fn digests(&self) -> impl Iterator<Item = ContentDigest> {
        let mut rest = &*self.digests;
        std::iter::from_fn(move || ContentDigest::read(&mut rest))
    }

    /// Sets the digests of the file.
    pub fn set_digests(&mut self, digests: &[ContentDigest]) {
        let mut packed = Vec::new();
        for digest in digests {
            packed.push(digest.tag());
            packed.extend_from_slice(digest.bytes());
        }
        if self.pays(packed.len(), packed.len()) {
            self.digests = packed.into();
        }
    }

    /// Returns what could not be read or looks odd.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.rare.as_ref().map(|rare| &*rare.diagnostics).unwrap_or_default()
    }

    /// Returns the bytes of memory that all this takes beside the records of files, about.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Adds a package.
    pub fn package(&mut self, package: Package) {
        if let Some(known) = self.budget.known(&package) {
            if self.pays(LISTED, LISTED.saturating_sub(PACKAGE_ALLOWANCE)) {
                self.packages.push(known);
            }
            return;
        }
        let weight = package.weight().saturating_add(LISTED);
        if self.pays(weight, weight.saturating_sub(PACKAGE_ALLOWANCE)) {
            let package = Arc::new(package);
            self.budget.keep(&package);
            self.packages.push(package);
        }
    }

    /// Makes room for so many packages and no more: what grows by itself takes twice what it holds.
    pub(crate) fn expect_packages(&mut self, more: usize) {
        self.packages.reserve_exact(more);
    }

    /// Adds a signing key.
    pub fn key(&mut self, key: Key) {
        let summary = key.summary.as_ref().map_or(0, String::len);
        let texts = [key.name.len(), key.version.len(), summary];
        let weight = texts.into_iter().fold(size_of::<Key>(), usize::saturating_add);
        if self.pays(weight, weight) {
            self.rare().keys.push(key);
        }
    }

    /// Adds a licence of the package that the file is about.
    pub fn license(&mut self, license: impl Into<String>) {
        let license = license.into();
        let weight = text_weight(&license);
        if self.pays(weight, weight) {
            self.rare().licenses.push(license);
        }
    }

    /// Sets what the file says of why packages are there.
    pub fn set_reasons(&mut self, reasons: Reasons) {
        let weight = reasons.weight();
        if self.pays(weight, weight) {
            self.rare().reasons = Some(reasons);
        }
    }

    /// Sets the distribution; the last one counts.
    pub fn set_distro(&mut self, distro: Distro) {
        let Distro { id, id_like, .. } = &distro;
        let optional = distro.texts().into_iter().flatten().map(String::len);
        let like = id_like.iter().map(|it| text_weight(it));
        let texts = optional.chain(like).chain([id.len()]);
        let weight = texts.fold(size_of::<Distro>(), usize::saturating_add);
        if self.pays(weight, weight) {
            self.rare().distro = Some(distro);
        }
    }

    /// Notes something that could not be read: the analysis is incomplete.
    pub fn error(&mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.note(Diagnostic {
            severity: Severity::Error,
            code: code.into(),
            message: message.into(),
        });
    }

    /// Notes something odd that was read all the same.
    pub fn warning(&mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.note(Diagnostic {
            severity: Severity::Warning,
            code: code.into(),
            message: message.into(),
        });
    }

    /// Adds a diagnostic.
    pub fn note(&mut self, diagnostic: Diagnostic) {
        let texts = diagnostic.message.len().saturating_add(diagnostic.code.len());
        let weight = size_of::<Diagnostic>().saturating_add(texts);
        if self.pays(weight, weight) {
            self.rare().diagnostics.push(diagnostic);
        }
    }

    /// Lets go of what is said about files, with the diagnostic `file-records-over-limit`.
    pub fn let_go_of_files(&mut self) {
        self.files = FileRecords::default();
        self.error(
            "file-records-over-limit",
            "what is recorded of files takes the layer over the limit record_bytes",
        );
    }

    /// Returns whether something could not be read.
    pub fn incomplete(&self) -> bool {
        self.diagnostics().iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Returns whether nothing was found and nothing is to be said.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
            && self.rare.as_ref().is_none_or(|rare| **rare == Rare::default())
            && self.files.is_empty()
    }

    /// Gives back the room that is not needed.
    pub fn shrink(&mut self) {
        self.packages.shrink_to_fit();
        if let Some(rare) = &mut self.rare {
            rare.licenses.shrink_to_fit();
            rare.diagnostics.shrink_to_fit();
        }
        self.files.shrink();
    }

    /// Has room made for what few files say.
    fn rare(&mut self) -> &mut Rare {
        if self.rare.is_none() {
            // Where that is not there, the budget remembers.
            let _: bool = self.account.pay(len64(size_of::<Rare>()));
        }
        self.rare.get_or_insert_default()
    }

    fn pays(&mut self, weight: usize, price: usize) -> bool {
        let paid = self.account.pay(len64(price));
        if paid {
            self.weight = self.weight.saturating_add(len64(weight));
        }
        paid
    }
}

/// Findings are the same when they say the same; what they may still hold is no part of it.
impl PartialEq for Findings {
    fn eq(&self, other: &Self) -> bool {
        self.packages == other.packages
            && self.rare == other.rare
            && self.digests == other.digests
            && self.files.says_the_same(&other.files)
    }
}

impl Eq for Findings {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ecosystem;

    #[test]
    fn all_that_is_kept_is_paid() {
        let long = || "x".repeat(1000);
        type Add = fn(&mut Findings, String);
        let adds: [(&str, Add); 6] = [
            ("package", |it, text| {
                let other = it.packages().len().to_string();
                it.package(Package::new(Ecosystem::APK, text, other));
            }),
            ("key", |it, text| {
                it.key(Key { name: String::new(), version: String::new(), summary: Some(text) });
            }),
            ("license", |it, text| it.license(text)),
            ("distro", |it, text| it.set_distro(Distro { id: text, ..Distro::default() })),
            ("error", |it, text| it.error("code", text)),
            ("warning", |it, text| it.warning("code", text)),
        ];
        for (what, add) in adds {
            let budget = Budget::new(6000);
            let mut findings = Findings::within(budget.clone(), 0);
            add(&mut findings, long());
            assert!(findings.weight() >= 1000 && !budget.is_overspent(), "{what}");
            let mut others = Findings::within(budget.clone(), 0);
            (0..20).for_each(|_| add(&mut others, long()));
            assert!(budget.is_overspent(), "{what}");
            assert!(findings.weight() + others.weight() < 7000, "{what}");
        }
    }

    #[test]
    fn a_usual_package_costs_the_budget_little_and_once() {
        let budget = Budget::new(1700);
        let mut findings = Findings::within(budget.clone(), 0);
        (0..1000).for_each(|_| findings.package(Package::new(Ecosystem::DEB, "bash", "5.2.15")));
        assert!(findings.packages().len() == 1000 && !budget.is_overspent());
        (0..10).for_each(|n| {
            findings.package(Package::new(Ecosystem::DEB, format!("p{n}"), "5.2.15"));
        });
        assert!(budget.is_overspent());
    }
}
