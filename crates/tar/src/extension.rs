//! What stands in front of a member and says more about it: PAX headers and GNU long names; and how
//! they and the member's own header together make an [`Entry`].

use std::sync::Arc;

use crate::header::{Dialect, Header, text};
use crate::pax::Pax;
use crate::sparse::{Form, Region};
use crate::{Entry, ErrorKind, Kind, Limits, WarningKind, number};

/// The extensions seen since the last member.
#[derive(Debug, Default)]
pub(crate) struct Extensions {
    pax: Option<Pax>,
    name: Option<Box<[u8]>>,
    link: Option<Box<[u8]>>,
}

/// A member whose headers have been read.
pub(crate) struct Described {
    pub(crate) entry: Entry,
    pub(crate) map: Map,
}

/// How the content of a member lies in the archive.
pub(crate) enum Map {
    /// As it is.
    Plain,
    /// As regions of a sparse file; the flag says that more of them follow in a block of their own.
    Regions(Vec<Region>, bool),
    /// As regions of a sparse file, the map of which is the beginning of the stored content.
    InContent,
}

/// Names of owners, of which an archive has few: kept to be shared by its members.
#[derive(Debug)]
pub(crate) struct Owners {
    uname: Arc<[u8]>,
    gname: Arc<[u8]>,
}

impl Default for Owners {
    fn default() -> Self {
        let none: Arc<[u8]> = Arc::from(&b""[..]);
        Self { uname: Arc::clone(&none), gname: none }
    }
}

impl Extensions {
    pub(crate) fn is_empty(&self) -> bool {
        self.pax.is_none() && self.name.is_none() && self.link.is_none()
    }

    /// Takes a PAX header; returns whether there was one already, which it replaces.
    pub(crate) fn set_pax(&mut self, pax: Pax) -> bool {
        self.pax.replace(pax).is_some()
    }

    /// Takes the body of a long name (`L`); returns whether there was one already.
    pub(crate) fn set_name(&mut self, body: &[u8]) -> bool {
        self.name.replace(text(body).into()).is_some()
    }

    /// Takes the body of a long link (`K`); returns whether there was one already.
    pub(crate) fn set_link(&mut self, body: &[u8]) -> bool {
        self.link.replace(text(body).into()).is_some()
    }

    /// Returns the name of the member that `header` begins, as the extensions have it.
    pub(crate) fn path(&self, header: Header<'_>) -> Box<[u8]> {
        match self.sparse_name(header) {
            Some(path) => path.into(),
            None => self.plain_path(header),
        }
    }

    /// Returns the name in a sparse record, which counts for files that are sparse by such records
    /// only, else two readers could be told different names.
    fn sparse_name(&self, header: Header<'_>) -> Option<&[u8]> {
        let sparse = &self.pax.as_ref()?.sparse;
        let counts = header.flag() != b'S' && !matches!(sparse.form(), Form::Plain | Form::Unknown);
        (counts && !sparse.name.is_empty()).then_some(&*sparse.name)
    }

    /// Returns the name without regard to sparse records.
    fn plain_path(&self, header: Header<'_>) -> Box<[u8]> {
        let long = self.name.as_deref().filter(|name| !name.is_empty());
        if let Some(path) = long.or(self.pax.as_ref().and_then(|pax| pax.path.as_deref())) {
            return path.into();
        }
        header.full_name()
    }

    /// Returns what kind of member it is. Only the flag of old archives makes a directory of a name
    /// that ends in a slash: with any other, Go makes a file of it.
    fn kind(&self, header: Header<'_>, path: &[u8]) -> Kind {
        let is_folder = || match self.sparse_name(header) {
            Some(_) => self.plain_path(header).ends_with(b"/"),
            None => path.ends_with(b"/"),
        };
        if header.flag() == 0 && is_folder() { Kind::Directory } else { header.kind() }
    }

