//! Packages of Node: `node_modules/NAME/package.json`, also of scopes, nested ones and pnpm's store.
//!
//! Elsewhere a `package.json` with a name and a version is that of an application. Only the root of a
//! package counts: what lies deeper, such as drafts and helpers, is part of it.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Package, Want,
};
use serde_json::value::RawValue;

use crate::json::{self, pick, string};
use crate::place::Parts;
use crate::record::{UNREADABLE, add_details, record, set_licenses, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "npm";
/// The largest file that is read.
const MAX: u64 = 16 << 20;
const MODULES: &[u8] = b"node_modules";

/// The reader of packages.
#[derive(Debug)]
pub(crate) struct Node;

/// What a `package.json` is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Installed,
    Application,
}

impl Analyzer for Node {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("node", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("package.json")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        match form(&Parts::new(file.path)) {
            Some(_) => Want::Whole { max: MAX },
            None => Want::No,
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        read(file.start(), parts.above(1), &parts, found);
        Outcome::Done
    }
}

/// Reads the `package.json` at a path; `place` is that of the package.
pub(crate) fn read(content: &[u8], place: String, parts: &Parts<'_>, found: &mut Findings) {
    let Some(form) = form(parts) else { return };
    match package(&json::text(content), form, found) {
        Ok(Some(mut package)) => {
            package.place = Some(place);
            let root = form == Form::Application;
            add_details(&mut package, |it| it.root = root);
            found.package(package);
        }
        Ok(None) => {}
        // Anything may be called so where nothing was installed.
        Err(_) if form == Form::Application => {}
        Err(error) => warn(found, UNREADABLE, format_args!("not read as JSON: {error}")),
    }
}

/// Returns whether a path is that of a package which was installed.
pub(crate) fn is_installed(parts: &Parts<'_>) -> bool {
    form(parts) == Some(Form::Installed)
}

/// Returns what a path is of; none where it is in a package, but not at its root.
fn form(parts: &Parts<'_>) -> Option<Form> {
    let all = parts.all();
    let Some(modules) = all.iter().rposition(|part| *part == MODULES) else {
        return Some(Form::Application);
    };
    let below = all.get(modules.saturating_add(1)..).unwrap_or_default();
    match below {
        [name, _] if !name.starts_with(b".") && !name.starts_with(b"@") => Some(Form::Installed),
        [scope, _, _] if scope.starts_with(b"@") => Some(Form::Installed),
        _ => None,
    }
}

/// Returns the package that a `package.json` describes.
fn package(text: &str, form: Form, found: &mut Findings) -> Result<Option<Package>, json::Error> {
    let picked = pick(text, ["name", "version", "license", "licenses"])?;
    let [name, version, license, licenses] = picked;
    let (name, version) = (string(name), string(version));
    if form == Form::Application && (name.is_none() || version.is_none()) {
        return Ok(None);
    }
    let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
    let name = if is_name(&name) { name.as_str() } else { "" };
    if form == Form::Application && (name.is_empty() || version.is_empty()) {
        return Ok(None);
    }
    let Some(mut package) = record(found, KIND, name, &version) else { return Ok(None) };
    let mut declared: Vec<String> = license_of(license).into_iter().collect();
    if let Some(list) = licenses {
        // Of another shape than a list nothing is taken.
        let _ = json::items(list.get(), |item| {
            if declared.len() < 20 {
                declared.extend(license_of(Some(item)));
            }
        });
    }
    set_licenses(&mut package, declared.iter().map(String::as_str));
    Ok(Some(package))
}

/// Returns a licence: a text, or the `type` of an object.
fn license_of(value: Option<&RawValue>) -> Option<String> {
    string(value).or_else(|| {
        let [kind] = pick(value?.get(), ["type"]).ok()?;
        string(kind)
    })
}

/// Returns whether a name is one by the rules that npm had at first.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(['/', '@', '%', '\\', ' ']);
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(a, b)| plain(a) && plain(b)),
        None => plain(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn roots_of_packages() {
        for (path, wanted) in [
            ("a/node_modules/ms/package.json", true),
            ("a/node_modules/@types/ms/package.json", true),
            ("a/node_modules/ms/node_modules/b/package.json", true),
            ("a/node_modules/.pnpm/b@1/node_modules/b/package.json", true),
            ("a/package.json", true),
            ("a/node_modules/ms/lib/package.json", false),
            ("a/node_modules/@types/ms/lib/package.json", false),
            ("a/node_modules/.cache/package.json", false),
            ("a/node_modules/package.json", false),
            ("a/node_modules/ms/package.json5", false),
        ] {
            assert_eq!(wants(&Node, path), wanted, "{path}");
        }
    }

    #[test]
    fn packages() {
        let path = "a/node_modules/ms/package.json";
        let incomplete = "Warning language-record-incomplete";
        for (content, expected) in [
            (r#"{"name":"ms","version":"2.1.3","author":[{}]}"#, "ms 2.1.3 a/node_modules/ms"),
            (r#"{"name":"a","name":"@b/c","version":"1"}"#, "@b/c 1 a/node_modules/ms"),
            ("\u{feff}{\"name\":\"a\",\"version\":\"1\"}\0", "a 1 a/node_modules/ms"),
            (r#"{"name":"a"}"#, incomplete),
            (r#"{"name":"a","version":1}"#, incomplete),
            (r#"{"name":"@a","version":"1"}"#, incomplete),
            (r#"{"name":"a/b","version":"1"}"#, incomplete),
            (r#"{"name":"a\n","version":"1"}"#, "a 1 a/node_modules/ms"),
            ("{", "Warning language-file-unreadable"),
            ("[]", incomplete),
        ] {
            assert_eq!(rows(&Node, path, content.as_bytes()), [expected], "{content}");
        }
        let application = |content: &str| rows(&Node, "app/package.json", content.as_bytes());
        assert_eq!(application(r#"{"name":"a","version":"1"}"#), ["a 1 app"]);
        for none in ["", "{}", r#"{"name":"a"}"#, r#"{"name":"","version":"1"}"#] {
            assert!(application(none).is_empty(), "{none}");
        }
    }
}
