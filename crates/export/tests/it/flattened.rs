//! The flattened file system, row by row of the truth table, and of images that break off.

use cutaway_export::{Error, Flattened, flatten};
use cutaway_fixtures::{Compression, DockerArchive, ImageBuilder, LayerBuilder, image};
use cutaway_model::SinkError;
use cutaway_model::source::Selector;
use cutaway_read::{Archive, Input};

use crate::support::{archive, layout, on_disk, open, options, stack, unpacked};

/// Layers, and what a container sees; `*` marks names of one file.
const ROWS: &[(&str, &str)] = &[
    ("foo=old | .wh.foo foo=new", "foo=new"),
    ("foo=old | foo=new .wh.foo", "foo=new"),
    ("a/ a/foo=1 | .wh.a a/ a/baz=2", "a/ a/baz=2"),
    ("x=first x=second", "x=second"),
    ("etc/ etc/x=low | /etc/x=up", "etc/ etc/x=up"),
    ("etc/ etc/x=low | /etc/.wh.x", "etc/"),
    ("t2=123 | t1⇒t2 t3⇒t1 | t1=456", "t1=456 t2=123* t3=123*"),
    ("a=1 b⇒a | .wh.a", "b=1"),
    ("foo d/ d/x | .wh..wh..opq new=1", "new=1"),
    ("test/ test/hello=1 | .wh.test | test/ test/hello2=2", "test/ test/hello2=2"),
    ("d/ d/a | d/ d/.wh..wh..opq d/c=1", "d/ d/c=1"),
    ("d/ d/a | d/.wh..wh..opq", "d/"),
    (
        "usr/ usr/lib/ lib→usr/lib usr/lib/a=low | lib/a=up",
        "lib→usr/lib usr/ usr/lib/ usr/lib/a=up",
    ),
    ("x/ x/y | x=file | .wh.x x/ x/z=1", "x/ x/z=1"),
    (".wh..wh.aufs .wh..wh.plnk/ a=1", "a=1"),
    ("a/ a/foo | .wh.a a/bar=1", "a/ a/bar=1"),
    ("f=1 | f→other | ", "f→other"),
    ("lib/ lib/x lib/y/ lib/y/z | lib=file", "lib=file"),
    ("x/ x/real=1 | db⇒x/real", "db=1* x/ x/real=1*"),
    ("a=1 | b⇒a | c⇒b | .wh.a", "b=1* c=1*"),
    ("a=1 | a=2 | a=", "a="),
    ("", ""),
];

#[tokio::test]
async fn rows_of_the_truth_table() {
    for (layers, wanted) in ROWS {
        let directory = layout(&stack(layers));
        let mut tar = Vec::new();
        let opened = open(directory.path()).await;
        flatten(opened.into(), &options(), &mut tar, "memory").await.unwrap();
        assert_eq!(unpacked(&tar), *wanted, "{layers}");
    }
}

#[tokio::test]
async fn umoci_unpacks_the_same() {
    let is_root = std::fs::metadata("/proc/self")
        .is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    if !is_root || std::process::Command::new("umoci").arg("--version").output().is_err() {
        eprintln!("skipped: no umoci");
        return;
    }
    for (layers, wanted) in ROWS {
        let directory = layout(&stack(layers));
        let root = directory.path().join("root");
        let image = format!("{}:1", directory.path().display());
        let mut command = std::process::Command::new("umoci");
        let unpacked =
            command.args(["raw", "unpack", "--image", &image]).arg(&root).output().unwrap();
        assert!(
            unpacked.status.success(),
            "{layers}: {}",
            String::from_utf8_lossy(&unpacked.stderr)
        );
        assert_eq!(on_disk(&root), *wanted, "{layers}");
    }
}

#[tokio::test]
async fn a_passing_archive_gives_the_same_files() {
    for (layers, wanted) in ROWS {
        let image = stack(layers);
        let bytes = DockerArchive::new().image(&["app:1"], &image).archive();
        // It passes twice, and a third time there is none.
        let passing = archive(&[&bytes, &bytes], Selector::Only);
        let (written, tar) = flattened(passing).await;
        assert_eq!(unpacked(&tar), *wanted, "{layers}");
        let mut opened = Vec::new();
        let directory = layout(&image);
        let image = open(directory.path()).await;
        let (_, same) = flatten(image.into(), &options(), &mut opened, "memory").await.unwrap();
        assert_eq!(written.unwrap(), same, "{layers}");
        assert_eq!(unpacked(&tar), unpacked(&opened), "{layers}");
    }
}

