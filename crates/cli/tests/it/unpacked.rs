//! The real image beside the tree that umoci unpacks of it as root: each file, and what `find`, `du`
//! and `tar` say of them.

#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use cutaway_files::{
    Answer, Contents, Fingerprints, Limits, Outcome, Question, Search, View, search,
};
use cutaway_fixtures::{Compression, Entry, EntryKind, ImageBuilder, LayerBuilder};
use cutaway_layerfs::{EntryPath, Kind};
use cutaway_model::Image;
use cutaway_model::source::{self, Archive, Directory, Files, Form, Selector};
use cutaway_read::Options;
use cutaway_ref::Platform;
use tempfile::TempDir;

use crate::support::{OnDisk, json, provided, run, status, stderr, stdout};

/// The image in its folder, and the tree.
struct Unpacked {
    folder: PathBuf,
    tree: TempDir,
}

/// Unpacks the real image, once for all tests that want it at the same time.
fn unpacked() -> Option<Arc<Unpacked>> {
    static SHARED: Mutex<Weak<Unpacked>> = Mutex::new(Weak::new());
    let folder = PathBuf::from(provided("CUTAWAY_FIXTURES", "fixtures")?).join("debian");
    if !folder.is_dir() {
        eprintln!("skipped: no Debian image");
        return None;
    }
    let mut shared = SHARED.lock().unwrap();
    if let Some(unpacked) = shared.upgrade() {
        return Some(unpacked);
    }
    let tree = unpack(&folder.join("oci"), "latest")?;
    let unpacked = Arc::new(Unpacked { folder, tree });
    *shared = Arc::downgrade(&unpacked);
    Some(unpacked)
}

/// Has umoci unpack an image into a folder called `root`.
fn unpack(layout: &Path, tag: &str) -> Option<TempDir> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if !is_root || Command::new("umoci").arg("--version").output().is_err() {
        eprintln!("skipped: no umoci");
        return None;
    }
    let tree = tempfile::tempdir().unwrap();
    let image = format!("{}:{tag}", layout.display());
    let output = Command::new("umoci")
        .args(["raw", "unpack", "--image", &image])
        .arg(tree.path().join("root"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    Some(tree)
}

impl Unpacked {
    fn root(&self) -> PathBuf {
        self.tree.path().join("root")
    }

    fn oci(&self) -> String {
        format!("oci:{}", self.folder.join("oci").display())
    }

    /// Returns every path below the root with what `lstat` says.
    fn paths(&self) -> BTreeMap<String, std::fs::Metadata> {
        let (root, mut all) = (self.root(), BTreeMap::new());
        let mut ahead = vec![root.clone()];
        while let Some(directory) = ahead.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let meta = std::fs::symlink_metadata(&path).unwrap();
                if meta.is_dir() {
                    ahead.push(path.clone());
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                all.insert(name.to_owned(), meta);
            }
        }
        all
    }

    /// Opens the image as the binary does, from each of its forms on disk.
    async fn images(&self) -> Vec<Image> {
        let limits = cutaway_model::Limits::default();
        let archive = |name: &str| -> Arc<dyn Files> {
            Arc::new(Archive::open(&self.folder.join(name), &limits).unwrap())
        };
        let layout: Arc<dyn Files> = Arc::new(Directory::new(&self.folder.join("oci")));
        let mut images = Vec::new();
        for (files, form) in [
            (layout, Form::Oci),
            (archive("oci-archive.tar"), Form::Oci),
            (archive("docker-archive.tar"), Form::Docker),
        ] {
            let platform = Platform::linux(std::env::consts::ARCH);
            let image =
                source::open(files, form, &Selector::Only, &platform, &limits).await.unwrap();
            images.push(image);
        }
        images
    }
}

