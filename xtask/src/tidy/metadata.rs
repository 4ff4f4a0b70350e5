//! What cargo knows of the packages: names, edges, licences, sources.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;

/// A package, of ours or of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name in its registry.
    pub(crate) name: String,
    /// Its licence expression, empty where it names none.
    pub(crate) licence: String,
    /// Where it comes from, empty for a path.
    pub(crate) source: String,
    /// What it depends on, and when.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its folder, from the root of the repository where it is ours.
    pub(crate) folder: String,
    /// The name by which code calls its library.
    pub(crate) library: String,
    /// Whether it has features.
    pub(crate) has_features: bool,
    /// Whether it may be published.
    pub(crate) published: bool,
    /// What a registry shows beyond name and licence: each is there, or it is not.
    pub(crate) shown: Shown,
}

/// What a package says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// One line on what it is.
    pub(crate) description: bool,
    /// Words to find it by.
    pub(crate) keywords: bool,
    /// Shelves that it lies on.
    pub(crate) categories: bool,
    /// Its README, as a file.
    pub(crate) readme: bool,
    /// The oldest compiler that builds it.
    pub(crate) rust_version: bool,
    /// Whether it is a library, which needs an example.
    pub(crate) library: bool,
    /// An example.
    pub(crate) example: bool,
}

/// An edge to another package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's name in its registry, whatever we call it here.
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks need it.
    pub(crate) dev: bool,
    /// What we call it, where that is not its own name.
    pub(crate) rename: Option<String>,
    /// The features that are switched on; `default` among them unless it was switched off.
    pub(crate) features: Vec<String>,
}

/// Returns the packages of the workspace.
pub(crate) fn workspace() -> Result<Vec<Package>> {
    packages(&["metadata", "--format-version", "1", "--no-deps"])
}

/// Returns every package of the lock file, for all platforms.
pub(crate) fn everything() -> Result<Vec<Package>> {
    packages(&["metadata", "--format-version", "1"])
}

fn packages(arguments: &[&str]) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(&process::read("cargo", arguments)?)?;
    let list = metadata
        .get("packages")
        .and_then(Value::as_array)
        .context("cargo metadata lists packages")?;
    Ok(list.iter().map(package).collect())
}

fn package(package: &Value) -> Package {
    let folder = text(package, "manifest_path").trim_end_matches("/Cargo.toml").to_owned();
    let own = std::path::Path::new(&folder).strip_prefix(process::root());
    let targets = list(package, "targets");
    let library = targets.iter().find(|target| is_kind(target, &["lib", "rlib", "proc-macro"]));
    Package {
        name: text(package, "name"),
        licence: text(package, "license"),
        source: text(package, "source"),
        dependencies: list(package, "dependencies").iter().map(dependency).collect(),
        has_features: package
            .get("features")
            .and_then(Value::as_object)
            .is_some_and(|features| !features.is_empty()),
        published: package.get("publish").is_none_or(Value::is_null),
        library: library.map(|target| text(target, "name").replace('-', "_")).unwrap_or_default(),
        shown: Shown {
            description: !text(package, "description").is_empty(),
            keywords: !list(package, "keywords").is_empty(),
            categories: !list(package, "categories").is_empty(),
            readme: std::path::Path::new(&folder).join("README.md").is_file()
                && text(package, "readme") == "README.md",
            rust_version: !text(package, "rust_version").is_empty(),
            library: library.is_some(),
            example: targets.iter().any(|target| is_kind(target, &["example"])),
        },
        folder: own.map(|own| own.display().to_string()).unwrap_or(folder.clone()),
    }
}

fn dependency(dependency: &Value) -> Dependency {
    let default = dependency.get("uses_default_features").and_then(Value::as_bool);
    let named = list(dependency, "features").iter().filter_map(Value::as_str);
    Dependency {
        features: default
            .unwrap_or(true)
            .then_some("default")
            .into_iter()
            .chain(named)
            .map(str::to_owned)
            .collect(),
        name: text(dependency, "name"),
        dev: text(dependency, "kind") == "dev",
        rename: dependency.get("rename").and_then(Value::as_str).map(str::to_owned),
    }
}

fn is_kind(target: &Value, kinds: &[&str]) -> bool {
    list(target, "kind").iter().any(|kind| kind.as_str().is_some_and(|kind| kinds.contains(&kind)))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
