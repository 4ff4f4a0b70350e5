//! The file view: what it prints, what it reads, and that the truth agrees.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_fixtures::registry::FakeRegistry;
use cutaway_fixtures::{
    ArchiveShape, Compression, DockerArchive, Entry, FixtureImage, ImageBuilder, LayerBuilder,
    Layout, Push, image,
};
use serde_json::{Value, json};

use crate::support::{OnDisk, json as parsed, provided, run, run_with, status, stderr, stdout};

const TEXT: &str = r#"
layer gzip created_by="ADD base"
  etc/ 0755
  etc/a 0640 5:6 "one\n"
  etc/gone 0644 "x"
  bin/ 0755
  bin/su 04755 "suid"
  link -> etc/a
  null char 1:3
layer gzip created_by="RUN change"
  etc/ 0755
  etc/a 0640 5:6 "two\n"
  etc/.wh.gone
"#;

/// Returns the folder of an image with its truth beside it.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(provided("CUTAWAY_FIXTURES", "fixtures")?).join(name);
    if !folder.join("files.tsv").is_file() {
        eprintln!("skipped: no image {name} with the list of its files");
        return None;
    }
    Some(folder)
}

/// The rows of `files.tsv`: path, type, mode, owner, group, size and link target, by path.
fn truth(folder: &std::path::Path) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(folder.join("files.tsv")).unwrap();
    let rows = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| (row[0].clone(), row)).collect()
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(count);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes
}

#[test]
fn ls_prints_what_lies_there() {
    let disk = OnDisk::layout(&image(TEXT));
    let ls = |arguments: &[&str]| {
        let mut all = vec!["ls"];
        all.extend(arguments);
        let output = run(&all);
        assert_eq!((status(&output), stderr(&output).as_str()), (0, ""));
        stdout(&output)
    };
    let oci = disk.oci();
    assert_eq!(ls(&[&oci]), "bin\netc\nlink\nnull\n");
    assert_eq!(ls(&[&oci, "etc"]), "etc/a\n");
    assert_eq!(ls(&[&oci, "/etc/a"]), "etc/a\n");
    assert_eq!(ls(&[&oci, "-R"]), "bin\nbin/su\netc\netc/a\nlink\nnull\n");
    assert_eq!(ls(&["-R", &oci, "bin/"]), "bin/su\n");
    assert_eq!(ls(&[&oci, "-R", "--layer", "1"]), "etc\netc/a\n");
    assert_eq!(
        ls(&[&oci, "-R", "-l"]),
        "drwxr-xr-x 0:0                0   0 bin\n\
         -rwsr-xr-x 0:0                4   0 bin/su\n\
         drwxr-xr-x 0:0                0   1 etc\n\
         -rw-r----- 5:6                4   1 etc/a\n\
         lrwxrwxrwx 0:0                0   0 link -> etc/a\n\
         crw-r--r-- 0:0              1,3   0 null\n"
    );
    let versions = ls(&[&oci, "--all-versions", "etc"]);
    assert_eq!(
        versions,
        "etc/a\tlayer 0, replaced by layer 1\netc/a\tlayer 1\netc/gone\tlayer 0, hidden by layer 1\n"
    );
    let listed: Value = serde_json::from_str(&ls(&[&oci, "bin", "--format", "json"])).unwrap();
    assert_eq!(listed["schema"], "cutaway.ls/1");
    assert_eq!(
        listed["entries"][0],
        json!({"path": "bin/su", "raw_path": null, "type": "file", "mode": "4755", "uid": 0, "gid": 0,
               "user": null, "group": null, "size": 4, "mtime": 0, "mtime_nanos": 0, "link": null,
               "device": null, "xattrs": {}, "layer": 0})
    );
}

