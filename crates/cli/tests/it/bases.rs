//! `diff` of images that share their base, and what it may say of packages of which the base tells half.

use cutaway_fixtures::image;
use serde_json::{Value, json};

use crate::support::{OnDisk, json as parsed, run, stdout};

/// Compares two images of one base; returns what is said of packages without and with the base.
fn packages(base: &str, a: &str, b: &str) -> (Value, Value) {
    let [a, b] = [a, b]
        .map(|upper| OnDisk::layout(&image(&format!("\nlayer gzip\n{base}layer gzip\n{upper}"))));
    let (a, b) = (a.oci(), b.oci());
    let diff = |base: &[&str]| {
        let words = [&["diff", &a, &b, "--format", "json"], base].concat();
        let mut diff = parsed(&run(&words));
        assert_eq!(diff["shared_layers"], 1);
        diff["packages"].take()
    };
    let (few, all) = (diff(&[]), diff(&["--read-base"]));
    let text = stdout(&run(&["diff", &a, &b]));
    let line = text.lines().find(|line| line.starts_with("packages: ")).unwrap();
    assert_eq!(line.starts_with("packages: not compared: "), few["compared"] == false, "{text}");
    (few, all)
}

/// Returns `name from to` of all differences; `-` where a side has none.
fn told(packages: &Value) -> Vec<String> {
    let lists = ["added", "removed", "changed"].map(|list| packages[list].as_array().unwrap());
    let one = |package: &Value| {
        let text = |key: &str| package[key].as_str().unwrap_or("-").to_owned();
        [text("name"), text("a"), text("b")].join(" ")
    };
    lists.into_iter().flatten().map(one).collect()
}

/// A record of pacman, which has a directory for each version of each package.
fn desc(name: &str, version: &str) -> String {
    format!(
        "  var/lib/pacman/local/{name}-{version}/desc 0644 \
         \"%NAME%\\n{name}\\n\\n%VERSION%\\n{version}\\n\\n%ARCH%\\nx86_64\\n\\n\"\n"
    )
}

#[test]
fn packages_of_pacman_are_compared_only_with_the_base() {
    let release = "  usr/lib/os-release 0644 \"ID=arch\\n\"\n";
    let base = [release, &desc("bash", "5.2-1"), &desc("nano", "8-1")].concat();
    let other = "  srv/x 0644 \"1\"\n";
    let gone = "  var/lib/pacman/local/.wh.nano-8-1\n";
    for (upper, wanted) in [
        (gone.to_owned(), vec!["nano 8-1 -"]),
        ([gone, &desc("nano", "9-1")].concat(), vec!["nano 8-1 9-1"]),
        ("  var/lib/pacman/local/nano-8-1/.wh.desc\n".into(), vec!["nano 8-1 -"]),
        ("  var/lib/pacman/local/nano-8-1/.wh..wh..opq\n".into(), vec!["nano 8-1 -"]),
        ("  var/lib/pacman/local/nano-8-1 0644 \"x\"\n".into(), vec!["nano 8-1 -"]),
        (desc("vim", "1-1"), vec!["vim - 1-1"]),
        ("  var/lib/pacman/local/.wh..wh..opq\n".into(), vec!["bash 5.2-1 -", "nano 8-1 -"]),
        ("  var/lib/pacman/.wh.local\n".into(), vec!["bash 5.2-1 -", "nano 8-1 -"]),
    ] {
        let (few, all) = packages(&base, other, &upper);
        assert_eq!((&few["compared"], &all["compared"]), (&json!(false), &json!(true)), "{upper}");
        assert!(told(&few).is_empty(), "{few}");
        assert!(few["reason"].as_str().unwrap().contains("var/lib/pacman/local"), "{few}");
        assert_eq!(told(&all), wanted, "{upper}");
    }
    // What neither of them touches is the same in both.
    let (few, all) = packages(&base, other, "  srv/x 0644 \"2\"\n");
    assert_eq!((&few["compared"], told(&few).len(), told(&all).len()), (&json!(true), 0, 0));
}

#[test]
fn every_state_in_which_dpkg_has_files_there_is_installed() {
    let status = |records: &[(&str, &str)]| {
        let record = |(name, state): &(&str, &str)| {
            format!("Package: {name}\\nStatus: {state}\\nArchitecture: all\\nVersion: 1\\n\\n")
        };
        let records: String = records.iter().map(record).collect();
        format!("  var/lib/dpkg/status 0644 \"{records}\"\n")
    };
    let installed = "install ok installed";
    let base = status(&[("a", installed)]);
    for state in ["install ok triggers-pending", "install ok triggers-awaited"] {
        let one = status(&[("a", installed), ("b", installed)]);
        let other = status(&[("a", installed), ("b", state)]);
        for (few, all) in [packages(&base, &one, &other), packages(&base, &other, &one)] {
            assert_eq!((&few["compared"], &all["compared"]), (&json!(true), &json!(true)));
            assert_eq!((told(&few).len(), told(&all).len()), (0, 0), "{state}: {few} {all}");
        }
    }
    // One whose configuration alone is left is not there any more.
    let gone = status(&[("a", "deinstall ok config-files")]);
    let (few, all) = packages(&base, &base.replace("Version: 1", "Version: 2"), &gone);
    assert_eq!((told(&few), told(&all)), (vec!["a 2 -".to_owned()], vec!["a 2 -".to_owned()]));
}
