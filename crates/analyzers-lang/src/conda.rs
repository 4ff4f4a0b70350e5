//! Packages of conda: `PREFIX/conda-meta/NAME-VERSION-BUILD.json`.

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};

use crate::json::{self, pick, string};
use crate::place::Parts;
use crate::placed::Placed;
use crate::record::{UNREADABLE, add_details, error, record, set_licenses};

/// The type of the package URLs.
pub(crate) const KIND: &str = "conda";

/// The reader of what is installed in a prefix.
#[derive(Debug)]
pub(crate) struct Conda;

impl Placed for Conda {
    // It lists every file of its package.
    const MAX: u64 = 64 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("conda", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".json")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(1) == b"conda-meta"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let place = parts.above(2);
        let text = json::text(file.start());
        if let Err(why) = read(&text, place, found) {
            error(found, UNREADABLE, format_args!("not read as JSON: {why}"));
        }
    }
}

fn read(text: &str, place: String, found: &mut Findings) -> Result<(), json::Error> {
    let picked = pick(
        text,
        ["name", "version", "build", "channel", "subdir", "fn", "license", "dist_name"],
    )?;
    let [name, version, build, channel, subdir, file, license, _] = picked.map(string);
    let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
    let Some(mut package) = record(found, KIND, &name, &version) else { return Ok(()) };
    set_licenses(&mut package, license.as_deref());
    package.place = Some(place);
    let short = channel.as_deref().map(|it| channel_name(it, subdir.as_deref()).to_owned());
    let kind = file.as_deref().and_then(|file| {
        ["conda", "tar.bz2"].into_iter().find(|kind| file.ends_with(&format!(".{kind}")))
    });
    let pairs = [
        ("build", build.as_deref()),
        ("channel", short.as_deref()),
        ("subdir", subdir.as_deref()),
        ("type", kind),
    ];
    add_details(&mut package, |it| {
        let known = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
        it.qualifiers = known.map(|(key, value)| format!("{key}={value}")).collect();
        it.repository = channel.map(Into::into);
    });
    found.package(package);
    Ok(())
}

/// Returns the last component of a channel's address, without the platform behind it.
fn channel_name<'a>(address: &'a str, subdir: Option<&str>) -> &'a str {
    let path = address.split(['?', '#']).next().unwrap_or(address).trim_end_matches('/');
    let path = subdir.and_then(|it| path.strip_suffix(it)).unwrap_or(path).trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::Analyzer as _;

    use super::*;
    use crate::placed::InPlace;
    use crate::testing::{rows, wants};

    #[test]
    fn installed() {
        let path = "opt/conda/envs/a/conda-meta/zlib-1-h_1.json";
        assert!(
            wants(&InPlace(Conda), path)
                && !wants(&InPlace(Conda), "opt/conda-meta/x/zlib-1-h_1.json")
        );
        let content = br#"{"name":"zlib","version":"1.2","build":"h_1","channel":"https://c/conda-forge/linux-64","subdir":"linux-64","fn":"zlib.conda","license":"Zlib","files":["a"]}"#;
        assert_eq!(rows(&InPlace(Conda), path, content), ["zlib 1.2 opt/conda/envs/a"]);
        let clean = cutaway_layerfs::EntryPath::clean(path.as_bytes()).unwrap();
        let mut found = Findings::default();
        let _ = InPlace(Conda).analyze(&File::new(&clean, content), &mut found);
        let details = found.packages()[0].details.clone().unwrap();
        let qualifiers: Vec<&str> = details.qualifiers.iter().collect();
        assert_eq!(
            qualifiers,
            ["build=h_1", "channel=conda-forge", "subdir=linux-64", "type=conda"]
        );
        assert_eq!(rows(&InPlace(Conda), path, b"{}"), ["Warning language-record-incomplete"]);
        assert_eq!(rows(&InPlace(Conda), path, b"{"), ["Error language-file-unreadable"]);
    }
}