#[test]
fn cat_prints_bytes_and_nothing_else() {
    let disk = OnDisk::layout(&image(TEXT));
    for path in ["etc/a", "/etc/a", "link", "bin/../etc/a"] {
        for verify in [&[][..], &["--verify"]] {
            let mut arguments = vec!["cat"];
            let oci = disk.oci();
            arguments.extend([oci.as_str(), path]);
            arguments.extend(verify);
            let output = run(&arguments);
            assert_eq!((status(&output), stderr(&output).as_str()), (0, ""), "{path}");
            assert_eq!(output.stdout, b"two\n", "{path}");
        }
    }
    let verbose = run(&["cat", "-v", &disk.oci(), "etc/a"]);
    assert!(stderr(&verbose).contains("1 whole layers spared"), "{}", stderr(&verbose));
    for (path, message) in [
        ("etc/gone", "error: etc/gone is not in the image: layer 1 deleted it (RUN change)\n"),
        ("etc/never", "error: etc/never is not in the image: no layer has it\n"),
        ("etc", "error: etc is no file but a directory\n"),
    ] {
        let output = run(&["cat", &disk.oci(), path]);
        assert_eq!((status(&output), output.stdout.len()), (1, 0), "{path}");
        assert_eq!(stderr(&output), message);
    }
    for command in ["ls", "stat", "find", "du"] {
        let output = run(&[command, &disk.oci(), "etc/gone"]);
        assert_eq!((status(&output), output.stdout.len()), (1, 0), "{command}");
        assert!(stderr(&output).contains("layer 1 deleted it (RUN change)"), "{command}");
    }
}

#[test]
fn every_source_shows_the_same_files() {
    let fixture = image(TEXT);
    let layout = OnDisk::layout(&fixture);
    let expected = stdout(&run(&["ls", "-lR", &layout.oci()]));
    for compression in [Compression::Plain, Compression::GZIP] {
        let shape = ArchiveShape { compression, ..ArchiveShape::default() };
        for archive in [
            Layout::new().image("1", &fixture).archive(&shape),
            DockerArchive::new().image(&["app:1"], &fixture).shape(shape).archive(),
        ] {
            let file = OnDisk::archive(&archive);
            assert_eq!(stdout(&run(&["ls", "-lR", &file.file()])), expected);
            assert_eq!(stdout(&run_with(&["ls", "-lR", "-"], &archive)), expected);
            for path in ["link", "etc/a"] {
                assert_eq!(run(&["cat", &file.file(), path]).stdout, b"two\n");
            }
            assert_eq!(run_with(&["cat", "-", "etc/a"], &archive).stdout, b"two\n");
            // What a link of another layer leads to has passed before that shows, and cannot pass again.
            let passed = run_with(&["cat", "-", "link"], &archive);
            assert_eq!((status(&passed), passed.stdout.len()), (3, 0));
            assert_eq!(
                stderr(&passed),
                "error: etc/a had passed before it showed that it is meant; ask for etc/a itself, or read the archive from a file\n"
            );
            let gone = run_with(&["cat", "-", "etc/gone"], &archive);
            assert_eq!(status(&gone), 1);
            assert!(stderr(&gone).contains("layer 1 deleted it"), "{}", stderr(&gone));
        }
    }
}

#[test]
fn find_and_stat() {
    let disk = OnDisk::layout(&image(TEXT));
    let oci = disk.oci();
    for (arguments, found) in [
        (&["--setuid"][..], "bin/su\n"),
        (&["--perm", "-4000"], "bin/su\n"),
        (&["--type", "l,c"], "link\nnull\n"),
        (&["--name", "a", "--name", "s*"], "bin/su\netc/a\n"),
        (&["--name", "/etc/*"], "etc/a\n"),
        (&["--owner", "5"], "etc/a\n"),
        (&["--type", "f", "--size", "+4", "--size", "-4"], "bin/su\netc/a\n"),
        (&["--layer", "1"], "etc\netc/a\n"),
        (&["--newer", "1970-01-02"], ""),
        (&["--newer", "1969-12-31", "--type", "f"], "bin/su\netc/a\n"),
    ] {
        let mut all = vec!["find", &oci];
        all.extend(arguments);
        let output = run(&all);
        assert_eq!((status(&output), stdout(&output).as_str()), (0, found), "{arguments:?}");
    }
    for bad in [["--perm", "4000"], ["--newer", "soon"], ["--size", "big"], ["--name", "["]] {
        assert_eq!(status(&run(&["find", &oci, bad[0], bad[1]])), 2, "{bad:?}");
    }
    let stat = parsed(&run(&["stat", &oci, "etc/a", "--format", "json", "--all-versions"]));
    assert_eq!((&stat["entry"]["layer"], &stat["created_by"]), (&json!(1), &json!("RUN change")));
    assert_eq!(stat["versions"][0]["replaced_by"], 1);
    assert_eq!(stat["versions"][1]["visible"], true);
    assert_eq!(stat["verified"], true);
    let link = parsed(&run(&["stat", &oci, "link", "--format", "json"]));
    assert_eq!(
        (&link["entry"]["type"], &link["entry"]["link"]),
        (&json!("symlink"), &json!("etc/a"))
    );
    let gone = parsed(&run(&["stat", &oci, "etc/gone", "--format", "json", "--all-versions"]));
    assert_eq!((&gone["entry"], &gone["versions"][0]["hidden_by"]), (&Value::Null, &json!(1)));
}

