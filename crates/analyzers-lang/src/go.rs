//! Build information of Go in binaries (Go's `debug/buildinfo`).
//!
//! A header of 32 bytes at a place that is a multiple of 16 begins with `\xff Go buildinf:`. Since Go 1.18
//! two texts stand behind it: the version of Go, and what was built of which modules. Before that the
//! header has the addresses of two texts.

use cutaway_analyze::{Findings, Package};

use crate::go_version::{main_version, toolchain};
use crate::object::Object;
use crate::record::{add_details, error, record, warn};
use crate::windows::{Order, Windows};

/// The type of the package URLs.
pub(crate) const KIND: &str = "golang";
/// What a header begins with.
pub(crate) const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
/// What stands in front of the texts of a header.
const HEADER: u64 = 32;
/// The longest text of modules that is read: hundreds of modules take some ten KiB.
pub(crate) const TEXT: u64 = 1 << 20;
/// The most modules that are taken of one binary.
const MODULES: usize = 20_000;

/// What a header leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Info {
    /// The version of Go, and the text of modules.
    Texts(String, String),
    /// The texts are addresses of what is not held.
    Elsewhere(Vec<std::ops::Range<u64>>),
    Broken(&'static str),
}

/// Returns whether a header may lie at a place: in its section, or else in data that may be written.
pub(crate) fn may_lie(object: &Object, at: u64) -> bool {
    let section = [".go.buildinfo", "__go_buildinfo"].iter().find_map(|it| object.section(it));
    match section {
        Some(section) => section.range.contains(&at),
        None => object.segments.iter().any(|it| it.writable && it.range.contains(&at)),
    }
}

/// Finds the header in what is held of a file.
pub(crate) fn find(file: &Windows<'_>, object: &Object) -> Option<u64> {
    let named = [".go.buildinfo", "__go_buildinfo"].iter().filter_map(|it| object.section(it));
    let writable = object.segments.iter().filter(|it| it.writable).map(|it| it.range.clone());
    let mut ranges = named.map(|it| it.range.clone()).chain(writable);
    ranges.find_map(|range| {
        let len = range.end.saturating_sub(range.start);
        let bytes = file.from(range.start, len);
        let skewed = range.start.checked_rem(16).unwrap_or_default();
        let skip = usize::try_from(16_u64.saturating_sub(skewed)).unwrap_or_default();
        let skip = skip.checked_rem(16).unwrap_or_default();
        let aligned = bytes.get(skip..).unwrap_or_default();
        let mut found = memchr::memmem::find_iter(aligned, MAGIC);
        let found = found.find(|from| from.checked_rem(16) == Some(0))?;
        let into = u64::try_from(found.saturating_add(skip)).ok()?;
        range.start.checked_add(into)
    })
}

/// Reads the header at a place.
pub(crate) fn info(file: &Windows<'_>, object: &Object, at: u64) -> Info {
    let Some(header) = file.get(at, HEADER) else { return Info::Broken("its header is cut off") };
    let (width, flags) = (header.get(14).copied(), header.get(15).copied().unwrap_or_default());
    if flags & 2 != 0 {
        let mut rest = file.from(at.saturating_add(HEADER), TEXT);
        let version = inline(&mut rest);
        return match (version, inline(&mut rest)) {
            (Some(version), Some(modules)) => Info::Texts(text(version), text(unwrapped(modules))),
            _ => Info::Broken("a text in it is cut off or over the limit of 1 MiB"),
        };
    }
    let order = Order { big: flags & 1 != 0 };
    let width: usize = match width {
        Some(4) => 4,
        Some(8) => 8,
        _ => return Info::Broken("the width of its addresses is neither 4 nor 8"),
    };
    let (mut texts, mut elsewhere) = (Vec::new(), Vec::new());
    for number in 0..2_usize {
        let place = 16_usize.saturating_add(width.saturating_mul(number));
        let address = order.at(header, place, width).unwrap_or_default();
        match far(file, object, order, (address, width)) {
            Ok(bytes) => texts.push(bytes),
            Err(Some(range)) => elsewhere.push(range),
            Err(None) => return Info::Broken("an address in it leads nowhere"),
        }
    }
    match &texts[..] {
        [version, modules] => Info::Texts(text(version), text(unwrapped(modules))),
        _ => Info::Elsewhere(elsewhere),
    }
}

