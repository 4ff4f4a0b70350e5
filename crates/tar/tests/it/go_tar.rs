//! The same archives through Go's `archive/tar`, which the container runtimes read layers with. What
//! both accept, both must read the same: a layer that unpacks as one thing and is scanned as another
//! is the worst that can happen.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::random::Random;
use cutaway_tar::{End, ErrorKind, Kind};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::laws;
use crate::read::{Archive, read};
use crate::tokio_tar::{assemble, made};

/// Builds the program; none where there is no Go.
fn program() -> Option<(tempfile::TempDir, PathBuf)> {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/go/tar");
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("list");
    if Command::new("go").arg("version").output().is_err() || !source.exists() {
        eprintln!("skipped: no go");
        return None;
    }
    let mut build = Command::new("go");
    build.arg("build").arg("-o").arg(&binary).arg(".").current_dir(source);
    let output = build.env("GOFLAGS", "-mod=mod").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((dir, binary))
}

/// Hands archives to the program in one batch and returns its list of each.
fn through_go(binary: &Path, input: &Path, archives: &[Vec<u8>]) -> Vec<String> {
    let framed: Vec<u8> = archives
        .iter()
        .flat_map(|archive| [&(archive.len() as u32).to_le_bytes(), archive.as_slice()].concat())
        .collect();
    fs::write(input, framed).unwrap();
    let output = Command::new(binary).stdin(fs::File::open(input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lists: Vec<String> = text.split_terminator("end\n").map(str::to_owned).collect();
    assert_eq!(lists.len(), archives.len());
    lists
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn listed(archive: &Archive) -> String {
    let mut text = String::new();
    for member in &archive.members {
        let entry = &member.entry;
        let mut xattrs: Vec<String> = entry
            .xattrs
            .iter()
            .map(|xattr| format!("{}={}", hex(&xattr.name), hex(&xattr.value)))
            .collect();
        xattrs.sort();
        let (major, minor) = entry.device.unwrap_or_default();
        text.push_str(&format!(
            "{:?} {} {} {} {:o} {} {} {} {} {} {} {major} {minor} {} {}\n",
            entry.kind,
            hex(&entry.path),
            hex(entry.link.as_deref().unwrap_or_default()),
            entry.size,
            entry.mode,
            entry.uid,
            entry.gid,
            hex(&entry.uname),
            hex(&entry.gname),
            entry.mtime,
            entry.mtime_nanos,
            xattrs.join(","),
            hex(&member.content[..member.content.len().min(65_536)])
        ));
    }
    text
}

/// Go's list in our terms: kinds for flags, nothing where the kind has none, and owners as the
/// runtimes' `lchown` takes them.
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
        for owner in &mut fields[5..7] {
            let low = owner.parse::<i64>().unwrap() as u32;
            *owner = if low == u32::MAX { 0 } else { low }.to_string();
        }
        if !matches!(kind, Kind::CharDevice | Kind::BlockDevice) {
            fields[11..13].fill("0".to_owned());
        }
        fields[0] = format!("{kind:?}");
        text.push_str(&fields.join(" "));
        text.push('\n');
    }
    text
}

/// The rule by which the two may differ; none where they are the same.
///
/// What we refuse and Go takes is refused out loud, so that nothing is hidden by it. What Go
/// refuses and we take is the end of an archive, which we warn about.
fn rule(bytes: &[u8], theirs: &str) -> Result<Option<&'static str>, String> {
    let refused = theirs.ends_with("refused\n");
    let members = translate(theirs.strip_suffix("refused\n").unwrap_or(theirs));
    let ours = match read(bytes) {
        Ok(archive) if !refused || archive.summary.end == End::LoneZeroBlock => {
            let ours = listed(&archive);
            if ours != members {
                return Err(format!("ours\n{ours}theirs\n{members}"));
            }
            return Ok(refused.then_some("Go refuses what follows a lone zero block"));
        }
        Ok(archive) => return Err(format!("only Go refuses\n{}", listed(&archive))),
        Err(_) if refused => return Ok(None),
        Err(error) => error,
    };
    match ours.kind {
        ErrorKind::Limit { .. } => Ok(Some("a limit of ours")),
        ErrorKind::Dangling => Ok(Some("cut behind an extended header")),
        ErrorKind::Truncated { .. } => Ok(Some("cut inside padding")),
        ErrorKind::Pax { rule: "NUL in a name" } => Ok(Some("no file system takes such a name")),
        ErrorKind::Sparse { rule: "regions do not add up to what is stored" }
            if members
                .lines()
                .any(|line| line.split(' ').nth(3).is_some_and(|size| size.len() > 4)) =>
        {
            Ok(Some("a hole longer than what is compared"))
        }
        _ => Err(format!("only we refuse: {ours}\n{members}")),
    }
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

/// Compares so many archives and returns what explains the differences, each with its count.
fn compare(archives: impl Iterator<Item = Vec<u8>>) -> Option<BTreeMap<&'static str, u64>> {
    let (dir, binary) = program()?;
    let input = dir.path().join("input");
    let mut archives = archives.peekable();
    let mut rules = BTreeMap::new();
    while archives.peek().is_some() {
        let batch: Vec<Vec<u8>> = archives.by_ref().take(4000).collect();
        for (bytes, theirs) in batch.iter().zip(through_go(&binary, &input, &batch)) {
            match rule(bytes, &theirs) {
                Ok(rule) => *rules.entry(rule.unwrap_or("the same")).or_default() += 1,
                Err(difference) => {
                    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("difference.tar");
                    fs::write(&kept, bytes).unwrap();
                    panic!("{difference}\nnothing explains this; see {}", kept.display());
                }
            }
        }
    }
    Some(rules)
}

#[test]
fn odd_archives_read_the_same() {
    let Some(rules) = compare(archives(4000).into_iter()) else { return };
    eprintln!("{rules:?}");
    assert!(rules["the same"] > 2000);
}

/// `CUTAWAY_TAR_ARCHIVES` and `CUTAWAY_TAR_SEED` say how many archives, and which.
#[test]
fn random_archives_read_the_same() {
    #[expect(clippy::disallowed_methods, reason = "whoever runs the test says how much of it")]
    let setting =
        |name: &str, usual| std::env::var(name).map_or(usual, |text| text.parse::<u64>().unwrap());
    let count = setting("CUTAWAY_TAR_ARCHIVES", 20_000);
    let mut random = Random(setting("CUTAWAY_TAR_SEED", 1));
    let Some(rules) = compare((0..count).map(|_| random.archive())) else { return };
    eprintln!("{count} archives: {rules:?}");
    assert!(rules["the same"] > count / 2);
}