#[test]
fn tree_du_and_history() {
    let disk = OnDisk::layout(&image(TEXT));
    let oci = disk.oci();
    let tree = stdout(&run(&["tree", &oci]));
    assert_eq!(
        tree,
        "/\n├── bin  [0]\n│   └── su  [0]\n├── etc  [1]\n│   └── a  [1]\n├── link -> etc/a  [0]\n└── null  [0]\n"
    );
    let layer = stdout(&run(&["tree", &oci, "--layer", "1"]));
    assert_eq!(layer, "layer 1  RUN change\n└── etc\n    ├── ~ a\n    └── - gone\n");
    assert!(stdout(&run(&["tree", &oci, "--color", "always"])).contains("\x1b[1;34mbin"));
    let du = parsed(&run(&["du", &oci, "--format", "json"]));
    assert_eq!((&du["bytes"], &du["visible"], &du["wasted"]), (&json!(13), &json!(8), &json!(5)));
    assert_eq!(du["hidden"][0], json!({"path": "etc/a", "bytes": 4, "layer": 0, "hidden_by": 1}));
    let history = parsed(&run(&["history", &oci, "--files", "--format", "json"]));
    assert_eq!(history["steps"][1]["created_by"], "RUN change");
    assert_eq!(
        history["steps"][1]["paths"],
        json!({"added": [], "changed": ["etc/a"], "removed": ["etc/gone"]})
    );
    assert_eq!(history["steps"][0]["files"], json!({"added": 7, "changed": 0, "removed": 0}));
}

#[test]
fn history_tells_what_became_of_packages() {
    let disk = OnDisk::layout(&crate::support::alpine());
    let oci = disk.oci();
    let history = parsed(&run(&["history", &oci, "--format", "json"]));
    let package = |name: &str, version: &str, from: Value| json!({"kind": "apk", "name": name, "arch": "x86_64", "version": version, "from": from});
    assert_eq!(
        history["steps"][1]["packages"],
        json!({"installed": [package("c", "1-r0", Value::Null)], "upgraded": [package("b", "2-r0", json!("1-r0"))],
               "removed": [package("a", "1-r0", Value::Null)], "hidden": []})
    );
    let plain = parsed(&run(&["scan", &oci, "--format", "json"]));
    assert!(plain.get("history").is_none());
    let mut told = parsed(&run(&["scan", &oci, "--format", "json", "--history"]));
    let stories = told.as_object_mut().unwrap().remove("history").unwrap();
    assert_eq!(told, plain);
    assert_eq!(
        stories[1]["events"][1],
        json!({"layer": 1, "event": "upgraded", "version": "2-r0", "from": "1-r0",
               "database": "lib/apk/db/installed", "created_by": "RUN apk add c"})
    );
}

