//! The differences of two images, for programs and for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cutaway_files::{Difference, Present, Side};
use cutaway_model::Image;
use cutaway_scan::Report;
use serde::Serialize;
use serde_json::Value;

use super::view::Entry;
use super::{Style, escape};

/// The form `cutaway.diff/1`.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    schema: &'static str,
    a: Named<'a>,
    b: Named<'a>,
    /// How many layers both share, from the base up.
    shared_layers: usize,
    /// How many of them were not read.
    spared_layers: usize,
    config: Vec<ConfigChange>,
    packages: PackageChanges,
    files: Vec<FileChange>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    name: &'a str,
    digest: Option<String>,
    id: String,
}

/// A key of the config that differs; null where it is not set.
#[derive(Debug, Serialize)]
pub(crate) struct ConfigChange {
    key: String,
    a: Value,
    b: Value,
}

/// The packages that differ.
#[derive(Debug, Default, Serialize)]
pub(crate) struct PackageChanges {
    /// Whether the packages of both are known.
    compared: bool,
    /// Why they are not.
    reason: Option<&'static str>,
    /// Those that only the second image has.
    added: Vec<Package>,
    /// Those that only the first image has.
    removed: Vec<Package>,
    /// Those of another version.
    changed: Vec<Package>,
}

#[derive(Debug, Serialize)]
struct Package {
    kind: &'static str,
    name: String,
    arch: Option<String>,
    a: Option<String>,
    b: Option<String>,
}

#[derive(Debug, Serialize)]
struct FileChange {
    path: String,
    /// `added`, `removed`, `changed`; or `written-by-a`, `written-by-b`, `hidden-by-a`, `hidden-by-b`
    /// where the other image has what the shared base has, which was not read.
    change: &'static str,
    /// Whether the content differs, of files on both sides.
    content: bool,
    a: Option<Entry>,
    b: Option<Entry>,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(
        names: (&'a str, &'a str),
        images: (&Image, &Image),
        (shared_layers, spared_layers): (usize, usize),
        config: Vec<ConfigChange>,
        packages: PackageChanges,
        differences: Vec<Difference>,
    ) -> Self {
        let named = |name, image: &Image| Named {
            name,
            digest: image.digest().map(ToString::to_string),
            id: image.id().to_string(),
        };
        let files = differences.iter().map(|difference| {
            let entry = |side: &Side| match side {
                Side::Present(Present { meta, layer }) => {
                    Some(Entry::new(&difference.path, meta, *layer))
                }
                Side::Base | Side::Absent => None,
            };
            let change = match (&difference.a, &difference.b) {
                (Side::Present(_), Side::Present(_)) => "changed",
                (Side::Absent, _) if difference.b != Side::Base => "added",
                (_, Side::Absent) if difference.a != Side::Base => "removed",
                (Side::Base, Side::Present(_)) => "written-by-b",
                (Side::Present(_), _) => "written-by-a",
                (Side::Base, _) => "hidden-by-b",
                (Side::Absent, _) => "hidden-by-a",
            };
            FileChange {
                path: difference.path.to_string_lossy().into_owned(),
                change,
                content: difference.content,
                a: entry(&difference.a),
                b: entry(&difference.b),
            }
        });
        Self {
            schema: "cutaway.diff/1",
            a: named(names.0, images.0),
            b: named(names.1, images.1),
            shared_layers,
            spared_layers,
            config,
            packages,
            files: files.collect(),
        }
    }
}

/// Returns the keys of the configs that differ.
pub(crate) fn config_changes(a: &Image, b: &Image) -> Vec<ConfigChange> {
    let keys = |image: &Image| -> BTreeMap<String, Value> {
        let config = image.config();
        let run = serde_json::to_value(&config.run).ok();
        let run = run.and_then(|run| match run {
            Value::Object(keys) => Some(keys),
            _ => None,
        });
        let mut keys: BTreeMap<String, Value> = run.into_iter().flatten().collect();
        keys.insert("Platform".into(), config.platform.to_string().into());
        keys.insert("Author".into(), config.author.clone().into());
        keys
    };
    let (a, b) = (keys(a), keys(b));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let changed = names.into_iter().filter(|key| a.get(*key) != b.get(*key));
    let value = |side: &BTreeMap<String, Value>, key| side.get(key).cloned().unwrap_or_default();
    changed
        .map(|key| ConfigChange { key: key.clone(), a: value(&a, key), b: value(&b, key) })
        .collect()
}

