//! What stands in front of a member and says more about it: PAX headers and GNU long names; and how
//! they and the member's own header together make an [`Entry`].

use std::sync::Arc;

use crate::header::{Dialect, Header, text};
use crate::pax::Pax;
use crate::sparse::{Form, Region};
use crate::{Entry, ErrorKind, Kind, Limits, WarningKind};

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
        let pax = self.pax.as_ref();
        let long = self.name.as_deref().filter(|name| !name.is_empty());
        // The name in a sparse record counts for sparse files only, else two readers could be told
        // different names.
        let sparse = pax.filter(|pax| !matches!(pax.sparse.form(), Form::Plain | Form::Unknown));
        let path = sparse.and_then(|pax| pax.sparse.name.as_deref()).or(long);
        if let Some(path) = path.or(pax.and_then(|pax| pax.path.as_deref())) {
            return path.into();
        }
        let (prefix, name) = header.name();
        if prefix.is_empty() { name.into() } else { [prefix, b"/", name].concat().into() }
    }

    /// Puts headers together, at the end of `header`. Offsets and name are the caller's to fill in.
    pub(crate) fn describe(
        self,
        header: Header<'_>,
        path: Box<[u8]>,
        owners: &mut Owners,
        warn: &mut impl FnMut(WarningKind),
    ) -> Result<Described, ErrorKind> {
        let Self { pax, name, link } = self;
        let mut pax = pax.unwrap_or_default();
        let differs = |long: &Option<Box<[u8]>>, pax: &Option<Box<[u8]>>| {
            long.as_ref().zip(pax.as_ref()).is_some_and(|(long, pax)| long != pax)
        };
        if differs(&name, &pax.path) || differs(&link, &pax.link) {
            warn(WarningKind::NameConflict);
        }

        let kind = match header.kind() {
            // Only the flag of old archives: with any other, Go makes a file of it.
            Kind::File if header.flag() == 0 && path.ends_with(b"/") => Kind::Directory,
            kind => kind,
        };
        if matches!(kind, Kind::Other(_)) {
            warn(WarningKind::UnknownKind(kind));
        }
        let stored = stored_size(header, &pax, kind, warn)?;
        let (size, map) = sparse_map(header, &pax, kind, stored, warn)?;
        let mtime = header.mtime()?;
        let (mtime, mtime_nanos) = pax.mtime.unwrap_or((mtime, 0));
        let is_link = matches!(kind, Kind::HardLink | Kind::Symlink);
        let link = link.filter(|link| !link.is_empty()).or(pax.link.take());
        let entry = Entry {
            path,
            link: is_link.then(|| link.unwrap_or_else(|| header.link().into())),
            kind,
            size,
            stored,
            mode: header.mode()?,
            uid: pax.uid.map_or_else(|| header.uid(), Ok)?,
            gid: pax.gid.map_or_else(|| header.gid(), Ok)?,
            uname: share(&mut owners.uname, pax.uname.as_deref().unwrap_or(header.uname())),
            gname: share(&mut owners.gname, pax.gname.as_deref().unwrap_or(header.gname())),
            mtime,
            mtime_nanos,
            device: match kind {
                Kind::CharDevice | Kind::BlockDevice => Some(header.device()?),
                _ => None,
            },
            xattrs: pax.take_xattrs(),
            header_offset: 0,
            content_offset: 0,
        };
        let entry =
            Entry { uid: pax.uid.unwrap_or(entry.uid), gid: pax.gid.unwrap_or(entry.gid), ..entry };
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
    header: Header<'_>,
    pax: &Pax,
    kind: Kind,
    warn: &mut impl FnMut(WarningKind),
) -> Result<u64, ErrorKind> {
    let in_header = header.size()?;
    let size = pax.size.unwrap_or(in_header);
    // A size that the field cannot hold is rightly something else there.
    if size != in_header && size <= crate::number::OCTAL_MAX {
        warn(WarningKind::SizeConflict { header: in_header, extended: size });
    }
    if kind.has_content() {
        return Ok(size);
    }
    if size != 0 {
        warn(WarningKind::SizeWithoutContent { size });
    }
    Ok(0)
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
        if !matches!(header.dialect(), Dialect::Gnu | Dialect::Star) {
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
    if kind != Kind::File {
        return Err(ErrorKind::Sparse { rule: "only files can be sparse" });
    }
    Ok((pax.sparse.logical_size().unwrap_or(stored), map))
}

fn share(last: &mut Arc<[u8]>, name: &[u8]) -> Arc<[u8]> {
    if **last != *name {
        *last = name.into();
    }
    Arc::clone(last)
}
