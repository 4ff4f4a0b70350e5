//! Gems of Ruby: `specifications/NAME-VERSION[-PLATFORM].gemspec`, which RubyGems writes itself.
//!
//! ```text
//! # stub: rake 13.0.3 ruby lib
//!
//! Gem::Specification.new do |s|
//!   s.name = "rake".freeze
//!   s.version = "13.0.3"
//! ```
//!
//! The stub line counts, else the assignments of literals. Nothing is evaluated.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::literal::quoted;
use crate::place::Parts;
use crate::record::{add_details, record, set_licenses};

/// The type of the package URLs.
pub(crate) const KIND: &str = "gem";
/// The largest file that is read.
const MAX: u64 = 4 << 20;

/// The reader of specifications.
#[derive(Debug)]
pub(crate) struct Ruby;

impl Analyzer for Ruby {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("ruby", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".gemspec")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        match levels(&Parts::new(file.path)) {
            Some(_) => Want::Whole { max: MAX },
            None => Want::No,
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        let Some(levels) = levels(&parts) else { return Outcome::Done };
        let text = String::from_utf8_lossy(file.start());
        let stub = text.lines().take(5).find_map(|line| line.strip_prefix("# stub: "));
        let mut words = stub.unwrap_or_default().split(' ');
        let mut word = || words.next().filter(|word| !word.is_empty()).map(str::to_owned);
        let (name, version, platform) = (word(), word(), word());
        let name = name.or_else(|| assigned(&text, ".name")).unwrap_or_default();
        let version = version.or_else(|| assigned(&text, ".version")).unwrap_or_default();
        let platform = platform.or_else(|| assigned(&text, ".platform"));
        if let Some(mut package) = record(found, KIND, &name, &version) {
            let listed = line_of(&text, ".licenses").or_else(|| line_of(&text, ".license"));
            let licenses: Vec<String> = quoted(listed.unwrap_or_default()).take(20).collect();
            set_licenses(&mut package, licenses.iter().map(String::as_str));
            package.arch = platform.filter(|platform| platform != "ruby");
            package.place = Some(parts.above(levels));
            let homepage = assigned(&text, ".homepage").map(Into::into);
            add_details(&mut package, |it| it.homepage = homepage);
            found.package(package);
        }
        Outcome::Done
    }
}

/// Returns how many levels a specification lies below the directory of its gems.
fn levels(parts: &Parts<'_>) -> Option<usize> {
    match (parts.back(2), parts.back(1)) {
        (_, b"specifications") => Some(2),
        (b"specifications", b"default") => Some(3),
        _ => None,
    }
}

/// Returns what stands behind `VARIABLE.field =` on the first line that assigns the field.
fn line_of<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (before, value) = line.split_once('=')?;
        let before = before.trim();
        let variable = before.strip_suffix(field)?;
        let is_variable = variable.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        is_variable.then_some(value)
    })
}

/// Returns the literal that a field is assigned, if it is one.
fn assigned(text: &str, field: &str) -> Option<String> {
    let value = line_of(text, field)?.trim();
    let value = value.strip_prefix("Gem::Version.new(").unwrap_or(value);
    value.starts_with(['"', '\'']).then(|| quoted(value).next())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn specifications() {
        let path = "g/3.0.0/specifications/rake-13.gemspec";
        assert!(wants(&Ruby, path) && wants(&Ruby, "g/specifications/default/a.gemspec"));
        assert!(!wants(&Ruby, "g/gems/a-1/a.gemspec"));
        let stub = "# -*- encoding: utf-8 -*-\n# stub: rake 13.0.3 x86_64-linux lib\n\nGem::Specification.new do |s|\n  s.name = \"other\"\n  s.licenses = [\"MIT\".freeze, 'X']\nend\n";
        assert_eq!(rows(&Ruby, path, stub.as_bytes()), ["rake 13.0.3 g/3.0.0"]);
        let clean = cutaway_layerfs::EntryPath::clean(path.as_bytes()).unwrap();
        let mut found = Findings::default();
        let _ = Ruby.analyze(&File::new(&clean, stub.as_bytes()), &mut found);
        assert_eq!(found.packages()[0].licenses, ["MIT", "X"]);
        assert_eq!(found.packages()[0].arch.as_deref(), Some("x86_64-linux"));
        let plain = "Gem::Specification.new do |spec|\n  spec.name = 'a'\n  spec.version = Gem::Version.new(\"1.2\")\n";
        assert_eq!(rows(&Ruby, path, plain.as_bytes()), ["a 1.2 g/3.0.0"]);
        for bad in ["", "  s.name = \"a\"\n", "  s.name = \"a\"\n  s.version = A::VERSION\n"] {
            assert_eq!(rows(&Ruby, path, bad.as_bytes()), ["Warning language-record-incomplete"]);
        }
    }
}