fn options() -> Options {
    Options::new(cutaway_read::Limits::for_cores(1))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Returns the fingerprint of a file on disk.
fn fingerprint(path: &Path, key: &Fingerprints) -> Option<u64> {
    let mut contents = Contents::new(key.clone());
    contents.begin(0, Kind::File);
    contents.add(&std::fs::read(path).unwrap());
    contents.end();
    contents.of(0)
}

#[test]
fn the_content_of_every_file_is_that_of_the_unpacked_one() {
    let Some(unpacked) = unpacked() else { return };
    let (paths, key) = (unpacked.paths(), Fingerprints::default());
    let root = unpacked.root();
    let files: BTreeMap<&String, Option<u64>> = paths
        .iter()
        .filter(|(_, meta)| meta.is_file())
        .map(|(path, _)| (path, fingerprint(&root.join(path), &key)))
        .collect();
    assert!(files.len() > 1000);
    runtime().block_on(async {
        for image in unpacked.images().await {
            assert!(image.layers().len() >= 4);
            let view = View::read(image.into(), 0, Some(key.clone()), &options()).await.unwrap().1;
            for (path, expected) in &files {
                let node = view.lookup(path.as_bytes(), false).unwrap().unwrap();
                let inode = view.tree().node(node).inode();
                assert_eq!(view.content(inode), *expected, "{path}");
            }
        }
    });
}

#[test]
fn paths_are_decided_layer_by_layer_as_by_all_layers() {
    decide_every(40);
}

#[test]
#[ignore = "takes two minutes"]
fn every_path_is_decided_layer_by_layer_as_by_all_layers() {
    decide_every(1);
}

fn decide_every(step: usize) {
    let Some(unpacked) = unpacked() else { return };
    let image = runtime().block_on(unpacked.images()).remove(0);
    let view = runtime().block_on(View::read(image.clone().into(), 0, None, &options())).unwrap().1;
    // Each question lays all layers over each other.
    let paths: Vec<String> = unpacked.paths().into_keys().step_by(step).collect();
    let decide = |path: &str| {
        let layers = image.layers().len();
        let mut question = Question::new(path.as_bytes(), true, layers, Default::default());
        let mut asked = 0;
        let found = loop {
            match question.answer().unwrap() {
                Answer::Open(open) => {
                    asked += 1;
                    let listing = view.layer(open.layer).unwrap().listing.as_ref().clone();
                    question.take(open, listing);
                }
                Answer::Found(found) => break found,
                Answer::Absent(absent) => {
                    // A link that leads nowhere.
                    assert_eq!(view.lookup(path.as_bytes(), true).unwrap().unwrap_err(), absent);
                    return asked;
                }
            }
        };
        let node = view.lookup(path.as_bytes(), true).unwrap().unwrap();
        let expected = (view.tree().path(node), view.tree().node(node).inode());
        assert_eq!((found.path, found.inode), expected, "{path}");
        asked
    };
    let decide = &decide;
    let asked: usize = std::thread::scope(|scope| {
        let parts = paths.chunks(paths.len().div_ceil(2));
        let threads: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(|path| decide(path)).sum::<usize>()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let all = paths.len() * image.layers().len();
    eprintln!("{} paths, {asked} of {all} layers asked for", paths.len());
    assert!(asked < all);
}

/// Searches for files as `cat` does and compares their bytes with those on disk; returns how many.
fn search_all(unpacked: &Unpacked, wanted: impl Fn(usize, usize) -> bool) -> usize {
    let paths = unpacked.paths();
    let root = unpacked.root();
    runtime().block_on(async {
        let image = unpacked.images().await.remove(0);
        let view = View::read(image.clone().into(), 0, None, &options()).await.unwrap().1;
        let mut searched = 0;
        let files = paths.iter().filter(|(_, meta)| meta.is_file());
        for (number, (path, _)) in files.enumerate() {
            let node = view.lookup(path.as_bytes(), false).unwrap().unwrap();
            let layer = usize::try_from(view.tree().node(node).placed_by()).unwrap();
            if !wanted(number, layer) {
                continue;
            }
            let mut bytes = Vec::new();
            let search_for = Search {
                path: path.as_bytes(),
                follow: true,
                content: true,
                verify: false,
                // Half as a registry is read and half as a file on disk.
                spare: if number % 2 == 0 { 0 } else { u64::MAX },
            };
            let found = search(
                image.clone().into(),
                &search_for,
                &Limits::default(),
                &options(),
                &mut bytes,
            )
            .await
            .unwrap()
            .1;
            assert!(bytes == std::fs::read(root.join(path)).unwrap(), "{path}");
            let Outcome::Found(thing) = found.outcome else { panic!("{path} is lost") };
            assert_eq!(
                (thing.path, thing.layer),
                (EntryPath::clean(path.as_bytes()).unwrap(), layer)
            );
            searched += 1;
        }
        searched
    })
}

#[test]
fn cat_finds_the_bytes_of_files_of_every_layer() {
    let Some(unpacked) = unpacked() else { return };
    // The base is large, and each search reads it anew.
    let searched = search_all(&unpacked, |number, layer| {
        if layer == 0 { number % 500 == 0 } else { layer > 1 || number % 20 == 0 }
    });
    eprintln!("{searched} files searched");
    assert!(searched > 50, "{searched}");
}

#[test]
#[ignore = "takes half an hour"]
fn cat_finds_the_bytes_of_every_file() {
    let Some(unpacked) = unpacked() else { return };
    eprintln!("{} files searched", search_all(&unpacked, |_, _| true));
}

#[test]
fn the_binary_prints_files_of_every_kind() {
    let Some(unpacked) = unpacked() else { return };
    let (paths, root) = (unpacked.paths(), unpacked.root());
    let mut kinds: BTreeMap<(&str, u64), Vec<&String>> = BTreeMap::new();
    for (path, meta) in &paths {
        let links = if meta.nlink() > 1 { "linked" } else { "single" };
        let bits = if meta.mode() & 0o7000 != 0 { "special" } else { links };
        if meta.is_file() {
            // By the order of magnitude.
            let size = u64::from(meta.size().checked_ilog10().map_or(0, |digits| digits + 1));
            kinds.entry((bits, size)).or_default().push(path);
        }
    }
    assert!(kinds.len() >= 10, "{kinds:?}");
    let sources = ["oci", "oci-archive.tar", "docker-archive.tar"];
    let sample: Vec<&String> = kinds.values().flat_map(|paths| paths.first()).copied().collect();
    let check = |number: usize, path: &String| {
        let source = unpacked.folder.join(sources[number % sources.len()]);
        let output = run(&["cat", &source.display().to_string(), path]);
        assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{path}");
        assert!(output.stdout == std::fs::read(root.join(path)).unwrap(), "{path}");
    };
    let check = &check;
    std::thread::scope(|scope| {
        for half in 0..2 {
            let mine = sample.iter().enumerate().filter(move |(number, _)| number % 2 == half);
            scope.spawn(move || mine.for_each(|(number, path)| check(number, path)));
        }
    });
}

/// Compares what we find with what GNU find does; `@M` stands for a time between those of the files.
fn finds_the_same(oci: &str, root: &Path, middle: i64, ours: &str, theirs: &str) -> usize {
    let words = |line: &str| -> Vec<String> {
        let filled =
            line.replace("@M", &middle.to_string()).replace("ROOT", root.to_str().unwrap());
        filled.split_whitespace().map(str::to_owned).collect()
    };
    let (ours, theirs) = (words(ours), words(theirs));
    let mut arguments = vec!["find", oci];
    arguments.extend(ours.iter().map(String::as_str));
    let output = run(&arguments);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let gnu = Command::new("find")
        .arg(root)
        .args(["-mindepth", "1"])
        .args(&theirs)
        .args(["-printf", "%P\n"])
        .output()
        .unwrap();
    assert!(gnu.status.success(), "{}", stderr(&gnu));
    let (found, expected) = (stdout(&output), stdout(&gnu));
    let (found, expected): (BTreeSet<&str>, BTreeSet<&str>) =
        (found.lines().collect(), expected.lines().collect());
    assert_eq!(found, expected, "{ours:?}");
    found.len()
}

const PREDICATES: &[(&str, &str)] = &[
    ("", ""),
    ("--name *.so*", "-name *.so*"),
    ("--name [a-c]?sh*", "-name [a-c]?sh*"),
    ("--name *", ""),
    ("--name usr/share/**/copyright", "-path ROOT/usr/share/*/copyright"),
    ("--name passwd --name *.conf", "( -name passwd -o -name *.conf )"),
    ("--type f", "-type f"),
    ("--type d", "-type d"),
    ("--type l", "-type l"),
    ("--type c", "-type c"),
    ("--type b", "-type b"),
    ("--type p", "-type p"),
    ("--type l,d", "( -type l -o -type d )"),
    ("--type f --size 0", "-type f -size 0c"),
    ("--type f --size -10", "-type f -size -11c"),
    ("--type f --size +1KiB", "-type f -size +1023c"),
    ("--type f --size +100 --size -2KiB", "-type f -size +99c -size -2049c"),
    ("--perm -4000", "-perm -4000"),
    ("--setuid", "-perm /6000"),
    ("--perm /7000", "-perm /7000"),
    ("--perm -0111 --type f", "-perm -0111 -type f"),
    ("--perm /0002", "-perm /0002"),
    ("--owner 0", "-uid 0"),
    ("--owner 33 --group 42", "-uid 33 -gid 42"),
    ("--group 42 --type f --perm -0040", "-gid 42 -type f -perm -0040"),
    ("--owner 4294967", "-uid 4294967"),
    ("--type f --newer @M", "-type f -newermt @@M"),
];

#[test]
fn find_finds_what_gnu_find_finds() {
    let names =
        ["bash", "ash", "libc.so.6", "x.so", "passwd", "a.conf", "copyright", "csh1", ".hidden"];
    let places = ["usr/share/doc", "usr/share", "etc", "usr/lib", "opt/x"];
    let mut layers = [0, 1].map(|_| LayerBuilder::new(Compression::GZIP));
    let mut number = 0x2545_f491_u32;
    for n in 0..600_u32 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let pick = |from: u32, of: usize| usize::try_from(number >> from).unwrap() % of;
        let path = format!("{}/{n}/{}", places[pick(3, places.len())], names[pick(7, names.len())]);
        let entry = match pick(11, 12) {
            0 => Entry::symlink(path, "passwd"),
            1 => Entry::directory(path),
            2 => Entry::new(path, EntryKind::Fifo),
            3 => Entry::new(path, EntryKind::CharDevice { major: 1, minor: 3 }),
            4 => Entry::new(path, EntryKind::BlockDevice { major: 7, minor: 0 }),
            _ => Entry::file(
                path,
                vec![b'x'; [0, 1, 9, 10, 11, 99, 100, 1023, 1024, 2048, 3000][pick(13, 11)]],
            ),
        };
        let mode = [0o644, 0o755, 0o4755, 0o2755, 0o6711, 0o1777, 0o600, 0o640, 0o666][pick(17, 9)];
        let owner = [(0, 0), (33, 33), (33, 42), (0, 42)][pick(19, 4)];
        let entry = match entry.kind {
            EntryKind::Symlink(_) => entry.with_owner(owner.0, owner.1),
            _ => entry.with_mode(mode).with_owner(owner.0, owner.1),
        };
        let layer = &mut layers[usize::from(n % 3 == 0)];
        *layer = layer.clone().entry(entry);
    }
    let disk =
        OnDisk::layout(&layers.into_iter().fold(ImageBuilder::new(), ImageBuilder::layer).build());
    let Some(tree) = unpack(disk.path(), "1") else { return };
    let root = tree.path().join("root");
    let mut found = 0;
    for (ours, theirs) in PREDICATES {
        let count = finds_the_same(&disk.oci(), &root, -1, ours, theirs);
        found += usize::from(count > 0);
    }
    // Only the owner that nobody is finds nothing.
    assert_eq!(found + 1, PREDICATES.len());
    let Some(unpacked) = unpacked() else { return };
    let times =
        unpacked.paths().into_values().filter(|meta| meta.is_file()).map(|meta| meta.mtime());
    let mut times: Vec<i64> = times.collect();
    times.sort_unstable();
    let middle = times[times.len() / 2];
    for row in [0, 4, 18, 26] {
        let (ours, theirs) = PREDICATES[row];
        let count = finds_the_same(&unpacked.oci(), &unpacked.root(), middle, ours, theirs);
        assert!(count > 0, "{ours}");
    }
    let below = stdout(&run(&["find", &unpacked.oci(), "etc/apt", "--type", "f"]));
    let gnu = Command::new("find")
        .arg(unpacked.root().join("etc/apt"))
        .args(["-type", "f", "-printf", "etc/apt/%P\n"])
        .output()
        .unwrap();
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&below), sorted(&stdout(&gnu)));
}

