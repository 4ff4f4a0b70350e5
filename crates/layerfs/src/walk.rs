//! One pass over an uncompressed layer.

use std::ops::ControlFlow;

use cutaway_tar::{Escaped, Reader, Step};

use crate::listing::{Builder, Listing, MarkKind};
use crate::marker::{self, Marker};
use crate::warning::{OtherReading, Warnings};
use crate::{Budget, EntryPath, Error, Kind, Limits, Meta, Warning, Xattr};

/// Takes part in a walk.
pub trait Visitor {
    /// Is told of each entry, in the order of the layer: its position in the listing, its path and
    /// what the layer says about it. Returns whether its content is wanted.
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool;
    /// Takes the next bytes of wanted content.
    fn data(&mut self, chunk: &[u8]);
    /// Takes so many zero bytes of wanted content, which a sparse file leaves out: perhaps far more
    /// than fit into memory.
    fn hole(&mut self, len: u64);
    /// Is told that wanted content is complete. Not called for entries that were not wanted.
    fn end(&mut self);
    /// Returns whether [`Walk::advance`] is to stop before the content of the entry that was just told,
    /// so that room can be made for it. Asked once for each entry whose content is wanted.
    fn is_full(&self) -> bool {
        false
    }
}

/// Walks over a layer that is handed to it chunk by chunk.
#[derive(Debug)]
pub struct Walk {
    reader: Reader,
    builder: Builder,
    warnings: Warnings,
    depth: u64,
    max_xattr_bytes: u64,
    /// Bytes of extended attributes so far.
    xattr_bytes: u64,
    /// Whether the content that comes by is wanted.
    wanted: bool,
}

/// What a layer holds.
#[derive(Debug)]
#[non_exhaustive]
pub struct Walked {
    /// Its entries and what it hides.
    pub listing: Listing,
    /// What is odd about it: at most a hundred or so, the same for the same layer.
    pub warnings: Vec<Warning>,
    /// What its archive holds.
    pub summary: cutaway_tar::Summary,
}

impl Walk {
    /// Returns a walk at the start of a layer.
    pub fn new(limits: Limits) -> Self {
        Self {
            reader: Reader::new(limits.tar),
            builder: Builder::new(limits.listing_bytes),
            warnings: Warnings::default(),
            depth: limits.depth,
            max_xattr_bytes: limits.xattr_bytes,
            xattr_bytes: 0,
            wanted: false,
        }
    }

    /// Has what is kept of the layer paid for from a budget.
    #[must_use]
    pub fn paid_from(self, budget: &Budget) -> Self {
        Self { builder: self.builder.paid_from(budget), ..self }
    }

    /// Takes the next bytes of the layer, in chunks of any size.
    ///
    /// # Errors
    ///
    /// Returns an error when the layer is malformed or goes over a limit.
    pub fn push(&mut self, chunk: &[u8], visitor: &mut impl Visitor) -> Result<(), Error> {
        let mut input = chunk;
        while self.advance(&mut input, visitor)?.is_continue() {}
        Ok(())
    }

    /// Takes the next bytes of the layer from the front of `input`: all of them, which ends with
    /// `Break`, or those before the content of an entry for which the visitor has no room yet.
    ///
    /// # Errors
    ///
    /// As [`Walk::push`].
    pub fn advance(
        &mut self,
        input: &mut &[u8],
        visitor: &mut impl Visitor,
    ) -> Result<ControlFlow<()>, Error> {
        loop {
            match self.reader.step(input)? {
                Step::NeedInput => return Ok(ControlFlow::Break(())),
                Step::Entry(entry) => {
                    let (name, offset, meta) = Meta::of_entry(entry);
                    self.wanted = self.entry(&name, offset, meta, visitor)?;
                    if self.wanted && visitor.is_full() {
                        return Ok(ControlFlow::Continue(()));
                    }
                }
                Step::Data(data) if self.wanted => visitor.data(data),
                Step::Hole(len) if self.wanted => visitor.hole(len),
                Step::EndEntry if self.wanted => {
                    self.wanted = false;
                    visitor.end();
                }
                Step::GlobalHeader(name) => self.global(&name)?,
                Step::Data(_) | Step::Hole(_) | Step::EndEntry | Step::EndOfArchive => {}
                Step::Warning(warning) => warn(&mut self.warnings, &warning),
            }
        }
    }

    /// Ends the layer and returns what it holds.
    ///
    /// # Errors
    ///
    /// Returns an error when the layer ends too early.
    pub fn finish(mut self, _visitor: &mut impl Visitor) -> Result<Walked, Error> {
        let summary = self.reader.finish()?;
        for warning in summary.warnings() {
            warn(&mut self.warnings, &warning);
        }
        Ok(Walked { listing: self.builder.finish(), warnings: self.warnings.into_vec(), summary })
    }

    /// Returns how many bytes of content nobody wants are ahead, for whoever can seek.
    pub fn skippable(&self) -> u64 {
        if self.wanted { 0 } else { self.reader.skippable() }
    }

    /// Notes that the next `n` bytes of the layer were skipped.
    ///
    /// # Errors
    ///
    /// Returns an error when `n` is more than [`Walk::skippable`].
    pub fn skipped(&mut self, n: u64) -> Result<(), Error> {
        Ok(self.reader.skipped(n)?)
    }

