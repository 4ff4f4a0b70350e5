//! What `cargo auditable` writes into binaries: a section `.dep-v0` with packages as JSON, packed by zlib.
//!
//! Packages that were only needed for building are left out.

use std::io::Read as _;

use cutaway_analyze::Findings;
use flate2::read::ZlibDecoder;

use crate::json::{self, items, pick, string};
use crate::record::{add_details, error, record};

/// The type of the package URLs.
pub(crate) const KIND: &str = "cargo";
/// The section.
pub(crate) const SECTION: &str = ".dep-v0";
/// The most bytes that it may unpack to, as its authors advise.
const UNPACKED: u64 = 8 << 20;
const CODE: &str = "rust-audit-data-unreadable";

/// Adds the packages of a section to the findings.
pub(crate) fn packages(section: &[u8], place: &str, found: &mut Findings) {
    let mut text = Vec::new();
    let mut unpacked = ZlibDecoder::new(section).take(UNPACKED.saturating_add(1));
    if let Err(why) = unpacked.read_to_end(&mut text) {
        return error(found, CODE, format_args!("the section {SECTION} is not unpacked: {why}"));
    }
    if cutaway_tar::len64(text.len()) > UNPACKED {
        let message = format!("the section {SECTION} unpacks to more than {UNPACKED} bytes");
        return error(found, CODE, message);
    }
    if let Err(why) = read(&json::text(&text), place, found) {
        error(found, CODE, format_args!("the section {SECTION} is not read as JSON: {why}"));
    }
}

fn read(text: &str, place: &str, found: &mut Findings) -> Result<(), json::Error> {
    let [packages] = pick(text, ["packages"])?;
    let Some(packages) = packages else { return Ok(()) };
    let mut broken = Ok(());
    items(packages.get(), |item| {
        if broken.is_ok() {
            broken = package(item.get(), place, found);
        }
    })?;
    broken
}

fn package(text: &str, place: &str, found: &mut Findings) -> Result<(), json::Error> {
    let [name, version, source, kind, root] =
        pick(text, ["name", "version", "source", "kind", "root"])?;
    if string(kind).is_some_and(|kind| kind != "runtime") {
        return Ok(());
    }
    let (name, version) = (string(name).unwrap_or_default(), string(version).unwrap_or_default());
    if let Some(mut package) = record(found, KIND, &name, &version) {
        package.place = Some(place.to_owned());
        add_details(&mut package, |it| {
            it.root = root.is_some_and(|root| root.get() == "true");
            it.repository = string(source).filter(|it| it != "crates.io").map(Into::into);
        });
        found.package(package);
    }
    Ok(())
}
