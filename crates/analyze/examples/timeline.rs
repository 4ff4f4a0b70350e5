//! Tells the story of packages from lists, one a layer: `timeline "a 1,b 1" "a 2"`.
#![expect(clippy::print_stdout, reason = "an example")]

use cutaway_analyze::{Kind, Package, State, timeline};

fn main() {
    let states: Vec<Vec<Package>> = std::env::args()
        .skip(1)
        .map(|list| list.split(',').filter_map(package).collect())
        .collect();
    let states: Vec<State<'_>> = states
        .iter()
        .map(|packages| State {
            records: packages.iter().map(|package| (package, 0)).collect(),
            incomplete: false,
        })
        .collect();
    let told = timeline(&states);
    for present in told.present {
        println!(
            "{} {} since layer {}",
            present.package.name, present.package.version, present.layer
        );
    }
    for removed in told.removed {
        println!(
            "{} {} ended by layer {}",
            removed.package.name, removed.package.version, removed.hidden_by
        );
    }
}

/// Reads `name version`.
fn package(text: &str) -> Option<Package> {
    let (name, version) = text.trim().split_once(' ')?;
    Some(Package {
        kind: Kind::Apk,
        name: name.to_owned(),
        version: version.to_owned(),
        epoch: None,
        release: None,
        arch: None,
        source: None,
        licenses: Vec::new(),
        vendor: None,
        state: "installed".to_owned(),
    })
}
