//! Why packages are there, as files beside their databases say; apt itself is asked where it is there.

use std::process::Command;

use cutaway_analyze::InstallReason;
use cutaway_report::Report;

use crate::support::report;

const STATUS: &str = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n\
    Package: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n\
    Package: c\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n\
    Package: d\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n\
    Package: e\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n";
const STATES: &str = "Package: b\nArchitecture: amd64\nAuto-Installed: 1\n\n\
    Package: c\nArchitecture: amd64\nAuto-Installed: 1\n\n\
    Package: d\nArchitecture: amd64\nAuto-Installed: 0\n\n\
    Package: gone\nArchitecture: amd64\nAuto-Installed: 1\n\n";

fn explicit(report: &Report) -> Vec<&str> {
    let packages = report.packages.iter();
    let explicit = packages.filter(|it| it.install_reason == Some(InstallReason::Explicit));
    explicit.map(|it| it.name.as_str()).collect()
}

fn file(path: &str, content: &str) -> String {
    format!("  {path} 0644 \"{}\"\n", content.replace('\n', "\\n"))
}

#[test]
fn apt_states_are_read_as_apt_reads_them() {
    let layers = ["var/lib/dpkg/status", "var/lib/apt/extended_states"];
    let layers = [file(layers[0], STATUS), file(layers[1], STATES)];
    let told = report(&format!("layer gzip\n{}layer gzip\n{}", layers[0], layers[1]));
    assert_eq!(explicit(&told), ["a", "d"]);
    let of = |name: &str| told.packages.iter().find(|it| it.name == name).unwrap().install_reason;
    assert_eq!((of("b"), of("e")), (Some(InstallReason::Dependency), None));
    // Where apt has no list, nobody knows.
    assert!(explicit(&report(&format!("layer gzip\n{}", layers[0]))).is_empty());

    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("status"), STATUS).unwrap();
    std::fs::write(at("extended_states"), STATES).unwrap();
    let mut apt = Command::new("apt-mark");
    for (key, value) in [
        ("Dir::State", at("")),
        ("Dir::State::status", at("status")),
        ("Dir::Cache", at("")),
        ("Dir::Etc", at("")),
        ("APT::Architecture", "amd64".to_owned()),
        ("APT::Architectures", "amd64".to_owned()),
    ] {
        apt.args(["-o", &format!("{key}={value}")]);
    }
    let Ok(output) = apt.arg("showmanual").env("LC_ALL", "C.UTF-8").output() else {
        eprintln!("skipped: no apt-mark");
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let manual = String::from_utf8(output.stdout).unwrap();
    assert_eq!(manual.lines().collect::<Vec<_>>(), explicit(&told), "{errors}");
}

#[test]
fn what_apk_was_asked_for_may_be_what_a_package_provides() {
    let installed = "P:a\nV:1-r0\nA:x86_64\n\nP:b\nV:1-r0\nA:x86_64\np:cmd:tool=1-r0\n\nP:c\nV:1-r0\nA:x86_64\n\n";
    let database = file("lib/apk/db/installed", installed);
    let world = file("etc/apk/world", "a>=1\ncmd:tool\n");
    let told = report(&format!("layer gzip\n{database}{world}"));
    assert_eq!(explicit(&told), ["a", "b"]);
    let pulled_in = told.packages.last().unwrap();
    assert_eq!(
        (pulled_in.name.as_str(), pulled_in.install_reason),
        ("c", Some(InstallReason::Dependency))
    );
    // A layer above may ask for something else.
    let above = file("etc/apk/world", "c\n");
    let told = report(&format!("layer gzip\n{database}{world}layer gzip\n{above}"));
    assert_eq!(explicit(&told), ["c"]);
}
