//! What is kept between runs: the same answers, without asking again, whatever happens to the files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::advisories;
use crate::client::{hold, with_fake};
use crate::support::{OnDisk, alpine, cutaway, run, status, stderr, stdout};

fn with(folder: &Path, arguments: &[&str]) -> Output {
    cutaway(arguments).env("CUTAWAY_CACHE_DIR", folder).stdin(Stdio::null()).output().unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let shelves = fs::read_dir(folder.join("facts-1")).unwrap();
    let files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_tag_costs_one_request_for_headers_and_a_digest_none() {
    with_fake(|registry| {
        let image = alpine();
        hold(registry, &image);
        let cache = tempfile::tempdir().unwrap();
        let tagged = format!("{}/team/image:1", registry.host());
        let named = format!("{}/team/image@{}", registry.host(), image.digest());
        let scan = |name: &str| with(cache.path(), &["scan", name, "--format", "json"]);
        let asked = || registry.requests().len();

        let cold = run(&["scan", &tagged, "--format", "json"]);
        assert_eq!(status(&cold), 0, "{}", stderr(&cold));
        let without = asked();
        let first = scan(&tagged);
        // The first run costs nothing that one without a cache does not.
        assert_eq!((&first.stdout, asked()), (&cold.stdout, 2 * without));
        let second = scan(&tagged);
        assert_eq!(second.stdout, cold.stdout, "{}", stderr(&second));
        let more: Vec<_> = registry.requests().split_off(2 * without);
        let more: Vec<_> = more.iter().map(|it| (&*it.method, &*it.target)).collect();
        assert_eq!(more, [("HEAD", "/v2/team/image/manifests/1")]);

        let by_digest = run(&["scan", &named, "--format", "json"]);
        let before = asked();
        assert_eq!(scan(&named).stdout, by_digest.stdout);
        for command in ["ls -R", "find", "tree", "du", "history"] {
            let words: Vec<&str> = command.split(' ').chain([&*named]).collect();
            let kept = with(cache.path(), &words);
            assert_eq!((status(&kept), asked()), (0, before), "{command}: {}", stderr(&kept));
        }
        let told = with(cache.path(), &["scan", &named, "-v"]);
        assert!(stderr(&told).contains("from the cache"), "{}", stderr(&told));

        // A tag that names something else is seen.
        let other = cutaway_fixtures::image("layer gzip\n  etc/os-release 0644 \"ID=other\\n\"\n");
        hold(registry, &other);
        assert!(stdout(&scan(&tagged)).contains("\"other\""));
    });
}

/// Every option that changes an answer is in the key: what was kept for one is not the answer to another.
#[test]
fn answers_are_the_same_whatever_was_kept_before() {
    let image = OnDisk::layout(&alpine());
    let name = image.oci();
    let database = advisories::database(image.path());
    let cache = tempfile::tempdir().unwrap();
    let lines = [
        "scan IMAGE --format json",
        "scan IMAGE --format json --kind os",
        "scan IMAGE --format json --kind lang",
        "scan IMAGE --format json --skip etc/**",
        "scan IMAGE --format json --skip lib/**",
        "scan IMAGE --format json --history",
        "scan IMAGE --format json --owned",
        "scan IMAGE --format json --limit database_bytes=10",
        "scan IMAGE --format json --limit record_bytes=5",
        "scan IMAGE --format json --limit unpacked_bytes=100",
        "scan IMAGE --format json --platform linux/arm64",
        "scan IMAGE --format json --vuln --db DB",
        "scan IMAGE --format json --kind npm",
        "scan IMAGE --format cyclonedx-json",
        "check IMAGE --policy POLICY",
        "ls -R IMAGE --format json",
        "du IMAGE --format json",
        "find IMAGE --format json",
        "tree IMAGE --by-layer --format json",
        "history IMAGE --files --format json",
        "stat IMAGE etc/os-release --format json",
        "diff IMAGE IMAGE --format json",
        "inspect IMAGE --verify --format json",
        "ls IMAGE --limit entries=2",
    ];
    let words = |line: &'static str| -> Vec<String> {
        let word = |word| match word {
            "IMAGE" => name.clone(),
            "DB" => database.clone(),
            "POLICY" => "../../docs/policies/packages.yaml".to_owned(),
            word => word.to_owned(),
        };
        line.split(' ').map(word).collect()
    };
    for round in 0..2 {
        for line in lines.iter().copied().chain(lines.iter().copied().rev()) {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (warm, cold) = (with(cache.path(), &words), run(&words));
            assert_eq!((status(&warm), stderr(&warm)), (status(&cold), stderr(&cold)), "{line}");
            assert!(warm.stdout == cold.stdout, "{line}, round {round}");
        }
    }
}

