//! What a terminal gets: nothing that it would obey but colours, those where they are wanted, and signs of life.

use std::process::{Command, Output, Stdio};

use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_fixtures::{FixtureImage, image};

use crate::support::{OnDisk, alpine, cutaway};

/// Characters that turn the writing, break a line or begin a command of a terminal.
const EVIL: &str = "x\u{202e}\u{2066}\u{200f}\u{61c}\u{9b}31m\u{2028}y";

/// Runs the binary on a terminal of its own, which both its streams lead to; `None` where there is no `script`.
fn on_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let line = cutaway(arguments);
    let words = std::iter::once(line.get_program()).chain(line.get_args());
    let quoted: Vec<String> =
        words.map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"))).collect();
    let mut script = Command::new("script");
    script.env("CUTAWAY_NO_CACHE", "1");
    script.args(["--quiet", "--return", "--command", &quoted.join(" "), "/dev/null"]);
    script.env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "xterm").env("SHELL", "/bin/sh");
    let ran: std::io::Result<Output> =
        script.envs(variables.iter().copied()).stdin(Stdio::null()).output();
    let Ok(output) = ran else {
        eprintln!("skipped: no script");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn evil() -> FixtureImage {
    image(&format!(
        "layer plain created_by=\"RUN {EVIL}\"\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3\\nPRETTY_NAME=\\\"{EVIL}\\\"\\n\"\n  \
         lib/apk/db/installed 0644 \"P:{EVIL}\\nV:1-r0\\n\\n\"\n  srv/{EVIL} 0644 \"{EVIL}\"\n"
    ))
}

#[test]
fn nothing_that_a_terminal_obeys_reaches_one() {
    let image = OnDisk::layout(&evil());
    let (oci, path) = (image.oci(), format!("srv/{EVIL}"));
    for arguments in [
        &["ls", "-R", &oci][..],
        &["ls", "-lR", &oci],
        &["ls", "-R", &oci, "--all-versions"],
        &["ls", "-R", "--layer", "0", &oci],
        &["ls", "-R", &oci, "--format", "json"],
        &["find", &oci],
        &["find", &oci, "--format", "json"],
        &["stat", &oci, &path],
        &["stat", &oci, &path, "--format", "json"],
        &["tree", &oci],
        &["tree", &oci, "--by-layer"],
        &["tree", &oci, "--by-layer", "--format", "json"],
        &["du", &oci],
        &["du", &oci, "--format", "json"],
        &["history", &oci, "--files"],
        &["history", &oci, "--files", "--format", "json"],
        &["diff", &oci, &oci, "--format", "json"],
        &["manifest", &oci],
        &["config", &oci],
        &["inspect", &oci],
        &["inspect", &oci, "--format", "json"],
        &["scan", &oci, "--history"],
        &["scan", &oci, "--format", "json"],
        &["scan", &oci, "--format", "purls"],
        &["validate", &oci],
        &["cat", &oci, &format!("nothing/{EVIL}")],
        &["scan", &format!("oci:/{EVIL}")],
        &["tags", &format!("oci:/{EVIL}")],
        &["nonsense", EVIL],
    ] {
        let Some(shown) = on_terminal(arguments, &[]) else { return };
        let bad: Vec<char> = shown
            .chars()
            .filter(|c| EVIL.contains(*c) && !c.is_ascii())
            .chain(shown.chars().filter(|c| ('\u{80}'..='\u{9f}').contains(c)))
            .collect();
        assert!(bad.is_empty(), "{arguments:?}: {bad:?} in {shown:?}");
        assert!(!shown.is_empty(), "{arguments:?}");
    }
    // A pipe gets the bytes.
    let piped = cutaway(&["ls", "-R", &oci]).output().unwrap();
    assert!(String::from_utf8(piped.stdout).unwrap().contains(&path));
    let piped = cutaway(&["config", &oci]).output().unwrap();
    assert!(!piped.stdout.is_empty() && piped.stdout.ends_with(b"}"));
}

#[test]
fn colours_are_used_where_they_are_wanted() {
    let image = OnDisk::layout(&alpine());
    let oci = image.oci();
    for (variables, arguments, coloured) in [
        (&[][..], &["scan", &oci][..], true),
        (&[("NO_COLOR", "")], &["scan", &oci], true),
        (&[("NO_COLOR", "1")], &["scan", &oci], false),
        (&[("CLICOLOR", "0")], &["scan", &oci], false),
        (&[("CLICOLOR", "1")], &["scan", &oci], true),
        (&[("TERM", "dumb")], &["scan", &oci], false),
        (&[("NO_COLOR", "1")], &["scan", &oci, "--color", "always"], true),
        (&[], &["scan", &oci, "--color", "never"], false),
    ] {
        let Some(shown) = on_terminal(arguments, variables) else { return };
        assert_eq!(shown.contains("\x1b[1m"), coloured, "{variables:?} {shown:?}");
    }
}

#[test]
fn what_takes_its_time_shows_that_it_runs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    registry.script("/v2/", vec![Fault::Silence; 100]);
    let (host, name) = (registry.host(), format!("{}/app:1", registry.host()));
    let blob = format!("{host}/app@sha256:{}", "0".repeat(64));
    let show = |command: &[&str], variables: &[(&str, &str)]| {
        on_terminal(&[command, &["--timeout", "700ms"]].concat(), variables)
    };
    for command in [
        &["scan", &name][..],
        &["inspect", &name],
        &["digest", &name],
        &["manifest", &name],
        &["config", &name],
        &["tags", &name],
        &["catalog", &host],
        &["blob", &blob],
        &["pull", &name, "/proc/nothing"],
        &["export", &name],
        &["validate", &name],
        &["referrers", &name],
        &["ls", &name],
        &["find", &name],
        &["stat", &name, "etc/issue"],
        &["tree", &name],
        &["du", &name],
        &["diff", &name, &name],
        &["history", &name],
    ] {
        let Some(shown) = show(command, &[]) else { return };
        assert!(shown.contains("running"), "{command:?}: {shown:?}");
        // Nothing of it is left when the last line is said.
        let last = shown.rsplit("running").next().unwrap();
        let said = ["--timeout", "the time limit of the whole run"];
        assert!(said.iter().any(|said| last.contains(said)), "{command:?}: {shown:?}");
    }
    for variable in [("CUTAWAY_QUIET", "1"), ("CUTAWAY_VERBOSE", "1"), ("TERM", "dumb")] {
        let Some(shown) = show(&["digest", &name], &[variable]) else { return };
        assert!(!shown.contains("running"), "{variable:?}: {shown:?}");
    }
    let image = OnDisk::layout(&alpine());
    let Some(shown) = on_terminal(&["digest", &image.oci()], &[]) else { return };
    assert!(!shown.contains("running"), "{shown:?}");
}
