//! `scan --owned` against `dpkg --verify`, `rpm --verify` and lists of our own: what nobody owns, what
//! was changed, what is gone, from every source.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use cutaway_fixtures::{
    Compression, DockerArchive, Entry, FixtureImage, ImageBuilder, LayerBuilder, Layout, compress,
    image,
};
use serde_json::Value;

use crate::support::{OnDisk, corpus, json, provided, run, run_with, status, stderr, stdout};

const MD5_OF_NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// Returns what `scan --owned` says of the files of an image, besides being complete.
pub(crate) fn files(image: &str) -> Value {
    let mut report = json(&run(&["scan", "--owned", image, "--format", "json"]));
    assert_eq!(report["complete"], true);
    report["files"].take()
}

fn rows<'a>(files: &'a Value, kind: &str) -> &'a Vec<Value> {
    files[kind].as_array().unwrap()
}

/// Returns the paths of one kind, with `layer` and, where there is one, the explanation.
fn outline(files: &Value, kind: &str) -> Vec<String> {
    let line = |row: &Value| {
        let layer = row["layer"].as_u64().map_or_else(|| "-".to_owned(), |it| it.to_string());
        let config = if row["config"] == true { " config" } else { "" };
        let why = row["explained"].as_str().map_or_else(String::new, |why| format!(": {why}"));
        format!("{} {layer}{config}{why}", row["path"].as_str().unwrap())
    };
    rows(files, kind).iter().map(line).collect()
}

fn unexplained<'a>(files: &'a Value, kind: &str) -> BTreeSet<&'a str> {
    let rows = rows(files, kind).iter().filter(|row| row["explained"].is_null());
    rows.map(|row| row["path"].as_str().unwrap()).collect()
}

/// Runs a program; none, and says so, where it is not installed.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).env("LC_ALL", "C.UTF-8").output() else {
        eprintln!("skipped: no {program}");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Runs a program that must do well.
pub(crate) fn must(program: &str, arguments: &[&str]) -> Option<()> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        eprintln!("skipped: no {program}");
        return None;
    };
    assert!(output.status.success(), "{program} {arguments:?}: {}", stderr(&output));
    Some(())
}

pub(crate) fn tar(root: &Path) -> Vec<u8> {
    let root = root.to_str().unwrap();
    let arguments = ["--sort=name", "--owner=0", "--group=0", "-C", root, "-cf", "-", "."];
    Command::new("tar").args(arguments).output().unwrap().stdout
}

pub(crate) fn write(path: PathBuf, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Unpacks the image of a layout and returns its root, which real package managers can look at.
pub(crate) fn unpack(layout: &Path, into: &Path) -> Option<PathBuf> {
    let bundle = into.join("bundle");
    let image = format!("{}:1", layout.display());
    must("umoci", &["unpack", "--image", &image, bundle.to_str().unwrap()])?;
    Some(bundle.join("rootfs"))
}

/// Paths that a package manager found changed or missing, each with whether it is a configuration file.
pub(crate) type Verified = (BTreeMap<String, bool>, BTreeMap<String, bool>);

/// Reads what `--verify` of dpkg and rpm prints; a path is where the root has it.
pub(crate) fn verified(text: &str, root: &Path) -> Verified {
    let (mut changed, mut missing) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        let (flags, rest) = line.split_at(line.find(' ').unwrap());
        let (kind, recorded) = rest.split_once('/').unwrap();
        let config = kind.contains('c');
        let (directory, name) = recorded.rsplit_once('/').unwrap_or(("", recorded));
        let real = root.join(directory).canonicalize();
        let place = match &real {
            Ok(real) => real.strip_prefix(root.canonicalize().unwrap()).unwrap().join(name),
            Err(_) => PathBuf::from(recorded),
        };
        let place = place.to_str().unwrap().to_owned();
        if flags == "missing" {
            missing.insert(place, config);
        } else if flags.contains(['5', 'L']) {
            changed.insert(place, config);
        }
    }
    (changed, missing)
}

/// Returns the same of a report.
pub(crate) fn reported(files: &Value) -> Verified {
    let of = |kind| {
        let rows = rows(files, kind).iter();
        rows.map(|row| (row["path"].as_str().unwrap().to_owned(), row["config"].as_bool().unwrap()))
            .collect()
    };
    (of("modified"), of("missing"))
}

