//! What is said about files, as bytes and back.

use std::sync::Arc;

use cutaway_layerfs::EntryPath;

use crate::package_code::{get_ecosystem, put_ecosystem};
use crate::wire::{
    get, get_bytes, get_flag, get_len, get_optional, get_text, put, put_bytes, put_len,
    put_optional,
};
use crate::{Diversion, Exclusion, FileRecords, Origin, PackageRef};

pub(crate) fn put_files(out: &mut Vec<u8>, files: &FileRecords) {
    put_len(out, files.owners().len());
    for owner in files.owners() {
        put_ecosystem(out, &owner.ecosystem);
        put(out, u64::from(owner.lists));
        match &owner.package {
            PackageRef::Named { name, arch } => {
                put(out, 0);
                put_bytes(out, name.as_bytes());
                put_optional(out, arch.as_deref());
            }
            PackageRef::Database(path) => {
                put(out, 1);
                put_bytes(out, path.as_bytes());
            }
        }
    }
    put_len(out, files.origins().len());
    let mut last: Option<&Arc<str>> = None;
    for origin in files.origins() {
        put_bytes(out, origin.path.as_bytes());
        put(out, origin.owner.map_or(0, |owner| u64::from(owner).saturating_add(1)));
        put(out, u64::from(origin.link));
        // Origins of one script have one reason.
        let again = last.is_some_and(|last| **last == *origin.reason);
        put(out, u64::from(again));
        if !again {
            put_bytes(out, origin.reason.as_bytes());
        }
        last = Some(&origin.reason);
    }
    put_len(out, files.diversions().len());
    for Diversion { from, to, except } in files.diversions() {
        put_bytes(out, from.as_bytes());
        put_bytes(out, to.as_bytes());
        put_optional(out, except.as_deref());
    }
    put_len(out, files.exclusions().len());
    for Exclusion { pattern, excluded, ecosystem, setting } in files.exclusions() {
        put_bytes(out, pattern.as_bytes());
        put(out, u64::from(*excluded));
        put_ecosystem(out, ecosystem);
        put_bytes(out, setting.as_bytes());
    }
    put_bytes(out, files.packed());
}

/// Adds what [`put_files`] wrote; none where the bytes are none of it, or it goes over the limit.
pub(crate) fn get_files(rest: &mut &[u8], files: &mut FileRecords) -> Option<()> {
    for _ in 0..get_len(rest, 4)? {
        let ecosystem = get_ecosystem(rest)?;
        let lists = get_flag(rest)?;
        let package = if get_flag(rest)? {
            PackageRef::Database(get_path(rest)?)
        } else {
            PackageRef::Named { name: get_text(rest)?.to_owned(), arch: get_optional(rest)? }
        };
        files.owner(ecosystem, package, lists);
    }
    let mut last: Option<Arc<str>> = None;
    for _ in 0..get_len(rest, 4)? {
        let path = get_path(rest)?;
        let owner = match get(rest)?.checked_sub(1) {
            Some(owner) => Some(u32::try_from(owner).ok()?),
            None => None,
        };
        let link = get_flag(rest)?;
        let reason: Arc<str> = if get_flag(rest)? { last.clone()? } else { get_text(rest)?.into() };
        last = Some(Arc::clone(&reason));
        files.originate(Origin { path, owner, link, reason });
    }
    for _ in 0..get_len(rest, 3)? {
        let (from, to) = (get_path(rest)?, get_path(rest)?);
        files.divert(Diversion { from, to, except: get_optional(rest)? });
    }
    for _ in 0..get_len(rest, 4)? {
        let pattern = get_text(rest)?.to_owned();
        let excluded = get_flag(rest)?;
        let ecosystem = get_ecosystem(rest)?;
        let setting = get_text(rest)?.to_owned();
        files.exclude(Exclusion { pattern, excluded, ecosystem, setting });
    }
    files.take_packed(get_bytes(rest)?)?;
    files.shrink();
    (!files.is_over()).then_some(())
}

/// Takes a path, which is in its normal form.
pub(crate) fn get_path(rest: &mut &[u8]) -> Option<EntryPath> {
    let bytes = get_bytes(rest)?;
    EntryPath::clean(bytes).ok().filter(|path| path.as_bytes() == bytes)
}
