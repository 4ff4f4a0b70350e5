//! dpkg's diversions: files that are unpacked elsewhere than their packages say.
//!
//! Three lines each: the path, where it is diverted to, and the package that diverts it (`:` for an
//! administrator), whose own file stays. Format: dpkg's `divertdb.c`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Diversion, File, Findings, Interest, Outcome,
};
use cutaway_layerfs::EntryPath;

use crate::line::lines;
use crate::reporter::{Reporter, quote};

/// The reader of diversions.
#[derive(Debug)]
pub(crate) struct DpkgDiversions;

impl Analyzer for DpkgDiversions {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg-diversions", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["var/lib/dpkg/diversions"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let mut all = lines(file.start()).filter(|line| !line.is_too_long());
        while let Some(from) = all.next() {
            let (to, package) = (all.next(), all.next());
            let clean = |path: &[u8]| EntryPath::clean(path).ok().filter(|path| !path.is_root());
            let paths = to.and_then(|to| Some((clean(from.text)?, clean(to.text)?)));
            let Some(((from, to), package)) = paths.zip(package) else {
                reporter.error(
                    "dpkg-diversion-unreadable",
                    format_args!(
                        "line {} begins no diversion of two paths and a package: {}",
                        from.number,
                        quote(from.text)
                    ),
                );
                continue;
            };
            let except = match package.text {
                b":" => None,
                name => Some(String::from_utf8_lossy(name).into_owned()),
            };
            reporter.findings().files.divert(Diversion { from, to, except });
        }
        reporter.finish();
        Outcome::Done
    }
}

impl Database for DpkgDiversions {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn triples() {
        for (content, expected) in [
            (
                "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n",
                "bin/sh to bin/sh.distrib except dash, a to b except nobody",
            ),
            ("/bin/sh\n/bin/sh.distrib\n", "dpkg-diversion-unreadable"),
            (
                "/bin/sh\n/../x\ndash\n/a\n/b\n:\n",
                "a to b except nobody, dpkg-diversion-unreadable",
            ),
            ("", ""),
        ] {
            let path = EntryPath::clean(b"var/lib/dpkg/diversions").unwrap();
            let mut findings = Findings::default();
            let input = File::new(&path, content.as_bytes());
            let _ = DpkgDiversions.analyze(&input, &mut findings);
            assert_eq!(outline(&findings), expected, "{content}");
        }
    }
}
