//! Distributions of Perl as cpanm notes them: `…/.meta/DIST-VERSION/MYMETA.json`, and `install.json` beside.

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};

use crate::json::{self, pick, string};
use crate::place::Parts;
use crate::placed::Placed;
use crate::record::{UNREADABLE, record, set_licenses, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "cpan";

/// The reader of what cpanm notes.
#[derive(Debug)]
pub(crate) struct Perl;

impl Placed for Perl {
    const MAX: u64 = 16 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("perl", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("MYMETA.json").named("install.json")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(2) == b".meta"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let text = json::text(file.start());
        if let Err(why) = read(&text, parts, found) {
            warn(found, UNREADABLE, format_args!("not read as JSON: {why}"));
        }
    }
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
    use crate::placed::InPlace;
    use crate::testing::{rows, wants};

    #[test]
    fn distributions() {
        let path = "p/.meta/A-B-0.1/install.json";
        assert!(wants(&InPlace(Perl), path) && !wants(&InPlace(Perl), ".cpan/build/A/MYMETA.json"));
        let content = br#"{"name":"A::B","version":"0.1","dist":"A-B-0.1"}"#;
        assert_eq!(rows(&InPlace(Perl), path, content), ["A-B 0.1 p/.meta"]);
        let content = br#"{"name":"A-B","version":"0.1","license":["perl_5"]}"#;
        assert_eq!(rows(&InPlace(Perl), path, content), ["A-B 0.1 p/.meta"]);
        assert_eq!(rows(&InPlace(Perl), path, b"{}"), ["Warning language-record-incomplete"]);
    }
}