#[test]
fn diff_tells_files_packages_and_config() {
    let base = crate::support::alpine();
    let text = |database: &str, user: &str| {
        format!(
            "config User \"{user}\"\nlayer gzip\n  etc/ 0755\n  etc/same 0644 \"s\"\n  lib/apk/db/installed 0644 \"{database}\"\n"
        )
    };
    let a = OnDisk::layout(&image(&text("P:a\\nV:1-r0\\n\\nP:b\\nV:1-r0\\n\\n", "root")));
    let b = OnDisk::layout(&image(&text("P:b\\nV:2-r0\\n\\nP:c\\nV:1-r0\\n\\n", "app")));
    let diff = parsed(&run(&["diff", &a.oci(), &b.oci(), "--format", "json"]));
    assert_eq!(diff["config"][0], json!({"key": "User", "a": "root", "b": "app"}));
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = &diff["packages"];
    assert_eq!(names(&packages["added"]), ["c"]);
    assert_eq!(names(&packages["removed"]), ["a"]);
    assert_eq!(names(&packages["changed"]), ["b"]);
    assert_eq!(diff["files"].as_array().unwrap().len(), 1);
    assert_eq!(diff["files"][0]["path"], "lib/apk/db/installed");
    assert_eq!(
        (&diff["files"][0]["change"], &diff["files"][0]["content"]),
        (&json!("changed"), &json!(true))
    );
    let same = OnDisk::layout(&base);
    let none = parsed(&run(&["diff", &same.oci(), &same.oci(), "--format", "json"]));
    assert_eq!((&none["files"], &none["spared_layers"]), (&json!([]), &json!(2)));
}

/// Stands before a server and counts the bytes that it sends, until it is dropped.
struct Counter {
    address: String,
    sent: Arc<AtomicU64>,
}

impl Counter {
    fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sent, server) = (Arc::new(AtomicU64::new(0)), server.to_owned());
        let counted = Arc::clone(&sent);
        // Ends with the test: nobody connects any more then.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                let (mut from, mut to) =
                    (client.try_clone().unwrap(), upstream.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || forward(upstream, client, &counted));
            }
        });
        Self { address, sent }
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, counted: &AtomicU64) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count) = from.read(&mut buffer)
        && count > 0
        && to.write_all(&buffer[..count]).is_ok()
    {
        counted.fetch_add(u64::try_from(count).unwrap(), Ordering::Relaxed);
    }
    // Whoever is gone already needs no end.
    let _ = from.shutdown(std::net::Shutdown::Both);
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// Serves images from a registry in this process, runs `act` against it, and returns the bytes that
/// the registry sent.
fn serve(images: &[(&str, &FixtureImage)], act: impl FnOnce(&str) + Send) -> u64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    for (tag, image) in images {
        for blob in image.blobs() {
            registry.blob(blob.bytes.to_vec());
        }
        let kind = "application/vnd.oci.image.manifest.v1+json";
        registry.manifest(tag, kind, image.manifest.bytes.to_vec());
    }
    let counter = Counter::before(&registry.host());
    act(&counter.address);
    counter.sent.load(Ordering::Relaxed)
}

#[test]
fn little_is_fetched_for_one_file() {
    let fixture = ImageBuilder::new()
        .layer(LayerBuilder::new(Compression::GZIP).file("base", noise(2_000_000)))
        .layer(
            LayerBuilder::new(Compression::GZIP)
                .entry(Entry::directory("etc"))
                .file("etc/early", "early")
                .file("noise", noise(60_000_000)),
        )
        .layer(
            LayerBuilder::new(Compression::GZIP)
                .entry(Entry::directory("etc"))
                .file("etc/motd", "hello"),
        )
        .build();
    let size: u64 = fixture.layers.iter().map(|layer| layer.blob.size).sum();
    // Of the newest layer, which is small: no other one is opened.
    let sent = serve(&[("1", &fixture)], |host| {
        let output = run(&["cat", &format!("{host}/a/b:1"), "etc/motd"]);
        assert_eq!((output.stdout.as_slice(), stderr(&output).as_str()), (&b"hello"[..], ""));
    });
    assert!(sent < 10_000, "{sent} of {size}");
    // At the front of a large layer: the download ends, and the answer says so.
    let sent = serve(&[("1", &fixture)], |host| {
        let output = run(&["cat", "-v", &format!("{host}/a/b:1"), "etc/early"]);
        assert_eq!(output.stdout, b"early", "{}", stderr(&output));
        assert!(stderr(&output).contains("not verified"), "{}", stderr(&output));
    });
    // What the sockets hold is on its way already when nobody reads any more.
    assert!(sent < size / 3, "{sent} of {size}");
    let sent = serve(&[("1", &fixture)], |host| {
        let name = format!("{host}/a/b:1");
        let stat = parsed(&run(&["stat", &name, "etc/early", "--format", "json"]));
        assert_eq!(stat["verified"], false);
        let stat = parsed(&run(&["stat", &name, "etc/early", "--verify", "--format", "json"]));
        assert_eq!(stat["verified"], true);
    });
    assert!(sent > fixture.layers[1].blob.size, "{sent}");
}

