//! `cargo xtask examples`: the example of every crate does what its README says.
//!
//! Those that ask a registry or a daemon are compiled with the tests and run by some of them.

use std::fs::File;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::process::{self, root, target};
use crate::{demo, fixtures};

/// Examples, each with its arguments: `{oci}` and `{tar}` are the sample as a layout and as an
/// archive, which is also on standard input; `{apk}` is a database of apk's.
const KNOWN: &[(&str, &str, &[&str])] = &[
    ("analyze", "timeline", &[]),
    ("analyzers-os", "packages", &["lib/apk/db/installed", "{apk}"]),
    ("cloud", "explain", &["registry.example.com"]),
    ("export", "flatten", &["{oci}"]),
    ("files", "stories", &["{oci}"]),
    ("layerfs", "merge_layers", &["{tar}"]),
    ("model", "layers", &["{oci}"]),
    ("read", "largest", &["{oci}"]),
    ("ref", "parse", &["alpine", "ghcr.io/a/b:1"]),
    ("scan", "inventory", &["{oci}"]),
    ("tar", "list_members", &[]),
];

/// Crates whose examples ask somebody else.
const ELSEWHERE: &[&str] = &["cutaway", "daemon", "fetch"];

/// Builds all examples and runs those that need nobody else.
pub(crate) fn run() -> Result<()> {
    let build = ["build", "--quiet", "--workspace", "--examples", "--features", demo::FEATURES];
    process::run("cargo", &build)?;
    let (oci, tar) = fixtures::make_sample()?;
    let apk = target("demo").join("installed");
    std::fs::write(&apk, "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n")?;
    let show = |path: &Path| path.display().to_string();
    for (folder, name) in all()? {
        if ELSEWHERE.contains(&folder.as_str()) {
            continue;
        }
        let known = KNOWN.iter().find(|(of, known, _)| *of == folder && *known == name);
        ensure!(known.is_some(), "crates/{folder}/examples/{name}.rs: nothing says how it is run");
        let arguments: Vec<String> = known
            .iter()
            .flat_map(|(.., arguments)| *arguments)
            .map(|text| text.replace("{oci}", &show(&oci)).replace("{tar}", &show(&tar)))
            .map(|text| text.replace("{apk}", &show(&apk)))
            .collect();
        let program = show(&target("debug/examples").join(&name));
        let output = process::command(&program, &arguments).stdin(File::open(&tar)?).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{folder}, {name}: {}: {complaint}", output.status);
        println!("{folder}, {name}: {} bytes printed", output.stdout.len());
    }
    Ok(())
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
