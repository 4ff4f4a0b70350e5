//! Native images of GraalVM, which may hold the list of what they were built of.
//!
//! Such a program exports `sbom`, gzipped CycloneDX as JSON, and `sbom_length`, how many bytes that has as
//! eight bytes, lowest first; `__svm_version_info` says that it is one.

use std::io::Read as _;
use std::ops::Range;

use cutaway_analyze::{File, Findings, Outcome};
use flate2::read::GzDecoder;

use crate::cyclonedx;
use crate::elf;
use crate::object::Object;
use crate::record::error;
use crate::windows::{Order, Windows};

/// The longest table of symbols that is read, and of their names.
const TABLE: u64 = 1 << 20;
/// The longest list, packed and unpacked.
const PACKED: u64 = 4 << 20;
const UNPACKED: u64 = 16 << 20;
/// How much of the start is read again.
const START: u64 = 64 << 10;
const CODE: &str = "native-image-sbom-unreadable";

/// Where a native image has its list.
#[derive(Debug, Default, PartialEq, Eq)]
struct Exports {
    sbom: Option<u64>,
    length: Option<u64>,
    is_native_image: bool,
}

/// Returns whether a file is a native image that has a list.
pub(crate) fn is_one(file: &Windows<'_>, object: &Object) -> bool {
    exports(file, object).is_some()
}

/// Adds what the list of a native image names, if the file is one; returns what is to be read again where
/// the list is not held, and whether it is one.
pub(crate) fn packages(
    file: &Windows<'_>,
    object: &Object,
    place: &str,
    found: &mut Findings,
) -> (bool, Outcome) {
    let Some((sbom, length)) = exports(file, object) else { return (false, Outcome::Done) };
    let order = Order { big: object.big };
    let places = object.place(sbom).zip(object.place(length));
    let Some((sbom, length)) = places else {
        error(found, CODE, "the address of the list of its packages leads nowhere");
        return (true, Outcome::Done);
    };
    let Some(len) = file.get(length, 8).map(|bytes| order.number(bytes)) else {
        // How long the list is, is not known before that.
        let most = sbom.saturating_add(PACKED).min(file.size());
        return (true, again(file, object, [sbom..most, length..length.saturating_add(8)]));
    };
    if len > PACKED {
        error(found, CODE, format_args!("the list of its packages has more than {PACKED} bytes"));
        return (true, Outcome::Done);
    }
    match file.get(sbom, len) {
        Some(packed) => list(packed, place, found),
        None if sbom.saturating_add(len) <= file.size() => {
            let ranges = [sbom..sbom.saturating_add(len), length..length.saturating_add(8)];
            return (true, again(file, object, ranges));
        }
        None => error(found, CODE, "the list of its packages is cut off"),
    }
    (true, Outcome::Done)
}

/// Reads a native image of which parts were held again.
pub(crate) fn read_again(file: &File<'_>, place: &str, found: &mut Findings) -> Outcome {
    let mut again = HeldAgain { file, held: Windows::of_size(file.size()) };
    match again.packed() {
        Some(packed) => list(packed, place, found),
        None => error(found, CODE, "the list of its packages is not where it was"),
    }
    Outcome::Done
}

/// Parts of a native image that were held again, found by each other.
struct HeldAgain<'f, 'a> {
    file: &'f File<'a>,
    held: Windows<'a>,
}

impl<'a> HeldAgain<'_, 'a> {
    fn packed(&mut self) -> Option<&'a [u8]> {
        self.take(0..START)?;
        let table = elf::table(self.held.from(0, 64))?;
        self.take(table.start..table.start.saturating_add(table.len))?;
        self.take(elf::read(&self.held)?.names?)?;
        let object = elf::read(&self.held)?;
        for table in tables(&object)? {
            self.take(table)?;
        }
        let (sbom, length) = exports(&self.held, &object)?;
        let (sbom, length) = object.place(sbom).zip(object.place(length))?;
        let length = self.file.get(length..length.checked_add(8)?)?;
        let len = Order { big: object.big }.number(length);
        self.file.get(sbom..sbom.checked_add(len)?)
    }

    fn take(&mut self, range: Range<u64>) -> Option<()> {
        let bytes = self.file.get(range.start..range.end.min(self.file.size()))?;
        self.held.show(range.start, bytes);
        Some(())
    }
}