type Identity = (&'static str, String, Option<String>);

impl PackageChanges {
    /// Compares the packages of two reports. With `partial`, each is of the layers above a base that
    /// was not read, where an image without any packages may have those of the base.
    pub(crate) fn new(a: &Report, b: &Report, partial: bool) -> Self {
        if partial && a.packages.is_empty() != b.packages.is_empty() {
            let reason = if a.packages.is_empty() {
                "the first image has the packages of the shared base, which was not read; --read-base reads it"
            } else {
                "the second image has the packages of the shared base, which was not read; --read-base reads it"
            };
            return Self { reason: Some(reason), ..Self::default() };
        }
        let (a, b) = (installed(a), installed(b));
        let mut changes = Self { compared: true, ..Self::default() };
        let none = BTreeSet::new();
        let identities: BTreeSet<&Identity> = a.keys().chain(b.keys()).collect();
        for identity in identities {
            let (old, new) = (a.get(identity).unwrap_or(&none), b.get(identity).unwrap_or(&none));
            let mut gone = old.difference(new);
            let mut come = new.difference(old);
            loop {
                let (old, new) = (gone.next().cloned(), come.next().cloned());
                let list = match (&old, &new) {
                    (None, None) => break,
                    (None, Some(_)) => &mut changes.added,
                    (Some(_), None) => &mut changes.removed,
                    (Some(_), Some(_)) => &mut changes.changed,
                };
                let (kind, name, arch) = identity.clone();
                list.push(Package { kind, name, arch, a: old, b: new });
            }
        }
        changes
    }
}

fn installed(report: &Report) -> BTreeMap<Identity, BTreeSet<String>> {
    let mut packages: BTreeMap<Identity, BTreeSet<String>> = BTreeMap::new();
    for package in report.packages.iter().filter(|package| package.state == "installed") {
        let identity = (package.kind.name(), package.name.clone(), package.arch.clone());
        packages.entry(identity).or_default().insert(package.version.clone());
    }
    packages
}

/// Returns the differences as text.
pub(crate) fn text(answer: &Answer<'_>, style: Style) -> String {
    let mut text = String::new();
    for (label, named) in [("a", &answer.a), ("b", &answer.b)] {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {}  {}",
            style.dim(label),
            style.bold(&escape(named.name)),
            named.id
        );
    }
    let (shared, spared) = (answer.shared_layers, answer.spared_layers);
    let _ =
        writeln!(text, "{shared} layers at the base are the same; {spared} of them were not read");
    let _ =
        writeln!(text, "\n{}", style.bold(&format!("config: {} differences", answer.config.len())));
    for change in &answer.config {
        let (key, a, b) =
            (escape(&change.key), escape(&change.a.to_string()), escape(&change.b.to_string()));
        let _ = writeln!(text, "~ {key}: {a} → {b}");
    }
    packages(&answer.packages, style, &mut text);
    let _ =
        writeln!(text, "\n{}", style.bold(&format!("files: {} differences", answer.files.len())));
    for change in &answer.files {
        let path = escape(&change.path);
        let line = match change.change {
            "added" => style.green(&format!("+ {path}")),
            "removed" => style.red(&format!("- {path}")),
            "changed" => style.yellow(&format!("~ {path}{}", details(change))),
            "written-by-b" => style.green(&format!("> {path}  (b writes it over the base)")),
            "written-by-a" => style.red(&format!("< {path}  (a writes it over the base)")),
            "hidden-by-b" => style.red(&format!("- {path}  (b hides what the base has)")),
            _ => style.green(&format!("+ {path}  (a hides what the base has)")),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn packages(packages: &PackageChanges, style: Style, text: &mut String) {
    let count = [&packages.added, &packages.removed, &packages.changed]
        .iter()
        .map(|list| list.len())
        .fold(0, usize::saturating_add);
    let heading = match packages.reason {
        Some(reason) => format!("packages: not compared: {reason}"),
        None => format!("packages: {count} differences"),
    };
    let _ = writeln!(text, "\n{}", style.bold(&heading));
    for list in [&packages.added, &packages.removed, &packages.changed] {
        for package in list {
            let name = escape(&package.name);
            let line = match (&package.a, &package.b) {
                (None, Some(b)) => style.green(&format!("+ {name} {}", escape(b))),
                (Some(a), None) => style.red(&format!("- {name} {}", escape(a))),
                (a, b) => {
                    let version =
                        |version: &Option<String>| escape(version.as_deref().unwrap_or_default());
                    style.yellow(&format!("~ {name} {} → {}", version(a), version(b)))
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
}

/// Says in what two versions of a file differ.
fn details(change: &FileChange) -> String {
    let (Some(a), Some(b)) = (&change.a, &change.b) else { return String::new() };
    let mut details: Vec<String> = a.differences(b);
    if change.content {
        details.insert(0, "content".into());
    }
    if details.is_empty() { String::new() } else { format!("  ({})", details.join(", ")) }
}
