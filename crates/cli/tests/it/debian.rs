//! A real Debian image: what `dpkg-query` lists, what dpkg logged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{json, provided, run};

/// Returns the folder of the image, where the test run has built it.
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(provided("CUTAWAY_FIXTURES", "fixtures")?).join("debian");
    if !folder.is_dir() {
        eprintln!("skipped: no Debian image");
        return None;
    }
    Some(folder)
}

type Row = (String, String, String);

/// Returns name, version and architecture of what a list of `dpkg-query` has as installed.
fn installed(list: &Path) -> BTreeSet<Row> {
    let text = std::fs::read_to_string(list).unwrap();
    let rows = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    rows.filter(|row| row[3].ends_with(" installed"))
        .map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
        .collect()
}

fn rows(packages: &Value) -> BTreeSet<Row> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = packages.as_array().unwrap().iter();
    let installed = packages.filter(|package| package["state"] == "installed");
    installed.map(|p| (text(&p["name"]), text(&p["version"]), text(&p["arch"]))).collect()
}

#[test]
fn lists_what_dpkg_query_lists() {
    let Some(folder) = folder() else { return };
    let report =
        json(&run(&["scan", &format!("oci:{}", folder.join("oci").display()), "--format", "json"]));
    assert_eq!(rows(&report["packages"]), installed(&folder.join("packages.tsv")));
    assert_eq!((&report["distro"]["id"], &report["complete"]), (&"debian".into(), &true.into()));
    assert!(report["layers"].as_array().unwrap().len() >= 4);
}

#[test]
fn says_which_layer_brought_and_which_ended_a_package() {
    let Some(folder) = folder() else { return };
    let report =
        json(&run(&["scan", &format!("oci:{}", folder.join("oci").display()), "--format", "json"]));
    let layers = report["layers"].as_array().unwrap().len();
    // What dpkg-query listed after each step; a layer without a list changed no package.
    let mut states: Vec<BTreeSet<Row>> = Vec::new();
    for layer in 0..layers {
        let list = folder.join(format!("layer-{layer}.packages.tsv"));
        let state = if list.is_file() { installed(&list) } else { states.last().unwrap().clone() };
        states.push(state);
    }
    let top = states.last().unwrap();
    for package in report["packages"].as_array().unwrap() {
        if package["state"] != "installed" {
            continue;
        }
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        let row = (text("name"), text("version"), text("arch"));
        let brought = (0..layers)
            .rev()
            .find(|&layer| layer == 0 || !states[layer - 1].contains(&row))
            .unwrap();
        assert_eq!(package["layer"], brought, "{row:?}");
    }
    let names = |state: &BTreeSet<Row>| {
        state.iter().map(|row| (row.0.clone(), row.2.clone())).collect::<BTreeSet<_>>()
    };
    let mut gone = BTreeSet::new();
    for (layer, state) in states.iter().enumerate() {
        for identity in names(state).difference(&names(top)) {
            let ended = (layer + 1..layers)
                .find(|&later| !names(&states[later]).contains(identity))
                .unwrap();
            gone.retain(|(known, _)| known != identity);
            gone.insert((identity.clone(), ended));
        }
    }
    assert!(!gone.is_empty());
    let removed: BTreeSet<_> = report["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let text = |key: &str| r[key].as_str().unwrap().to_owned();
            (
                (text("name"), text("arch")),
                usize::try_from(r["hidden_by"].as_u64().unwrap()).unwrap(),
            )
        })
        .collect();
    assert_eq!(removed, gone);
}