#[test]
fn diff_fetches_no_layer_that_both_share() {
    let upper = |content: &str| {
        LayerBuilder::new(Compression::GZIP)
            .entry(Entry::directory("etc"))
            .file("etc/motd", content)
    };
    let base = LayerBuilder::new(Compression::GZIP).file("base", noise(3_000_000));
    let image = |content| ImageBuilder::new().layer(base.clone()).layer(upper(content)).build();
    let (a, b) = (image("one"), image("two"));
    let sent = serve(&[("a", &a), ("b", &b)], |host| {
        let (a, b) = (format!("{host}/x/y:a"), format!("{host}/x/y:b"));
        let diff = parsed(&run(&["diff", &a, &b, "--format", "json"]));
        assert_eq!((&diff["shared_layers"], &diff["spared_layers"]), (&json!(1), &json!(1)));
        assert_eq!(diff["files"][0]["path"], "etc/motd");
        assert_eq!(diff["packages"]["compared"], true);
    });
    assert!(sent < 20_000, "{sent}");
}

#[test]
fn a_second_blob_of_one_diff_id_is_read_by_every_command() {
    let layer = |compression| LayerBuilder::new(compression).file("a", noise(50_000));
    let both =
        || ImageBuilder::new().layer(layer(Compression::Plain)).layer(layer(Compression::GZIP));
    let (sound, broken) = (both().build(), both().build().flip_byte(1, 500));
    assert_eq!(sound.layers[0].diff_id, sound.layers[1].diff_id);
    let (sound, broken) = (OnDisk::layout(&sound), OnDisk::layout(&broken));
    for command in ["ls", "du", "find", "tree", "history", "scan"] {
        assert_eq!(status(&run(&[command, &sound.oci()])), 0, "{command}");
        let output = run(&[command, &broken.oci()]);
        assert_eq!(status(&output), 4, "{command}: {}", stderr(&output));
    }
}

#[test]
fn diff_says_what_is_shared_also_of_what_passes() {
    let base = "layer gzip\n  etc/ 0755\nlayer gzip\n  base 0644 \"base\"\n";
    let [a, b] = ["one", "two"].map(|content| {
        image(&format!("{base}layer gzip\n  etc/ 0755\n  etc/motd 0644 \"{content}\"\n"))
    });
    let passing = DockerArchive::new().image(&["app:1"], &a).archive();
    let b = OnDisk::layout(&b);
    let diff = parsed(&run_with(&["diff", "-", &b.oci(), "--format", "json"], &passing));
    // All of it has passed, so nothing is spared.
    assert_eq!((&diff["shared_layers"], &diff["spared_layers"]), (&json!(2), &json!(0)));
    assert_eq!(diff["files"].as_array().unwrap().len(), 1);
    assert_eq!(diff["files"][0]["path"], "etc/motd");
}