    /// Notes a global header by its name.
    fn global(&mut self, name: &[u8]) -> Result<(), Error> {
        match EntryPath::clean_at_root(name) {
            Ok(path) if !path.is_root() => self.builder.mark(MarkKind::Global, &path),
            _ => Ok(()),
        }
    }

    /// Takes an entry that somebody says the layer has, as if it had come by, and returns whether its
    /// content is wanted; whoever says so hands that to the visitor.
    ///
    /// # Errors
    ///
    /// As [`Walk::push`].
    pub fn tell(
        &mut self,
        name: &[u8],
        meta: &Meta,
        visitor: &mut impl Visitor,
    ) -> Result<bool, Error> {
        self.entry(name, 0, meta.clone(), visitor)
    }

    /// Files an entry where it belongs and returns whether its content is wanted.
    fn entry(
        &mut self,
        name: &[u8],
        offset: u64,
        meta: Meta,
        visitor: &mut impl Visitor,
    ) -> Result<bool, Error> {
        let (path, clamped) = match EntryPath::clamp(name) {
            Ok(path) => path,
            Err(reason) => {
                let message = || format!("{}: {reason}; skipped", Escaped::name(name));
                self.warnings.push("entry-outside-root", None, message);
                return Ok(false);
            }
        };
        self.warn_of_clamping(name, &meta, &path, clamped);
        let depth = path.components().count();
        if u64::try_from(depth).is_ok_and(|depth| depth > self.depth) {
            return Err(Error::Limit { limit: "depth", max: self.depth, path: name.into() });
        }
        match Marker::of(&path) {
            Marker::None => {}
            Marker::Bare => {
                return Err(Error::BareWhiteout { path: name.into(), offset });
            }
            Marker::Whiteout(hidden) => {
                if marker::is_reserved(hidden) {
                    let message = || "hides a name that is reserved for whiteouts".into();
                    self.warnings.push("reserved-name", Some(path.as_bytes()), message);
                }
                let hidden = path.with_name(hidden);
                self.builder.mark(MarkKind::Whiteout, &hidden)?;
                return Ok(false);
            }
            Marker::Opaque => {
                self.builder.mark(MarkKind::Opaque, &path.directory())?;
                return Ok(false);
            }
        }
        match meta.kind {
            // The tar reader has said already that it is odd.
            Kind::Other(_) => return Ok(false),
            Kind::Directory => {}
            _ if path.is_root() => {
                let message = || {
                    format!(
                        "{}: root cannot be anything but a directory; skipped",
                        Escaped::name(name)
                    )
                };
                self.warnings.push("root-not-a-directory", None, message);
                return Ok(false);
            }
            _ => {}
        }
        for xattr in &meta.xattrs {
            self.warn_of_overlay(&path, xattr);
            let bytes = xattr.name.len().saturating_add(xattr.value.len());
            self.xattr_bytes =
                self.xattr_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
        if self.xattr_bytes > self.max_xattr_bytes {
            return Err(Error::Limit {
                limit: "xattr_bytes",
                max: self.max_xattr_bytes,
                path: name.into(),
            });
        }
        let id = self.builder.push(&path, &meta)?;
        Ok(visitor.entry(id, &path, &meta))
    }
}

impl Walk {
    /// Says that an attribute is one by which overlayfs keeps its books.
    fn warn_of_overlay(&mut self, path: &EntryPath, xattr: &Xattr) {
        let prefixes = [&b"trusted.overlay."[..], b"user.overlay."];
        let Some(of) = prefixes.iter().find_map(|prefix| xattr.name.strip_prefix(*prefix)) else {
            return;
        };
        let message = || {
            let name = Escaped::name(&xattr.name);
            format!("has the attribute {name}, which is ignored; overlay drivers may obey it")
        };
        self.warnings.push_ambiguous(path.clone(), OtherReading::Unknown, message);
        // A target is a name beside the directory, or a path from the root.
        let target = match (of, xattr.value.strip_prefix(b"/")) {
            (b"redirect", Some(absolute)) => EntryPath::clean_at_root(absolute),
            (b"redirect", None) => {
                EntryPath::clean_at_root(&[path.parent(), b"/", &xattr.value].concat())
            }
            _ => return,
        };
        if let Ok(target) = target {
            let message =
                || format!("is what {path} is redirected to; overlay drivers may obey it");
            self.warnings.push_ambiguous(target, OtherReading::Unknown, message);
        }
    }

    /// Says that a name, or what a hard link names, lies above the root.
    fn warn_of_clamping(&mut self, name: &[u8], meta: &Meta, path: &EntryPath, clamped: bool) {
        let names = [
            clamped.then_some(name),
            meta.link.as_deref().filter(|link| {
                meta.kind == Kind::HardLink && EntryPath::clamp(link).is_ok_and(|(_, above)| above)
            }),
        ];
        for name in names.into_iter().flatten() {
            let message = || {
                format!("{} leads above the root; read as if it ended there", Escaped::name(name))
            };
            self.warnings.push("entry-outside-root", Some(path.as_bytes()), message);
        }
    }
}

fn warn(warnings: &mut Warnings, warning: &cutaway_tar::Warning) {
    let path = (!warning.path.is_empty()).then_some(&*warning.path);
    warnings.push(warning.kind.code(), path, || {
        format!("{}, at offset {} of the archive", warning.kind, warning.offset)
    });
}
