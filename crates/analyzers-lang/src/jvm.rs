//! Runtimes of Java: the file `release` at the top of an installation.
//!
//! ```text
//! IMPLEMENTOR="Eclipse Adoptium"
//! JAVA_VERSION="21.0.4"
//! SEMANTIC_VERSION="21.0.4+7"
//! ```

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Plan, Want,
};

use crate::literal::assigned;
use crate::place::Parts;
use crate::record::record;

/// The type of the package URLs.
pub(crate) const KIND: &str = "generic";
/// The largest file that is read.
const MAX: u64 = 1 << 20;

/// The reader of release files.
#[derive(Debug)]
pub(crate) struct Jvm;

impl Analyzer for Jvm {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("jvm", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("release")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if file.size <= MAX { Want::Sniff { head: 64 } } else { Want::No }
    }

    fn plan(&self, _file: &Candidate<'_>, head: &[u8]) -> Plan {
        let is_name = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'_';
        let name = head.iter().take_while(|byte| is_name(byte)).count();
        match head.get(name..).is_some_and(|rest| rest.starts_with(b"=\"")) {
            true if name > 0 => Plan::Whole { max: MAX },
            _ => Plan::Drop,
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let text = String::from_utf8_lossy(file.start());
        let field = |name: &str| assigned(&text, name).filter(|value| !value.is_empty());
        let semantic = field("SEMANTIC_VERSION");
        let runtime = field("JAVA_RUNTIME_VERSION");
        let vendor = field("IMPLEMENTOR");
        let is_one = semantic.is_some() || runtime.is_some() || vendor.is_some();
        let Some(java) = field("JAVA_VERSION").filter(|_| is_one) else { return Outcome::Done };
        let cut = |version: String| version.split('-').next().unwrap_or_default().to_owned();
        let version = semantic.or(runtime.map(cut)).unwrap_or(java);
        let is_oracle = vendor.as_deref().is_some_and(|it| it.starts_with("Oracle"));
        let name = if is_oracle { "jdk" } else { "openjdk" };
        if let Some(mut package) = record(found, KIND, name, &version) {
            package.vendor = vendor;
            package.place = Some(Parts::new(file.path()).above(1));
            found.package(package);
        }
        Outcome::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    #[test]
    fn releases() {
        let of = |content: &str| rows(&Jvm, "opt/java/release", content.as_bytes());
        for (content, expected) in [
            ("JAVA_VERSION=\"21\"\nSEMANTIC_VERSION=\"21.0.4+7\"\n", "openjdk 21.0.4+7 opt/java"),
            (
                "JAVA_VERSION=\"8\"\nJAVA_RUNTIME_VERSION=\"17.0.1+12-LTS-39\"\nIMPLEMENTOR=\"Oracle Corporation\"\n",
                "jdk 17.0.1+12 opt/java",
            ),
            ("JAVA_VERSION=\"8\"\nIMPLEMENTOR=\"N/A\"\n", "openjdk 8 opt/java"),
        ] {
            assert_eq!(of(content), [expected], "{content}");
        }
        assert!(of("JAVA_VERSION=\"8\"\n").is_empty() && of("").is_empty());
    }
}
