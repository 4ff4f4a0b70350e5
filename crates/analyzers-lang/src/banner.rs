//! Versions that programs print of themselves, for programs that images often have without any package: one
//! that is called so, with its own words in front of the version.

/// A program: its file, the name of its record, and what stands in front of its version.
#[derive(Debug)]
struct Program {
    file: &'static [u8],
    name: &'static str,
    anchor: &'static [u8],
    /// What has to stand behind the version.
    behind: &'static [u8],
}

const fn program(
    file: &'static [u8],
    name: &'static str,
    anchor: &'static [u8],
    behind: &'static [u8],
) -> Program {
    Program { file, name, anchor, behind }
}

const PROGRAMS: &[Program] = &[
    program(b"busybox", "busybox", b"BusyBox v", b""),
    program(b"haproxy", "haproxy", b"version ", b", released 20"),
    program(b"httpd", "httpd", b"Apache/", b""),
    program(b"memcached", "memcached", b"memcached ", b""),
    program(b"nginx", "nginx", b"nginx version: nginx/", b""),
    program(b"node", "node", b"node.js/v", b""),
    program(b"openssl", "openssl", b"OpenSSL ", b" "),
    program(b"postgres", "postgresql", b"PostgreSQL ", b""),
    program(b"redis-server", "redis", b"Redis version ", b""),
    program(b"valkey-server", "valkey", b"Valkey version ", b""),
];

/// What of the bytes before is looked at again with the next, so that no version is cut.
const CARRIED: usize = 128;
/// The longest version.
const VERSION: usize = 40;

/// Looks for the version of one program in what comes by.
#[derive(Debug)]
pub(crate) struct Banner {
    program: &'static Program,
    carried: Vec<u8>,
    pub(crate) version: Option<String>,
}

impl Banner {
    /// Returns what looks for the version of a file of this path; none of what is no known program.
    pub(crate) fn of(path: &[u8]) -> Option<Self> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let program = PROGRAMS.iter().find(|program| program.file == name)?;
        Some(Self { program, carried: Vec::new(), version: None })
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
        let Program { anchor, behind, name, .. } = self.program;
        let first = *anchor.first()?;
        let mut at = 0_usize;
        while let Some(found) = bytes.get(at..)?.iter().position(|&byte| byte == first) {
            at = at.saturating_add(found);
            let rest = bytes.get(at..)?.strip_prefix(*anchor);
            if let Some(version) = rest.and_then(|rest| version(rest, behind)) {
                return Some(version);
            }
            at = at.saturating_add(1);
        }
        if ["redis", "valkey"].contains(name) { of_build(bytes) } else { None }
    }
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
        ] {
            for piece in 1..content.len() {
                let mut banner = Banner::of(file.as_bytes()).unwrap();
                content.as_bytes().chunks(piece).for_each(|bytes| banner.push(bytes));
                assert_eq!(banner.version.as_deref(), expected, "{content} in {piece}");
            }
        }
        assert!(Banner::of(b"bin/other").is_none());
    }
}