#[test]
fn diff_compares_packages_only_where_both_are_known() {
    let database = |names: &[&str]| {
        let records: String =
            names.iter().map(|name| format!("P:{name}\\nV:1-r0\\nA:x86_64\\n\\n")).collect();
        format!("  lib/apk/db/installed 0644 \"{records}\"\n")
    };
    let base = format!("layer gzip\n{}", database(&["base"]));
    let record =
        "Package: x\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: 1\\n\\n";
    let app = "  app 0644 \"x\"\n";
    for (a, b, compared, spoken) in [
        // Neither touches the database: both have that of the base.
        (app.to_owned(), "  app 0644 \"y\"\n".to_owned(), Some(0), ""),
        // Both rewrite it.
        (database(&["base", "a"]), database(&["base", "b", "c"]), Some(3), ""),
        // One does: what it changed, only the base tells.
        (database(&["base", "a"]), app.to_owned(), None, "lib/apk/db/installed"),
        (app.to_owned(), "  lib/apk/db/.wh.installed\n".to_owned(), None, "lib/apk/db/installed"),
        (app.to_owned(), "  lib/apk/db/installed 0644\n".to_owned(), None, "lib/apk/db/installed"),
        ("  .wh.lib\n".to_owned(), app.to_owned(), None, "lib/apk/db/installed"),
        ("  lib/.wh..wh..opq\n".to_owned(), app.to_owned(), None, "lib/apk/db/installed"),
        // Of a directory of records, one is written: the base may have another version of it.
        (
            format!("  var/lib/dpkg/status.d/x 0644 \"{record}\"\n"),
            format!("  var/lib/dpkg/status.d/y 0644 \"{record}\"\n"),
            None,
            "var/lib/dpkg/status.d/x",
        ),
    ] {
        let image_of = |upper: &str| OnDisk::layout(&image(&format!("{base}layer gzip\n{upper}")));
        let (a, b) = (image_of(&a), image_of(&b));
        let diff = parsed(&run(&["diff", &a.oci(), &b.oci(), "--format", "json"]));
        assert_eq!((&diff["shared_layers"], &diff["spared_layers"]), (&json!(1), &json!(1)));
        let packages = &diff["packages"];
        assert_eq!(packages["compared"], compared.is_some(), "{packages}");
        let lists = ["added", "removed", "changed"].map(|list| packages[list].as_array().unwrap());
        assert_eq!(lists.iter().map(|list| list.len()).sum::<usize>(), compared.unwrap_or(0));
        let text = stdout(&run(&["diff", &a.oci(), &b.oci()]));
        if compared.is_none() {
            let reason = packages["reason"].as_str().unwrap();
            assert!(reason.contains(spoken) && reason.contains("--read-base"), "{reason}");
            assert!(text.contains(&format!("packages: not compared: {reason}")), "{text}");
        }
        // With the base, they are compared in any case.
        let whole = ["diff", &a.oci(), &b.oci(), "--format", "json", "--read-base"];
        let whole = parsed(&run(&whole));
        assert_eq!(
            (&whole["spared_layers"], &whole["packages"]["compared"]),
            (&json!(0), &json!(true))
        );
        if spoken == "lib/apk/db/installed" {
            let lists =
                ["added", "removed"].map(|list| whole["packages"][list].as_array().unwrap());
            assert_eq!(lists.iter().map(|list| list.len()).sum::<usize>(), 1, "{whole}");
        }
    }
}

