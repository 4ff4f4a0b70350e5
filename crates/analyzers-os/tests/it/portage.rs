//! portage's database: the rows of the corpus, and what lies beside `CONTENTS`.

use cutaway_analyze::{File, Findings, Package, Want};
use cutaway_layerfs::EntryPath;

use crate::support::{analyze, codes, corpus, is_wanted, read_files, readers};

/// Reads `CONTENTS` of a package with so many of its companions.
fn read(path: &str, companions: &[Option<&[u8]>]) -> (Vec<Package>, Vec<String>) {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    let member = readers(false).find(|member| member.interest().holds(path.as_bytes())).unwrap();
    let mut findings = Findings::default();
    let file = File::new(&path, b"dir /usr\n").with_companions(companions);
    let _ = member.analyzer().analyze(&file, &mut findings);
    let packages = findings.packages().iter().map(|it| Package::clone(it)).collect();
    (packages, findings.diagnostics().iter().map(|it| it.code.to_string()).collect())
}

#[test]
fn corpus_rows() {
    let Some(root) = corpus() else { return };
    let path = "var/db/pkg/app-containers/skopeo-1.5.1/CONTENTS";
    let content = std::fs::read(root.join("portage").join(path)).unwrap();
    let findings = analyze(path, &content);
    assert_eq!(codes(&findings), (vec![], vec![]));
    let [package] = findings.packages() else { panic!("{:?}", findings.packages()) };
    assert_eq!(
        (package.ecosystem.name(), package.namespace.as_deref(), &*package.name, &*package.version),
        ("portage", Some("app-containers"), "skopeo", "1.5.1")
    );
    read_files(path, &content, None);
}

#[test]
fn what_lies_beside() {
    let (packages, codes) = read(
        "var/db/pkg/dev-lang/python-3.11.9-r1/CONTENTS",
        &[
            Some(b"PSF-2\n"),
            Some(b"3.11/3.11\n"),
            Some(b"amd64 ssl\n"),
            Some(b"gentoo\n"),
            Some(b"1649284374\n"),
            Some(b"https://www.python.org/ https://docs.python.org\n"),
            Some(b"8\n"),
            Some(b"dev-libs/expat:0= || ( a/b ( c/d e/f ) ) ssl? ( dev-libs/openssl ) !!x/y\n"),
            Some(b"1048576\n"),
        ],
    );
    assert!(codes.is_empty());
    let package = &packages[0];
    assert_eq!((&*package.version, package.release.as_deref()), ("3.11.9-r1", Some("r1")));
    assert_eq!(
        (package.licenses.join(" "), package.place.as_deref()),
        ("PSF-2".into(), Some("3.11"))
    );
    let details = package.details.as_ref().unwrap();
    assert_eq!(details.slot.as_deref(), Some("3.11/3.11"));
    assert!(details.features.iter().eq(["amd64", "ssl"]));
    assert_eq!(details.repository.as_deref(), Some("gentoo"));
    assert_eq!((details.eapi.as_deref(), details.installed_size), (Some("8"), Some(1 << 20)));
    assert!(details.depends.iter().eq([
        "dev-libs/expat:0=",
        "|| ( a/b ( c/d e/f ) )",
        "ssl? ( dev-libs/openssl )",
        "!!x/y",
    ]));
    assert_eq!(details.built_at, Some(1_649_284_374));
    assert_eq!(details.homepage.as_deref(), Some("https://www.python.org/"));
    let (packages, _) = read("var/db/pkg/a/b-1/CONTENTS", &[None, Some(b"0\n"), Some(b"\xff")]);
    assert_eq!(packages[0].place, None);
}

#[test]
fn other_directories() {
    assert_eq!(read("var/db/pkg/a/b/CONTENTS", &[]).1, ["portage-name-unreadable"]);
    assert!(!is_wanted("var/db/pkgs/a/b-1/CONTENTS") && !is_wanted("var/db/pkg/a/b-1/LICENSE"));
    for (path, wanted) in [
        ("var/db/pkg/a/b-1/CONTENTS", true),
        ("var/db/pkg/b-1/CONTENTS", false),
        ("var/db/pkg/a/b-1/c/CONTENTS", false),
    ] {
        let clean = EntryPath::clean(path.as_bytes()).unwrap();
        let candidate = cutaway_analyze::Candidate::new(&clean, 1, 0);
        let member = readers(false).find(|it| it.interest().holds(path.as_bytes())).unwrap();
        assert_eq!(!matches!(member.analyzer().wants(&candidate), Want::No), wanted, "{path}");
        if !wanted {
            assert_eq!(read(path, &[]), (vec![], vec![]), "{path}");
        }
    }
}