/// Returns what is to be read again: the tables by which the list was found, and the list.
fn again(file: &Windows<'_>, object: &Object, list: [Range<u64>; 2]) -> Outcome {
    let table = elf::table(file.from(0, 64));
    let table = table.map(|it| it.start..it.start.saturating_add(it.len));
    let tables = tables(object).into_iter().flatten();
    let names = object.names.clone();
    let ranges = std::iter::once(0..START).chain(table).chain(names).chain(tables).chain(list);
    Outcome::Again { ranges: ranges.collect() }
}

/// Returns where the table of exported symbols lies, and that of their names.
fn tables(object: &Object) -> Option<[Range<u64>; 2]> {
    let range = |name: &str| Some(object.section(name)?.range.clone());
    let tables = [range(".dynsym")?, range(".dynstr")?];
    let is_short = |it: &Range<u64>| it.end.saturating_sub(it.start) <= TABLE;
    tables.iter().all(is_short).then_some(tables)
}

/// Returns the addresses of the list and of its length, where all three symbols are exported.
fn exports(file: &Windows<'_>, object: &Object) -> Option<(u64, u64)> {
    let [symbols, names] = tables(object)?.map(|it| {
        let bytes = file.get(it.start, it.end.saturating_sub(it.start));
        bytes.unwrap_or_default()
    });
    // Nearly no program names it, and then the symbols need not be looked at.
    memchr::memmem::find(names, b"sbom_length")?;
    let wide = file.from(0, 5).last() == Some(&2);
    let order = Order { big: object.big };
    let mut exports = Exports::default();
    for symbol in symbols.chunks_exact(if wide { 24 } else { 16 }) {
        let name = order.at(symbol, 0, 4).and_then(|at| usize::try_from(at).ok());
        let name = name.and_then(|at| names.get(at..)).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let ((section, section_len), (value, value_len)) =
            if wide { ((6, 2), (8, 8)) } else { ((14, 2), (4, 4)) };
        let is_defined = order.at(symbol, section, section_len).is_some_and(|it| it != 0);
        let address = order.at(symbol, value, value_len).filter(|_| is_defined);
        match name {
            b"sbom" => exports.sbom = exports.sbom.or(address),
            b"sbom_length" => exports.length = exports.length.or(address),
            b"__svm_version_info" => exports.is_native_image |= is_defined,
            _ => {}
        }
    }
    exports.sbom.zip(exports.length).filter(|_| exports.is_native_image)
}

