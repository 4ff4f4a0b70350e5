//! Notes that say of which package a binary is: `.note.package` (the Package Metadata specification of
//! systemd), JSON behind the header of an ELF note.

use cutaway_analyze::{Ecosystem, Findings};

use crate::json::{self, pick, string};
use crate::object::Object;
use crate::record::{add_details, record, warn};
use crate::windows::{Order, Windows};

const OWNER: &[u8] = b"FDO\0";
const KIND: u64 = 0xcafe_1a7e;
/// The most bytes of notes that are looked at.
const NOTES: u64 = 64 << 10;

/// Returns the text of the note, where there is one among what is held.
pub(crate) fn find<'f>(file: &'f Windows<'_>, object: &Object) -> Option<&'f [u8]> {
    let named = object.section(".note.package").map(|it| it.range.clone());
    let notes = object.segments.iter().filter(|it| it.notes).map(|it| it.range.clone());
    let order = Order { big: object.big };
    named.into_iter().chain(notes).find_map(|range| {
        let len = range.end.saturating_sub(range.start).min(NOTES);
        in_notes(file.get(range.start, len)?, order)
    })
}

fn in_notes(mut notes: &[u8], order: Order) -> Option<&[u8]> {
    loop {
        let field = |at: usize| order.at(notes, at, 4).and_then(|it| usize::try_from(it).ok());
        let (name, text, kind) = (field(0)?, field(4)?, order.at(notes, 8, 4)?);
        let padded = |len: usize| len.checked_next_multiple_of(4);
        let (owner, rest) = notes.get(12..)?.split_at_checked(padded(name)?)?;
        if kind == KIND && owner.starts_with(OWNER) {
            return rest.get(..text);
        }
        notes = rest.get(padded(text)?..)?;
    }
}

/// Adds the package that a note names.
pub(crate) fn package(note: &[u8], place: &str, found: &mut Findings) {
    let end = note.iter().position(|&byte| byte == 0).unwrap_or(note.len());
    let text = json::text(note.get(..end).unwrap_or(note));
    let text = if text.starts_with('%') { decoded(&text) } else { text.into_owned() };
    let keys =
        ["type", "name", "version", "architecture", "os", "osVersion", "osCpe", "debugInfoUrl"];
    let picked = match pick(&text, keys) {
        Ok(picked) => picked.map(string),
        Err(why) => {
            let message = format!("the note of its package is not read as JSON: {why}");
            return warn(found, "elf-note-unreadable", message);
        }
    };
    let [kind, name, version, arch, os, release, cpe, _] = picked;
    let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
    let Some(mut package) = record(found, "generic", &name, &version) else { return };
    let is_kind = |kind: &String| kind.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let kind = kind.filter(|kind| !kind.is_empty() && is_kind(kind));
    package.ecosystem = Ecosystem::owned(kind.unwrap_or_else(|| "generic".into()));
    let mut of_cpe = cpe.iter().flat_map(|cpe| cpe.split(':'));
    // cpe:/o:vendor:product:version, or cpe:2.3:o:vendor:product:version.
    let skip = if cpe.as_deref().is_some_and(|it| it.starts_with("cpe:2.3")) { 4 } else { 3 };
    let product = of_cpe.nth(skip).map(str::to_owned);
    let os = os.or(product).filter(|os| !os.is_empty());
    let release = release.or_else(|| of_cpe.next().map(str::to_owned)).filter(|it| !it.is_empty());
    package.arch = arch.filter(|arch| !arch.is_empty());
    package.place = Some(place.to_owned());
    if let Some(os) = &os {
        let distro = release.map_or_else(|| os.clone(), |release| format!("{os}-{release}"));
        package.namespace = Some(os.clone());
        add_details(&mut package, |it| {
            it.qualifiers = [format!("distro={distro}")].into_iter().collect();
        });
    }
    found.package(package);
}

/// Returns a text of which every byte may be written as `%` and two digits.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
        let decoded = (byte == b'%').then(|| {
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            u8::try_from((high << 4) | low).ok()
        });
        bytes.push(decoded.flatten().unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
