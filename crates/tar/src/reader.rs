//! The state machine that takes a stream apart. It reads nothing itself and keeps no content.

mod headers;

use std::collections::VecDeque;

use crate::block::{BLOCK, BLOCK_LEN, PartialBlock, is_zero, leading_zeros, padding, take};
use crate::content::{Content, Next};
use crate::extension::{Extensions, Owners};
use crate::sparse::{self, MapReader, Region};
use crate::{End, Entry, Error, ErrorKind, Limits, Summary, Warning, len64};

/// Takes a tar stream apart, chunk by chunk.
///
/// How the stream is cut into chunks does not matter: the steps are the same but for where
/// [`Step::Data`] is cut. After an error the reader stays in error.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    state: State,
    offset: u64,
    block: PartialBlock,
    /// The body of an extension, as far as it was read.
    body: Vec<u8>,
    extensions: Extensions,
    /// Offset of the first header of the member being described.
    member: Option<u64>,
    /// The name of a global header that is not yet reported.
    global: Option<Box<[u8]>>,
    /// A member that is described and not yet reported.
    described: Option<Entry>,
    owners: Owners,
    warnings: VecDeque<Warning>,
    content: Content,
    /// The name of the member whose content is being read, for errors.
    path: Vec<u8>,
    entries: u64,
    end: Option<(End, u64)>,
    trailing: u64,
    failed: Option<Error>,
}

/// What a reader has come to.
#[derive(Debug)]
pub enum Step<'c> {
    /// The input is used up: call again with more, or [`Reader::finish`].
    NeedInput,
    /// A member begins. Its content follows as [`Step::Data`] and [`Step::Hole`], perhaps none,
    /// up to [`Step::EndEntry`].
    Entry(Entry),
    /// Content of the member, a slice of the input.
    Data(&'c [u8]),
    /// So many zero bytes of content, which a sparse file leaves out.
    Hole(u64),
    /// The member is complete, with its padding.
    EndEntry,
    /// A global header, by the name in it: to POSIX it is no member and its name says nothing, but some
    /// programs unpack it as if it were one.
    GlobalHeader(Box<[u8]>),
    /// Something odd, said before the member that it is about.
    Warning(Warning),
    /// The archive has ended; said once. Further input is counted and dropped.
    EndOfArchive,
}

#[derive(Debug)]
enum State {
    /// Before or in a header.
    Header,
    /// In the body of an extension, then in its padding.
    Body { flag: u8, at: u64, size: u64, left: u64, padding: u64 },
    /// In the continuation blocks of an old GNU sparse header.
    OldMap { regions: Vec<Region>, bytes: u64 },
    /// In the map in front of the content of a PAX sparse file.
    ContentMap { map: MapReader, bytes: u64 },
    /// A member was described and not yet reported.
    Described,
    /// In the content of a member.
    Content,
    /// In the padding behind the content of a member.
    Padding,
    /// After one zero block, at this offset.
    ZeroBlock { at: u64 },
    /// The archive has ended and that was not yet reported.
    Ended,
    /// Only counting.
    Drain,
}

