//! Packages of Julia: `DEPOT/packages/NAME/SLUG/Project.toml` with a name, a UUID and a version.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::literal::assigned;
use crate::place::Parts;
use crate::record::{add_details, record};

/// The type of the package URLs.
pub(crate) const KIND: &str = "julia";
/// The largest file that is read.
const MAX: u64 = 1 << 20;

/// The reader of projects in a depot.
#[derive(Debug)]
pub(crate) struct Julia;

impl Analyzer for Julia {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("julia", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("Project.toml").named("JuliaProject.toml")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_artifact(&Parts::new(file.path)) { Want::Whole { max: MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if !is_artifact(&parts) {
            return Outcome::Done;
        }
        let text = String::from_utf8_lossy(file.start());
        let head: Vec<&str> =
            text.lines().take_while(|line| !line.trim_start().starts_with('[')).collect();
        let head = head.join("\n");
        let field = |name: &str| assigned(&head, name).unwrap_or_default();
        let uuid = field("uuid");
        if uuid.is_empty() {
            return Outcome::Done;
        }
        if let Some(mut package) = record(found, KIND, &field("name"), &field("version")) {
            package.place = Some(parts.above(2));
            add_details(&mut package, |it| {
                it.qualifiers = [format!("uuid={uuid}")].into_iter().collect();
            });
            found.package(package);
        }
        Outcome::Done
    }
}

fn is_artifact(parts: &Parts<'_>) -> bool {
    parts.back(3) == b"packages"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn projects() {
        let path = "root/.julia/packages/JSON/abCd/Project.toml";
        assert!(wants(&Julia, path) && !wants(&Julia, "app/Project.toml"));
        let content =
            b"name = \"JSON\"\nuuid = \"682c\"\nversion = \"0.21\"\n\n[deps]\nversion = \"9\"\n";
        assert_eq!(rows(&Julia, path, content), ["JSON 0.21 root/.julia/packages/JSON"]);
        assert!(rows(&Julia, path, b"name = \"JSON\"\n").is_empty());
    }
}