/// Takes a text with its length in front.
fn inline<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (mut len, mut shift) = (0_u64, 0_u32);
    loop {
        let (first, behind) = rest.split_first()?;
        *rest = behind;
        len |= u64::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            break;
        }
        shift = shift.checked_add(7).filter(|shift| *shift < 63)?;
    }
    let (taken, left) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    *rest = left;
    Some(taken)
}

/// Returns the text whose header, an address and a length, lies at an address; else where it lies, if it
/// is not held.
fn far<'f>(
    file: &'f Windows<'_>,
    object: &Object,
    order: Order,
    (address, width): (u64, usize),
) -> Result<&'f [u8], Option<std::ops::Range<u64>>> {
    if address == 0 {
        return Ok(&[]);
    }
    let place = object.place(address).ok_or(None)?;
    let both = u64::try_from(width.saturating_mul(2)).unwrap_or(16);
    let header = file.get(place, both).ok_or(Some(place..place.saturating_add(both)))?;
    let start = object.place(order.at(header, 0, width).unwrap_or_default()).ok_or(None)?;
    let len = order.at(header, width, width).unwrap_or_default();
    if len > TEXT {
        return Err(None);
    }
    file.get(start, len).ok_or(Some(start..start.saturating_add(len)))
}

/// Returns the text of modules without the 16 bytes at each end by which it is found in a process.
fn unwrapped(modules: &[u8]) -> &[u8] {
    let end = modules.len().saturating_sub(16);
    let inner = modules.get(16..end).unwrap_or_default();
    if inner.ends_with(b"\n") { inner } else { &[] }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A module as a line names it.
#[derive(Debug, Clone, Default)]
struct Module<'a> {
    path: &'a str,
    version: &'a str,
}

/// Adds what was built of which modules to the findings.
pub(crate) fn packages(version: &str, modules: &str, place: &str, found: &mut Findings) {
    let (mut main, mut needed) = (None, Vec::<Module<'_>>::new());
    let mut settings = Vec::new();
    let mut last_is_main = false;
    for line in modules.lines() {
        let mut words = line.split('\t');
        let kind = words.next().unwrap_or_default();
        if kind == "build" {
            settings.extend(words.next().and_then(|setting| setting.split_once('=')));
            continue;
        }
        let path = words.next().unwrap_or_default();
        let module = Module { path, version: words.next().unwrap_or_default() };
        match kind {
            "mod" => (main, last_is_main) = (Some(module), true),
            "dep" if needed.len() < MODULES => {
                needed.push(module);
                last_is_main = false;
            }
            "=>" if !is_directory(&module) => {
                let replaced = if last_is_main { main.as_mut() } else { needed.last_mut() };
                if let Some(replaced) = replaced {
                    *replaced = module;
                }
            }
            _ => {}
        }
    }
    let mut taken = std::collections::BTreeSet::new();
    let mut add = |package: Option<Package>, found: &mut Findings| {
        let Some(mut package) = package else { return };
        if taken.insert((package.name.clone(), package.version.clone())) {
            package.place = Some(place.to_owned());
            found.package(package);
        }
    };
    if let Some(main) = main.filter(|main| !main.path.is_empty()) {
        let (version, from) = main_version(main.path, main.version, &settings);
        let mut package = record(found, KIND, main.path, &version);
        if let Some(package) = &mut package {
            add_details(package, |it| {
                it.root = true;
                it.version_from = from.map(Into::into);
            });
        }
        add(package, found);
    }
    for module in needed {
        let package = record(found, KIND, module.path, module.version);
        add(package, found);
    }
    let toolchain = toolchain(version);
    if toolchain.starts_with("devel") {
        warn(found, "go-toolchain-odd", "it was built with a version of Go that is in development");
    }
    let stdlib = record(found, KIND, "stdlib", &toolchain);
    add(stdlib, found);
}

/// Returns whether a replacement is a directory, so that the module keeps its name.
fn is_directory(module: &Module<'_>) -> bool {
    let path = module.path;
    module.version.is_empty() || path.starts_with(['.', '/', '\\'])
}

/// Says that build information cannot be read.
pub(crate) fn broken(why: &str, found: &mut Findings) {
    error(found, "go-build-info-unreadable", format_args!("the build information of Go: {why}"));
}
