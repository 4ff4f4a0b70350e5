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
}

#[test]
fn what_comes_to_the_same_is_a_warning() {
    let lower = apk("lib/apk/db/installed", &["a 1-r0"]);
    let again = apk("lib/apk/db/installed", &["b 1-r0"]);
    let linked = format!("{lower}  db -> lib/apk/db\n");
    for (lower, upper, told) in [
        // All that was taken comes anew.
        (&lower, format!("  .wh..wh..opq\n{again}"), vec![""]),
        (&lower, format!("  lib/apk/.wh.db\n  lib/apk/db/ 0755\n{again}"), vec!["lib/apk/db"]),
        // A file beside it is put elsewhere.
        (&linked, "  db/x 0644\n".to_owned(), vec!["db", "lib/apk/db"]),
        // What has the name of a global header comes after it.
        (&lower, format!("  lib/apk/db/installed global\n{again}"), vec!["lib/apk/db/installed"]),
    ] {
        let told: Vec<String> = told.into_iter().map(str::to_owned).collect();
        assert_eq!(ambiguous(lower, &upper), (told, true), "{upper}");
    }
    // The link is replaced by drivers, and the database is not where it is looked for.
    let moved = apk("srv/db/installed", &["a 1-r0"]);
    let linked = format!("{moved}  lib/apk/\n  lib/apk/db -> ../../srv/db\n");
    let told = vec!["lib/apk/db".to_owned(), "!srv/db".into()];
    assert_eq!(ambiguous(&linked, "  lib/apk/db/x 0644\n"), (told, false));
}

#[test]
fn marks_that_cancel_out_are_an_error() {
    let lower = apk("lib/apk/db/installed", &["a 1-r0"]);
    let directories = "  lib/\n  lib/apk/\n  lib/apk/db/\n";
    for upper in [
        // Who ignores the root's marker and obeys the global header has no database, as we; who ignores both has.
        "  .wh..wh..opq\n  lib/apk/db/.wh.installed global\n".to_owned(),
        format!("  .wh..wh..opq\n{directories}  lib/apk/db/installed global\n"),
        format!("  lib/apk/db/installed global\n  .wh..wh..opq\n{directories}"),
        // Who takes a global header for a marker alone has none, who takes it for an entry too has it again.
        "  lib/apk/db/.wh.installed global\n  lib/apk/db/installed global\n".to_owned(),
        "  lib/apk/.wh.db global\n  lib/apk/db global\n".to_owned(),
    ] {
        let (told, complete) = ambiguous(&lower, &upper);
        assert!(!complete, "{upper}: {told:?}");
    }
}

#[test]
fn marks_that_cancel_out_on_the_way_are_an_error() {
    // The database lies elsewhere, and is found by a link, or by two; and a link leads to where it lies.
    let moved = apk("x/installed", &["a 1-r0"]);
    let one = format!("{moved}  lib/apk/\n  lib/apk/db -> /x\n");
    let two = format!("{moved}  lib/apk/\n  lib/apk/db -> /y/z\n  y/\n  y/z -> ../x\n");
    let file = format!("{moved}  lib/apk/db/\n  lib/apk/db/installed -> /x/installed\n");
    let beside = format!("{}  k -> lib/apk/db\n", apk("lib/apk/db/installed", &["a 1-r0"]));
    for (lower, name) in [
        (&one, "lib/apk/|db"),
        (&two, "y/|z"),
        (&file, "lib/apk/db/|installed"),
        (&beside, "k/|installed"),
    ] {
        let marker = name.replace('|', ".wh.");
        let name = name.replace('|', "");
        let (told, complete) = ambiguous(lower, &format!("  {marker} global\n  {name} global\n"));
        assert!(!complete, "{lower}: {told:?}");
    }
}

#[test]
fn an_archive_made_by_git_is_no_doubt() {
    // It has a global header with a comment, of a name that nothing has.
    let lower = apk("lib/apk/db/installed", &["a 1-r0"]);
    let again = apk("lib/apk/db/installed", &["b 1-r0"]);
    let upper = format!("  pax_global_header global\n  .wh..wh..opq\n{again}");
    assert_eq!(ambiguous(&lower, &upper), (vec![String::new()], true));
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
