//! Zipped eggs of Python: `NAME-VERSION-pyX.Y.egg` with `EGG-INFO/PKG-INFO` in it.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::place::Parts;
use crate::zip::Zip;
use crate::{java, python};

/// The largest archive that is read, and the largest text in it.
const MAX: u64 = 64 << 20;
const TEXT: u64 = 16 << 20;

/// The reader of zipped eggs.
#[derive(Debug)]
pub(crate) struct Egg;

impl Analyzer for Egg {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("python-egg", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".egg")
    }

    fn wants(&self, _file: &Candidate<'_>) -> Want {
        Want::Whole { max: MAX }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let place = file.path().to_string_lossy();
        let content = file.start();
        let mut left = TEXT;
        let text = Zip::read(content).map(|zip| {
            let entry = zip.find(b"EGG-INFO/PKG-INFO")?;
            Some(zip.unpack(entry, TEXT, &mut left))
        });
        match text {
            Ok(Some(Ok(text))) => {
                if let Some(mut package) = python::metadata(&text, found, |_| false) {
                    package.place = Some(Parts::new(file.path()).above(1));
                    found.package(package);
                }
            }
            Ok(None) => {}
            Ok(Some(Err(trouble))) | Err(trouble) => {
                java::tell(trouble, &place, content.starts_with(b"PK"), found);
            }
        }
        Outcome::Done
    }
}
