//! Packages of PHP: `vendor/composer/installed.json`, which Composer writes: of Composer 1 a list of
//! packages, of Composer 2 an object with the list.

use std::collections::BTreeSet;

use cutaway_analyze::{AnalyzerId, File, Findings, Interest};
use serde_json::value::RawValue;

use crate::json::{self, pick, string};
use crate::place::Parts;
use crate::placed::Placed;
use crate::record::{UNREADABLE, add_details, error, record, set_licenses};

/// The type of the package URLs.
pub(crate) const KIND: &str = "composer";

/// The reader of what is installed.
#[derive(Debug)]
pub(crate) struct Php;

impl Placed for Php {
    const MAX: u64 = 64 << 20;

    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("php", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("installed.json")
    }

    fn lies_right(&self, parts: &Parts<'_>) -> bool {
        parts.back(1) == b"composer"
    }

    fn read(&self, file: &File<'_>, parts: &Parts<'_>, found: &mut Findings) {
        let place = parts.above(2);
        let text = json::text(file.start());
        if let Err(why) = read(&text, &place, found) {
            error(found, UNREADABLE, format_args!("not read as JSON: {why}"));
        }
    }
}

fn read(text: &str, place: &str, found: &mut Findings) -> Result<(), json::Error> {
    let mut dev = BTreeSet::new();
    let list = if text.trim_start().starts_with('[') {
        text
    } else {
        let [packages, names] = pick(text, ["packages", "dev-package-names"])?;
        if let Some(names) = names {
            json::items(names.get(), |name| dev.extend(string(Some(name))))?;
        }
        packages.map_or("[]", RawValue::get)
    };
    let mut broken = Ok(());
    json::items(list, |item| {
        if broken.is_ok() {
            broken = package(item.get(), place, &dev, found);
        }
    })?;
    broken
}

fn package(
    text: &str,
    place: &str,
    dev: &BTreeSet<String>,
    found: &mut Findings,
) -> Result<(), json::Error> {
    let [name, version, kind, licenses, homepage] =
        pick(text, ["name", "version", "type", "license", "homepage"])?;
    if string(kind).as_deref() == Some("metapackage") {
        return Ok(());
    }
    let name = string(name).unwrap_or_default();
    let version = string(version).unwrap_or_default();
    let Some(mut package) = record(found, KIND, &name, &version) else { return Ok(()) };
    let mut declared: Vec<String> = string(licenses).into_iter().collect();
    if let Some(list) = licenses.filter(|it| it.get().starts_with('[')) {
        json::items(list.get(), |item| declared.extend(string(Some(item))))?;
    }
    set_licenses(&mut package, declared.iter().map(String::as_str));
    package.place = Some(place.to_owned());
    add_details(&mut package, |it| {
        it.homepage = string(homepage).filter(|it| !it.is_empty()).map(Into::into);
        it.dev = dev.contains(&name);
        it.root = name == "__root__";
    });
    found.package(package);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placed::InPlace;
    use crate::testing::{rows, wants};

    #[test]
    fn installed() {
        let path = "w/vendor/composer/installed.json";
        assert!(wants(&InPlace(Php), path) && !wants(&InPlace(Php), "w/vendor/installed.json"));
        let of = |content: &str| rows(&InPlace(Php), path, content.as_bytes());
        let one = r#"{"name":"a/b","version":"v1","license":["MIT"]}"#;
        assert_eq!(of(&format!("[{one}]")), ["a/b v1 w/vendor"]);
        let two = format!(
            r#"{{"packages":[{one},{{"name":"m/m","version":"1","type":"metapackage"}}],"dev-package-names":["a/b"]}}"#
        );
        assert_eq!(of(&two), ["a/b v1 w/vendor"]);
        assert_eq!(of("{}"), Vec::<String>::new());
        assert_eq!(of("[{\"name\":\"a/b\"}]"), ["Warning language-record-incomplete"]);
        assert_eq!(
            of(&format!("[{one}, 1")),
            ["a/b v1 w/vendor", "Error language-file-unreadable"]
        );
    }
}