impl Reader {
    /// Returns a reader at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Header,
            offset: 0,
            block: PartialBlock::default(),
            body: Vec::new(),
            extensions: Extensions::default(),
            member: None,
            global: None,
            described: None,
            owners: Owners::default(),
            warnings: VecDeque::new(),
            content: Content::default(),
            path: Vec::new(),
            entries: 0,
            end: None,
            trailing: 0,
            failed: None,
        }
    }

    /// Takes bytes from the front of `input` up to the next step and returns it. Data is borrowed
    /// from `input` and as long as that allows.
    ///
    /// # Errors
    ///
    /// Returns an error when the stream is malformed or goes over a limit, and again whenever it is
    /// called after that.
    pub fn step<'c>(&mut self, input: &mut &'c [u8]) -> Result<Step<'c>, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.advance(input).inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Ends the stream and returns what it held.
    ///
    /// # Errors
    ///
    /// Returns an error when the stream ends inside a header or in the content of a member, or
    /// failed before. A stream that ends after a member, without an end marker, is complete.
    pub fn finish(&mut self) -> Result<Summary, Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.check_complete().inspect_err(|error| self.failed = Some(error.clone()))?;
        let (end, end_offset) = self.end.unwrap_or(match self.state {
            State::ZeroBlock { at } => (End::LoneZeroBlock, at),
            _ => (End::Missing, self.offset),
        });
        Ok(Summary {
            entries: self.entries,
            bytes: self.offset,
            end,
            end_offset,
            trailing: self.trailing,
        })
    }

    /// Returns how many bytes of content and padding of the current member are still in the
    /// stream. Whoever reads a file may seek over any part of them and then say so with
    /// [`Reader::skipped`].
    pub fn skippable(&self) -> u64 {
        if matches!(self.state, State::Content | State::Padding) {
            self.content.remaining()
        } else {
            0
        }
    }

    /// Notes that the next `n` bytes of the stream were skipped. Holes before them are not
    /// reported; data after them is, and so is [`Step::EndEntry`].
    ///
    /// # Errors
    ///
    /// Returns an error when `n` is more than [`Reader::skippable`].
    pub fn skipped(&mut self, n: u64) -> Result<(), Error> {
        if n > self.skippable() {
            let error = self.error(ErrorKind::SkippedTooFar, self.offset);
            self.failed = Some(error.clone());
            return Err(error);
        }
        self.content.skip(n);
        self.offset = self.offset.saturating_add(n);
        Ok(())
    }

    /// Returns how many bytes of the stream were taken or skipped so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn advance<'c>(&mut self, input: &mut &'c [u8]) -> Result<Step<'c>, Error> {
        loop {
            if let Some(warning) = self.warnings.pop_front() {
                return Ok(Step::Warning(warning));
            }
            if let Some(name) = self.global.take_if(|_| matches!(self.state, State::Header)) {
                return Ok(Step::GlobalHeader(name));
            }
            match std::mem::replace(&mut self.state, State::Header) {
                State::Header => {
                    let at = self.block_start();
                    let mut buffer = [0; BLOCK];
                    let Some(block) = self.fill(input, &mut buffer) else {
                        return Ok(Step::NeedInput);
                    };
                    self.header(block, at)?;
                }
                State::Body { flag, at, size, mut left, mut padding } => {
                    let part = take(input, left);
                    self.body.extend_from_slice(part);
                    left = left.saturating_sub(self.count(part));
                    let pad = take(input, if left == 0 { padding } else { 0 });
                    padding = padding.saturating_sub(self.count(pad));
                    if left > 0 || padding > 0 {
                        self.state = State::Body { flag, at, size, left, padding };
                        return Ok(Step::NeedInput);
                    }
                    self.extension(flag, at)?;
                }
                State::OldMap { mut regions, bytes } => {
                    let at = self.block_start();
                    let mut buffer = [0; BLOCK];
                    let Some(block) = self.fill(input, &mut buffer) else {
                        self.state = State::OldMap { regions, bytes };
                        return Ok(Step::NeedInput);
                    };
                    let bytes = self.map_block(bytes, at)?;
                    let (fields, rest) = block.split_at_checked(504).unwrap_or_default();
                    sparse::old_regions(fields, &mut regions)
                        .map_err(|kind| self.error_in(kind, at))?;
                    if rest.first().is_some_and(|&continues| continues != 0) {
                        self.state = State::OldMap { regions, bytes };
                    } else {
                        self.begin_sparse(regions, at)?;
                    }
                }
                State::ContentMap { mut map, bytes } => {
                    let at = self.block_start();
                    let mut buffer = [0; BLOCK];
                    let Some(block) = self.fill(input, &mut buffer) else {
                        self.state = State::ContentMap { map, bytes };
                        return Ok(Step::NeedInput);
                    };
                    let bytes = self.map_block(bytes, at)?;
                    let complete = map.block(block).map_err(|kind| self.error_in(kind, at))?;
                    self.take_stored(at)?;
                    if complete {
                        let regions = map.regions().map_err(|kind| self.error_in(kind, at))?;
                        self.begin_sparse(regions, at)?;
                    } else {
                        self.state = State::ContentMap { map, bytes };
                    }
                }
                State::Described => {
                    self.state = State::Content;
                    if let Some(mut entry) = self.described.take() {
                        entry.content_offset = self.offset;
                        return Ok(Step::Entry(entry));
                    }
                }
                State::Content => match self.content.next() {
                    Next::Hole(len) => {
                        self.state = State::Content;
                        return Ok(Step::Hole(len));
                    }
                    Next::Data(len) => {
                        self.state = State::Content;
                        let data = take(input, len);
                        let read = self.count(data);
                        self.content.read(read);
                        return Ok(if data.is_empty() {
                            Step::NeedInput
                        } else {
                            Step::Data(data)
                        });
                    }
                    Next::Padding(_) => {
                        // Complete without its padding, which some builders leave out at the end.
                        self.state = State::Padding;
                        return Ok(Step::EndEntry);
                    }
                    Next::End => return Ok(Step::EndEntry),
                },
                State::Padding => {
                    let read = take(input, self.content.remaining());
                    let read = self.count(read);
                    self.content.pad(read);
                    if self.content.remaining() > 0 {
                        self.state = State::Padding;
                        return Ok(Step::NeedInput);
                    }
                }
                State::ZeroBlock { at } => {
                    let mut buffer = [0; BLOCK];
                    let Some(block) = self.fill(input, &mut buffer) else {
                        self.state = State::ZeroBlock { at };
                        return Ok(Step::NeedInput);
                    };
                    let end = if is_zero(block) { End::Marker } else { End::LoneZeroBlock };
                    self.end = Some((end, at));
                    self.count_trailing(block);
                    self.state = State::Ended;
                }
                State::Ended => {
                    self.state = State::Drain;
                    return Ok(Step::EndOfArchive);
                }
                State::Drain => {
                    self.state = State::Drain;
                    let rest = std::mem::take(input);
                    self.count(rest);
                    self.count_trailing(rest);
                    return Ok(Step::NeedInput);
                }
            }
        }
    }

    /// Returns the offset at which the block being read begins.
    fn block_start(&self) -> u64 {
        self.offset.saturating_sub(self.block.len())
    }

    fn fill<'b, 'c: 'b>(
        &mut self,
        input: &mut &'c [u8],
        buffer: &'b mut [u8; BLOCK],
    ) -> Option<&'b [u8; BLOCK]> {
        let before = input.len();
        let block = self.block.fill(input, buffer);
        let taken = u64::try_from(before.saturating_sub(input.len())).unwrap_or(u64::MAX);
        self.offset = self.offset.saturating_add(taken);
        block
    }

    fn count(&mut self, taken: &[u8]) -> u64 {
        let taken = len64(taken.len());
        self.offset = self.offset.saturating_add(taken);
        taken
    }

    fn count_trailing(&mut self, bytes: &[u8]) {
        let zeros = if self.trailing > 0 { 0 } else { leading_zeros(bytes) };
        self.trailing =
            self.trailing.saturating_add(len64(bytes.get(zeros..).unwrap_or_default().len()));
    }

    fn check_complete(&mut self) -> Result<(), Error> {
        let (part, wanted, got) = match &self.state {
            State::Header if self.block.len() > 0 => ("a header", BLOCK_LEN, self.block.len()),
            State::Header if !self.extensions.is_empty() => {
                return Err(Error { kind: ErrorKind::Dangling, offset: self.offset, path: None });
            }
            State::Body { size, left, padding: pad, .. } => {
                let wanted = size.saturating_add(padding(*size));
                ("an extended header", wanted, wanted.saturating_sub(left.saturating_add(*pad)))
            }
            State::OldMap { .. } | State::ContentMap { .. } => {
                ("a sparse map", BLOCK_LEN, self.block.len())
            }
            // Go takes an archive that ends where padding should begin, and umoci writes such.
            State::Content | State::Described | State::Padding
                if self.content.lacks_padding_only() =>
            {
                return Ok(());
            }
            State::Content | State::Described | State::Padding if self.content.remaining() > 0 => {
                let wanted = self.content.total();
                ("content", wanted, wanted.saturating_sub(self.content.remaining()))
            }
            State::ZeroBlock { at } if self.block.len() > 0 => {
                // Less than a block after the one zero block: no marker, only something trailing.
                let end = (End::LoneZeroBlock, *at);
                let block = std::mem::take(&mut self.block);
                self.count_trailing(block.as_bytes());
                self.end = Some(end);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let in_member = !matches!(self.state, State::Header | State::Body { .. });
        let kind = ErrorKind::Truncated { part, wanted, got };
        Err(if in_member {
            self.error_in(kind, self.offset)
        } else {
            Error { kind, offset: self.offset, path: None }
        })
    }

    fn error(&self, kind: ErrorKind, offset: u64) -> Error {
        if matches!(self.state, State::Content) {
            return self.error_in(kind, offset);
        }
        Error { kind, offset, path: None }
    }

    fn error_in(&self, kind: ErrorKind, offset: u64) -> Error {
        Error { kind, offset, path: Some(self.path.as_slice().into()) }
    }
}
