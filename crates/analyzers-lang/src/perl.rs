//! Distributions of Perl as cpanm notes them: `…/.meta/DIST-VERSION/MYMETA.json`, and `install.json` beside.

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::json::{self, pick, string};
use crate::place::Parts;
use crate::record::{UNREADABLE, record, set_licenses, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "cpan";
/// The largest file that is read.
const MAX: u64 = 16 << 20;

/// The reader of what cpanm notes.
#[derive(Debug)]
pub(crate) struct Perl;

impl Analyzer for Perl {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("perl", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("MYMETA.json").named("install.json")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_artifact(&Parts::new(file.path)) { Want::Whole { max: MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if !is_artifact(&parts) {
            return Outcome::Done;
        }
        let text = json::text(file.start());
        if let Err(why) = read(&text, &parts, found) {
            warn(found, UNREADABLE, format_args!("not read as JSON: {why}"));
        }
        Outcome::Done
    }
}

fn is_artifact(parts: &Parts<'_>) -> bool {
    parts.back(2) == b".meta"
}

fn read(text: &str, parts: &Parts<'_>, found: &mut Findings) -> Result<(), json::Error> {
    let [name, version, dist, licenses] = pick(text, ["name", "version", "dist", "license"])?;
    let version = string(version).unwrap_or_default();
    // Of install.json the name is that of a module, and the distribution has the version behind it.
    let dist = string(dist);
    let ending = format!("-{version}");
    let of_dist = dist.as_deref().map(|dist| dist.strip_suffix(&ending).unwrap_or(dist));
    let name = of_dist.map(str::to_owned).or_else(|| string(name)).unwrap_or_default();
    let Some(mut package) = record(found, KIND, &name.replace("::", "-"), &version) else {
        return Ok(());
    };
    if let Some(list) = licenses {
        let mut declared = Vec::new();
        // Of another shape than a list nothing is taken.
        let _ = json::items(list.get(), |item| declared.extend(string(Some(item))));
        set_licenses(&mut package, declared.iter().map(String::as_str));
    }
    package.place = Some(parts.above(2));
    found.package(package);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn distributions() {
        let path = "p/.meta/A-B-0.1/install.json";
        assert!(wants(&Perl, path) && !wants(&Perl, ".cpan/build/A/MYMETA.json"));
        let content = br#"{"name":"A::B","version":"0.1","dist":"A-B-0.1"}"#;
        assert_eq!(rows(&Perl, path, content), ["A-B 0.1 p/.meta"]);
        let content = br#"{"name":"A-B","version":"0.1","license":["perl_5"]}"#;
        assert_eq!(rows(&Perl, path, content), ["A-B 0.1 p/.meta"]);
        assert_eq!(rows(&Perl, path, b"{}"), ["Warning language-record-incomplete"]);
    }
}
