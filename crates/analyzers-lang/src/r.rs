//! Packages of R: `LIBRARY/NAME/DESCRIPTION`. Installed is what has a field `Built`; what has the priority
//! `base` is part of R itself.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::header::{first, is_header};
use crate::place::Parts;
use crate::record::{add_details, record, set_licenses};

/// The type of the package URLs.
pub(crate) const KIND: &str = "cran";
/// The largest file that is read.
const MAX: u64 = 4 << 20;

/// The reader of descriptions.
#[derive(Debug)]
pub(crate) struct R;

impl Analyzer for R {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("r", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("DESCRIPTION")
    }

    fn wants(&self, _file: &Candidate<'_>) -> Want {
        Want::Sniff { head: 512 }
    }

    fn plan(&self, _file: &Candidate<'_>, head: &[u8]) -> cutaway_analyze::Plan {
        match is_header(head) {
            true => cutaway_analyze::Plan::Whole { max: MAX },
            false => cutaway_analyze::Plan::Drop,
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let content = file.start();
        let field = |name: &str| first(content, name);
        let is_base = field("Priority").as_deref() == Some("base");
        if field("Package").is_none() || field("Built").is_none() || is_base {
            return Outcome::Done;
        }
        let (name, version) = (field("Package"), field("Version"));
        let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
        if let Some(mut package) = record(found, KIND, &name, &version) {
            set_licenses(&mut package, field("License").as_deref());
            package.place = Some(Parts::new(file.path()).above(2));
            add_details(&mut package, |it| {
                it.repository =
                    field("Repository").or_else(|| field("RemoteType")).map(|it| (*it).into());
                it.commit = field("RemoteSha").map(|it| (*it).into());
            });
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
    fn descriptions() {
        let of = |content: &str| rows(&R, "l/R/glue/DESCRIPTION", content.as_bytes());
        let installed = "Package: glue\nTitle: a\n b: c\nVersion: 1.6.2\nBuilt: R 4.2\n";
        assert_eq!(of(installed), ["glue 1.6.2 l/R"]);
        for none in [
            "Package: glue\nVersion: 1\n",
            "Built: R\n",
            "Package: a\nVersion: 1\nBuilt: R\nPriority: base\n",
        ] {
            assert!(of(none).is_empty(), "{none}");
        }
        assert_eq!(of("Package: a\nBuilt: R\n"), ["Warning language-record-incomplete"]);
    }
}