/// Adds what the packed list names.
fn list(packed: &[u8], place: &str, found: &mut Findings) {
    let mut text = Vec::new();
    let mut unpacked = GzDecoder::new(packed).take(UNPACKED.saturating_add(1));
    if let Err(why) = unpacked.read_to_end(&mut text) {
        return error(found, CODE, format_args!("the list of its packages is not unpacked: {why}"));
    }
    if cutaway_tar::len64(text.len()) > UNPACKED {
        let message = format!("the list of its packages unpacks to more than {UNPACKED} bytes");
        return error(found, CODE, message);
    }
    if let Err(why) = cyclonedx::packages(&text, place, found) {
        error(found, CODE, format_args!("the list of its packages is not read as JSON: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use cutaway_analyze::{Analyzer as _, Candidate, Held, Plan};
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::binary::Binary;

    const BILL: &[u8] = br#"{"components":[{"group":"a","name":"b","version":"1"}]}"#;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..].iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }

    fn long(number: usize) -> [u8; 8] {
        u64::try_from(number).unwrap().to_le_bytes()
    }

    /// Returns a program that exports these symbols, with its list so far into it.
    fn program(names: [&str; 3], list_at: usize, bill: &[u8]) -> Vec<u8> {
        const BASE: usize = 0x40_0000;
        let mut list = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        list.write_all(bill).unwrap();
        let list = list.finish().unwrap();
        let mut file = vec![0; list_at];
        file.extend_from_slice(&long(list.len()));
        file.extend_from_slice(&list);
        file.extend_from_slice(&vec![0; 2 << 20]);
        // One segment that holds all, at an address of its own.
        put(&mut file, 64, &[1]);
        put(&mut file, 80, &long(BASE));
        put(&mut file, 96, &long(list_at.saturating_add(1000)));
        let texts = format!("\0{}\0", names.join("\0"));
        put(&mut file, 0x400, texts.as_bytes());
        for (at, name) in [0x200, 0x218, 0x230].into_iter().zip(names) {
            let into = if name == "sbom" { 8 } else { 0 };
            let start = texts.find(&format!("\0{name}\0")).unwrap().saturating_add(1);
            let address = long(BASE.saturating_add(list_at).saturating_add(into));
            let symbol = [&long(start)[..4], &[0, 0, 1, 0], &address].concat();
            put(&mut file, at, &symbol);
        }
        let sections = b"\0.dynsym\0.dynstr\0.shstrtab\0";
        let end = file.len();
        file.extend_from_slice(sections);
        let table = file.len();
        for (name, start, len) in
            [(1, 0x200, 72), (9, 0x400, texts.len()), (17, end, sections.len())]
        {
            let mut header = [0_u8; 64];
            put(&mut header, 0, &[name, 0, 0, 0, 1]);
            put(&mut header, 24, &[long(start), long(len)].concat());
            file.extend_from_slice(&header);
        }
        put(&mut file, 0, b"\x7fELF\x02\x01\x01");
        put(&mut file, 16, &[2]);
        put(&mut file, 32, &[64]);
        put(&mut file, 40, &long(table));
        put(&mut file, 54, &[56, 0, 1, 0, 64, 0, 3, 0, 2]);
        file
    }

    /// Reads a program as it passes, and again what is asked for; returns what it says and how often it was read.
    fn read(content: &[u8]) -> (Vec<String>, usize) {
        let path = EntryPath::clean(b"app/run").unwrap();
        let size = cutaway_tar::len64(content.len());
        let candidate = Candidate::new(&path, size, 0o755);
        let Plan::Feed(mut feed) = Binary.plan(&candidate, &content[..512]) else { panic!() };
        content.chunks(5000).for_each(|chunk| feed.push(chunk));
        let (mut found, mut times) = (Findings::default(), 1);
        if let Outcome::Again { ranges } = feed.finish(&candidate, &mut found) {
            let mut held = Held::windows(size, &ranges);
            held.push(content);
            (found, times) = (Findings::default(), 2);
            let _ = Binary.analyze(&File::held(candidate, &held), &mut found);
        }
        let packages = found.packages().iter().map(|it| format!("{} {}", it.name, it.version));
        let said = found.diagnostics().iter().map(|it| it.code.to_string());
        (packages.chain(said).collect(), times)
    }

    #[test]
    fn lists_near_and_far() {
        let names = ["sbom", "sbom_length", "__svm_version_info"];
        let named = || vec!["a:b 1".to_owned()];
        for (names, at, bill, expected, times) in [
            (names, 0x1000, BILL, named(), 1),
            (names, 1 << 20, BILL, named(), 2),
            (["__svm_version_info", "sbom_length", "sbom"], 3 << 20, BILL, named(), 2),
            (["sbom", "sbom_length", "version_info"], 0x1000, BILL, Vec::new(), 1),
            (["sbom", "sbom_len", "__svm_version_info"], 1 << 20, BILL, Vec::new(), 1),
            (names, 0x1000, b"{", vec![CODE.to_owned()], 1),
            (names, 1 << 20, b"", vec![CODE.to_owned()], 2),
        ] {
            let content = program(names, at, bill);
            assert_eq!(read(&content), (expected, times), "{names:?} {at}");
        }
    }

    #[test]
    fn lists_that_are_not_there() {
        let names = ["sbom", "sbom_length", "__svm_version_info"];
        let mut too_long = program(names, 0x1000, BILL);
        put(&mut too_long, 0x1000, &long(5 << 20));
        let mut beyond = program(names, 0x1000, BILL);
        put(&mut beyond, 0x1000, &long(3 << 20));
        let mut nowhere = program(names, 0x1000, BILL);
        put(&mut nowhere, 0x208, &long(7));
        for content in [too_long, beyond, nowhere] {
            assert_eq!(read(&content), (vec![CODE.to_owned()], 1));
        }
    }
}
