//! Versions that programs print of themselves, for programs that images often have without any package: one
//! that is called so, with its own words in front of the version.

use self::Called::{Exactly, Library, Numbered};
use self::Way::{Alone, Before, BehindName, Between, Build, Commit};

/// A program: its file, the name of its record, and the ways in which it states its version.
#[derive(Debug)]
struct Program {
    file: Called,
    name: &'static str,
    ways: &'static [Way],
}

/// What a file is called.
#[derive(Debug)]
enum Called {
    Exactly(&'static [u8]),
    /// So, with `.so` and perhaps more behind.
    Library(&'static [u8]),
    /// So, with two numbers behind that are the start of the version: `python3.11`.
    Numbered(&'static [u8]),
}

/// How a program states its version.
#[derive(Debug)]
enum Way {
    /// Behind some words, and in front of others.
    Between(&'static [u8], &'static [u8]),
    /// Behind some words and a name that others give it, with a slash.
    BehindName(&'static [u8]),
    /// In front of some words.
    Before(&'static [u8]),
    /// With seven hexadecimal digits of a commit behind, shortly before some words.
    Commit(&'static [u8]),
    /// In the id of its build.
    Build,
    /// As a text of its own that begins as the name of the file ends.
    Alone,
}

const fn program(file: Called, name: &'static str, ways: &'static [Way]) -> Program {
    Program { file, name, ways }
}

const PROGRAMS: &[Program] = &[
    program(Exactly(b"bash"), "bash", &[Between(b"@(#)Bash version ", b"")]),
    program(Exactly(b"busybox"), "busybox", &[Between(b"BusyBox v", b"")]),
    program(Exactly(b"curl"), "curl", &[Between(b"curl/", b"")]),
    program(
        Exactly(b"haproxy"),
        "haproxy",
        &[Between(b"version ", b", released 20"), Commit(b"HAProxy version")],
    ),
    program(Exactly(b"httpd"), "httpd", &[Between(b"Apache/", b"")]),
    program(Library(b"libcrypto"), "openssl", &[Between(b"OpenSSL ", b" ")]),
    program(Exactly(b"mariadb"), "mariadb", &[Before(b"-MariaDB")]),
    program(Exactly(b"mariadbd"), "mariadb", &[Before(b"-MariaDB")]),
    program(Exactly(b"memcached"), "memcached", &[Between(b"memcached ", b"")]),
    program(Exactly(b"mysql"), "mysql", &[Between(b"/mysql-", b"/")]),
    program(Exactly(b"mysqld"), "mysql", &[Between(b"/mysql-", b"/")]),
    program(Exactly(b"nginx"), "nginx", &[BehindName(b"nginx version: ")]),
    program(Exactly(b"node"), "node", &[Between(b"node.js/v", b"")]),
    program(Exactly(b"openssl"), "openssl", &[Between(b"OpenSSL ", b" ")]),
    program(Exactly(b"perl"), "perl", &[Between(b"/lib/perl5/", b"")]),
    program(Exactly(b"php"), "php", &[Between(b"X-Powered-By: PHP/", b"")]),
    program(Exactly(b"postgres"), "postgresql", &[Between(b"PostgreSQL ", b"")]),
    program(Numbered(b"python"), "python", &[Alone]),
    program(Exactly(b"redis-server"), "redis", &[Between(b"Redis version ", b""), Build]),
    program(Exactly(b"ruby"), "ruby", &[Between(b"ruby ", b" (")]),
    program(Exactly(b"valkey-server"), "valkey", &[Between(b"Valkey version ", b""), Build]),
];

impl Called {
    /// Returns what a name has behind its fixed part; none where it is another one.
    fn rest<'n>(&self, name: &'n [u8]) -> Option<&'n [u8]> {
        match self {
            Exactly(own) => (name == *own).then_some(&[]),
            Library(own) => name.strip_prefix(*own).filter(|rest| rest.starts_with(b".so")),
            Numbered(own) => name.strip_prefix(*own).filter(|rest| {
                let numbers = std::str::from_utf8(rest).unwrap_or_default();
                let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
                is_version(numbers) && numbers.bytes().all(is_number)
            }),
        }
    }
}

/// What of the bytes before is looked at again with the next, so that no version is cut.
const CARRIED: usize = 128;
/// The longest version.
const VERSION: usize = 40;

/// Looks for the version of one program in what comes by.
#[derive(Debug)]
pub(crate) struct Banner {
    program: &'static Program,
    /// What its version begins with, where the name of the file says so.
    series: Vec<u8>,
    carried: Vec<u8>,
    pub(crate) version: Option<String>,
}

impl Banner {
    /// Returns what looks for the version of a file of this path; none of what is no known program.
    pub(crate) fn of(path: &[u8]) -> Option<Self> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let (program, series) = PROGRAMS
            .iter()
            .find_map(|program| Some((program, program.file.rest(name)?.to_vec())))?;
        Some(Self { program, series, carried: Vec::new(), version: None })
    }

    /// Returns the name of the program.
    pub(crate) fn name(&self) -> &'static str {
        self.program.name
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.version.is_some() {
            return;
        }
        let first = bytes.get(..CARRIED).unwrap_or(bytes);
        let joined = [self.carried.as_slice(), first].concat();
        self.version = self.find(&joined).or_else(|| self.find(bytes));
        let all = if bytes.len() >= CARRIED { bytes } else { &joined };
        let from = all.len().saturating_sub(CARRIED);
        self.carried = all.get(from..).unwrap_or_default().to_vec();
    }

    fn find(&self, bytes: &[u8]) -> Option<String> {
        self.program.ways.iter().find_map(|way| match way {
            Between(words, others) => {
                behind(bytes, words).find_map(|(_, rest)| version(rest, others))
            }
            BehindName(words) => behind(bytes, words).find_map(|(_, rest)| {
                let slash = rest.iter().take(VERSION).position(|&byte| byte == b'/')?;
                version(rest.get(slash.saturating_add(1)..)?, b"")
            }),
            Before(words) => behind(bytes, words).find_map(|(before, _)| version_before(before)),
            Commit(words) => behind(bytes, words).find_map(|(before, _)| of_commit(before)),
            Build => of_build(bytes),
            Alone => alone(bytes, &self.series),
        })
    }
}

/// Returns what lies before and behind each place of some words.
fn behind<'b>(bytes: &'b [u8], words: &'b [u8]) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
    memchr::memmem::find_iter(bytes, words).filter_map(move |at| {
        let (before, rest) = bytes.split_at_checked(at)?;
        Some((before, rest.strip_prefix(words)?))
    })
}

/// Returns the version of numbers and dots at the end of some bytes.
fn version_before(bytes: &[u8]) -> Option<String> {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let len = bytes.iter().rev().take(VERSION).take_while(is_part).count();
    let text = std::str::from_utf8(bytes.get(bytes.len().checked_sub(len)?..)?).ok()?;
    is_version(text).then(|| text.to_owned())
}

/// Returns the version with a commit behind it that is the last of the texts at the end of some bytes.
fn of_commit(bytes: &[u8]) -> Option<String> {
    let near = bytes.get(bytes.len().saturating_sub(CARRIED)..)?;
    near.rsplit(|&byte| byte == 0).find_map(|text| {
        let text = std::str::from_utf8(text).ok()?;
        let (version, commit) = text.rsplit_once('-')?;
        let is_commit = commit.len() == 7 && commit.bytes().all(|it| it.is_ascii_hexdigit());
        let plain = version.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it));
        (is_commit && plain && is_version(version)).then(|| version.to_owned())
    })
}