    /// Puts headers together, at the end of `header`. Offsets and name are the caller's to fill in.
    pub(crate) fn describe(
        self,
        header: Header<'_>,
        path: Box<[u8]>,
        owners: &mut Owners,
        warn: &mut impl FnMut(WarningKind),
    ) -> Result<Described, ErrorKind> {
        let kind = self.kind(header, &path);
        let Self { pax, name, link } = self;
        let mut pax = pax.unwrap_or_default();
        let differs = |long: &Option<Box<[u8]>>, pax: &Option<Box<[u8]>>| {
            long.as_ref().zip(pax.as_ref()).is_some_and(|(long, pax)| long != pax)
        };
        if differs(&name, &pax.path) || differs(&link, &pax.link) {
            warn(WarningKind::NameConflict);
        }

        if header.dialect() == Dialect::Gnu && !header.name().0.is_empty() {
            warn(WarningKind::GnuPrefix);
        }
        if path.contains(&0) {
            return Err(ErrorKind::Pax { rule: "NUL in a name" });
        }
        if matches!(kind, Kind::Other(_)) {
            warn(WarningKind::UnknownKind(kind));
        }
        let (plain, records) = (header.numbers(), pax.numbers()?);
        if let Some(field) = plain.odd {
            warn(WarningKind::OddNumber { field });
        }
        let mut low = |field, value| {
            let (low, whole) = number::low_32(value);
            if !whole {
                warn(WarningKind::OddNumber { field });
            }
            low
        };
        let uid = owner(low("uid", records.uid.unwrap_or(plain.uid)));
        let gid = owner(low("gid", records.gid.unwrap_or(plain.gid)));
        let device = matches!(kind, Kind::CharDevice | Kind::BlockDevice)
            .then(|| (low("devmajor", plain.major), low("devminor", plain.minor)));
        let stored = stored_size(plain.size, records.size, kind, warn)?;
        let (size, map) = sparse_map(header, &pax, kind, stored, warn)?;
        let (mtime, mtime_nanos) = records.mtime.unwrap_or((plain.mtime, 0));
        let is_link = matches!(kind, Kind::HardLink | Kind::Symlink);
        let link = link.filter(|link| !link.is_empty()).or(pax.link.take());
        let entry = Entry {
            path,
            link: is_link.then(|| link.unwrap_or_else(|| header.link().into())),
            kind,
            size,
            stored,
            mode: number::low_32(plain.mode).0 & 0o7777,
            uid,
            gid,
            uname: share(&mut owners.uname, pax.uname.as_deref().unwrap_or(header.uname())),
            gname: share(&mut owners.gname, pax.gname.as_deref().unwrap_or(header.gname())),
            mtime,
            mtime_nanos,
            device,
            xattrs: pax.take_xattrs(),
            header_offset: 0,
            content_offset: 0,
        };
        Ok(Described { entry, map })
    }
}

/// Refuses names over the limit.
pub(crate) fn check_names(entry: &Entry, limits: &Limits) -> Result<(), ErrorKind> {
    let longest = entry.path.len().max(entry.link.as_ref().map_or(0, |link| link.len()));
    if u64::try_from(longest).is_ok_and(|longest| longest <= limits.path_bytes) {
        return Ok(());
    }
    Err(ErrorKind::Limit { limit: "path_bytes", max: limits.path_bytes })
}

/// Decides how much content the archive holds: what the extended header says, else the header, and
/// nothing for kinds that have no content.
fn stored_size(
    in_header: i64,
    in_record: Option<i64>,
    kind: Kind,
    warn: &mut impl FnMut(WarningKind),
) -> Result<u64, ErrorKind> {
    let size = in_record.unwrap_or(in_header);
    let Ok(count) = u64::try_from(size) else {
        if kind.has_content() {
            return Err(ErrorKind::OutOfRange { field: "size" });
        }
        warn(WarningKind::OddNumber { field: "size" });
        return Ok(0);
    };
    // A size that the field cannot hold is rightly something else there.
    if size != in_header && count <= number::OCTAL_MAX {
        let header = u64::try_from(in_header).unwrap_or_default();
        warn(WarningKind::SizeConflict { header, extended: count });
    }
    if kind.has_content() {
        return Ok(count);
    }
    if count != 0 {
        warn(WarningKind::SizeWithoutContent { size: count });
    }
    Ok(0)
}

/// Returns the owner that a file gets: -1 tells the system to leave it as it is, which is root.
fn owner(low: u32) -> u64 {
    if low == u32::MAX { 0 } else { u64::from(low) }
}

/// Returns the logical size and where the content lies.
fn sparse_map(
    header: Header<'_>,
    pax: &Pax,
    kind: Kind,
    stored: u64,
    warn: &mut impl FnMut(WarningKind),
) -> Result<(u64, Map), ErrorKind> {
    if header.flag() == b'S' {
        if header.dialect() != Dialect::Gnu {
            return Err(ErrorKind::Sparse { rule: "old GNU form in a header that is not GNU" });
        }
        let mut regions = Vec::new();
        crate::sparse::old_regions(header.sparse_regions(), &mut regions)?;
        return Ok((header.sparse_size()?, Map::Regions(regions, header.sparse_continues())));
    }
    let form = pax.sparse.form();
    let map = match form {
        Form::Plain => return Ok((stored, Map::Plain)),
        Form::Unknown => {
            warn(WarningKind::UnknownSparse);
            return Ok((stored, Map::Plain));
        }
        Form::InHeader => Map::Regions(pax.sparse.regions()?, false),
        Form::InContent => Map::InContent,
    };
    if !kind.has_content() {
        return Err(ErrorKind::Sparse { rule: "only files can be sparse" });
    }
    Ok((pax.sparse.logical_size()?.unwrap_or(stored), map))
}

fn share(last: &mut Arc<[u8]>, name: &[u8]) -> Arc<[u8]> {
    if **last != *name {
        *last = name.into();
    }
    Arc::clone(last)
}
