//! The example, as a program that has nothing but this crate.

use std::process::Command;

use crate::stack::tar;

#[test]
fn lays_layers_over_each_other() {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("examples/merge_layers");
    if !program.is_file() {
        eprintln!("skipped: no example merge_layers, which cargo test builds without --test");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let layers = ["etc/old=1 etc/kept=22", "etc/.wh.old new=333"];
    let paths = layers.iter().enumerate().map(|(index, layer)| {
        let path = directory.path().join(index.to_string());
        std::fs::write(&path, tar(layer)).unwrap();
        path
    });
    let output = Command::new(program).args(paths).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut seen: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter_map(|words| Some((*words.first()?, *words.get(2)?)))
        .collect();
    seen.sort_by_key(|(_, path)| *path);
    let files: Vec<_> =
        seen.into_iter().filter(|(_, path)| *path != "etc" && *path != ".").collect();
    assert_eq!(files, [("0", "etc/kept"), ("1", "new")], "{text}");
}
