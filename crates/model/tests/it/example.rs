//! The example, as a program that has nothing but this crate.

use std::path::PathBuf;
use std::process::Command;

use cutaway_fixtures::{DockerArchive, LayerNames, Layout};

use crate::support::{OnDisk, sample};

/// Returns an example that was built beside this test, as `cargo test` does; none where one test was asked for.
fn built(name: &str) -> Option<PathBuf> {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("examples").join(name);
    if !program.is_file() {
        eprintln!("skipped: no example {name}, which cargo test builds without --test");
        return None;
    }
    Some(program)
}

#[test]
fn lists_the_layers_of_a_layout_and_of_archives() {
    let Some(program) = built("layers") else { return };
    let image = sample();
    let layout = OnDisk::layout(&Layout::new().image("1", &image));
    let saved = DockerArchive::new().image(&["app:1"], &image);
    let archive = OnDisk::archive(&saved.archive()).unwrap();
    let old = OnDisk::archive(&saved.layer_names(LayerNames::V1).archive()).unwrap();
    for (path, id) in [
        (layout.path().to_owned(), true),
        (archive.path().join("image.tar"), true),
        (old.path().join("image.tar"), false),
    ] {
        let output = Command::new(&program).arg(format!("{}:1", path.display())).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(text.starts_with(&format!("image {}\n", image.id())), id, "{text}");
        for layer in &image.layers {
            assert!(text.contains(layer.diff_id.as_str()), "{text}");
        }
    }
    let broken = OnDisk::layout(&Layout::new().image("1", &image.wrong_diff_id(1)));
    let output = Command::new(&program).arg(broken.path()).output().unwrap();
    assert!(!output.status.success());
}