#[test]
fn du_counts_the_bytes_that_lie_there_and_those_that_layers_ship() {
    let Some(unpacked) = unpacked() else { return };
    let du = json(&run(&["du", &unpacked.oci(), "--format", "json"]));
    // Names of one file count once, where the first of them is.
    let mut seen = HashSet::new();
    let (mut visible, mut by_top) = (0, BTreeMap::<String, (u64, u64)>::new());
    let paths = unpacked.paths();
    let mut order: Vec<(&String, &std::fs::Metadata)> = paths.iter().collect();
    order.sort_by_key(|(path, _)| path.replace('/', "\0"));
    for (path, meta) in order {
        let bytes = if meta.is_file() && seen.insert(meta.ino()) { meta.size() } else { 0 };
        visible += bytes;
        if let Some((top, _)) = path.split_once('/') {
            let of_top = by_top.entry(top.to_owned()).or_default();
            of_top.0 += bytes;
            of_top.1 += 1;
        }
    }
    assert_eq!(du["visible"], visible);
    for (top, (bytes, names)) in by_top {
        let directories = du["directories"].as_array().unwrap();
        let told = directories.iter().find(|told| told["path"] == *top).unwrap();
        assert_eq!((&told["bytes"], &told["names"]), (&bytes.into(), &names.into()), "{top}");
    }
    // What the layers hold by the word of GNU tar.
    let inspected = json(&run(&["inspect", &unpacked.oci(), "--format", "json"]));
    let mut shipped = 0;
    for (layer, told) in du["layers"].as_array().unwrap().iter().enumerate() {
        let rows = inspected["layers"].as_array().unwrap();
        let digest = rows.iter().filter_map(|row| row["digest"].as_str()).nth(layer).unwrap();
        let blob = digest.replace("sha256:", "oci/blobs/sha256/");
        let listed = Command::new("tar")
            .args(["--numeric-owner", "-tvf"])
            .arg(unpacked.folder.join(blob))
            .output()
            .unwrap();
        // One layer has no end marker; what stands before it is listed all the same.
        assert!(listed.status.success() || stderr(&listed).contains("Unexpected EOF"));
        let of_layer: u64 = stdout(&listed)
            .lines()
            .filter(|line| line.starts_with('-'))
            .map(|line| line.split_whitespace().nth(2).unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(told["bytes"], of_layer, "layer {layer}");
        shipped += of_layer;
    }
    assert_eq!((&du["bytes"], &du["wasted"]), (&shipped.into(), &(shipped - visible).into()));
}
