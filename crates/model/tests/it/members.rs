//! Archives that pass by: however they are cut into chunks, the same members come out.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use cutaway_fixtures::{ArchiveShape, Entry, Layout, tarball};
use cutaway_model::source::{Archive, Files as _, Member, Members, Passed};
use cutaway_model::{Class, Error, Limits};
use proptest::prelude::*;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, ReadBuf};

use crate::support::{assert_error, block_on, sample};

/// A stream that comes in pieces, and is not ready in between.
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    ready: bool,
}

impl Pieces {
    fn new(bytes: &[u8], sizes: &[usize]) -> Self {
        let mut pieces = VecDeque::new();
        let (mut rest, mut at) = (bytes, 0);
        while !rest.is_empty() {
            let size = sizes[at % sizes.len()].clamp(1, rest.len());
            let (piece, behind) = rest.split_at(size);
            pieces.push_back(piece.to_vec());
            (rest, at) = (behind, at + 1);
        }
        Self { pieces, ready: false }
    }
}

impl AsyncBufRead for Pieces {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if !std::mem::replace(&mut this.ready, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(this.pieces.front().map_or(&[][..], Vec::as_slice)))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        if let Some(piece) = this.pieces.front_mut() {
            piece.drain(..amount);
            if piece.is_empty() {
                this.pieces.pop_front();
                this.ready = false;
            }
        }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let available = std::task::ready!(self.as_mut().poll_fill_buf(cx))?;
        let amount = available.len().min(buf.remaining());
        buf.put_slice(&available[..amount]);
        self.consume(amount);
        Poll::Ready(Ok(()))
    }
}

/// Reads every member, each in portions of at most `max` bytes.
fn members(stream: Pieces, max: usize) -> Result<Vec<(Member, Vec<u8>)>, Error> {
    block_on(async {
        let mut members = Members::new(stream, "it", &Limits::default());
        let mut found = Vec::new();
        while let Some(member) = members.next().await? {
            let mut content = Vec::new();
            loop {
                let mut portion = Vec::new();
                members.read(&mut portion, max).await?;
                assert!(portion.len() <= max, "{} bytes of at most {max}", portion.len());
                if portion.is_empty() {
                    break;
                }
                content.extend(portion);
            }
            found.push((member, content));
        }
        assert!(members.next().await?.is_none());
        Ok(found)
    })
}

fn archive() -> Vec<u8> {
    let long = "d/".repeat(90) + "long";
    tarball(&[
        Entry::directory("./"),
        Entry::file("./manifest.json", "[]"),
        Entry::file(long, vec![7; 5000]),
        Entry::file("empty", ""),
        Entry::symlink("a/link", "../empty"),
        Entry::symlink("out", "/etc/passwd"),
        Entry::file("../outside", "x"),
        Entry::new("pipe", cutaway_fixtures::EntryKind::Fifo),
        Entry::file("block", vec![1; 512]),
        Entry::hard_link("hard", "./block"),
        Entry::file("last", "last"),
    ])
}

