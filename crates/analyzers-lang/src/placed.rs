//! Readers of files whose place says what they are: such a file is held whole, and read where it lies.

use std::fmt::Debug;

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::place::Parts;

/// A reader of files that lie in certain places.
pub(crate) trait Placed: Debug + Send + Sync {
    /// The largest file that is read, in bytes.
    const MAX: u64;

    /// Returns the name and the version.
    fn id(&self) -> AnalyzerId;

    /// Returns which names it looks at.
    fn interest(&self) -> Interest;

    /// Returns whether a file of interest lies where it has to.
    fn lies_right(&self, parts: &Parts<'_>) -> bool;

    /// Reads a file that lies there.
    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings);
}

/// Such a reader as an analyzer.
#[derive(Debug)]
pub(crate) struct InPlace<T>(pub(crate) T);

impl<T: Placed> Analyzer for InPlace<T> {
    fn id(&self) -> AnalyzerId {
        self.0.id()
    }

    fn interest(&self) -> Interest {
        self.0.interest()
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if self.0.lies_right(&Parts::new(file.path)) {
            Want::Whole { max: T::MAX }
        } else {
            Want::No
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if self.0.lies_right(&parts) {
            self.0.read(file, &parts, found);
        }
        Outcome::Done
    }
}
