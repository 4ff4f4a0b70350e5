//! Stacks of layers, unpacked by the runtimes themselves: where all of them agree, so do we; where they do
//! not, or refuse a layer, a warning says so; and the other reading is what overlay drivers have.

mod runtimes;
pub(crate) mod stacks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cutaway_layerfs::{Inode, Kind, Limits, Meta, OtherReading, Readings, Tree, Warning};

use self::runtimes::{Files, OnDisk, Runtime};
use self::stacks::{SINGLE, stacks};
use crate::readings::ROWS;
use crate::stack::{Keep, tar, walk};

/// How many stacks share an image.
const TOGETHER: usize = 50;

/// `CUTAWAY_OVERLAY_STACKS` and `CUTAWAY_OVERLAY_SEED` say how many stacks, and which;
/// `CUTAWAY_OVERLAY_CONTAINERD` and `CUTAWAY_OVERLAY_DOCKER` where these listen.
#[test]
#[ignore = "needs daemons; `cargo xtask overlay-differential` starts them"]
fn runtimes_agree_or_it_is_told() {
    let count = setting("CUTAWAY_OVERLAY_STACKS").map_or(60, |text| text.parse().unwrap());
    let seed = setting("CUTAWAY_OVERLAY_SEED").map_or(1, |text| text.parse().unwrap());
    let mut comparison = Comparison { runtimes: runtimes(), ..Comparison::default() };
    let singles = SINGLE.iter().copied().chain(ROWS.iter().map(|(stack, _)| *stack));
    let (shared, odd): (Vec<String>, Vec<String>) =
        stacks(count, seed).into_iter().partition(|stack| Stack::new("s/", stack).is_sharable());
    let singles: BTreeSet<&str> = singles.collect();
    for stack in singles.into_iter().chain(odd.iter().map(String::as_str).take(count / 20)) {
        comparison.compare(&[Stack::new("", stack)]);
    }
    let numbered = shared.iter().enumerate();
    let shared = numbered.map(|(number, stack)| Stack::new(&format!("s{number:04}/"), stack));
    let (global, plain): (Vec<Stack>, Vec<Stack>) = shared.partition(Stack::has_global);
    global.chunks(TOGETHER).chain(plain.chunks(TOGETHER)).for_each(|it| comparison.compare(it));
    let Comparison { compared, agreed, refused, failures, .. } = comparison;
    eprintln!(
        "{compared} stacks, seed {seed}: {agreed} read the same by all, {refused} refused by some"
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[derive(Default)]
struct Comparison {
    runtimes: Vec<Runtime>,
    images: usize,
    compared: usize,
    agreed: usize,
    refused: usize,
    failures: Vec<String>,
}

impl Comparison {
    /// Compares stacks that share an image, halved where a runtime refuses it.
    fn compare(&mut self, stacks: &[Stack]) {
        self.images += 1;
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let depth = stacks.iter().map(|stack| stack.layers.len()).max().unwrap_or_default();
        let layer = |n: usize| -> Vec<u8> {
            let texts = stacks.iter().filter_map(|stack| stack.layers.get(n));
            vary(tar(&texts.cloned().collect::<Vec<_>>().join(" ")))
        };
        let layers: Vec<Vec<u8>> = (0..depth).map(layer).collect();
        let name = format!("i{}", self.images);
        let mut unpacked = Vec::new();
        // Umoci refuses every global header.
        let has_global = stacks.iter().any(Stack::has_global);
        let takes = |it: &Runtime| !has_global || !matches!(it, Runtime::Umoci);
        for runtime in self.runtimes.clone().into_iter().filter(takes) {
            let folder = dir.path().join(runtime.name().replace(' ', "-"));
            std::fs::create_dir(&folder).unwrap();
            let found = runtime.unpack(&OnDisk::write(&folder, &name, &layers));
            if found.is_err() && stacks.len() > 1 {
                let (first, second) = stacks.split_at(stacks.len() / 2);
                self.compare(first);
                return self.compare(second);
            }
            unpacked.push((runtime, found));
        }
        for stack in stacks {
            let own = unpacked.iter().map(|(runtime, found)| {
                (runtime, found.as_ref().map(|files| below(files, &stack.prefix)))
            });
            self.judge(stack, &own.collect::<Vec<_>>());
        }
    }

    fn judge(&mut self, stack: &Stack, unpacked: &[(&Runtime, Result<Files, &String>)]) {
        self.compared += 1;
        let ours = below(&stack.read, &stack.prefix);
        let others = stack.others.iter().map(|it| below(it, &stack.prefix)).collect::<Vec<_>>();
        let accepted: Vec<&Files> =
            unpacked.iter().filter_map(|(_, found)| found.as_ref().ok()).collect();
        let agree = accepted.windows(2).all(|two| two[0] == two[1]);
        let refuses = unpacked.iter().any(|(runtime, it)| runtime.is_overlay() && it.is_err());
        let mut fail = |why: &str| {
            let results = unpacked.iter().map(|(runtime, found)| match found {
                Ok(files) => format!("  {}: {files:?}", runtime.name()),
                Err(error) => format!("  {}: refused: {error}", runtime.name()),
            });
            let results = results.collect::<Vec<_>>().join("\n");
            let layers = stack.layers.join(" | ");
            self.failures.push(format!(
                "{why}: {layers}\n{results}\n  ours: {ours:?}\n  others: {others:?}\n  {:?}",
                stack.warnings
            ));
        };
        // Umoci refuses every global header, and was not asked.
        let all = accepted.len() == unpacked.len() && !stack.has_global();
        if agree && all && accepted.iter().any(|theirs| **theirs != ours) {
            fail("all agree, and we differ");
        }
        // One that refuses the layer does not agree with those that unpack it.
        let differ = !agree || accepted.iter().any(|theirs| **theirs != ours);
        if differ && !stack.is_told() {
            fail("they differ, and nothing is told");
        }
        // It looks for what a directory without an entry was in each lower layer, and stops at a file in the way.
        let stops = |(it, found): &(&Runtime, Result<Files, &String>)| {
            matches!(it, Runtime::Containerd(_))
                && found.as_ref().is_err_and(|error| error.contains("not a directory"))
        };
        let refuses =
            refuses && unpacked.iter().any(|it| it.0.is_overlay() && it.1.is_err() && !stops(it));
        if refuses && stack.warnings.is_empty() {
            fail("refused, and nothing is told");
        }
        let containerd = unpacked.iter().find(|(it, _)| matches!(it, Runtime::Containerd(_)));
        // What a global header does is not the same to all who heed it.
        if stack.is_worked_out && stack.has_global() {
            let lost = |theirs: &Files| {
                let paths = theirs.keys().chain(ours.keys());
                let differs = |read: &Files, path| read.get(path) != ours.get(path);
                let is_known = |path| others.iter().any(|other| differs(other, path));
                // What is told to hide is a device to others, in which there is nothing to be read.
                let is_device = |path| theirs.get(path).is_some_and(|it| it.starts_with("char "));
                let is_lost = |path| differs(theirs, path) && !is_known(path) && !is_device(path);
                paths.into_iter().any(is_lost)
            };
            if accepted.iter().any(|theirs| lost(theirs)) {
                fail("somebody reads a global header as no reading does");
            }
        } else if let Some((_, Ok(theirs))) = containerd
            && stack.is_worked_out
            && *theirs != *others.first().unwrap_or(&ours)
        {
            fail("the other reading is not containerd's");
        }
        self.agreed += usize::from(agree && !refuses);
        self.refused += usize::from(refuses);
    }
}

/// A stack below a folder of its own, and how we read it.
struct Stack {
    prefix: String,
    layers: Vec<String>,
    warnings: Vec<Warning>,
    read: Files,
    others: Vec<Files>,
    /// Whether one of the other readings is that of containerd.
    is_worked_out: bool,
}

impl Stack {
    fn new(prefix: &str, stack: &str) -> Self {
        let own = if prefix.is_empty() { Vec::new() } else { vec![prefix.to_owned()] };
        let layer = |text: &str| -> String {
            let entries = text.split_whitespace().map(|entry| prefixed(prefix, entry));
            own.iter().cloned().chain(entries).collect::<Vec<_>>().join(" ")
        };
        let layers: Vec<String> = stack.split('|').map(layer).collect();
        let (mut readings, mut warnings) = (Readings::new(Limits::default()), Vec::new());
        let mut walked = Vec::new();
        for (number, text) in layers.iter().enumerate() {
            let (layer, keep) = walk(&vary(tar(text))).unwrap();
            warnings.extend(layer.warnings);
            let number = u32::try_from(number).unwrap();
            warnings.extend(readings.apply(number, &layer.listing, None, None).unwrap());
            walked.push(keep);
        }
        let read = of_tree(readings.tree(), &walked);
        let others = readings.others().map(|tree| of_tree(tree, &walked)).collect();
        let known = |it: &Warning| {
            let attributes = it.other == Some(OtherReading::Attributes);
            let shown = it.other.is_none_or(|it| readings.shows(it));
            it.code != Warning::REFUSED && shown && !attributes
        };
        let is_worked_out = warnings.iter().all(known);
        Self { prefix: prefix.to_owned(), layers, warnings, read, others, is_worked_out }
    }

    /// Returns whether no runtime is known to refuse it.
    fn is_sharable(&self) -> bool {
        self.warnings.iter().all(|warning| warning.code == Warning::AMBIGUOUS)
    }

    fn has_global(&self) -> bool {
        self.layers.iter().any(|layer| layer.split_whitespace().any(|it| it.starts_with("g:")))
    }

    /// Returns whether a warning says that runtimes differ.
    fn is_told(&self) -> bool {
        let told = |it: &Warning| it.code == Warning::AMBIGUOUS || it.code == Warning::REFUSED;
        self.warnings.iter().any(told)
    }
}

/// Puts an entry below a folder.
fn prefixed(prefix: &str, entry: &str) -> String {
    match (entry.split_once('⇒'), entry.strip_prefix("g:")) {
        (Some((name, target)), _) => format!("{prefix}{name}⇒{prefix}{target}"),
        (None, Some(name)) => format!("g:{prefix}{name}"),
        (None, None) => format!("{prefix}{entry}"),
    }
}

/// Returns what lies below a folder.
fn below(files: &Files, prefix: &str) -> Files {
    let own = files.iter().filter(|(path, _)| path.starts_with(prefix));
    own.map(|(path, what)| (path.clone(), what.clone())).collect()
}

/// Gives the files of a layer modes and owners, by their contents; hard links those of what they name, as tar
/// writes them, but for those that are called `c`.
pub(crate) fn vary(mut tar: Vec<u8>) -> Vec<u8> {
    let mut known = BTreeMap::new();
    let mut at = 0;
    while let Some(block) = tar.get(at..at + 513).map(<[u8]>::to_vec) {
        let size = std::str::from_utf8(&block[124..135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap_or(0);
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim_end_matches('\0').to_owned();
        let digit = match block[156] {
            b'0' if size == 1 => Some(usize::from(block[512] % 4)),
            b'1' => {
                let odd = text(&block[..100]).ends_with('c');
                known.get(&text(&block[157..257])).map(|digit| (digit + usize::from(odd)) % 4)
            }
            _ => None,
        };
        if let Some(digit) = digit {
            known.insert(text(&block[..100]), digit);
            let header = &mut tar[at..at + 512];
            header[100..107]
                .copy_from_slice([b"0000644", b"0000600", b"0004755", b"0000444"][digit]);
            header[108..115].copy_from_slice(format!("{:07o}", digit * 5).as_bytes());
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        at += 512 + size.next_multiple_of(512);
    }
    tar
}

fn of_tree(tree: &Tree, layers: &[Keep]) -> Files {
    let mut files = Files::new();
    for id in tree.descend(tree.root()).skip(1) {
        let (path, node) = (tree.path(id).to_string(), tree.node(id));
        let Inode { layer, entry } = node.inode();
        let keep = &layers[layer as usize];
        let meta = keep.seen.get(entry as usize).map(|(_, _, meta)| meta.clone());
        let meta = meta.unwrap_or_else(Meta::implied);
        let (kind, what) = match node.kind() {
            Kind::Directory => ("dir", String::new()),
            Kind::Symlink => ("link", String::from_utf8_lossy(node.link().unwrap()).into_owned()),
            Kind::CharDevice => {
                let (major, minor) = meta.device.unwrap();
                ("char", (major * 256 + minor).to_string())
            }
            _ => ("file", String::from_utf8_lossy(&keep.files[&entry]).into_owned()),
        };
        let mode = if kind == "link" { 0o777 } else { meta.mode };
        files.insert(path, format!("{kind} {mode:o} {}:{} {what}", meta.uid, meta.gid));
    }
    files
}

/// Returns the runtimes that are there.
fn runtimes() -> Vec<Runtime> {
    let mut runtimes = Vec::new();
    runtimes.extend(setting("CUTAWAY_OVERLAY_CONTAINERD").map(Runtime::Containerd));
    runtimes.extend(setting("CUTAWAY_OVERLAY_DOCKER").map(Runtime::Docker));
    if let Some(folder) = setting("CUTAWAY_OVERLAY_PODMAN") {
        let folder: PathBuf = Path::new(&folder).into();
        runtimes.extend(["overlay", "vfs"].map(|it| Runtime::Podman(it, folder.join(it))));
    }
    runtimes.extend(setting("CUTAWAY_OVERLAY_UMOCI").map(|_| Runtime::Umoci));
    runtimes
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says how much of it, on what")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
