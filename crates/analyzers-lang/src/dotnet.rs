//! Packages of .NET: `NAME.deps.json`, which a build leaves beside an application or a framework.
//!
//! `libraries` has all that was there when it was built, `targets` under the name of `runtimeTarget` what
//! runs: a library that is listed there without files is none of the application.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};
use serde_json::value::RawValue;

use crate::json::{self, members, pick, string};
use crate::record::{UNREADABLE, add_details, error, record};

/// The type of the package URLs.
pub(crate) const KIND: &str = "nuget";
/// The largest file that is read.
const MAX: u64 = 64 << 20;

/// The reader of what an application needs.
#[derive(Debug)]
pub(crate) struct DotNet;

/// What runs.
#[derive(Debug, Default)]
struct Target {
    /// By the key of a library: whether it has files that run.
    known: BTreeMap<String, bool>,
    /// The names of those that others need.
    needed: BTreeSet<String>,
}

impl Analyzer for DotNet {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dotnet", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".deps.json")
    }

    fn wants(&self, _file: &Candidate<'_>) -> Want {
        Want::Whole { max: MAX }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let text = json::text(file.start());
        let place = file.path().to_string_lossy().into_owned();
        if let Err(why) = read(&text, &place, found) {
            error(found, UNREADABLE, format_args!("not read as JSON: {why}"));
        }
        Outcome::Done
    }
}

fn read(text: &str, place: &str, found: &mut Findings) -> Result<(), json::Error> {
    let [runtime, targets, libraries] = pick(text, ["runtimeTarget", "targets", "libraries"])?;
    let runtime = match runtime.map(RawValue::get) {
        Some(object) if object.starts_with('{') => {
            let [name] = pick(object, ["name"])?;
            string(name)
        }
        _ => string(runtime),
    };
    let Target { known, needed } = match (&runtime, targets) {
        (Some(runtime), Some(targets)) => target(targets.get(), runtime)?,
        _ => Target::default(),
    };
    let mut broken = Ok(());
    let mut projects = Vec::new();
    let mut show = |key: &str, library: &str| -> Result<(), json::Error> {
        let [kind] = pick(library, ["type"])?;
        let kind = string(kind).unwrap_or_default().to_ascii_lowercase();
        let runs = known.get(key).is_none_or(|runs| *runs);
        let is_project = kind == "project";
        if !(is_project || runs && (kind == "package" || kind == "runtimepack")) {
            return Ok(());
        }
        let (name, version) = key.split_once('/').unwrap_or((key, ""));
        let name = name.strip_prefix("runtimepack.").unwrap_or(name);
        if let Some(mut package) = record(found, KIND, name, version) {
            package.place = Some(place.to_owned());
            let root = is_project && !needed.contains(name);
            add_details(&mut package, |it| it.root = root);
            projects.push(package);
        }
        Ok(())
    };
    if let Some(libraries) = libraries {
        members(libraries.get(), |key, library| {
            if broken.is_ok() {
                broken = show(key, library.get());
            }
        })?;
    }
    projects.into_iter().for_each(|package| found.package(package));
    broken
}

/// Returns what runs on a target.
fn target(targets: &str, runtime: &str) -> Result<Target, json::Error> {
    let [of_runtime] = pick(targets, [runtime])?;
    let mut target = Target::default();
    let Some(of_runtime) = of_runtime else { return Ok(target) };
    let mut broken = Ok(());
    let mut show = |key: &str, library: &str| -> Result<(), json::Error> {
        let [runtime, others, native, dependencies] =
            pick(library, ["runtime", "runtimeTargets", "native", "dependencies"])?;
        target.known.insert(key.to_owned(), runtime.or(others).or(native).is_some());
        if let Some(dependencies) = dependencies {
            members(dependencies.get(), |name, _| {
                target.needed.insert(name.to_owned());
            })?;
        }
        Ok(())
    };
    members(of_runtime.get(), |key, library| {
        if broken.is_ok() {
            broken = show(key, library.get());
        }
    })?;
    broken.map(|()| target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    #[test]
    fn libraries() {
        let path = "app/a.deps.json";
        let content = br#"{"runtimeTarget":{"name":"net8"},"targets":{"net8":{
            "A/1.0.0":{"dependencies":{"P":"1","Q":"2"},"runtime":{"a.dll":{}}},
            "P/1":{"dependencies":{},"runtime":{}}, "Q/2":{}, "runtimepack.R/8":{"native":{}}}},
            "libraries":{"A/1.0.0":{"type":"project"},"P/1":{"type":"package"},"Q/2":{"type":"package"},
            "runtimepack.R/8":{"type":"runtimepack"},"S/1":{"type":"referenceassembly"},"T/3":{"type":"package"}}}"#;
        let expected = ["A 1.0.0", "P 1", "R 8", "T 3"].map(|it| format!("{it} {path}"));
        assert_eq!(rows(&DotNet, path, content), expected);
        assert_eq!(rows(&DotNet, path, b"{\"libraries\":{"), ["Error language-file-unreadable"]);
        let odd = rows(&DotNet, path, br#"{"libraries":{"A":{"type":"package"}}}"#);
        assert_eq!(odd, ["Warning language-record-incomplete"]);
    }
}