#[tokio::test]
async fn names_sizes_and_owners_of_every_length_survive() {
    let long = "n".repeat(101);
    let deep = format!("{0}/{0}/{0}", "d".repeat(90));
    let text = format!(
        "layer plain\n  {deep}/{long} 0640 7:8 \"x\"\n  short 4755 4000000:5 \"y\"\n  link -> {deep}/{long}\n  other => {deep}/{long}\n  dev/null char 1:3\n  pipe fifo\n"
    );
    let directory = layout(&image(&text));
    let mut tar = Vec::new();
    let opened = open(directory.path()).await;
    let (_, written) = flatten(opened.into(), &options(), &mut tar, "memory").await.unwrap();
    assert_eq!(written.bytes, 2);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &tar).unwrap();
    let listed = std::process::Command::new("tar")
        .arg("-tvf")
        .arg(file.path())
        .arg("--numeric-owner")
        .output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    for said in [
        "-rwsr-xr-x 4000000/5".to_owned(),
        "-rw-r----- 7/8".to_owned(),
        format!("link -> {deep}/{long}"),
        format!("other link to {deep}/{long}"),
        "1,3".to_owned(),
        "prw-r--r--".to_owned(),
    ] {
        assert!(listed.contains(&said), "{said}: {listed}");
    }
}

#[tokio::test]
async fn what_changes_between_the_passes_has_no_end() {
    let (one, other) = (stack("a=1"), stack("a=2"));
    let [one, other] =
        [one, other].map(|image| DockerArchive::new().image(&["app:1"], &image).archive());
    let (written, tar) = flattened(archive(&[&one, &other], Selector::Only)).await;
    assert!(matches!(written, Err(Error::Read(_))), "{written:?}");
    assert!(!tar.ends_with(&[0; 1024]));
    let (written, _) = flattened(archive(&[], Selector::Only)).await;
    assert_eq!(written.unwrap_err().to_string(), "gone");
    let (written, _) = flattened(archive(&[&one], Selector::Only)).await;
    assert_eq!(written.unwrap_err().to_string(), "gone");
}

#[tokio::test]
async fn of_members_of_one_name_only_the_last_is_written() {
    let (image, other) = (stack("a=2"), stack("a=7"));
    let bytes = DockerArchive::new().image(&["app:1"], &image).archive();
    let (tar, evil) = (&image.layers[0].tar, &other.layers[0].tar);
    assert_eq!(tar.len(), evil.len());
    let at = bytes.windows(tar.len()).position(|window| window == &tar[..]).unwrap();
    let archive_of_both = [&bytes[at - 512..at], evil, &bytes].concat();
    let (written, tar) =
        flattened(archive(&[&archive_of_both, &archive_of_both], Selector::Only)).await;
    assert_eq!((unpacked(&tar), written.unwrap().names), ("a=2".to_owned(), 1));
}

#[tokio::test]
async fn holes_count_as_they_are_written() {
    let hole = |size: &str| {
        let mut header = [0_u8; 512];
        header[..3].copy_from_slice(b"big");
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].fill(b'0');
        header[156] = b'S';
        header[257..265].copy_from_slice(b"ustar  \0");
        header[386..386 + 12].fill(b'0');
        header[398..398 + 12].fill(b'0');
        header[483..494]
            .copy_from_slice(format!("{:011o}", size.parse::<u64>().unwrap()).as_bytes());
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        [&header[..], &[0; 1024]].concat()
    };
    let mut options = options();
    options.limits.model.unpacked_bytes = 1 << 20;
    for (size, fits) in [("1048576", true), ("1048577", false), ("8589934591", false)] {
        // Each layer may have as much: what the first has left does not help the second.
        let layer = |size| LayerBuilder::from_tar(hole(size), Compression::Plain);
        let image = ImageBuilder::new().layer(layer("0")).layer(layer(size)).build();
        let directory = layout(&image);
        let opened = open(directory.path()).await;
        let mut tar = Vec::new();
        let written = flatten(opened.into(), &options, &mut tar, "memory").await;
        assert_eq!(written.is_ok(), fits, "{size}");
        let bytes = DockerArchive::new().image(&["app:1"], &image).archive();
        let passing = Input::Archive(archive(&[&bytes, &bytes], Selector::Only));
        let passed = flatten(passing, &options, &mut tar, "memory").await;
        assert_eq!(passed.is_ok(), fits, "{size}");
        for error in [written.err(), passed.err()].into_iter().flatten() {
            assert!(error.to_string().contains("unpacked_bytes"), "{error}");
            assert!(tar.len() < 4 << 20);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_named() {
    /// A disk that is full from the start.
    #[derive(Debug)]
    struct Full;
    impl tokio::io::AsyncWrite for Full {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            std::task::Poll::Ready(Err(std::io::Error::other("disk full")))
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
    }
    let image = stack("a=1");
    let directory = layout(&image);
    let opened = open(directory.path()).await;
    let error = flatten(opened.into(), &options(), Full, "the disk").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot write the disk: disk full");
    let bytes = DockerArchive::new().image(&["app:1"], &image).archive();
    let passing = Input::Archive(archive(&[&bytes, &bytes], Selector::Only));
    let error = flatten(passing, &options(), Full, "the disk").await;
    assert!(matches!(error, Err(Error::Sink(SinkError::Write { .. }))), "{error:?}");
}

/// Writes the file system of an archive; returns what was written, however it ended.
async fn flattened(archive: Archive) -> (Result<Flattened, Error>, Vec<u8>) {
    let mut tar = Vec::new();
    let written = flatten(Input::Archive(archive), &options(), &mut tar, "memory").await;
    (written.map(|(_, written)| written), tar)
}
