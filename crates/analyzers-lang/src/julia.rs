//! Packages of Julia: `DEPOT/packages/NAME/SLUG/Project.toml` with a name, a UUID and a version.

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};

use crate::literal::assigned;
use crate::place::Parts;
use crate::placed::Placed;
use crate::record::{add_details, record};

/// The type of the package URLs.
pub(crate) const KIND: &str = "julia";

/// The reader of projects in a depot.
#[derive(Debug)]
pub(crate) struct Julia;

impl Placed for Julia {
    const MAX: u64 = 1 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("julia", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("Project.toml").named("JuliaProject.toml")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(3) == b"packages"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let text = String::from_utf8_lossy(file.start());
        let head: Vec<&str> =
            text.lines().take_while(|line| !line.trim_start().starts_with('[')).collect();
        let head = head.join("\n");
        let field = |name: &str| assigned(&head, name).unwrap_or_default();
        let uuid = field("uuid");
        if uuid.is_empty() {
            return;
        }
        if let Some(mut package) = record(found, KIND, &field("name"), &field("version")) {
            package.place = Some(parts.above(2));
            add_details(&mut package, |it| {
                it.qualifiers = [format!("uuid={uuid}")].into_iter().collect();
            });
            found.package(package);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placed::InPlace;
    use crate::testing::{rows, wants};

    #[test]
    fn projects() {
        let path = "root/.julia/packages/JSON/abCd/Project.toml";
        assert!(wants(&InPlace(Julia), path) && !wants(&InPlace(Julia), "app/Project.toml"));
        let content =
            b"name = \"JSON\"\nuuid = \"682c\"\nversion = \"0.21\"\n\n[deps]\nversion = \"9\"\n";
        assert_eq!(rows(&InPlace(Julia), path, content), ["JSON 0.21 root/.julia/packages/JSON"]);
        assert!(rows(&InPlace(Julia), path, b"name = \"JSON\"\n").is_empty());
    }
}
