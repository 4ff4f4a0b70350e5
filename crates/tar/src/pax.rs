//! The records of a PAX extended header (POSIX.1-2017 `pax`, "pax Extended Header"), as far as a
//! reader of layers uses them; not what they mean together with the header they extend.

use crate::sparse::PaxSparse;
use crate::{ErrorKind, Xattr, number};

/// What an extended header says about its member; none where the header counts.
///
/// Numbers are kept as they stand until a member is described: those that a later record or header
/// replaces may be anything.
#[derive(Debug, Default)]
pub(crate) struct Pax {
    pub(crate) path: Option<Box<[u8]>>,
    pub(crate) link: Option<Box<[u8]>>,
    size: Option<Box<[u8]>>,
    uid: Option<Box<[u8]>>,
    gid: Option<Box<[u8]>>,
    pub(crate) uname: Option<Box<[u8]>>,
    pub(crate) gname: Option<Box<[u8]>>,
    mtime: Option<Box<[u8]>>,
    atime: Option<Box<[u8]>>,
    ctime: Option<Box<[u8]>>,
    pub(crate) xattrs: Vec<Xattr>,
    pub(crate) sparse: PaxSparse,
}

/// A record that breaks the format: where in the body, and which rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: u64,
    pub(crate) rule: &'static str,
}

/// The numbers of an extended header, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) size: Option<i64>,
    pub(crate) uid: Option<i64>,
    pub(crate) gid: Option<i64>,
    pub(crate) mtime: Option<(i64, u32)>,
}

/// Reads the body of a local extended header.
pub(crate) fn parse(body: &[u8]) -> Result<Pax, Malformed> {
    let mut pax = Pax::default();
    each_record(body, |key, value| pax.set(key, value))?;
    Ok(pax)
}

/// Reads the body of a global extended header, of which nothing is used: Go, and with it every
/// container runtime, ignores them. Returns whether it would rename, link or resize members.
pub(crate) fn parse_global(body: &[u8]) -> Result<bool, Malformed> {
    let mut overrides = false;
    let mut pax = Pax::default();
    each_record(body, |key, value| {
        overrides |=
            matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.");
        pax.set(key, value)
    })?;
    Ok(overrides)
}

/// Calls back with key and value of each record: `length SPACE key = value NEWLINE`, where the
/// length is that of the whole record.
fn each_record(
    body: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), &'static str>,
) -> Result<(), Malformed> {
    let mut rest = body;
    while !rest.is_empty() {
        let at = u64::try_from(body.len().saturating_sub(rest.len())).unwrap_or(u64::MAX);
        let malformed = |rule| Malformed { at, rule };
        let record = split_record(&mut rest).map_err(malformed)?;
        let equals = record
            .iter()
            .position(|&byte| byte == b'=')
            .ok_or("no equals sign")
            .map_err(malformed)?;
        let (key, value) = record.split_at_checked(equals).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default();
        if key.is_empty() {
            return Err(malformed("empty key"));
        }
        if key.contains(&0) {
            return Err(malformed("NUL in the key"));
        }
        visit(key, value).map_err(malformed)?;
    }
    Ok(())
}

/// Splits the first record off and returns it without its length and its newline.
fn split_record<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], &'static str> {
    let blank = rest.iter().position(|&byte| byte == b' ').ok_or("no length")?;
    let length = rest.get(..blank).and_then(number::decimal).ok_or("length is not a number")?;
    let length = usize::try_from(length).map_err(|_| "length is longer than the header")?;
    let (record, after) =
        rest.split_at_checked(length).ok_or("length is longer than the header")?;
    let record =
        record.get(blank.saturating_add(1)..).ok_or("length is shorter than the record")?;
    let record = record.strip_suffix(b"\n").ok_or("length does not end at a newline")?;
    *rest = after;
    Ok(record)
}

