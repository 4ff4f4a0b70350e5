//! chisel's manifest taken apart: zstd, in it one JSON object a line, in the first one how many lines there are.
//! What the objects mean is not known here.
//!
//! ```text
//! {"jsonwall":"1.0","schema":"1.0","count":4}
//! {"kind":"package","name":"openssl","version":"3.0.13-0ubuntu3.5","sha256":"00f9…","arch":"amd64"}
//! {"kind":"path","path":"/usr/bin/openssl","mode":"0755","slices":["openssl_bins"],"sha256":"9a8b…","size":1}
//! {"kind":"slice","name":"openssl_bins"}
//! ```
//!
//! Format: chisel's `public/manifest` and `public/jsonwall`.

use std::borrow::Cow;

use serde::Deserialize;

use crate::line::lines;
use crate::reporter::{Reporter, quote};
use crate::unpack::unzstd;

/// How many lines may be unreadable before the rest is given up: little can unpack to very many.
const UNREADABLE_MAX: usize = 1000;

/// A manifest, unpacked.
#[derive(Debug)]
pub(crate) struct Wall(Vec<u8>);

/// A line of a manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Row<'a> {
    #[serde(borrow)]
    pub(crate) kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) arch: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) link: Option<Cow<'a, str>>,
    pub(crate) sha256: Option<Cow<'a, str>>,
    /// The digest of what a script of the package made of the file.
    pub(crate) final_sha256: Option<Cow<'a, str>>,
    pub(crate) slices: Vec<String>,
    #[serde(borrow)]
    jsonwall: Option<Cow<'a, str>>,
    #[serde(borrow)]
    schema: Option<Cow<'a, str>>,
    count: Option<usize>,
}

impl Wall {
    /// Unpacks a manifest, as far as that is possible; says where it is not.
    pub(crate) fn unpack(content: &[u8], reporter: &mut Reporter<'_>) -> Self {
        let (text, end) = unzstd(content);
        if let Err(error) = end {
            reporter.error("chisel-unreadable", error);
        }
        Self(text)
    }

    /// Hands out every line that can be read but the first; says what cannot, and whether lines are missing.
    /// Returns how many lines there are.
    pub(crate) fn rows<'a>(
        &'a self,
        reporter: &mut Reporter<'_>,
        mut take: impl FnMut(Row<'a>, usize, &mut Reporter<'_>),
    ) -> usize {
        let (mut number, mut stated, mut unreadable) = (0_usize, None, 0_usize);
        for line in lines(&self.0) {
            number = number.saturating_add(1);
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            let row: Row<'_> = match serde_json::from_slice(line.text) {
                Ok(row) => row,
                Err(error) => {
                    reporter.error(
                        "chisel-line-unreadable",
                        format_args!("line {number}: {error}: {}", quote(line.text)),
                    );
                    unreadable = unreadable.saturating_add(1);
                    if unreadable >= UNREADABLE_MAX {
                        break;
                    }
                    continue;
                }
            };
            if number > 1 {
                take(row, number, reporter);
                continue;
            }
            stated = row.count;
            let is_known = |version: Option<&str>| version.is_some_and(|it| it.starts_with("1."));
            if !is_known(row.jsonwall.as_deref()) || !is_known(row.schema.as_deref()) {
                reporter.error(
                    "chisel-version-unknown",
                    format_args!("the first line names no known version: {}", quote(line.text)),
                );
            }
        }
        if stated.is_some_and(|stated| stated != number) || (stated.is_none() && number > 0) {
            let stated = stated.map_or_else(|| "none".to_owned(), |stated| stated.to_string());
            reporter.error(
                "chisel-count",
                format_args!("the manifest has {number} lines, and states {stated}"),
            );
        }
        number
    }
}
