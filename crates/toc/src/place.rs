//! Where the table of a layer lies, by the annotations of its descriptor.

use std::str::FromStr as _;

use cutaway_ref::Digest;

use crate::{Error, Limits};

/// The digest of an eStargz table.
const STARGZ: &str = "containerd.io/snapshot/stargz/toc.digest";
/// What keys of zstd:chunked begin with: of newer builders, and of those up to 2022.
const CHUNKED: [&str; 2] =
    ["io.github.containers.zstd-chunked.manifest", "io.containers.zstd-chunked.manifest"];

/// Where the table of a layer lies, and what names its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// eStargz: the footer of the layer says where. The digest is that of the uncompressed JSON.
    Stargz(Digest),
    /// zstd:chunked: the annotations say where.
    Chunked(Chunked),
}

/// Where the table of a zstd:chunked layer lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunked {
    /// The first stored byte of the table, behind the header of its skippable frame.
    pub offset: u64,
    /// Its stored bytes: a zstd frame.
    pub packed: u64,
    /// Its bytes uncompressed.
    pub unpacked: u64,
    /// The digest of the stored bytes.
    pub digest: Digest,
}

impl Place {
    /// Returns where the table of a layer of `size` stored bytes lies; `annotation` gives those of its
    /// descriptor by their keys. None where there is no table.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] for annotations that cannot be read, lead out of the layer or disagree,
    /// and [`Error::Limit`] for a table that is too large.
    pub fn of<'a>(
        annotation: impl Fn(&str) -> Option<&'a str>,
        size: u64,
        limits: &Limits,
    ) -> Result<Option<Self>, Error> {
        let claims: Result<Vec<Self>, Error> =
            Self::claims(annotation, size, limits).into_iter().collect();
        match claims?.as_slice() {
            [] => Ok(None),
            [place] => Ok(Some(place.clone())),
            _ => Err(Error::malformed("annotations name tables that are not the same")),
        }
    }

    /// Returns where each table lies that annotations claim, the same one once: each runtime knows annotations
    /// of its own and takes no notice of others. `annotation` and `size` are as for [`of`](Self::of).
    ///
    /// Each may be [`Error::Malformed`] or [`Error::Limit`], as for [`of`](Self::of).
    pub fn claims<'a>(
        annotation: impl Fn(&str) -> Option<&'a str>,
        size: u64,
        limits: &Limits,
    ) -> Vec<Result<Self, Error>> {
        let stargz = annotation(STARGZ).map(|text| digest(STARGZ, text).map(Self::Stargz));
        let chunked = CHUNKED.iter().filter_map(|prefix| {
            let place = chunked(prefix, &annotation, size, limits).transpose()?;
            Some(place.map(Self::Chunked))
        });
        let mut claims: Vec<_> = stargz.into_iter().chain(chunked).collect();
        claims.dedup();
        claims
    }
}

fn chunked<'a>(
    prefix: &str,
    annotation: impl Fn(&str) -> Option<&'a str>,
    size: u64,
    limits: &Limits,
) -> Result<Option<Chunked>, Error> {
    let [position, checksum] = ["position", "checksum"].map(|what| format!("{prefix}-{what}"));
    let (at, sum) = match (annotation(&position), annotation(&checksum)) {
        (None, None) => return Ok(None),
        (Some(at), Some(sum)) => (at, sum),
        _ => return Err(Error::malformed(format!("{prefix} has a position or a checksum alone"))),
    };
    let numbers: Option<Vec<u64>> = at.split(':').map(|number| number.parse().ok()).collect();
    let Some([offset, packed, unpacked, 1]) = numbers.as_deref() else {
        return Err(broken(&position, at));
    };
    let end = offset.checked_add(*packed).filter(|end| *packed > 0 && *end <= size);
    if end.is_none() {
        return Err(Error::malformed(format!("{position} leads out of the layer")));
    }
    if (*packed).max(*unpacked) > limits.table_bytes {
        return Err(Error::Limit { limit: "table_bytes", max: limits.table_bytes });
    }
    let digest = digest(&checksum, sum)?;
    Ok(Some(Chunked { offset: *offset, packed: *packed, unpacked: *unpacked, digest }))
}

fn digest(key: &str, text: &str) -> Result<Digest, Error> {
    Digest::from_str(text)
        .ok()
        .filter(|digest| digest.algorithm().is_some())
        .ok_or_else(|| broken(key, text))
}

fn broken(key: &str, text: &str) -> Error {
    Error::malformed(format!("the annotation {key} cannot be read: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const OTHER: &str = "sha256:a3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const OLD: [&str; 2] = [
        "io.containers.zstd-chunked.manifest-position",
        "io.containers.zstd-chunked.manifest-checksum",
    ];
    const NEW: [&str; 2] = [
        "io.github.containers.zstd-chunked.manifest-position",
        "io.github.containers.zstd-chunked.manifest-checksum",
    ];

    fn place(annotations: &[(&str, &str)]) -> Result<Option<Place>, Error> {
        let of = |key: &str| annotations.iter().find(|(it, _)| *it == key).map(|(_, text)| *text);
        Place::of(of, 1000, &Limits::default())
    }

    #[test]
    fn annotations_of_both_generations() {
        let digest: Digest = SUM.parse().unwrap();
        let chunked = Chunked { offset: 900, packed: 50, unpacked: 70, digest: digest.clone() };
        let is = Ok(Some(Place::Chunked(chunked)));
        assert_eq!(place(&[(OLD[0], "900:50:70:1"), (OLD[1], SUM)]), is);
        assert_eq!(place(&[(NEW[0], "900:50:70:1"), (NEW[1], SUM)]), is);
        let both = [(OLD[0], "900:50:70:1"), (OLD[1], SUM), (NEW[0], "900:50:70:1"), (NEW[1], SUM)];
        assert_eq!(place(&both), is);
        assert_eq!(place(&[(STARGZ, SUM)]), Ok(Some(Place::Stargz(digest))));
        assert_eq!(place(&[("x", "y")]), Ok(None));
    }

    #[test]
    fn annotations_that_are_not_believed() {
        for annotations in [
            &[(STARGZ, "sha256:1")][..],
            &[(OLD[0], "900:50:70:1")],
            &[(OLD[1], SUM)],
            &[(OLD[0], "900:50:70:2"), (OLD[1], SUM)],
            &[(OLD[0], "900:50:70"), (OLD[1], SUM)],
            &[(OLD[0], "900:50:70:1:1"), (OLD[1], SUM)],
            &[(OLD[0], "-1:50:70:1"), (OLD[1], SUM)],
            &[(OLD[0], "990:50:70:1"), (OLD[1], SUM)],
            &[(OLD[0], "900:0:70:1"), (OLD[1], SUM)],
            &[(OLD[0], "18446744073709551615:50:70:1"), (OLD[1], SUM)],
            &[(OLD[0], "900:50:99999999999:1"), (OLD[1], SUM)],
            &[(OLD[0], "900:50:70:1"), (OLD[1], SUM), (NEW[0], "900:50:70:1"), (NEW[1], OTHER)],
            &[(OLD[0], "900:50:70:1"), (OLD[1], SUM), (STARGZ, SUM)],
        ] {
            assert!(place(annotations).is_err(), "{annotations:?}");
        }
    }
}
