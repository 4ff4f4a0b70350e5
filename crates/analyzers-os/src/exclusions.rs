//! Files that a package manager is told to leave out: `path-exclude` of dpkg, `NoExtract` of pacman.
//!
//! Images are often made small so. What matches is recorded by its package and yet not there.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, Exclusion, File, Findings, Interest, Outcome, Place,
};

use crate::line::lines;

/// The most settings that are read from one file.
const MAX_SETTINGS: usize = 10_000;

/// The reader of dpkg's configuration.
#[derive(Debug)]
pub(crate) struct DpkgExclusions;

/// The reader of pacman's configuration.
#[derive(Debug)]
pub(crate) struct PacmanExclusions;

impl Analyzer for DpkgExclusions {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg-exclusions", 1)
    }

    fn interest(&self) -> Interest {
        // In the order in which dpkg reads them.
        Interest::default()
            .at(Place::directory("etc/dpkg/dpkg.cfg.d", &[".dpkg-old", ".dpkg-new", "~"]))
            .files(["etc/dpkg/dpkg.cfg"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let settings = lines(file.start()).filter_map(|line| {
            let setting = String::from_utf8_lossy(line.text.trim_ascii()).into_owned();
            let (excluded, value) = match setting.strip_prefix("path-exclude") {
                Some(value) => (true, value),
                None => (false, setting.strip_prefix("path-include")?),
            };
            let pattern = value.strip_prefix(['=', ' ', '\t'])?.trim();
            let pattern = pattern.trim_matches('"').strip_prefix('/')?.to_owned();
            Some(Exclusion { pattern, excluded, ecosystem: Ecosystem::DEB, setting })
        });
        settings.take(MAX_SETTINGS).for_each(|exclusion| findings.files.exclude(exclusion));
        Outcome::Done
    }
}

impl Database for DpkgExclusions {}

impl Analyzer for PacmanExclusions {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("pacman-exclusions", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/pacman.conf"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        for line in lines(file.start()) {
            let text = String::from_utf8_lossy(line.text);
            let Some((key, value)) = text.split_once('=') else { continue };
            if key.trim() != "NoExtract" {
                continue;
            }
            let left = MAX_SETTINGS.saturating_sub(findings.files.exclusions().len());
            for word in value.split_whitespace().take(left) {
                let pattern = word.strip_prefix('!').unwrap_or(word);
                findings.files.exclude(Exclusion {
                    pattern: pattern.strip_prefix('/').unwrap_or(pattern).to_owned(),
                    excluded: !word.starts_with('!'),
                    ecosystem: Ecosystem::ALPM,
                    setting: format!("NoExtract {word}"),
                });
            }
        }
        Outcome::Done
    }
}

impl Database for PacmanExclusions {}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn settings() {
        let analyzers: [&dyn Analyzer; 2] = [&DpkgExclusions, &PacmanExclusions];
        for (path, content, expected) in [
            (
                "etc/dpkg/dpkg.cfg.d/docker",
                "# docs\npath-exclude=/usr/share/man/*\npath-exclude /usr/share/doc/*\npath-include=\"/usr/share/doc/*/copyright\"\nno-debsig\npath-exclude=relative\n",
                "-usr/share/man/*, -usr/share/doc/*, +usr/share/doc/*/copyright",
            ),
            (
                "etc/pacman.conf",
                "[options]\nHoldPkg = pacman\nNoExtract  = usr/share/help/* !usr/share/help/en*\n#NoExtract = a\nNoExtract = /usr/share/man/*\n",
                "-usr/share/help/*, +usr/share/help/en*, -usr/share/man/*",
            ),
        ] {
            let path = EntryPath::clean(path.as_bytes()).unwrap();
            let analyzer =
                analyzers.iter().find(|it| it.interest().holds(path.as_bytes())).unwrap();
            let mut findings = Findings::default();
            let _ = analyzer.analyze(&File::new(&path, content.as_bytes()), &mut findings);
            assert_eq!(outline(&findings), expected);
        }
    }
}
