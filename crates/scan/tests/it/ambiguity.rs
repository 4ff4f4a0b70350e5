//! Layers that runtimes read in different ways: an error where that concerns what was analysed.

use cutaway_analyze::Severity;

use crate::support::{apk, report};

/// Returns where layers are read in different ways, errors marked, and whether the report is complete.
fn ambiguous(lower: &str, upper: &str) -> (Vec<String>, bool) {
    let text = format!("layer gzip\n{lower}layer gzip\n{upper}");
    let report = report(&text);
    let told = report.diagnostics.iter().filter(|it| it.code == "layer-ambiguous");
    let told = told.map(|it| {
        assert_eq!(it.layer, Some(1));
        let mark = if it.severity == Severity::Error { "!" } else { "" };
        format!("{mark}{}", it.path.as_deref().unwrap_or("-"))
    });
    (told.collect(), report.complete)
}

#[test]
fn what_concerns_an_analysed_file_is_an_error() {
    let lower = apk("lib/apk/db/installed", &["a 1-r0"]);
    for (upper, told) in [
        ("  .wh..wh..opq\n  new 0644\n", vec!["!"]),
        ("  lib/apk/.wh.db\n  lib/apk/db/ 0755\n", vec!["!lib/apk/db"]),
        ("  lib/apk/db 0644\n  lib/apk/db/ 0755\n", vec!["!lib/apk/db"]),
        ("  lib/apk/db/installed global\n", vec!["!lib/apk/db/installed"]),
        ("  lib/apk/db/.wh.installed global\n", vec!["!lib/apk/db/installed"]),
        ("  lib/apk/.wh..wh..opq global\n", vec!["!lib/apk"]),
        ("  lib/apk/db/installed/x global\n", vec!["!lib/apk/db/installed"]),
    ] {
        let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
        assert_eq!(ambiguous(&lower, upper), (told, false), "{upper}");
    }
    let linked = format!("{lower}  db -> lib/apk/db\n");
    let (told, complete) = ambiguous(&linked, "  db/x 0644\n");
    assert_eq!((told, complete), (vec!["db".to_owned(), "!lib/apk/db".to_owned()], false));
}

#[test]
fn elsewhere_it_is_a_warning() {
    let lower = format!("{}  srv/a 0644\n  s -> srv\n", apk("lib/apk/db/installed", &["a 1-r0"]));
    for (upper, told) in [
        ("  .wh.srv\n  srv/ 0755\n", vec!["srv"]),
        ("  s/x 0644\n", vec!["s", "srv"]),
        ("  srv/ 0755\n  srv/y 0644\n", vec![]),
        ("  srv/.wh..wh..opq\n", vec![]),
        ("  pax_global_header global\n  srv/a 0644\n", vec![]),
        ("  srv/a global\n", vec!["srv/a"]),
    ] {
        let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
        assert_eq!(ambiguous(&lower, upper), (told, true), "{upper}");
    }
}