/// Returns the text between zero bytes that is a version of a series.
fn alone(bytes: &[u8], series: &[u8]) -> Option<String> {
    let start = [b"\0", series, b"."].concat();
    memchr::memmem::find_iter(bytes, &start).find_map(|at| {
        let found = version(bytes.get(at.saturating_add(1)..)?, b"\0")?;
        found.split('.').nth(2)?.starts_with(|it: char| it.is_ascii_digit()).then_some(found)
    })
}

/// Returns the version at the start of some bytes: two numbers at least, with dots between, and letters
/// behind. One that ends with the bytes may go on.
fn version(bytes: &[u8], behind: &[u8]) -> Option<String> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let len = bytes.iter().take(VERSION).take_while(|byte| is_part(byte)).count();
    let text = std::str::from_utf8(bytes.get(..len)?).ok()?.trim_end_matches(['.', '-']);
    let rest = bytes.get(len..).filter(|rest| !rest.is_empty() && rest.starts_with(behind));
    rest.filter(|_| is_version(text)).map(|_| text.to_owned())
}

fn is_version(text: &str) -> bool {
    let mut parts = text.split('.');
    let number =
        |part: Option<&str>| part.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
    number(parts.next()) && number(parts.next())
}

/// Returns the version in the id of a build of Redis: a version, twelve letters or digits of a host or
/// `buildkitsandbox`, and a time.
fn of_build(bytes: &[u8]) -> Option<String> {
    let texts = bytes.split(|&byte| byte == 0);
    texts.filter(|text| (20..120).contains(&text.len())).find_map(|text| {
        let text = std::str::from_utf8(text).ok()?;
        let (before, time) = text.rsplit_once('-')?;
        let is_time = time.len() >= 10 && time.bytes().all(|it| it.is_ascii_digit());
        let host = before.strip_suffix("buildkitsandbox");
        let host = host.or_else(|| before.get(..before.len().checked_sub(12)?))?;
        let plain = host.bytes().all(|it| it.is_ascii_digit() || it == b'.');
        (is_time && plain && is_version(host)).then(|| host.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_any_pieces() {
        for (file, content, expected) in [
            ("usr/sbin/nginx", "\0nginx version: nginx/1.25.1\0", Some("1.25.1")),
            ("bin/node", "xnode.js/v19.2.0\0", Some("19.2.0")),
            ("bin/httpd", "Apache/\0Apache/2.4.54 (Unix)\0", Some("2.4.54")),
            ("bin/redis-server", "\x007.0.0e11381fbd8bd-1653733480000000000\0", Some("7.0.0")),
            ("bin/redis-server", "\x007.2.1buildkitsandbox-1653733480\0", Some("7.2.1")),
            ("bin/redis-server", "Redis version 6.2\n", Some("6.2")),
            ("bin/haproxy", "version 2.8.1, released 2023\0", Some("2.8.1")),
            ("bin/haproxy", "version 2.8.1 of something\0", None),
            ("bin/postgres", "PostgreSQL 15.2 (Debian)\0", Some("15.2")),
            ("bin/node", "node.js/v1x\0", None),
            ("sbin/nginx", "nginx version: openresty/1.21.4\0", Some("1.21.4")),
            ("bin/haproxy", "\x003.0.2-a45a8e6\0\0HAProxy version %s\0", Some("3.0.2")),
            ("bin/haproxy", "\x003.0.2-a45a8e\0HAProxy version %s\0", None),
            ("lib/libcrypto.so.3", "\0OpenSSL 3.1.4 24 Oct 2023\0", Some("3.1.4")),
            ("lib/libcrypto.so.1.1", "\0OpenSSL 1.1.1w  11 Sep 2023\0", Some("1.1.1w")),
            ("sbin/mariadbd", "\x0010.6.15-MariaDB-log\0", Some("10.6.15")),
            ("sbin/mysqld", "/b/mysql-8.0.34/sql/a.cc\0", Some("8.0.34")),
            ("bin/bash", "@(#)Bash version 5.1.16(1) release\0", Some("5.1.16")),
            ("bin/curl", "curl/8.4.0\0", Some("8.4.0")),
            ("bin/php", "X-Powered-By: PHP/8.2.1\0", Some("8.2.1")),
            ("bin/ruby", "\0ruby 3.2.1 (2023-02-08)\0", Some("3.2.1")),
            ("bin/ruby", "\0ruby 2.7.8p225 (2023)\0", Some("2.7.8p225")),
            ("bin/perl", "/usr/local/lib/perl5/5.36.0/x\0", Some("5.36.0")),
            ("bin/python3.11", "\x003.11.\x003.11.2\0", Some("3.11.2")),
            ("bin/python3.11", "\x003.10.2\0x3.11.2\0", None),
        ] {
            for piece in 1..content.len() {
                let mut banner = Banner::of(file.as_bytes()).unwrap();
                content.as_bytes().chunks(piece).for_each(|bytes| banner.push(bytes));
                assert_eq!(banner.version.as_deref(), expected, "{content} in {piece}");
            }
        }
        for other in ["bin/other", "bin/python3", "bin/python3.11-config", "lib/libcrypto3.a"] {
            assert!(Banner::of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
