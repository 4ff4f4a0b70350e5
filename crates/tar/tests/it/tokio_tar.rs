//! The same archives through another reader: astral-tokio-tar. Where the two differ on purpose, the
//! generator here does not go: sparse maps, sizes of members without content, v7 directories and
//! global headers, and members with both an extended path and a GNU long name, which the other reader
//! refuses; each of these has tests of its own.

use cutaway_tar::Kind;
use futures_util::StreamExt as _;
use proptest::prelude::*;
use tokio::io::AsyncReadExt as _;

use crate::build::{Archive, Block};
use crate::read::read;

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    path: Vec<u8>,
    link: Option<Vec<u8>>,
    directory: bool,
    content: Vec<u8>,
    mtime: u64,
    at: (u64, u64),
}

fn through_tokio_tar(bytes: &[u8]) -> std::io::Result<Vec<Seen>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut archive = tokio_tar::Archive::new(bytes);
        let mut entries = archive.entries()?;
        let mut seen = Vec::new();
        while let Some(entry) = entries.next().await {
            let mut entry = entry?;
            let kind = entry.header().entry_type();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).await?;
            seen.push(Seen {
                path: entry.path_bytes()?.into_owned(),
                link: entry
                    .link_name_bytes()?
                    .filter(|_| kind.is_symlink() || kind.is_hard_link())
                    .map(|link| link.into_owned()),
                directory: kind.is_dir(),
                content,
                mtime: entry.header().mtime()?,
                at: (entry.raw_header_position(), entry.raw_file_position()),
            });
        }
        Ok(seen)
    })
}

fn through_ours(bytes: &[u8]) -> Result<Vec<Seen>, cutaway_tar::Error> {
    let seen = read(bytes)?.members.into_iter().map(|member| Seen {
        path: member.entry.path.into(),
        link: member.entry.link.map(Into::into),
        directory: member.entry.kind == Kind::Directory,
        content: member.content,
        mtime: member.entry.mtime.unsigned_abs(),
        at: (member.entry.content_offset - 512, member.entry.content_offset),
    });
    Ok(seen.collect())
}

#[derive(Debug, Clone)]
pub(crate) struct Made {
    flag: u8,
    name: String,
    prefix: String,
    long: Option<String>,
    pax: Vec<(&'static str, String)>,
    pub(crate) content: Vec<u8>,
    header_size: Option<u64>,
    gnu: bool,
}

pub(crate) fn made() -> impl Strategy<Value = Made> {
    let pax = prop::collection::vec(
        prop_oneof![
            "[a-z]{1,150}".prop_map(|path| ("path", path)),
            "[a-z]{1,150}".prop_map(|path| ("linkpath", path)),
            "[a-z]{1,50}".prop_map(|text| ("comment", text)),
        ],
        0..3,
    );
    (
        prop::sample::select(b"00007125".to_vec()),
        "[a-z]{1,90}",
        prop_oneof![Just(String::new()), "[a-z]{1,150}"],
        prop::option::weighted(0.2, "[a-z]{1,300}"),
        pax,
        prop::collection::vec(any::<u8>(), 0..1600),
        prop::option::weighted(0.2, 0..2000_u64),
        any::<bool>(),
    )
        .prop_map(|(flag, name, prefix, long, pax, content, header_size, gnu)| {
            let long = long.filter(|_| pax.iter().all(|(key, _)| *key != "path"));
            let content = if matches!(flag, b'0' | b'7') { content } else { Vec::new() };
            Made { flag, name, prefix, long, pax, content, header_size, gnu }
        })
}

pub(crate) fn assemble(made: &[Made]) -> Vec<u8> {
    let mut archive = Archive::new();
    for one in made {
        let len = one.content.len() as u64;
        let mut records: Vec<(&str, &str)> =
            one.pax.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let size = len.to_string();
        // A header that lies about the size needs an extended header that does not.
        let lie = one.header_size.filter(|_| matches!(one.flag, b'0' | b'7'));
        if lie.is_some() {
            records.push(("size", &size));
        }
        if !records.is_empty() {
            archive = archive.pax(&records);
        }
        if let Some(long) = &one.long {
            archive = archive.long(b'L', long);
        }
        let mut block = if one.gnu {
            Block::gnu(one.flag, &one.name, 0)
        } else {
            Block::new(one.flag, &one.name, 0)
        };
        if !one.gnu {
            block.put(345, one.prefix.as_bytes());
        }
        if matches!(one.flag, b'1' | b'2') {
            block.put(157, b"link-target");
        }
        block.put(124, format!("{:011o}\0", lie.unwrap_or(len)).as_bytes());
        archive = archive.block(&block).body(&one.content);
    }
    archive.end()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_the_same(made in prop::collection::vec(made(), 0..6)) {
        let bytes = assemble(&made);
        let ours = through_ours(&bytes).unwrap();
        prop_assert_eq!(ours.len(), made.len());
        prop_assert_eq!(ours, through_tokio_tar(&bytes).unwrap());
    }

    #[test]
    fn accepts_no_more(
        made in prop::collection::vec(made(), 1..4),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        // A flipped bit in a header or body: where both readers accept, they agree.
        let mut bytes = assemble(&made);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let (Ok(ours), Ok(theirs)) = (through_ours(&bytes), through_tokio_tar(&bytes)) {
            prop_assert_eq!(ours, theirs, "bit {} of byte {}", bit, at);
        }
    }
}

#[test]
fn reads_what_it_writes() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bytes = runtime.block_on(async {
        let mut builder = tokio_tar::Builder::new(Vec::new());
        for (name, content) in
            [("short".to_owned(), &b"one"[..]), ("long/".repeat(60) + "f", b"two")]
        {
            let mut header = tokio_tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o640);
            builder.append_data(&mut header, name, content).await.unwrap();
        }
        builder.into_inner().await.unwrap()
    });
    let archive = read(&bytes).unwrap();
    assert_eq!(archive.names(), ["short".to_owned(), "long/".repeat(60) + "f"]);
    assert_eq!(archive.members[1].content, b"two");
    assert_eq!(archive.members[1].entry.mode, 0o640);
}