#[test]
fn whatever_happens_to_its_files_the_answer_is_right() {
    let image = OnDisk::layout(&alpine());
    let scan = ["scan", &*image.oci(), "--format", "json"];
    let right = run(&scan).stdout;
    let fresh = || -> TempDir {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(with(cache.path(), &scan).stdout, right);
        assert_eq!(files(cache.path()).len(), 2);
        cache
    };
    let warned = |cache: &TempDir, what: &str| {
        let output = with(cache.path(), &scan);
        assert_eq!((status(&output), output.stdout == right), (0, true), "{what}");
        assert!(stderr(&output).contains("is not used"), "{what}: {}", stderr(&output));
        let again = with(cache.path(), &scan);
        assert_eq!((again.stdout == right, stderr(&again)), (true, String::new()), "{what}");
    };
    let cache = fresh();
    let (one, other) = (files(cache.path()).remove(0), files(cache.path()).remove(1));
    let whole = fs::read(&one).unwrap();
    for at in [0, 15, 16, 50, 60, whole.len() / 2, whole.len() - 33, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(&one, flipped).unwrap();
        warned(&cache, &format!("flipped at {at}"));
        fs::write(&one, &whole[..at]).unwrap();
        warned(&cache, &format!("cut at {at}"));
    }
    fs::copy(&other, &one).unwrap();
    warned(&cache, "swapped");
    fs::remove_file(&one).unwrap();
    std::os::unix::fs::symlink(&other, &one).unwrap();
    warned(&cache, "a link");
    // What another cache has sealed is not believed here.
    let foreign = fresh();
    fs::copy(files(foreign.path()).remove(0), &one).unwrap();
    let verify = with(cache.path(), &["cache", "verify"]);
    assert_eq!((status(&verify), stdout(&verify).contains("1 damaged")), (4, true));
    warned(&cache, "of another cache");
    assert_eq!(status(&with(cache.path(), &["cache", "verify"])), 0);
    let pruned = with(cache.path(), &["cache", "prune", "--keep", "0"]);
    assert!(stdout(&pruned).contains(": 2 entries with"), "{}", stdout(&pruned));
    assert!(files(cache.path()).is_empty());
}

/// What lies on this machine is read again when it was changed: bytes that contradict their digest are found.
#[test]
fn what_was_changed_in_a_layout_is_found() {
    let (fixture, cache) = (alpine(), tempfile::tempdir().unwrap());
    let image = OnDisk::layout(&fixture);
    let scan = ["scan", &*image.oci(), "--format", "json"];
    let layer = fixture.layers.last().unwrap().blob.digest.encoded().to_owned();
    let layer = image.path().join("blobs/sha256").join(layer);
    let right = fs::read(&layer).unwrap();
    assert_eq!(status(&with(cache.path(), &scan)), 0);
    let told = with(cache.path(), &[&scan[..], &["-v"]].concat());
    assert!(stderr(&told).contains("from the cache"), "{}", stderr(&told));
    let mut wrong = right.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let (longer, shorter) = ([&right[..], b"x"].concat(), right[..right.len() - 1].to_vec());
    for bytes in [wrong, longer, shorter] {
        fs::write(&layer, bytes).unwrap();
        let (warm, cold) = (with(cache.path(), &scan), run(&scan));
        assert_eq!((status(&warm), stderr(&warm)), (4, stderr(&cold)));
    }
    fs::remove_file(&layer).unwrap();
    assert_eq!(status(&with(cache.path(), &scan)), 4);
    fs::write(&layer, right).unwrap();
    assert_eq!(status(&with(cache.path(), &scan)), 0);
}

