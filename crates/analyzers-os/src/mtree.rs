//! mtree(5), as far as package managers write it: a line an entry, with settings for those that follow.

use cutaway_analyze::{ContentDigest, FileRole};

/// What is set for the entries to come.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    role: Option<FileRole>,
}

/// One entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The path, as it stands but for escapes.
    pub(crate) path: Vec<u8>,
    /// What it is.
    pub(crate) role: FileRole,
    /// The SHA-256 of its content, else the MD5.
    pub(crate) digest: Option<ContentDigest>,
    /// The target of a link.
    pub(crate) link: Option<Vec<u8>>,
}

impl Settings {
    /// Reads a line; none where it is no entry.
    ///
    /// # Errors
    ///
    /// Returns the rule that the line breaks.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<Option<Entry>, &'static str> {
        let mut words = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|it| !it.is_empty());
        let Some(first) = words.next() else { return Ok(None) };
        match first {
            [b'#', ..] => return Ok(None),
            b"/set" => {
                for word in words {
                    if let Some(value) = word.strip_prefix(b"type=") {
                        self.role = Some(role(value));
                    }
                }
                return Ok(None);
            }
            b"/unset" => {
                if words.any(|word| word == b"type" || word == b"all") {
                    self.role = None;
                }
                return Ok(None);
            }
            _ => {}
        }
        let mut entry = Entry {
            path: unescape(first),
            role: self.role.unwrap_or(FileRole::Any),
            digest: None,
            link: None,
        };
        let mut md5 = None;
        for word in words {
            let Some(equals) = word.iter().position(|&byte| byte == b'=') else { continue };
            let (key, value) = word.split_at_checked(equals).unwrap_or_default();
            let value = value.get(1..).unwrap_or_default();
            let digest = |len: usize| {
                let digest = ContentDigest::from_hex(value);
                digest.filter(|it| it.bytes().len() == len).ok_or("a digest has no known form")
            };
            match key {
                b"type" => entry.role = role(value),
                b"link" => entry.link = Some(unescape(value)),
                b"sha256digest" | b"sha256" => entry.digest = Some(digest(32)?),
                // Where there is a better one, it does not matter.
                b"md5digest" | b"md5" => md5 = Some(digest(16)),
                _ => {}
            }
        }
        if let (None, Some(md5)) = (entry.digest, md5) {
            entry.digest = Some(md5?);
        }
        Ok(Some(entry))
    }
}

fn role(value: &[u8]) -> FileRole {
    match value {
        b"file" => FileRole::File,
        b"dir" => FileRole::Directory,
        b"link" => FileRole::Link,
        b"char" | b"block" | b"fifo" | b"socket" => FileRole::Special,
        _ => FileRole::Any,
    }
}

/// Replaces a backslash and three octal digits by the byte that they are.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.first_chunk::<3>().filter(|_| byte == b'\\');
        let number = digits.and_then(|digits| {
            let text = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(text, 8).ok()
        });
        match number {
            Some(number) => {
                out.push(number);
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        let mut settings = Settings::default();
        let mut read = |line: &str| settings.line(line.as_bytes());
        assert_eq!(read("#mtree"), Ok(None));
        assert_eq!(read(""), Ok(None));
        let entry = read("./a").unwrap().unwrap();
        assert_eq!((entry.path.as_slice(), entry.role), (&b"./a"[..], FileRole::Any));
        assert_eq!(read("/set type=file uid=0"), Ok(None));
        let entry = read(&format!("./a\\134b\\9 mode=644  md5digest={md5}")).unwrap().unwrap();
        assert_eq!((entry.path.as_slice(), entry.role), (&b"./a\\b\\9"[..], FileRole::File));
        assert_eq!(entry.digest, ContentDigest::from_hex(md5.as_bytes()));
        assert!(read("./a sha256digest=12").is_err());
        assert!(read(&format!("./a sha256digest={md5}")).is_err());
        let entry = read("./l type=link link=../x").unwrap().unwrap();
        assert_eq!((entry.role, entry.link.as_deref()), (FileRole::Link, Some(&b"../x"[..])));
        assert_eq!(read("/unset all"), Ok(None));
        assert_eq!(read("./b type=block").unwrap().unwrap().role, FileRole::Special);
        assert_eq!(read("./b").unwrap().unwrap().role, FileRole::Any);
    }
}
