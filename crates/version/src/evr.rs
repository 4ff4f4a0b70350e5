//! `[epoch:]version[-release]`, as rpm and libalpm take it apart.

use crate::bytes::{Rule, cut_last, digits};

pub(crate) struct Evr<'a> {
    /// Digits; empty where there is none.
    pub(crate) epoch: &'a [u8],
    pub(crate) version: &'a [u8],
    pub(crate) release: Option<&'a [u8]>,
}

impl<'a> Evr<'a> {
    /// Takes any text apart that is not empty: a colon that does not follow digits belongs to the version.
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err("it is empty");
        }
        let (epoch, rest) = match digits(text.as_bytes()) {
            (epoch, [b':', rest @ ..]) => (epoch, rest),
            _ => (&b""[..], text.as_bytes()),
        };
        let (version, release) = cut_last(rest, b'-');
        Ok(Self { epoch, version, release })
    }
}
