//! Files that a package manager is told to leave out: `path-exclude` of dpkg, `NoExtract` of pacman.
//!
//! Images are often made small so. What matches is recorded by its package and yet not there.

use cutaway_analyze::{Analyzer, Exclusion, Findings, Input, Kind, Location};

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
    fn name(&self) -> &'static str {
        "dpkg-exclusions"
    }

    fn version(&self) -> u32 {
        1
    }

    fn locations(&self) -> &'static [Location] {
        // In the order in which dpkg reads them.
        &[
            Location::Dir { path: "etc/dpkg/dpkg.cfg.d", except: &[".dpkg-old", ".dpkg-new", "~"] },
            Location::File("etc/dpkg/dpkg.cfg"),
        ]
    }

    fn reads_files(&self) -> bool {
        true
    }

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        let settings = lines(input.content).filter_map(|line| {
            let setting = String::from_utf8_lossy(line.text.trim_ascii()).into_owned();
            let (excluded, value) = match setting.strip_prefix("path-exclude") {
                Some(value) => (true, value),
                None => (false, setting.strip_prefix("path-include")?),
            };
            let pattern = value.strip_prefix(['=', ' ', '\t'])?.trim();
            let pattern = pattern.trim_matches('"').strip_prefix('/')?.to_owned();
            Some(Exclusion { pattern, excluded, kind: Kind::Deb, setting })
        });
        settings.take(MAX_SETTINGS).for_each(|exclusion| findings.files.exclude(exclusion));
    }
}

impl Analyzer for PacmanExclusions {
    fn name(&self) -> &'static str {
        "pacman-exclusions"
    }

    fn version(&self) -> u32 {
        1
    }

    fn locations(&self) -> &'static [Location] {
        &[Location::File("etc/pacman.conf")]
    }

    fn reads_files(&self) -> bool {
        true
    }

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        for line in lines(input.content) {
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
                    kind: Kind::Alpm,
                    setting: format!("NoExtract {word}"),
                });
            }
        }
    }
}

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
            let analyzer = analyzers.iter().find(|it| it.wants(path.as_bytes())).unwrap();
            let mut findings = Findings::default();
            analyzer.analyze(
                &Input { path: &path, content: content.as_bytes(), companion: None },
                &mut findings,
            );
            assert_eq!(outline(&findings), expected);
        }
    }
}
