//! Packages of Node that Yarn keeps as archives: `.yarn/cache/*.zip`, each with `node_modules/NAME/` in it.

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};
use cutaway_layerfs::EntryPath;

use crate::java::tell;
use crate::node;
use crate::place::Parts;
use crate::placed::Placed;
use crate::zip::Zip;

/// The largest text in an archive.
const TEXT: u64 = 16 << 20;

/// The reader of Yarn's cache.
#[derive(Debug)]
pub(crate) struct Yarn;

impl Placed for Yarn {
    const MAX: u64 = 128 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("yarn", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".zip")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(1) == b"cache" && parts.back(2) == b".yarn"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let (place, content) = (file.path().to_string_lossy(), file.start());
        let zip = match Zip::read(content) {
            Ok(zip) => zip,
            Err(trouble) => {
                tell(trouble, &place, content.starts_with(b"PK"), found);
                return;
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
    }
}