/// The same digest under another type or with another size is not the layer that was kept.
#[test]
fn what_a_manifest_claims_of_a_layer_is_checked_though_it_is_kept() {
    with_fake(|registry| {
        let image = alpine();
        hold(registry, &image);
        let cache = tempfile::tempdir().unwrap();
        let name = format!("{}/team/image:1", registry.host());
        let manifest = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
        let layer = &image.layers[0];
        let size = format!("\"size\":{}", layer.blob.bytes.len());
        assert!(manifest.contains(&size), "{manifest}");
        let kind = "application/vnd.oci.image.layer.v1.tar+gzip";
        let scan = ["scan", &*name, "--format", "json"];
        assert_eq!(status(&with(cache.path(), &scan)), 0);
        for (what, by) in [
            (size.as_str(), "\"size\":7"),
            (kind, "application/x-model"),
            (kind, "application/x-tar"),
        ] {
            registry.manifest(
                "1",
                &image.manifest.media_type,
                manifest.replacen(what, by, 1).into_bytes(),
            );
            let (warm, cold) = (with(cache.path(), &scan), run(&scan));
            assert_eq!((status(&warm), stderr(&warm)), (status(&cold), stderr(&cold)), "{by}");
            assert!(warm.stdout == cold.stdout, "{by}");
        }
    });
}

#[test]
fn a_key_of_the_caller_seals_and_one_that_others_read_does_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let image = OnDisk::layout(&alpine());
    let (cache, scan) = (tempfile::tempdir().unwrap(), ["scan", &*image.oci()]);
    let key = cache.path().join("mine");
    fs::write(&key, [7; 32]).unwrap();
    let keyed = [&scan[..], &["--cache-key-file", key.to_str().unwrap()]].concat();
    assert_eq!(stderr(&with(cache.path(), &keyed)), "");
    assert_eq!(stderr(&with(cache.path(), &keyed)), "");
    assert!(!cache.path().join("key").exists());
    assert!(stderr(&with(cache.path(), &scan)).contains("is not used"));
    let own = cache.path().join("key");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).unwrap();
    let output = with(cache.path(), &scan);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).contains("nothing is kept"), "{}", stderr(&output));
}

#[test]
fn processes_that_are_killed_leave_no_wrong_answer() {
    killed(24);
}

/// As the short one, longer.
#[test]
#[ignore = "takes a minute"]
fn processes_that_are_killed_often_leave_no_wrong_answer() {
    killed(200);
}

fn killed(times: u32) {
    let image = OnDisk::layout(&alpine());
    let scan = ["scan", &*image.oci(), "--format", "json"];
    let right = run(&scan).stdout;
    let cache = tempfile::tempdir().unwrap();
    let mut state: u32 = 0x9e37_79b9;
    for round in 0..times {
        let mut children: Vec<_> = (0..4)
            .map(|_| {
                let mut command = cutaway(&scan);
                command.env("CUTAWAY_CACHE_DIR", cache.path()).stdin(Stdio::null());
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for child in &mut children {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            std::thread::sleep(Duration::from_micros(u64::from(state >> 18)));
            // One that has ended cannot be killed.
            let _ = child.kill();
            child.wait().unwrap();
        }
        let output = with(cache.path(), &scan);
        assert!(output.stdout == right, "round {round}: {}", stderr(&output));
        assert_eq!(stderr(&output), "", "round {round}: an entry was torn");
        if round % 3 == 0 {
            with(cache.path(), &["cache", "prune", "--keep", "0"]);
        }
    }
    assert_eq!(status(&with(cache.path(), &["cache", "verify"])), 0);
}
