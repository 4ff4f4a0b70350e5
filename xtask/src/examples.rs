//! `cargo xtask examples`: the example of every crate does what its README says.
//!
//! Those that ask a registry or a daemon are compiled with the tests and run by some of them.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use crate::process::{self, root, target};
use crate::{demo, fixtures};

/// How an example is run: its crate's folder, its name, its arguments, and the file that it reads
/// from standard input.
type Known = (&'static str, &'static str, &'static [&'static str], &'static str);

/// Every example that asks nobody else.
///
/// `{oci}` and `{tar}` are the sample as a layout and as an archive, `{report}` is what the program
/// says of it, `{apk}` a database of apk's, `{gems}` a list of Ruby's, `{npm}` a package of Node's,
/// `{record}` an advisory, `{policy}` a policy, `{review}` an admission review, `{kept}` a folder to
/// keep in and `{toc}` a table of contents.
const KNOWN: &[Known] = &[
    ("analyze", "gemfile_lock", &["{gems}"], ""),
    ("analyzers-lang", "artifact", &["app/node_modules/left-pad/package.json", "{npm}"], ""),
    ("analyzers-os", "packages", &["lib/apk/db/installed", "{apk}"], ""),
    ("cache", "keep", &["{kept}", "a text"], ""),
    ("cloud", "explain", &["registry.example.com"], ""),
    ("export", "flatten", &["{oci}"], ""),
    ("files", "stories", &["{oci}"], ""),
    ("fleet", "mine", &["0/2", "alpine", "debian", "fedora"], ""),
    ("layerfs", "merge_layers", &["{tar}"], ""),
    ("model", "layers", &["{oci}"], ""),
    ("policy", "judge", &["{policy}"], "{report}"),
    ("read", "largest", &["{oci}"], ""),
    ("ref", "parse", &["alpine", "ghcr.io/a/b:1"], ""),
    ("report", "purls", &[], "{report}"),
    ("sbom", "cyclonedx", &[], "{report}"),
    ("scan", "facts", &["{tar}"], ""),
    ("scan", "inventory", &["{oci}"], ""),
    ("serve", "review", &[], "{review}"),
    ("tar", "list_members", &[], "{tar}"),
    ("toc", "entries", &[], "{toc}"),
    ("version", "sort", &["pep440", "1.0", "1.0rc1", "1.0.dev1"], ""),
    ("vulns", "cost", &[], ""),
    ("vulns", "which_records", &["{record}", "npm", "left-pad", "1.0.0", "1.3.0"], ""),
];

/// A record of advisories in OSV form.
const RECORD: &str = r#"{"id": "GHSA-1", "modified": "2024-01-01T00:00:00Z", "affected": [{
    "package": {"ecosystem": "npm", "name": "left-pad"},
    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.3.0"}]}]}]}"#;
/// A policy that the sample keeps to.
const POLICY: &str = "schema: cutaway.policy/1
name: sample
rules:
  - {id: no-old-shell, packages: {deny: [{name: bash, below: \"5\"}]}}
";
/// A review of a pod with one image.
const REVIEW: &str = r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
    "uid": "1", "operation": "CREATE", "kind": {"group": "", "version": "v1", "kind": "Pod"},
    "object": {"spec": {"containers": [{"name": "a", "image": "alpine:3.20"}]}}}}"#;

/// A table of contents of a layer.
const TOC: &str = r#"{"version": 1, "entries": [{"name": "etc/", "type": "dir", "mode": 493},
    {"name": "etc/issue", "type": "reg", "size": 5, "offset": 700, "endOffset": 720}]}"#;

/// Crates whose examples ask somebody else.
const ELSEWHERE: &[&str] = &["cutaway", "daemon", "fetch"];

/// Builds all examples and runs those that need nobody else.
pub(crate) fn run() -> Result<()> {
    let build = ["build", "--quiet", "--workspace", "--bins", "--examples", "--features"];
    process::run("cargo", &[&build[..], &[demo::FEATURES]].concat())?;
    let files = files()?;
    let filled = |text: &str| {
        files.iter().fold(text.to_owned(), |text, (name, file)| {
            text.replace(name, &file.display().to_string())
        })
    };
    for (folder, name) in all()? {
        if ELSEWHERE.contains(&folder.as_str()) {
            continue;
        }
        let Some((.., arguments, stdin)) = known(&folder, &name) else {
            bail!("crates/{folder}/examples/{name}.rs: nothing says how it is run");
        };
        let arguments: Vec<String> = arguments.iter().map(|text| filled(text)).collect();
        let program = target("debug/examples").join(&name).display().to_string();
        let mut command = process::command(&program, &arguments);
        if !stdin.is_empty() {
            command.stdin(File::open(filled(stdin))?);
        }
        let output = command.output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{folder}, {name}: {}: {complaint}", output.status);
        ensure!(!output.stdout.is_empty(), "{folder}, {name}: printed nothing");
        println!("{folder}, {name}: {} bytes printed", output.stdout.len());
    }
    Ok(())
}

/// How the example of this name is run.
fn known(folder: &str, name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|(of, known, ..)| *of == folder && *known == name)
}

/// What examples read, made in `target/demo`, each by the word that stands for it.
fn files() -> Result<Vec<(&'static str, PathBuf)>> {
    let (oci, tar) = fixtures::make_sample()?;
    let folder = target("demo");
    let written = |name: &str, text: &str| -> Result<PathBuf> {
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        Ok(file)
    };
    let program = target("debug/cutaway").display().to_string();
    let image = format!("oci:{}", oci.display());
    let report = process::read(&program, &["scan", "--format", "json", "--no-cache", &image])?;
    Ok(vec![
        ("{apk}", written("installed", "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n")?),
        ("{gems}", written("Gemfile.lock", "GEM\n  specs:\n    rake (13.2.1)\n")?),
        ("{kept}", target("demo/kept")),
        ("{npm}", written("package.json", r#"{"name": "left-pad", "version": "1.3.0"}"#)?),
        ("{record}", written("GHSA-1.json", RECORD)?),
        ("{policy}", written("policy.yaml", POLICY)?),
        ("{review}", written("review.json", REVIEW)?),
        ("{toc}", written("toc.json", TOC)?),
        ("{report}", written("report.json", &report)?),
        ("{oci}", oci),
        ("{tar}", tar),
    ])
}

/// Every example, as the crate's folder and the example's name.
fn all() -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root().join("crates"))? {
        let entry = entry?;
        let Ok(examples) = std::fs::read_dir(entry.path().join("examples")) else { continue };
        for example in examples {
            if let Some(stem) = example?.path().file_stem() {
                let folder = entry.file_name().to_string_lossy().into_owned();
                all.push((folder, stem.to_string_lossy().into_owned()));
            }
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_run() {
        for (folder, name) in all().unwrap() {
            let elsewhere = ELSEWHERE.contains(&folder.as_str());
            assert!(elsewhere || known(&folder, &name).is_some(), "crates/{folder}/{name}.rs");
        }
    }

    #[test]
    fn every_known_example_is_there() {
        let all = all().unwrap();
        for (folder, name, ..) in KNOWN {
            assert!(all.contains(&((*folder).to_owned(), (*name).to_owned())), "{folder}/{name}");
        }
    }
}