/// Returns every path of a root that is no directory and in no list of dpkg's, by a way of its own.
fn without_list(root: &Path) -> BTreeSet<String> {
    let mut listed = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("var/lib/dpkg/info")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "list") {
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let (directory, name) = line.rsplit_once('/').unwrap();
                let directory = root.join(directory.trim_start_matches('/'));
                if let Ok(real) = directory.canonicalize() {
                    listed.insert(real.join(name));
                }
            }
        }
    }
    let (root, mut found, mut ahead) =
        (root.canonicalize().unwrap(), BTreeSet::new(), vec![root.canonicalize().unwrap()]);
    while let Some(directory) = ahead.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                ahead.push(entry.path());
            } else if !listed.contains(&entry.path()) {
                found
                    .insert(entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn a_real_debian_image_is_as_dpkg_finds_it() {
    let Some(fixtures) = provided("CUTAWAY_FIXTURES", "fixtures") else { return };
    let layout = PathBuf::from(fixtures).join("debian/oci");
    if !layout.is_dir() {
        eprintln!("skipped: no Debian image");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle");
    let name = format!("{}:latest", layout.display());
    if must("umoci", &["unpack", "--image", &name, bundle.to_str().unwrap()]).is_none() {
        return;
    }
    let root = bundle.join("rootfs");
    let files = files(&format!("oci:{}", layout.display()));
    let rooted = format!("--root={}", root.display());
    let Some(text) = output("dpkg", &[&rooted, "--verify"]) else { return };
    assert_eq!(reported(&files), verified(&text, &root));
    let unowned =
        rows(&files, "unowned").iter().map(|row| row["path"].as_str().unwrap().to_owned());
    assert_eq!(unowned.collect::<BTreeSet<_>>(), without_list(&root));
    // What the image's builder and its own steps put there; nothing else is left without a reason.
    let added = unexplained(&files, "unowned");
    let known = |path: &&str| {
        let paths = ["etc/fstab", "etc/hostname", "etc/resolv.conf"];
        path.starts_with("etc/apt/sources.list") || paths.contains(path)
    };
    let own: Vec<&str> = added.iter().copied().filter(|path| !known(path)).collect();
    assert_eq!(own, ["opt/tool/new/file", "srv/data", "srv/hard", "srv/link"]);
    assert!(
        unexplained(&files, "modified").is_empty() && unexplained(&files, "missing").is_empty()
    );
}

/// Makes a package with dpkg-deb and unpacks it below `root` with dpkg, whose scripts cannot run there.
fn install_deb(work: &Path, root: &Path, control: &str, files: &[(&str, &str)]) -> Option<()> {
    let source = work.join("source");
    for (path, content) in files {
        write(source.join(path), content);
    }
    write(source.join("DEBIAN/control"), control);
    if source.join("etc").is_dir() {
        let conffiles: Vec<String> = files
            .iter()
            .filter(|(path, _)| path.starts_with("etc/"))
            .map(|(path, _)| format!("/{path}\n"))
            .collect();
        write(source.join("DEBIAN/conffiles"), &conffiles.concat());
    }
    let deb = work.join("package.deb");
    let (source_text, deb_text) = (source.to_str().unwrap(), deb.to_str().unwrap());
    must("dpkg-deb", &["--build", "-Znone", source_text, deb_text])?;
    let rooted = format!("--root={}", root.display());
    let exclude = "--path-exclude=/usr/share/man/*";
    must("dpkg", &[&rooted, exclude, "--force-depends", "--install", deb_text])?;
    std::fs::remove_dir_all(source).unwrap();
    Some(())
}

fn control(name: &str, more: &str) -> String {
    format!(
        "Package: {name}\nVersion: 1-1\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: a\n{more}"
    )
}

/// Returns a Debian system whose packages were unpacked by real dpkg.
fn debian_root(work: &Path) -> Option<PathBuf> {
    let root = work.join("root");
    for directory in ["usr/bin", "var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    for file in ["status", "available", "arch"] {
        write(root.join("var/lib/dpkg").join(file), if file == "arch" { "amd64\n" } else { "" });
    }
    symlink("usr/bin", root.join("bin")).unwrap();
    write(root.join("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n");
    write(root.join("etc/dpkg/dpkg.cfg.d/slim"), "path-exclude=/usr/share/man/*\n");
    install_deb(
        work,
        &root,
        &control("shell", ""),
        &[("bin/sh", "one shell\n"), ("bin/a b", "blank\n")],
    )?;
    let rooted = format!("--root={}", root.display());
    must(
        "dpkg-divert",
        &[&rooted, "--package", "tool", "--rename", "--divert", "/bin/sh.real", "--add", "/bin/sh"],
    )?;
    let tool = [
        ("bin/tool", "tool\n"),
        ("bin/sh", "another shell\n"),
        ("etc/tool.conf", "setting\n"),
        ("etc/kept.conf", "kept\n"),
        ("etc/gone.conf", "gone\n"),
        ("usr/share/doc/tool/copyright", "free\n"),
        ("usr/share/man/man1/tool.1", "manual\n"),
        ("usr/lib/python3/tool.py", "pass\n"),
    ];
    install_deb(work, &root, &control("tool", ""), &tool)?;
    let old =
        [("etc/old.conf", "old\n"), ("etc/older.conf", "older\n"), ("etc/oldest.conf", "oldest\n")];
    install_deb(work, &root, &control("mover", ""), &old)?;
    let moved = control("mover", "").replace("1-1", "2-1");
    install_deb(work, &root, &moved, &[("usr/lib/mover.conf", "moved\n")])?;
    let library =
        [("usr/lib/x/lib.so.1.2", "library\n"), ("usr/share/doc/lib/copyright", "free\n")];
    install_deb(work, &root, &control("lib", "Multi-Arch: same\n"), &library)?;
    write(
        root.join("var/lib/dpkg/info/tool.postinst"),
        "#!/bin/sh\ntouch \"$DPKG_ROOT/etc/made\"\n/etc/run; /usr/bin/tool\n",
    );
    write(
        root.join("var/lib/dpkg/alternatives/pick"),
        "auto\n/usr/bin/pick\n\n/usr/bin/tool\n10\n\n",
    );
    symlink("/etc/alternatives/pick", root.join("usr/bin/pick")).unwrap();
    std::fs::create_dir_all(root.join("etc/alternatives")).unwrap();
    symlink("/usr/bin/tool", root.join("etc/alternatives/pick")).unwrap();
    symlink("lib.so.1.2", root.join("usr/lib/x/lib.so.1")).unwrap();
    Some(root)
}

/// What a later layer of a build may do to a system.
fn tampering() -> LayerBuilder {
    LayerBuilder::new(Compression::GZIP)
        .file("usr/bin/tool", "evil\n")
        .file("bin/sh.real", "evil shell\n")
        .file("etc/tool.conf", "changed\n")
        .file("etc/made", "by the script\n")
        .file("etc/tool.conf.dpkg-dist", "new default\n")
        .file("etc/.wh.gone.conf", "")
        .file("etc/old.conf", "changed\n")
        .file("etc/.wh.older.conf", "")
        .file("usr/share/doc/tool/.wh.copyright", "")
        .file("usr/share/doc/lib/.wh..wh..opq", "")
        .file("usr/bin/evil", "evil\n")
        .file("usr/bin/pick", "no alternative any more\n")
        .entry(Entry::file("etc/run", "named, but a program\n").with_mode(0o755))
        .entry(Entry::hard_link("opt/evil/again", "usr/bin/evil"))
        .entry(Entry::symlink("opt/evil/link", "../x"))
        .file("usr/lib/python3/__pycache__/tool.cpython-311.pyc", "bytecode")
        .file("usr/lib/python3/__pycache__/evil.cpython-311.pyc", "bytecode")
}

#[test]
fn a_tampered_debian_system_is_as_dpkg_finds_it_from_every_source() {
    let directory = tempfile::tempdir().unwrap();
    let Some(root) = debian_root(directory.path()) else { return };
    let clean = ImageBuilder::new().layer(LayerBuilder::from_tar(tar(&root), Compression::GZIP));
    let clean = OnDisk::layout(&clean.build());
    let found = files(&clean.oci());
    for kind in ["modified", "missing", "unowned"] {
        let left = unexplained(&found, kind);
        // What this test, not a package, put there.
        let known = ["etc/dpkg/dpkg.cfg.d/slim", "etc/os-release", "bin"];
        assert!(left.iter().all(|path| known.contains(path)), "{kind}: {left:?}");
    }
    assert_eq!(
        outline(&found, "missing"),
        [
            "usr/share/man/man1 -: left out by path-exclude=/usr/share/man/*",
            "usr/share/man/man1/tool.1 -: left out by path-exclude=/usr/share/man/*",
        ]
    );

    let fixture = ImageBuilder::new()
        .layer(LayerBuilder::from_tar(tar(&root), Compression::GZIP))
        .layer(tampering())
        .build();
    let layout = OnDisk::layout(&fixture);
    let found = files(&layout.oci());
    let Some(unpacked) = unpack(layout.path(), directory.path()) else { return };
    let rooted = format!("--root={}", unpacked.display());
    let Some(text) = output("dpkg", &[&rooted, "--verify"]) else { return };
    let mut expected = verified(&text, &unpacked);
    // dpkg looks for the digest of a diverted file under the name to which it is diverted, where there
    // is none, and compares nothing.
    expected.0.insert("usr/bin/sh.real".to_owned(), false);
    assert_eq!(reported(&found), expected, "{text}");
    let unowned =
        rows(&found, "unowned").iter().map(|row| row["path"].as_str().unwrap().to_owned());
    let mut expected = without_list(&unpacked);
    // The list has the name from which it is diverted.
    assert!(expected.remove("usr/bin/sh.real"));
    assert_eq!(unowned.collect::<BTreeSet<_>>(), expected);

    assert_eq!(
        outline(&found, "modified"),
        ["etc/old.conf 1 config", "etc/tool.conf 1 config", "usr/bin/sh.real 1", "usr/bin/tool 1"]
    );
    assert_eq!(
        outline(&found, "missing"),
        [
            "etc/gone.conf 1 config",
            "etc/older.conf 1 config",
            "usr/share/doc/lib/copyright 1",
            "usr/share/doc/tool/copyright 1",
            "usr/share/man/man1 -: left out by path-exclude=/usr/share/man/*",
            "usr/share/man/man1/tool.1 -: left out by path-exclude=/usr/share/man/*",
        ]
    );
    let beyond: Vec<String> =
        outline(&found, "unowned").into_iter().filter(|line| line.contains(" 1")).collect();
    assert_eq!(
        beyond,
        [
            "etc/made 1: named in the postinst of tool",
            "etc/run 1",
            "etc/tool.conf.dpkg-dist 1: left beside a configuration file by the package manager",
            "opt/evil/again 1",
            "opt/evil/link 1",
            "usr/bin/evil 1",
            "usr/bin/pick 1",
            "usr/lib/python3/__pycache__/evil.cpython-311.pyc 1",
            "usr/lib/python3/__pycache__/tool.cpython-311.pyc 1: bytecode of a source that a package owns",
        ]
    );
    let row = |kind, at: usize| rows(&found, kind)[at].clone();
    let tool = row("modified", 3);
    assert_eq!(tool["packages"], serde_json::json!(["tool"]));
    assert_eq!(tool["recorded"], format!("md5:{}", sum("md5sum", "tool\n")));
    assert_eq!(tool["found"], format!("md5:{}", sum("md5sum", "evil\n")));
    assert_eq!(row("modified", 2)["packages"], serde_json::json!(["shell"]));

    every_source_says(&fixture, &found);
}

/// Returns the digest of a text, as the program of the algorithm prints it.
fn sum(program: &str, text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    std::fs::write(&path, text).unwrap();
    let printed = output(program, &[path.to_str().unwrap()]).unwrap();
    printed.split_whitespace().next().unwrap().to_owned()
}

/// Archives on disk and on standard input, in both forms, give the same answer.
fn every_source_says(fixture: &FixtureImage, expected: &Value) {
    let oci = Layout::new().image("1", fixture).archive(&Default::default());
    let docker = DockerArchive::new().image(&["a:1"], fixture).archive();
    for bytes in [oci, docker] {
        let archive = OnDisk::archive(&bytes);
        assert_eq!(files(&archive.file()), *expected);
        let passed = json(&run_with(&["scan", "-", "--owned", "--format", "json"], &bytes));
        assert_eq!(passed["files"], *expected);
    }
}

pub(crate) const SPEC: &str = "
Name: tool
Version: 1
Release: 1
Summary: a
License: MIT
BuildArch: noarch
%description
a
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/share/doc/tool %{buildroot}/var/log
echo one > %{buildroot}/usr/bin/tool
echo two > %{buildroot}/usr/bin/other
ln -s tool %{buildroot}/usr/bin/link
ln -s tool %{buildroot}/usr/bin/kept
for name in conf state gone kept loose absent; do echo $name > %{buildroot}/etc/tool.$name; done
for name in README LICENSE; do echo $name > %{buildroot}/usr/share/doc/tool/$name; done
touch %{buildroot}/var/log/tool.log
%files
%attr(755,root,root) /usr/bin/*
%config(noreplace) /etc/tool.conf
%config /etc/tool.gone
%config /etc/tool.kept
%config(missingok) /etc/tool.loose
%config(missingok) /etc/tool.absent
%verify(not md5 size mtime) /etc/tool.state
%dir /usr/share/doc/tool
%doc /usr/share/doc/tool/*
%ghost /var/log/tool.log
%post
touch /etc/made
";

#[test]
fn a_tampered_rpm_system_is_as_rpm_finds_it() {
    let directory = tempfile::tempdir().unwrap();
    let (work, root) = (directory.path(), directory.path().join("root"));
    write(work.join("tool.spec"), SPEC);
    let define = |name: &str, to: &str| format!("{name} {}", work.join(to).display());
    let built = must(
        "rpmbuild",
        &[
            "-bb",
            "--define",
            &define("_topdir", "build"),
            "--define",
            &define("_rpmdir", "rpms"),
            work.join("tool.spec").to_str().unwrap(),
        ],
    );
    if built.is_none() {
        return;
    }
    write(root.join("etc/os-release"), "ID=fedora\nVERSION_ID=40\n");
    let package = work.join("rpms/noarch/tool-1-1.noarch.rpm");
    let rpm = |root: &Path, arguments: &[&str]| {
        let root = root.to_str().unwrap();
        let place = ["--root", root, "--dbpath", "/var/lib/rpm"];
        output("rpm", &[&place, arguments].concat())
    };
    let install = ["--nodeps", "--noscripts", "--excludedocs", "-i", package.to_str().unwrap()];
    if rpm(&root, &install).is_none() {
        return;
    }
    let base = || LayerBuilder::from_tar(tar(&root), Compression::GZIP);
    let clean = files(&OnDisk::layout(&ImageBuilder::new().layer(base()).build()).oci());
    assert_eq!(unexplained(&clean, "unowned"), BTreeSet::from(["etc/os-release"]));
    assert!(rows(&clean, "modified").is_empty() && rows(&clean, "missing").is_empty(), "{clean}");

    let upper = LayerBuilder::new(Compression::GZIP)
        .file("usr/bin/tool", "evil\n")
        .entry(Entry::symlink("usr/bin/link", "evil"))
        .entry(Entry::symlink("usr/bin/other", "tool"))
        .file("etc/tool.conf", "changed\n")
        .file("etc/tool.state", "changed, as was expected\n")
        .file("etc/made", "by the script\n")
        .file("etc/.wh.tool.gone", "")
        .file("etc/tool.loose", "changed, and may be missing\n")
        .file("etc/.wh.tool.absent", "")
        .file("var/log/tool.log", "a ghost is owned\n")
        .file("usr/bin/evil", "evil\n");
    let fixture = ImageBuilder::new().layer(base()).layer(upper).build();
    let layout = OnDisk::layout(&fixture);
    let found = files(&layout.oci());
    let Some(unpacked) = unpack(layout.path(), work) else { return };
    let text = rpm(&unpacked, &["-Va"]).unwrap();
    let expected = verified(&text, &unpacked);
    assert!(expected.0.len() >= 5 && expected.1.len() == 1, "{text}");
    assert_eq!(reported(&found), expected, "{text}");
    let unowned: Vec<String> =
        outline(&found, "unowned").into_iter().filter(|line| !line.contains("lib/rpm")).collect();
    assert_eq!(
        unowned,
        ["etc/made 1: named in the %post of tool", "etc/os-release 0", "usr/bin/evil 1"]
    );
    let link = rows(&found, "modified").iter().find(|row| row["path"] == "usr/bin/link").unwrap();
    assert_eq!((&link["recorded"], &link["found"]), (&"link:tool".into(), &"link:evil".into()));
    every_source_says(&fixture, &found);
}

#[test]
fn a_real_alpine_image_is_explained_and_tampering_shows() {
    let Some(corpus) = corpus() else { return };
    let archive = corpus.join("images/alpine-3.10.docker-archive.tar.gz");
    let clean = files(archive.to_str().unwrap());
    for kind in ["unowned", "modified", "missing"] {
        assert_eq!(unexplained(&clean, kind), BTreeSet::new(), "{kind}");
    }
    assert!(rows(&clean, "unowned").len() > 300);

    let base = Command::new("tar")
        .args(["-xzOf", archive.to_str().unwrap(), "--wildcards", "*/layer.tar"])
        .output()
        .unwrap();
    let upper = LayerBuilder::new(Compression::GZIP)
        .file("bin/busybox", "evil\n")
        .file("etc/motd", "hello\n")
        .file("usr/bin/evil", "evil\n")
        .entry(Entry::symlink("bin/ls", "/usr/bin/evil"))
        .entry(Entry::symlink("lib/libc.musl-x86_64.so.1", "evil.so"))
        .file("sbin/.wh.apk", "");
    let fixture = ImageBuilder::new()
        .layer(LayerBuilder::from_tar(base.stdout, Compression::Plain))
        .layer(upper)
        .build();
    let found = files(&OnDisk::layout(&fixture).oci());
    let left = |kind| -> Vec<String> {
        outline(&found, kind).into_iter().filter(|line| !line.contains(':')).collect()
    };
    assert_eq!(
        left("modified"),
        ["bin/busybox 1", "etc/motd 1 config", "lib/libc.musl-x86_64.so.1 1"]
    );
    assert_eq!(left("missing"), ["sbin/apk 1"]);
    assert_eq!(left("unowned"), ["bin/ls 1", "usr/bin/evil 1"]);
    let busybox = &rows(&found, "modified")[0];
    assert_eq!(busybox["packages"], serde_json::json!(["busybox"]));
    // What `sha1sum` says of the file in the image, and of the other content.
    assert_eq!(busybox["recorded"], "sha1:0d0dca55b231673299cdf0a68b773f5fc7ac1d14");
    assert_eq!(busybox["found"], format!("sha1:{}", sum("sha1sum", "evil\n")));
}

#[test]
fn a_pacman_system() {
    let local = "var/lib/pacman/local/tool-1-1";
    let mtree = format!(
        "#mtree\n/set type=file uid=0 gid=0 mode=644\n./.PKGINFO sha256digest={0}\n./etc type=dir\n\
         ./etc/tool.conf sha256digest={1}\n./etc/other.conf sha256digest={0}\n./usr type=dir\n./usr/bin type=dir\n\
         ./usr/bin/tool sha256digest={0}\n./usr/bin/a\\040b sha256digest={0}\n./usr/bin/link type=link link=tool\n\
         ./usr/share/help/de sha256digest={0}\n./usr/share/help/en sha256digest={0}\n",
        sum("sha256sum", "as it was\n"),
        sum("sha256sum", "setting\n"),
    );
    let list = format!(
        "%FILES%\netc/\netc/tool.conf\netc/other.conf\nusr/\nusr/bin/\nusr/bin/tool\nusr/bin/a b\nusr/bin/link\nusr/share/help/de\nusr/share/help/en\n\n\
         %BACKUP%\netc/tool.conf\t{}\netc/other.conf\t{}\n\n",
        sum("md5sum", "setting\n"),
        sum("md5sum", "as it was\n"),
    );
    let base = LayerBuilder::new(Compression::GZIP)
        .file("etc/os-release", "ID=manjaro\nID_LIKE=arch\n")
        .file("etc/pacman.conf", "[options]\nNoExtract = usr/share/help/* !usr/share/help/en\n")
        .file(format!("{local}/desc"), "%NAME%\ntool\n\n%VERSION%\n1-1\n\n%BASE%\nsrc\n\n%ARCH%\nany\n\n%LICENSE%\nMIT\n\n%PACKAGER%\nA\n\n")
        .file(format!("{local}/files"), list)
        .file(format!("{local}/mtree"), compress(mtree.as_bytes(), Compression::GZIP))
        .file(format!("{local}/install"), "post_install() {\n  touch /etc/made\n}\n")
        .file("var/lib/pacman/local/ALPM_DB_VERSION", "9\n")
        .file("etc/tool.conf", "setting\n")
        .file("etc/other.conf", "as it was\n")
        .file("usr/bin/tool", "as it was\n")
        .file("usr/bin/a b", "as it was\n")
        .entry(Entry::symlink("usr/bin/link", "tool"));
    let clean = ImageBuilder::new().layer(base.clone()).build();
    let report =
        json(&run(&["scan", "--owned", &OnDisk::layout(&clean).oci(), "--format", "json"]));
    let package = &report["packages"][0];
    assert_eq!(package["purl"], "pkg:alpm/manjaro/tool@1-1?arch=any&distro=manjaro&upstream=src");
    assert_eq!((&package["kind"], &package["vendor"]), (&"alpm".into(), &"A".into()));
    assert_eq!(package["database"], format!("{local}/desc"));
    let found = &report["files"];
    assert!(rows(found, "modified").is_empty(), "{found}");
    assert_eq!(
        outline(found, "missing"),
        ["usr/share/help/de -: left out by NoExtract usr/share/help/*", "usr/share/help/en -"]
    );
    assert_eq!(
        unexplained(found, "unowned"),
        BTreeSet::from(["etc/os-release", "etc/pacman.conf"])
    );

    let upper = LayerBuilder::new(Compression::GZIP)
        .file("etc/tool.conf", "changed\n")
        .file("etc/tool.conf.pacnew", "new\n")
        .file("etc/.wh.other.conf", "")
        .file("etc/made", "")
        .file("usr/bin/a b", "evil\n")
        .entry(Entry::symlink("usr/bin/link", "evil"))
        .file("usr/bin/evil", "evil\n");
    let fixture = ImageBuilder::new().layer(base).layer(upper).build();
    let found = files(&OnDisk::layout(&fixture).oci());
    assert_eq!(
        outline(&found, "modified"),
        ["etc/tool.conf 1 config", "usr/bin/a b 1", "usr/bin/link 1"]
    );
    assert_eq!(outline(&found, "missing")[0], "etc/other.conf 1 config");
    let beyond: Vec<String> =
        outline(&found, "unowned").into_iter().filter(|line| line.contains(" 1")).collect();
    assert_eq!(
        beyond,
        [
            "etc/made 1: named in the install script of tool-1-1",
            "etc/tool.conf.pacnew 1: left beside a configuration file by the package manager",
            "usr/bin/evil 1",
        ]
    );
    every_source_says(&fixture, &found);
}

#[test]
fn a_real_record_of_pacman() {
    let Some(corpus) = corpus() else { return };
    let mut base = LayerBuilder::new(Compression::GZIP);
    for name in ["desc", "files", "mtree"] {
        let path = format!("var/lib/pacman/local/pacman-6.0.1-5/{name}");
        base = base.file_from_disk(path, &corpus.join("alpm/pacman-6.0.1-5").join(name)).unwrap();
    }
    let fixture = ImageBuilder::new().layer(base).build();
    let report =
        json(&run(&["scan", "--owned", &OnDisk::layout(&fixture).oci(), "--format", "json"]));
    assert_eq!(report["packages"][0]["version"], "6.0.1-5");
    let missing = rows(&report["files"], "missing");
    let pacman = missing.iter().find(|row| row["path"] == "usr/bin/pacman").unwrap();
    assert_eq!(
        pacman["recorded"],
        "sha256:34756764f216aaa74fa3833a90d30e2fb54e9f87de6f3fe6de9bf0ae46a1f952"
    );
    let link = missing.iter().find(|row| row["path"] == "usr/bin/repo-elephant").unwrap();
    assert_eq!(link["recorded"], "link:repo-add");
    let configs = missing.iter().filter(|row| row["config"] == true);
    let configs: Vec<&str> = configs.map(|row| row["path"].as_str().unwrap()).collect();
    assert_eq!(configs, ["etc/makepkg.conf", "etc/pacman.conf"]);
}

/// Returns an image with a package `a` of dpkg that has one file, and what else is said.
fn one_package(list: &str, sums: &str, more: &str) -> FixtureImage {
    image(&format!(
        r#"
layer gzip
  etc/os-release 0644 "ID=debian\n"
  var/lib/dpkg/status 0644 "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
  var/lib/dpkg/info/a.list 0644 "{list}"
  var/lib/dpkg/info/a.md5sums 0644 "{sums}"
  usr/bin/a 0644
{more}"#
    ))
}

#[test]
fn hostile_and_broken_records() {
    let sum = |path: &str| format!("{MD5_OF_NOTHING}  {path}\\n");
    let good = sum("usr/bin/a");
    for (list, sums, more, limit, code, expected) in [
        ("/usr/bin/a\\n", good.as_str(), "", None, "", 0),
        ("/usr/bin/a\\n/../../etc/shadow\\n", &good, "", None, "recorded-path-unusable", 5),
        ("/usr/bin/a\\n/usr/bin/b", &good, "", None, "dpkg-line-cut", 5),
        ("/usr/bin/a\\n", "x  usr/bin/a\\n", "", None, "dpkg-sum-unreadable", 5),
        ("/usr/bin/a\\n", "", "", None, "file-digests-missing", 5),
        // Two packages with one file: it is sound when it is as one of them says.
        (
            "/usr/bin/a\\n",
            &good,
            "  var/lib/dpkg/info/b.list 0644 \"/usr/bin/a\\n\"\n  var/lib/dpkg/info/b.md5sums 0644 \"00000000000000000000000000000000  usr/bin/a\\n\"\n",
            None,
            "",
            0,
        ),
        ("/usr/bin/a\\n", &good, "", Some("record_bytes=100"), "file-records-over-limit", 5),
        (
            "/usr/bin/a\\n",
            &good,
            "  etc/dpkg/dpkg.cfg 0644 \"path-exclude=/a*\\npath-exclude=/b*\\n\"\n",
            Some("exclusions=1"),
            "exclusions-over-limit",
            5,
        ),
        ("/usr/bin/a\\n/usr/loop/x\\n", &good, "  usr/loop -> loop\n", None, "", 0),
        // Each record leads over a link again.
        (
            "/usr/bin/a\\n/far/a\\n/far/b\\n",
            &good,
            "  far -> usr/../usr/../usr/../bin\n",
            Some("link_bytes=30"),
            "recorded-paths-over-limit",
            5,
        ),
        ("/usr/bin/a\\n/usr/bin/a/below\\n", &good, "", None, "", 0),
    ] {
        let layout = OnDisk::layout(&one_package(list, sums, more));
        let image = layout.oci();
        let mut arguments = vec!["scan", "--owned", &image, "--format", "json"];
        arguments.extend(limit.map(|limit| ["--limit", limit]).iter().flatten());
        let output = run(&arguments);
        assert_eq!(status(&output), expected, "{list} {sums} {more}: {}", stderr(&output));
        let report: Value = crate::support::document(&output);
        let codes: Vec<&str> = report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|diagnostic| diagnostic["code"].as_str().unwrap())
            .collect();
        assert!(code.is_empty() || codes.contains(&code), "{list} {sums} {more}: {codes:?}");
        assert_eq!(rows(&report["files"], "modified").len(), 0, "{list} {sums}");
        // Without --owned nobody looks at these files.
        let plain = json(&run(&["scan", &image, "--format", "json"]));
        assert_eq!(plain["complete"], true);
        assert!(plain.get("files").is_none());
    }
}

#[test]
fn a_package_without_a_list_is_not_passed_over() {
    let text = r#"
layer gzip
  var/lib/dpkg/status 0644 "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\nPackage: b\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\nConffiles:\n /etc/b 00000000000000000000000000000000\n\n"
  var/lib/dpkg/info/b.list 0644 "/etc/b\n/usr/bin/b\n"
  var/lib/dpkg/info/evil.list 0644 "/usr/bin/evil\n"
  var/lib/dpkg/info/evil.postinst 0644 "touch /usr/bin/worse"
  etc/b 0644 "changed, but of a package that is not installed"
  usr/bin/evil 0644
  usr/bin/worse 0644
"#;
    let layout = OnDisk::layout(&image(text));
    let output = run(&["scan", "--owned", &layout.oci(), "--format", "json"]);
    assert_eq!(status(&output), 5);
    assert!(stderr(&output).contains("deb: 1 installed package has no list of files: a"));
    let report: Value = crate::support::document(&output);
    let found = &report["files"];
    // A list of no package that is there owns nothing, and its scripts explain nothing.
    assert_eq!(unexplained(found, "unowned"), BTreeSet::from(["usr/bin/evil", "usr/bin/worse"]));
    assert!(rows(found, "modified").is_empty() && rows(found, "missing").is_empty(), "{found}");
}

/// Paths are sorted as a whole, although a directory may come before what its name is the start of.
#[test]
fn what_nobody_owns_is_sorted_by_path() {
    let names: [&[u8]; 11] = [
        b"a/x", b"a-b", b"a.c/y", b"a0", b"a/b/c", b"a/b-c", b"z", b"n\xff/b", b"n\xfe/c",
        b"n\xff/d", b"n\xfd",
    ];
    // A set of names that look the same when they are told, and one without.
    for names in [&names[..], &names[..7]] {
        let plain = LayerBuilder::new(Compression::GZIP);
        let layer = names.iter().fold(plain, |layer, name| layer.file(*name, "x"));
        let disk = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
        let files = files(&disk.oci());
        let found: Vec<&str> =
            rows(&files, "unowned").iter().map(|row| row["path"].as_str().unwrap()).collect();
        let mut expected: Vec<String> =
            names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[test]
fn tables_list_what_nothing_explains() {
    let more =
        "  opt/tool/a 0644\n  opt/tool/b/c 0644\n  usr/bin/new 0644\n  var/lib/dpkg/lock 0644\n";
    let list = "/usr\\n/usr/bin\\n/usr/bin/a\\n/usr/bin/gone\\n";
    let sums = "00000000000000000000000000000000  usr/bin/a\\n";
    let layout = OnDisk::layout(&one_package(list, sums, more));
    let output = run(&["scan", "--owned", &layout.oci()]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    let (_, files) = text.split_once("\n\n8 unowned").unwrap();
    assert_eq!(
        files,
        " files: no package has
LAYER  FILES  PATH
    0      1  etc/os-release
    0      2  opt/
    0      1  usr/bin/new
4 explained:
      4  dpkg's database

1 modified file: not as the package recorded
LAYER  PACKAGE  CONFIG  CHANGE   PATH
    0  a        -       content  usr/bin/a

1 missing file: recorded, but not in the image
LAYER  PACKAGE  CONFIG  PATH
    -  a        -       usr/bin/gone
"
    );
}

#[test]
fn the_rest_of_the_report_stays_as_it_is() {
    let layout = OnDisk::layout(&one_package("/usr/bin/a\\n", "", "layer gzip\n  usr/bin/.wh.a\n"));
    let mut with = json(&run(&["scan", "--owned", &layout.oci(), "--format", "json"]));
    let without = json(&run(&["scan", &layout.oci(), "--format", "json"]));
    assert_eq!(with["files"]["missing"][0]["layer"], 1);
    with.as_object_mut().unwrap().remove("files");
    assert_eq!(with, without);
}
