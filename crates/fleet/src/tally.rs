//! What is said of all images in the end.

use std::collections::BTreeSet;
use std::fmt;

/// How many images there were, and how it went with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many images.
    pub images: usize,
    /// How many of them have an answer that lets them pass.
    pub passed: usize,
    /// How many have one that does not.
    pub refused: usize,
    /// How many have none that is whole.
    pub failed: usize,
    digests: BTreeSet<String>,
}

impl Tally {
    /// Counts an image whose line ends with `exit`.
    pub fn count(&mut self, digest: Option<&str>, exit: u8) {
        let counted = match exit {
            0 => &mut self.passed,
            1 => &mut self.refused,
            _ => &mut self.failed,
        };
        *counted = counted.saturating_add(1);
        self.images = self.images.saturating_add(1);
        if let Some(digest) = digest {
            self.digests.insert(digest.to_owned());
        }
    }

    /// Returns how many manifests differ, as far as they are known.
    pub fn digests(&self) -> usize {
        self.digests.len()
    }

    /// Returns the exit status of the run: 5 where images have no answer, else 1 where one may not pass.
    pub fn exit(&self) -> u8 {
        match (self.failed, self.refused) {
            (0, 0) => 0,
            (0, _) => 1,
            _ => 5,
        }
    }
}

/// Prints it in one line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { images, passed, refused, failed, digests } = self;
        let different = digests.len();
        write!(
            f,
            "{images} images, {different} different: {passed} done, {refused} refused, {failed} failed"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits() {
        for (exits, expected) in
            [(&[][..], 0), (&[0, 0], 0), (&[0, 1], 1), (&[1, 3, 0], 5), (&[5], 5), (&[2], 5)]
        {
            let mut tally = Tally::default();
            exits.iter().for_each(|exit| tally.count(Some("sha256:a"), *exit));
            assert_eq!((tally.exit(), tally.images), (expected, exits.len()), "{exits:?}");
        }
    }
}
