//! Snaps: `snap/NAME/REVISION/meta/snap.yaml`, one a revision that is unpacked.
//!
//! ```text
//! name: core
//! version: 16-2.61.4-20240607
//! architectures:
//! - amd64
//! ```
//!
//! Of YAML no more is read than top-level keys with a scalar on the same line and lists of scalars, which is
//! what `snapcraft` writes of these. Format: snapcraft's `snap.yaml`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, Ecosystem, File, Findings, Interest, Outcome, Package, Want,
};
use cutaway_layerfs::EntryPath;

use crate::line::{Line, lines, without_mark};
use crate::reporter::{Reporter, quote};

/// The reader of snaps.
#[derive(Debug)]
pub(crate) struct Snap;

impl Analyzer for Snap {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("snap", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named_below("snap", "snap.yaml")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_of_snap(file.path) { Want::Whole { max: u64::MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        if !is_of_snap(file.path()) {
            return Outcome::Done;
        }
        let mut reporter = Reporter::new(findings);
        let mut said = Said::default();
        for line in lines(without_mark(file.start())) {
            said.read(&line, &mut reporter);
        }
        match (said.name, said.version) {
            (Some(name), Some(version)) => {
                let mut package = Package::new(Ecosystem::SNAP, name, version);
                // A snap for several is none for one.
                if let [one] = said.architectures.as_slice() {
                    package.arch = Some(one.clone());
                }
                package.licenses = said.license.into_iter().collect();
                reporter.package(package);
            }
            (name, _) => reporter.error(
                "snap-record-incomplete",
                format_args!(
                    "the snap {} has no {}",
                    quote(name.as_deref().unwrap_or_default().as_bytes()),
                    if name.is_none() { "name" } else { "version" }
                ),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

/// Returns whether a path is `snap/NAME/REVISION/meta/snap.yaml`.
fn is_of_snap(path: &EntryPath) -> bool {
    path.components().count() == 5 && path.parent().ends_with(b"/meta")
}

/// What a file says, as far as it is read.
#[derive(Debug, Default)]
struct Said {
    name: Option<String>,
    version: Option<String>,
    license: Option<String>,
    architectures: Vec<String>,
    /// Whether the lines that come are items of the architectures.
    in_list: bool,
}

impl Said {
    fn read(&mut self, line: &Line<'_>, reporter: &mut Reporter<'_>) {
        if line.is_too_long() {
            reporter.error("line-over-limit", line.too_long());
            return;
        }
        let text = String::from_utf8_lossy(line.text);
        if let Some(item) = text.trim_start().strip_prefix("- ").filter(|_| self.in_list) {
            self.architectures.extend(scalar(item));
            return;
        }
        if text.trim().is_empty() || text.starts_with([' ', '\t', '#', '-']) {
            return;
        }
        let (key, value) = text.split_once(':').unwrap_or((&text, ""));
        self.in_list = key == "architectures";
        let slot = match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "license" => &mut self.license,
            "architectures" => {
                let flow = value.trim().strip_prefix('[').and_then(|it| it.strip_suffix(']'));
                let items = flow.into_iter().flat_map(|it| it.split(','));
                self.architectures.extend(items.filter_map(scalar));
                return;
            }
            _ => return,
        };
        if slot.is_none() {
            *slot = scalar(value);
        }
        if !line.ended {
            reporter.error(
                "snap-line-cut",
                format_args!("the file ends in line {}, without a newline", line.number),
            );
        }
    }
}

/// Returns a scalar without its quotation marks and without a comment behind it; none where it is empty.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = ['"', '\''].into_iter().find_map(|mark| {
        let (inside, _) = text.strip_prefix(mark)?.split_once(mark)?;
        Some(inside)
    });
    let plain = || text.split_once(" #").map_or(text, |(before, _)| before.trim_end());
    Some(quoted.unwrap_or_else(plain).to_owned()).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::outline;

    #[test]
    fn snaps() {
        for (content, expected) in [
            ("name: a\nversion: 1\narchitectures:\n- amd64\nsummary: x\n", "a 1 amd64"),
            ("name: 'a'\nversion: \"1.0 # b\"\narchitectures: [arm64]\n", "a 1.0 # b arm64"),
            ("name: a # it\nversion: 1\narchitectures:\n  - amd64\n  - arm64\n", "a 1"),
            ("architectures:\n- all\nplugs:\n- amd64\nname: a\nversion: 1\n", "a 1 all"),
            ("description: |\n  version: 2\n  name: b\nversion: 1\r\nname: a\r\n", "a 1"),
            ("name: a\nversion: 1\nversion: 2\n", "a 1"),
            ("name: a\napps:\n  version: 1\n", "; snap-record-incomplete"),
            ("version: 1\n", "; snap-record-incomplete"),
            ("name: ''\nversion: 1\n", "; snap-record-incomplete"),
            ("asdf\nlkjh\n", "; snap-record-incomplete"),
            ("name: a\nversion: 1.2", "a 1.2; snap-line-cut"),
            ("", "; snap-record-incomplete"),
        ] {
            let path = "snap/a/1/meta/snap.yaml";
            assert_eq!(outline(&Snap, path, content.as_bytes()), expected, "{content}");
        }
        for path in ["snap/a/snap.yaml", "snap/a/meta/snap.yaml", "snap/a/1/x/meta/snap.yaml"] {
            assert_eq!(outline(&Snap, path, b"name: a\nversion: 1\n"), "", "{path}");
        }
    }
}
