//! Packages of Node that Yarn keeps as archives: `.yarn/cache/*.zip`, each with `node_modules/NAME/` in it.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};
use cutaway_layerfs::EntryPath;

use crate::java::tell;
use crate::node;
use crate::place::Parts;
use crate::zip::Zip;

/// The largest archive that is read, and the largest text in it.
const MAX: u64 = 128 << 20;
const TEXT: u64 = 16 << 20;

/// The reader of Yarn's cache.
#[derive(Debug)]
pub(crate) struct Yarn;

impl Analyzer for Yarn {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("yarn", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".zip")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_artifact(&Parts::new(file.path)) { Want::Whole { max: MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if !is_artifact(&parts) {
            return Outcome::Done;
        }
        let (place, content) = (file.path().to_string_lossy(), file.start());
        let zip = match Zip::read(content) {
            Ok(zip) => zip,
            Err(trouble) => {
                tell(trouble, &place, content.starts_with(b"PK"), found);
                return Outcome::Done;
            }
        };
        let mut left = TEXT;
        for entry in &zip.entries {
            let inner = EntryPath::clean(entry.name).unwrap_or_default();
            let inside = Parts::new(&inner);
            if inside.back(0) != b"package.json" || !node::is_installed(&inside) {
                continue;
            }
            match zip.unpack(entry, TEXT, &mut left) {
                Ok(text) => node::read(&text, parts.above(1), &inside, found),
                Err(trouble) => tell(trouble, &place, true, found),
            }
        }
        Outcome::Done
    }
}

fn is_artifact(parts: &Parts<'_>) -> bool {
    parts.back(1) == b"cache" && parts.back(2) == b".yarn"
}
