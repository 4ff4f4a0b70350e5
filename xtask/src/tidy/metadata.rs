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
}

/// An edge to another package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// The package's name in its registry, whatever we call it here.
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks need it.
    pub(crate) dev: bool,
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
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let dependencies = package
        .get("dependencies")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    Package {
        name: text(package, "name"),
        licence: text(package, "license"),
        source: text(package, "source"),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: text(dependency, "name"),
                dev: text(dependency, "kind") == "dev",
            })
            .collect(),
    }
}