impl Pax {
    /// Takes one record; a later one replaces an earlier one, an empty value gives way to the
    /// header.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match key {
            b"path" => self.path = name(value)?,
            b"linkpath" => self.link = name(value)?,
            b"uname" => self.uname = name(value)?,
            b"gname" => self.gname = name(value)?,
            b"size" => self.size = given(value),
            b"uid" => self.uid = given(value),
            b"gid" => self.gid = given(value),
            b"mtime" => self.mtime = given(value),
            b"atime" => self.atime = given(value),
            b"ctime" => self.ctime = given(value),
            _ => {
                if let Some(key) = key.strip_prefix(b"SCHILY.xattr.") {
                    // An empty value is a value here, and NUL an ordinary byte.
                    self.xattrs.push(Xattr { name: key.into(), value: value.into() });
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the numbers that count; also the times that nobody asks for have to be times.
    pub(crate) fn numbers(&self) -> Result<Numbers, ErrorKind> {
        fn read<T>(
            value: Option<&[u8]>,
            parse: impl Fn(&[u8]) -> Option<T>,
            rule: &'static str,
        ) -> Result<Option<T>, ErrorKind> {
            value.map(|value| parse(value).ok_or(ErrorKind::Pax { rule })).transpose()
        }
        read(self.atime.as_deref(), number::time, "atime is not a time")?;
        read(self.ctime.as_deref(), number::time, "ctime is not a time")?;
        Ok(Numbers {
            size: read(self.size.as_deref(), number::integer, "size is not a number")?,
            uid: read(self.uid.as_deref(), number::integer, "uid is not a number")?,
            gid: read(self.gid.as_deref(), number::integer, "gid is not a number")?,
            mtime: read(self.mtime.as_deref(), number::time, "mtime is not a time")?,
        })
    }

    /// Lets the last of several attributes of one name win, in linear time.
    pub(crate) fn take_xattrs(&mut self) -> Vec<Xattr> {
        let mut xattrs = std::mem::take(&mut self.xattrs);
        if xattrs.len() > 1 {
            let mut seen = std::collections::HashSet::with_capacity(xattrs.len());
            let mut keep: Vec<bool> =
                xattrs.iter().rev().map(|xattr| seen.insert(xattr.name.clone())).collect();
            xattrs.retain(|_| keep.pop().unwrap_or(true));
        }
        xattrs
    }
}

fn name(value: &[u8]) -> Result<Option<Box<[u8]>>, &'static str> {
    if value.contains(&0) {
        return Err("NUL in a name");
    }
    Ok(given(value))
}

fn given(value: &[u8]) -> Option<Box<[u8]>> {
    (!value.is_empty()).then(|| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_records() {
        let pax =
            parse(b"11 path=ab\n11 path=cd\n10 size=7\n27 SCHILY.xattr.user.a=\0b=\n").unwrap();
        assert_eq!(pax.path.as_deref(), Some(&b"cd"[..]));
        assert_eq!(pax.numbers().unwrap().size, Some(7));
        assert_eq!(*pax.xattrs, [Xattr { name: b"user.a"[..].into(), value: b"\0b="[..].into() }]);
        assert_eq!(parse(b"11 path=ab\n8 path=\n").unwrap().path, None);
    }

    #[test]
    fn last_attribute_wins() {
        let record = |value: &str| format!("25 SCHILY.xattr.user.a={value}\n");
        let mut pax =
            parse(format!("{}25 SCHILY.xattr.user.b=x\n{}", record("1"), record("2")).as_bytes())
                .unwrap();
        let xattrs = pax.take_xattrs();
        let keys: Vec<_> = xattrs.iter().map(|xattr| (&*xattr.name, &*xattr.value)).collect();
        assert_eq!(keys, [(&b"user.b"[..], &b"x"[..]), (b"user.a", b"2")]);
    }

    #[test]
    fn refuses_malformed_records() {
        for (body, at, rule) in [
            (&b"11 path=ab"[..], 0, "length is longer than the header"),
            (b"99 path=ab\n", 0, "length is longer than the header"),
            (b"10 path=ab\n", 0, "length does not end at a newline"),
            (b"11 path=ab\n5 =a\n", 11, "empty key"),
            (b"7 path\n", 0, "no equals sign"),
            (b"path=ab\n", 0, "no length"),
            (b"x1 path=ab\n", 0, "length is not a number"),
            (b"-1 path=ab\n", 0, "length is not a number"),
            (b"1 path=ab\n", 0, "length is shorter than the record"),
            (b"11 path=a\0\n", 0, "NUL in a name"),
            (b"8 p\0h=a\n", 0, "NUL in the key"),
            (b"\0\0\0", 0, "no length"),
        ] {
            let text = String::from_utf8_lossy(body);
            assert_eq!(parse(body).err(), Some(Malformed { at, rule }), "{text:?}");
        }
    }

    #[test]
    fn reads_numbers_once_they_count() {
        let numbers = |body: &[u8]| parse(body).unwrap().numbers();
        for (body, rule) in [
            (&b"12 size=1e3\n"[..], "size is not a number"),
            (b"9 uid=1 \n", "uid is not a number"),
            (b"13 mtime=NaN\n", "mtime is not a time"),
            (b"13 atime=NaN\n", "atime is not a time"),
        ] {
            assert_eq!(numbers(body), Err(ErrorKind::Pax { rule }));
        }
        assert_eq!(numbers(b"12 size=1e3\n11 size=+7\n").unwrap().size, Some(7));
        assert_eq!(numbers(b"12 size=1e3\n8 size=\n").unwrap().size, None);
        assert_eq!(numbers(b"11 size=-1\n").unwrap().size, Some(-1));
        assert_eq!(numbers(b"+11 uid=-1\n").unwrap().uid, Some(-1));
        assert_eq!(numbers(b"000000000000000000000031 uid=7\n").unwrap().uid, Some(7));
    }
}