#[test]
fn members_have_their_names_and_bytes() {
    let found = members(Pieces::new(&archive(), &[usize::MAX]), usize::MAX).unwrap();
    let long = "d/".repeat(90) + "long";
    let listed: Vec<(&str, u64, Option<&str>, usize)> = found
        .iter()
        .map(|(member, content)| {
            (member.name.as_str(), member.size, member.link.as_deref(), content.len())
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("manifest.json", 2, None, 2),
            (long.as_str(), 5000, None, 5000),
            ("empty", 0, None, 0),
            ("a/link", 0, Some("empty"), 0),
            ("block", 512, None, 512),
            ("hard", 0, Some("block"), 0),
            ("last", 4, None, 4),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chunking_gives_the_same_members(
        sizes in prop::collection::vec(1usize..3000, 1..8),
        max in prop_oneof![1usize..700, Just(usize::MAX)],
    ) {
        let whole = members(Pieces::new(&archive(), &[usize::MAX]), usize::MAX).unwrap();
        prop_assert_eq!(members(Pieces::new(&archive(), &sizes), max).unwrap(), whole);
    }

    #[test]
    fn members_that_nobody_reads_are_passed_over(sizes in prop::collection::vec(1usize..3000, 1..8)) {
        let names = block_on(async {
            let mut members = Members::new(Pieces::new(&archive(), &sizes), "it", &Limits::default());
            let mut names = Vec::new();
            while let Some(member) = members.next().await.unwrap() {
                names.push(member.name);
            }
            names
        });
        prop_assert_eq!(names.len(), 7);
    }

    #[test]
    fn a_cut_is_an_error_or_between_members(length in 0usize..20_000) {
        let archive = archive();
        let whole = members(Pieces::new(&archive, &[4096]), usize::MAX).unwrap();
        let cut = &archive[..length.min(archive.len())];
        match members(Pieces::new(cut, &[4096]), usize::MAX) {
            Ok(found) => prop_assert_eq!(&found[..], &whole[..found.len()]),
            Err(error) => prop_assert_eq!(error.class(), Class::Malformed),
        }
    }
}

#[test]
fn the_stream_is_read_to_its_end() {
    // What stands behind the end marker is part of what a digest or a compression covers.
    let mut archive = Layout::new().image("t", &sample()).archive(&ArchiveShape::default());
    archive.extend(vec![0; 100_000]);
    let mut stream = &archive[..];
    block_on(async {
        let mut members = Members::new(&mut stream, "it", &Limits::default());
        while members.next().await.unwrap().is_some() {}
    });
    assert!(stream.is_empty(), "{} bytes are left", stream.len());
}

/// GNU tar leaves out the zeros of files with holes, in four forms; read where it lies and as it passes, a
/// member is what the file was.
#[test]
fn sparse_members_are_what_their_files_were() {
    use std::os::unix::fs::FileExt as _;
    let directory = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(directory.path().join("layer.tar")).unwrap();
    file.set_len(3 << 20).unwrap();
    file.write_all_at(b"in the middle", 1 << 20).unwrap();
    file.write_all_at(b"near the end", (5 << 19) + 7).unwrap();
    let wanted = std::fs::read(directory.path().join("layer.tar")).unwrap();
    std::fs::write(directory.path().join("after"), "after").unwrap();
    for form in [
        &["--format=gnu"][..],
        &["--format=posix", "--sparse-version=0.0"],
        &["--format=posix", "--sparse-version=0.1"],
        &["--format=posix", "--sparse-version=1.0"],
    ] {
        let tar = std::process::Command::new("tar")
            .args(form)
            .args(["-Scf", "-", "layer.tar", "after"])
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(tar.status.success() && tar.stdout.len() < 1 << 20, "{form:?}");
        for (pieces, max) in [(1000, usize::MAX), (513, 1000), (100_000, 70_000)] {
            let found = members(Pieces::new(&tar.stdout, &[pieces]), max).unwrap();
            let found: Vec<(&str, &[u8])> =
                found.iter().map(|(member, bytes)| (member.name.as_str(), &bytes[..])).collect();
            assert!(found == [("layer.tar", &wanted[..]), ("after", b"after")], "{form:?}");
        }
        let path = directory.path().join("archive");
        std::fs::write(&path, &tar.stdout).unwrap();
        let archive = Archive::open(&path, &Limits::default()).unwrap();
        for (name, wanted) in [("layer.tar", &wanted[..]), ("after", b"after")] {
            let (mut stream, size) = archive.open(name).unwrap().unwrap();
            let mut bytes = Vec::new();
            block_on(async { stream.read_to_end(&mut bytes).await }).unwrap();
            assert!(bytes == wanted && size == u64::try_from(wanted.len()).unwrap(), "{form:?}");
        }
    }
}

#[test]
fn what_has_passed_cannot_be_had_again() {
    let mut passed = Passed::new("standard input");
    passed.document("config.json".into(), b"{}".to_vec()).unwrap();
    passed.other("layer.tar".into(), 7);
    passed.link("latest".into(), "layer.tar".into());
    assert_eq!((passed.target("latest"), passed.target("none")), ("layer.tar", "none"));
    let (mut stream, size) = passed.open("latest").unwrap().unwrap();
    assert_eq!(size, 7);
    let error = block_on(stream.read_to_end(&mut Vec::new())).unwrap_err();
    let result = Err::<(), _>(Error::from_io(error, ""));
    assert_error(result, Class::Transport, &["latest in standard input has passed"]);
    // A later member of a name takes its place, whatever it is.
    passed.document("latest".into(), b"{}".to_vec()).unwrap();
    assert_eq!(passed.target("latest"), "latest");
    assert_eq!(passed.open("./latest").unwrap().unwrap().1, 2);
}

#[test]
fn documents_of_a_passing_archive_are_bounded_together() {
    let mut limits = Limits::default();
    limits.passed_bytes = 100;
    let mut passed = Passed::with_limits("standard input", &limits);
    passed.document("a.json".into(), vec![b'{'; 60]).unwrap();
    let error = passed.document("b.json".into(), vec![b'{'; 60]).unwrap_err();
    assert!(error.to_string().contains("limit passed_bytes of 100"), "{error}");
}
