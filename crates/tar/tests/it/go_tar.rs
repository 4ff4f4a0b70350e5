//! The same archives through Go's `archive/tar`, which the container runtimes read layers with. What
//! both accept, both must read the same: a layer that unpacks as one thing and is scanned as another
//! is the worst that can happen.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cutaway_tar::Kind;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::laws;
use crate::read::read;
use crate::tokio_tar::{assemble, made};

/// Reads files named by its arguments and prints a line a member: type, name, link, size, mode,
/// owners, time, and the first bytes of content; `refused` where an archive cannot be read.
const PROGRAM: &str = r#"package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

func list(archive []byte) string {
	var out bytes.Buffer
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			return "refused\n"
		}
		content, err := io.ReadAll(io.LimitReader(reader, 65536))
		if err != nil {
			return "refused\n"
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		fmt.Fprintf(&out, "%d %x %x %d %o %d %d %x %x %d %x\n", header.Typeflag, header.Name, header.Linkname,
			header.Size, header.Mode&07777, header.Uid, header.Gid, header.Uname, header.Gname,
			header.ModTime.Unix(), content)
	}
}

func main() {
	input := bufio.NewReader(os.Stdin)
	for {
		var length uint32
		if binary.Read(input, binary.LittleEndian, &length) != nil {
			return
		}
		archive := make([]byte, length)
		io.ReadFull(input, archive)
		fmt.Printf("%send\n", list(archive))
	}
}
"#;

/// Builds the program; none where there is no Go.
fn program() -> Option<(tempfile::TempDir, PathBuf)> {
    let dir = tempfile::tempdir().unwrap();
    let (source, binary) = (dir.path().join("main.go"), dir.path().join("list"));
    fs::write(&source, PROGRAM).unwrap();
    let Ok(output) = Command::new("go").arg("build").arg("-o").arg(&binary).arg(&source).output()
    else {
        eprintln!("skipped: no go");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((dir, binary))
}

fn through_go(archives: &[Vec<u8>]) -> Option<Vec<String>> {
    let (dir, binary) = program()?;
    let input = dir.path().join("input");
    let framed: Vec<u8> = archives
        .iter()
        .flat_map(|archive| [&(archive.len() as u32).to_le_bytes(), archive.as_slice()].concat())
        .collect();
    fs::write(&input, framed).unwrap();
    let output = Command::new(binary).stdin(fs::File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lists: Vec<String> = text.split_terminator("end\n").map(str::to_owned).collect();
    assert_eq!(lists.len(), archives.len());
    Some(lists)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn through_ours(bytes: &[u8]) -> Option<String> {
    let archive = read(bytes).ok()?;
    let lines = archive.members.iter().map(|member| {
        let entry = &member.entry;
        let content = &member.content[..member.content.len().min(65_536)];
        (entry, content)
    });
    let mut text = String::new();
    for (entry, content) in lines {
        let link = entry.link.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "{:?} {} {} {} {:o} {} {} {} {} {} {}\n",
            entry.kind,
            hex(&entry.path),
            hex(link),
            entry.size,
            entry.mode,
            entry.uid,
            entry.gid,
            hex(&entry.uname),
            hex(&entry.gname),
            entry.mtime,
            hex(content)
        ));
    }
    Some(text)
}

/// Go's list in our terms: kinds for flags, and nothing where the kind has none.
fn translate(list: &str) -> String {
    let mut text = String::new();
    for line in list.lines() {
        let mut fields: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let flag: u8 = fields[0].parse().unwrap();
        let kind = match flag {
            b'0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            _ => Kind::Other(flag),
        };
        if !matches!(kind, Kind::HardLink | Kind::Symlink) {
            fields[2].clear();
        }
        if !kind.has_content() {
            "0".clone_into(&mut fields[3]);
        }
        fields[0] = format!("{kind:?}");
        text.push_str(&fields.join(" "));
        text.push('\n');
    }
    text
}

/// Archives of every sort: sound ones, odd ones, and both with one byte changed where it tells.
fn archives(count: usize) -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let sound = proptest::collection::vec(made(), 1..4);
    let odd = proptest::collection::vec(laws::piece(), 1..6);
    let change = (proptest::num::usize::ANY, proptest::num::u8::ANY, proptest::bool::ANY);
    let mut archives = Vec::new();
    for n in 0..count {
        let mut bytes = match n % 2 {
            0 => assemble(&sound.new_tree(&mut runner).unwrap().current()),
            _ => laws::assemble(&odd.new_tree(&mut runner).unwrap().current()),
        };
        let (at, value, _) = change.new_tree(&mut runner).unwrap().current();
        if n % 4 >= 2 && bytes.len() >= 512 {
            let start = at % (bytes.len() / 512) * 512;
            let block = &mut bytes[start..start + 512];
            block[at / 512 % 512] = value;
            seal(block);
        }
        archives.push(bytes);
    }
    archives
}

/// Makes the checksum right again where this was a header.
fn seal(block: &mut [u8]) {
    if &block[257..262] == b"ustar" {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

#[test]
fn what_both_accept_reads_the_same() {
    let archives = archives(4000);
    let Some(theirs) = through_go(&archives) else { return };
    let (mut both, mut only_ours, mut only_theirs) = (0, 0, 0);
    for (bytes, theirs) in archives.iter().zip(&theirs) {
        match (through_ours(bytes), theirs.as_str()) {
            (None, "refused\n") => {}
            (Some(_), "refused\n") => only_ours += 1,
            (None, _) => only_theirs += 1,
            (Some(ours), theirs) => {
                both += 1;
                assert_eq!(ours, translate(theirs));
            }
        }
    }
    eprintln!("{both} read the same, {only_ours} refused by Go alone, {only_theirs} by us alone");
    assert!(both > archives.len() / 4);
}
