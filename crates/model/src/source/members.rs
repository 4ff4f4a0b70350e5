//! A tar that passes by once, member after member.

use cutaway_tar::{Reader, Step, len64};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

use super::archive::{Slot, slot_of, tar_limits};
use crate::error::of_tar;
use crate::{Error, Limits};

/// How many zeros are made at once.
const ZEROS: usize = 64 << 10;

/// The members of an archive on a stream, in their order.
#[derive(Debug)]
pub struct Members<R> {
    stream: R,
    place: String,
    reader: Reader,
    inside: bool,
    /// Zeros of the current member that come next and that the archive leaves out.
    hole: u64,
    done: bool,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name in the form in which documents spell it.
    pub name: String,
    /// The number of its bytes; 0 for a link.
    pub size: u64,
    /// The member that a link stands for.
    pub link: Option<String>,
}

impl<R: AsyncBufRead + Unpin> Members<R> {
    /// Wraps an uncompressed archive; `place` names it in errors.
    pub fn new(stream: R, place: impl Into<String>, limits: &Limits) -> Self {
        let reader = Reader::new(tar_limits(limits));
        Self { stream, place: place.into(), reader, inside: false, hole: 0, done: false }
    }

    /// Returns the next regular file or link, and passes over what is left of the one before.
    ///
    /// Reads the stream to its end before it returns `None`.
    ///
    /// # Errors
    ///
    /// Returns what the stream fails with, and [`Error::Malformed`] where it is no tar or ends within a member.
    pub async fn next(&mut self) -> Result<Option<Member>, Error> {
        self.hole = 0;
        while !self.done {
            let mut entry = None;
            self.advance(usize::MAX, |step| match step {
                Step::Entry(found) => {
                    entry = Some(found);
                    false
                }
                _ => true,
            })
            .await?;
            let Some(entry) = entry else { continue };
            self.inside = true;
            match slot_of(&entry) {
                Some((name, Slot::File { size, .. } | Slot::Sparse { size, .. })) => {
                    return Ok(Some(Member { name, size, link: None }));
                }
                Some((name, Slot::Link(target))) => {
                    return Ok(Some(Member { name, size: 0, link: Some(target) }));
                }
                None => {}
            }
        }
        Ok(None)
    }

    /// Appends the next bytes of the current member to `chunk`, up to `max` in all; none are left where `chunk` stays as it was.
    ///
    /// # Errors
    ///
    /// As [`Members::next`].
    pub async fn read(&mut self, chunk: &mut Vec<u8>, max: usize) -> Result<(), Error> {
        while self.inside && !self.done && chunk.len() < max {
            let (mut ended, mut hole) = (false, 0);
            let room = max.saturating_sub(chunk.len());
            if self.hole > 0 {
                let zeros = room.min(usize::try_from(self.hole).unwrap_or(usize::MAX)).min(ZEROS);
                self.hole = self.hole.saturating_sub(len64(zeros));
                chunk.resize(chunk.len().saturating_add(zeros), 0);
                continue;
            }
            self.advance(room, |step| match step {
                Step::Data(data) => {
                    chunk.extend_from_slice(data);
                    true
                }
                Step::Hole(zeros) => {
                    hole = zeros;
                    false
                }
                Step::EndEntry => {
                    ended = true;
                    false
                }
                _ => true,
            })
            .await?;
            self.hole = hole;
            if ended {
                self.inside = false;
            }
        }
        Ok(())
    }

    /// Feeds what the stream has ready, at most `max` bytes, to the tar reader until `each` says stop.
    async fn advance(
        &mut self,
        max: usize,
        mut each: impl FnMut(Step<'_>) -> bool,
    ) -> Result<(), Error> {
        let place = &self.place;
        let available =
            self.stream.fill_buf().await.map_err(|error| Error::from_io(error, place))?;
        if available.is_empty() {
            self.done = true;
            self.reader.finish().map_err(|error| of_tar(&error, place))?;
            return Ok(());
        }
        let available = available.get(..max).unwrap_or(available);
        let mut input = available;
        loop {
            let step = self.reader.step(&mut input).map_err(|error| of_tar(&error, place))?;
            if matches!(step, Step::NeedInput) || !each(step) {
                break;
            }
        }
        let used = available.len().saturating_sub(input.len());
        self.stream.consume(used);
        Ok(())
    }
}
