//! The examples, run against a registry that wants a password, and an archive on standard input.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cutaway_fixtures::{DockerArchive, FixtureImage, image};

use crate::registry::Registry;

fn app() -> FixtureImage {
    image(
        r#"
layer gzip
  etc/os-release 0644 "ID=alpine\n"
  etc/passwd 0644 "root:x:0:0::/root:/bin/sh\n"
layer zstd
  etc/passwd 0644 "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/srv:/bin/false\n"
  srv/app 0755 "exec\n"
"#,
    )
}

/// Runs an example, which was built beside this test; `None` where it was not.
fn example(name: &str, arguments: &[&str], config: &Path, input: &[u8]) -> Option<String> {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    if !program.exists() {
        eprintln!("skipped: the example {name} was not built");
        return None;
    }
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("HOME", "/nonexistent").env("DOCKER_CONFIG", config);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Checks what the three examples say of an image.
fn say(image: &str, config: &Path, input: &[u8]) {
    let app = app();
    let run = |name, more: &[&str]| {
        let arguments: Vec<&str> = std::iter::once(image).chain(more.iter().copied()).collect();
        example(name, &arguments, config, input)
    };
    if let Some(file) = run("read_file", &["etc/os-release"]) {
        assert_eq!(file, "ID=alpine\n");
    }
    if let Some(users) = run("own_analyzer", &[]) {
        assert_eq!(users, "app 1000 (layer 1)\nroot 0 (layer 0)\n");
    }
    let diff_id = app.layers[1].diff_id.to_string();
    if let Some(listing) = run("list_layer", &[&diff_id]) {
        assert_eq!(listing, "etc/passwd\nsrv/app\n");
    }
}

#[test]
fn a_registry_that_wants_a_password() {
    let Some(registry) = Registry::with(&app()) else { return };
    say(&registry.image(), registry.config(), b"");
}

#[test]
fn a_docker_archive_on_standard_input() {
    let archive = DockerArchive::new().image(&["app:1"], &app()).archive();
    say("-", Path::new("/nonexistent"), &archive);
}

/// The programs that people write first are short: what they need is one call away.
#[test]
fn programs_are_below_15_lines() {
    for source in [
        include_str!("../../examples/read_file.rs"),
        include_str!("../../examples/list_layer.rs"),
        include_str!("../../examples/own_analyzer/main.rs"),
    ] {
        let code = source.lines().map(str::trim);
        let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
        assert!(code.count() < 15, "{source}");
    }
}