#[test]
fn diff_says_which_image_empties_a_directory_of_the_base() {
    let base = "layer gzip\n  d/ 0755\n  d/f 0644 \"f\"\n";
    let a = OnDisk::layout(&image(&format!("{base}layer gzip\n  app 0644 \"x\"\n")));
    let b =
        OnDisk::layout(&image(&format!("{base}layer gzip\n  app 0644 \"x\"\n  d/.wh..wh..opq\n")));
    let diff = parsed(&run(&["diff", &a.oci(), &b.oci(), "--format", "json"]));
    let told = |diff: &Value| -> Vec<(String, String)> {
        let files = diff["files"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        files.map(|file| (text(&file["path"]), text(&file["change"]))).collect()
    };
    assert_eq!(told(&diff), [("d".to_owned(), "emptied-by-b".to_owned())]);
    assert!(stdout(&run(&["diff", &a.oci(), &b.oci()])).contains("b hides all that the base has"));
    let whole = parsed(&run(&["diff", &a.oci(), &b.oci(), "--format", "json", "--read-base"]));
    assert_eq!(told(&whole), [("d/f".to_owned(), "removed".to_owned())]);
}

/// Runs the binary on a terminal of its own and returns what stands on it afterwards, in order.
fn on_terminal(arguments: &[&str]) -> Option<String> {
    let binary = env!("CARGO_BIN_EXE_cutaway");
    let line = std::iter::once(binary).chain(arguments.iter().copied()).collect::<Vec<_>>();
    let mut script = std::process::Command::new("script");
    script.env("CUTAWAY_NO_CACHE", "1");
    // `script` gives the program a terminal for all three streams, and `tee` takes its output away.
    script.args(["-qec", &format!("{} > /dev/null", line.join(" ")), "/dev/null"]);
    let Ok(output) = script.stdin(std::process::Stdio::null()).env("TERM", "xterm").output() else {
        eprintln!("skipped: no script");
        return None;
    };
    assert!(output.status.success(), "{}", stdout(&output));
    Some(stdout(&output))
}

#[test]
fn bars_are_on_terminals_only() {
    let layer = LayerBuilder::new(Compression::GZIP)
        .file("lib/apk/db/installed", "P:a\nV:1\n\n")
        .file("noise", noise(4_000_000));
    let disk = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
    let oci = disk.oci();
    for command in ["ls", "find", "du", "tree", "history", "validate", "scan", "export"] {
        let Some(seen) = on_terminal(&[command, &oci]) else { return };
        assert!(seen.contains("layer 0"), "{command}: {seen:?}");
        assert_eq!(on_terminal(&[command, &oci, "-q"]).unwrap(), "", "{command}");
        assert_eq!(stderr(&run(&[command, &oci])), "", "{command}");
    }
    let seen = on_terminal(&["diff", "--read-base", &oci, &oci]).unwrap();
    assert!(seen.contains("layer 0"), "{seen:?}");
    // What passes has one bar for all of it.
    let archive = disk.path().join("archive.tar.gz");
    let packed = std::process::Command::new("tar")
        .args(["-C", &disk.path().display().to_string(), "-czf"])
        .arg(&archive)
        .args(["oci-layout", "index.json", "blobs"])
        .status();
    assert!(packed.unwrap().success());
    let seen = on_terminal(&["ls", "-R", &archive.display().to_string()]).unwrap();
    assert!(seen.contains("archive"), "{seen:?}");
    // The bytes of a file are all that `cat` prints.
    assert_eq!(on_terminal(&["cat", &oci, "lib/apk/db/installed"]).unwrap(), "");
}

#[test]
fn a_stream_that_does_not_verify_ends_badly() {
    let mut fixture =
        image("layer gzip\n  etc/ 0755\n  etc/a 0644 \"one\"\n  z 0644 zeros=100000\n");
    let mut bytes = fixture.layers[0].blob.bytes.to_vec();
    let last = bytes.len() - 6;
    bytes[last] ^= 0xff;
    fixture.layers[0].blob.bytes = bytes.into();
    let disk = OnDisk::layout(&fixture);
    assert_eq!(status(&run(&["cat", &disk.oci(), "etc/a"])), 4);
    let waiting = run(&["cat", "--verify", &disk.oci(), "etc/a"]);
    assert_eq!((status(&waiting), waiting.stdout.len()), (4, 0));
}

#[test]
fn ls_agrees_with_find_in_the_unpacked_image() {
    let Some(debian) = folder("debian") else { return };
    // The large image is built for the benchmark only.
    let bench = debian.with_file_name("bench");
    for folder in
        [Some(debian), bench.join("files.tsv").is_file().then_some(bench)].into_iter().flatten()
    {
        let truth = truth(&folder);
        let oci = format!("oci:{}", folder.join("oci").display());
        let mut listed: Vec<String> =
            stdout(&run(&["ls", "-R", &oci])).lines().map(str::to_owned).collect();
        listed.sort();
        assert!(listed.iter().eq(truth.keys()), "{}", folder.display());
    }
}

#[test]
fn stat_agrees_with_the_unpacked_image() {
    let Some(folder) = folder("debian") else { return };
    let truth = truth(&folder);
    let oci = format!("oci:{}", folder.join("oci").display());
    let listed = parsed(&run(&["ls", "-R", &oci, "--format", "json"]));
    let entries = listed["entries"].as_array().unwrap();
    assert_eq!(entries.len(), truth.len());
    for entry in entries {
        let row = &truth[entry["path"].as_str().unwrap()];
        let kind = match entry["type"].as_str().unwrap() {
            "file" => "f",
            "directory" => "d",
            "symlink" => "l",
            "char" => "c",
            "block" => "b",
            other => other,
        };
        let mode = u32::from_str_radix(entry["mode"].as_str().unwrap(), 8).unwrap();
        assert_eq!(
            [
                kind.to_owned(),
                format!("{mode:o}"),
                entry["uid"].to_string(),
                entry["gid"].to_string()
            ],
            [row[1].clone(), row[2].clone(), row[3].clone(), row[4].clone()],
            "{}",
            row[0]
        );
        match kind {
            "f" => assert_eq!(entry["size"].to_string(), row[5], "{}", row[0]),
            "l" => assert_eq!(entry["link"].as_str().unwrap(), row[6], "{}", row[0]),
            _ => {}
        }
    }
    // The same from the newest layer down, one path at a time.
    for path in ["usr/bin/passwd", "etc/passwd", "var/lib/dpkg/status", "bin", "opt/tool/new/file"]
    {
        let stat = parsed(&run(&["stat", &oci, path, "--format", "json"]));
        let listed = entries.iter().find(|entry| entry["path"] == path).unwrap();
        assert_eq!(stat["entry"], *listed);
    }
}

#[test]
fn history_agrees_with_what_dpkg_logged() {
    let Some(folder) = folder("debian") else { return };
    let oci = format!("oci:{}", folder.join("oci").display());
    let history = parsed(&run(&["history", &oci, "--format", "json"]));
    let names = |list: &Value| -> std::collections::BTreeSet<String> {
        list.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut checked = 0;
    for (layer, step) in history["steps"].as_array().unwrap().iter().enumerate() {
        let Ok(log) = std::fs::read_to_string(folder.join(format!("layer-{layer}.dpkg.log")))
        else {
            continue;
        };
        // What was installed, upgraded or removed in the end, however often on the way.
        let mut states: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        for line in log.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let action = words.get(2).copied().unwrap_or_default();
            if !matches!(action, "install" | "upgrade" | "remove" | "purge") {
                continue;
            }
            let name = words[3].split(':').next().unwrap().to_owned();
            let installed = matches!(action, "install" | "upgrade");
            let before = matches!(action, "upgrade" | "remove");
            states.entry(name).or_insert((before, false)).1 = installed;
        }
        let which = |before: bool, after: bool| -> std::collections::BTreeSet<String> {
            let states = states.iter().filter(|(_, state)| **state == (before, after));
            states.map(|(name, _)| name.clone()).collect()
        };
        let packages = &step["packages"];
        assert_eq!(names(&packages["installed"]), which(false, true), "layer {layer}");
        assert_eq!(names(&packages["upgraded"]), which(true, true), "layer {layer}");
        assert_eq!(names(&packages["removed"]), which(true, false), "layer {layer}");
        assert_eq!(names(&packages["hidden"]).len(), 0);
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn cat_of_a_small_file_reads_less_than_a_twentieth_of_the_image() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let Some(folder) = folder("debian") else { return };
    // The blobs go to the registry as they are.
    let blob = |digest: &str| {
        let name = digest.strip_prefix("sha256:").unwrap();
        std::fs::read(folder.join("oci/blobs/sha256").join(name)).unwrap()
    };
    let index: Value =
        serde_json::from_slice(&std::fs::read(folder.join("oci/index.json")).unwrap()).unwrap();
    let of_manifest = index["manifests"][0]["digest"].as_str().unwrap();
    let bytes = blob(of_manifest);
    let manifest: Value = serde_json::from_slice(&bytes).unwrap();
    let push = Push::to(&registry, "view/real");
    let layers = manifest["layers"].as_array().unwrap();
    let mut size = 0;
    for descriptor in layers.iter().chain([&manifest["config"]]) {
        let kind = descriptor["mediaType"].as_str().unwrap();
        let stored = blob(descriptor["digest"].as_str().unwrap());
        size += stored.len();
        push.blob(&cutaway_fixtures::Blob::new(kind, stored)).unwrap();
    }
    let kind = manifest["mediaType"].as_str().unwrap();
    push.manifest("1", &cutaway_fixtures::Blob::new(kind, bytes)).unwrap();
    let newest = layers.len() - 1;
    let oci = format!("oci:{}", folder.join("oci").display());
    let listed =
        parsed(&run(&["ls", "-R", "--layer", &newest.to_string(), &oci, "--format", "json"]));
    let small = listed["entries"].as_array().unwrap().iter().find(|entry| {
        entry["type"] == "file"
            && entry["size"].as_u64().is_some_and(|size| size > 0 && size < 100_000)
    });
    let path = small.unwrap()["path"].as_str().unwrap();
    let counter = Counter::before(&registry);
    let output = run(&["cat", &format!("{}/view/real:1", counter.address), path]);
    assert_eq!(output.stdout, run(&["cat", &oci, path]).stdout);
    let read = usize::try_from(counter.sent.load(Ordering::Relaxed)).unwrap();
    assert!(read * 20 < size, "{read} of {size}");
}
