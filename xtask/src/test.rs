//! `cargo xtask test`: all tests of the workspace, with everything around them that they need.
//!
//! Tests find a real registry at `CUTAWAY_TEST_REGISTRY`, daemons at `CUTAWAY_TEST_DOCKER`,
//! `CUTAWAY_TEST_PODMAN` and `CUTAWAY_TEST_CONTAINERD`, Docker behind TLS at
//! `CUTAWAY_TEST_DOCKER_TLS`, the images at `CUTAWAY_FIXTURES`, and with
//! `CUTAWAY_REQUIRE_ALL=1` they know that skipping is failing. A test that skips prints a line that
//! starts with `skipped:`; these lines are counted here.

mod outcome;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Result, bail};
use cutaway_fixtures::DockerRegistry;

pub(crate) use outcome::Outcome;

use crate::daemons::Daemon;
use crate::{fixtures, process, system};

/// The longest that building and running the tests may take, in seconds: one that hangs ends here.
const TIME_LIMIT: &str = "1800";

/// Words in the names of tests that take a machine's memory or measure its time: they run after
/// all others, one after the other, so that none of them disturbs another.
const ALONE: &[&str] = &["entries::", "load::", "memory::", "scale::"];

/// Runs everything; with `require_all` a skipped test is a failure.
pub(crate) fn run(require_all: bool) -> Result<()> {
    let outcome = all(require_all)?;
    println!("{}", outcome.line());
    outcome.verdict()
}

/// Prepares the machine, runs the tests and returns what came out, the closing line not printed.
pub(crate) fn all(require_all: bool) -> Result<Outcome> {
    let mut outcome = Outcome::new(require_all, fixtures::corpus_folder().is_some());
    if system::debian_root() {
        system::install_tools()?;
    }
    let missing = system::missing_tools();
    if !missing.is_empty() {
        outcome.skip(format!("skipped: tests that need {}: not installed", missing.join(", ")));
    }
    for line in fixtures::make()? {
        outcome.skip(format!("skipped: {line}"));
    }
    let registry = if process::installed("docker-registry") {
        Some(process::registry("test-registry")?)
    } else {
        None
    };
    let daemons = daemons(&mut outcome);
    for part in [Part::Together, Part::Alone] {
        let start = Instant::now();
        cargo_test(&mut outcome, part, registry.as_ref(), &daemons)?;
        println!("tests {part:?}: {:.0} s", start.elapsed().as_secs_f64());
    }
    for line in outcome.skipped() {
        println!("{line}");
    }
    Ok(outcome)
}

/// Starts the daemons that this machine can run, each with the variable that tells tests where it is.
fn daemons(outcome: &mut Outcome) -> Vec<(&'static str, Daemon)> {
    let mut running = Vec::new();
    if !system::debian_root() {
        return running;
    }
    type Start = fn() -> Result<Daemon>;
    let known: [(_, _, Start); 3] = [
        ("dockerd", "CUTAWAY_TEST_DOCKER", Daemon::docker),
        ("podman", "CUTAWAY_TEST_PODMAN", Daemon::podman),
        ("containerd", "CUTAWAY_TEST_CONTAINERD", Daemon::containerd),
    ];
    for (program, variable, start) in known {
        if process::installed(program) {
            match start() {
                Ok(daemon) => running.push((variable, daemon)),
                Err(error) => outcome.skip(format!("skipped: {error:#}")),
            }
        }
    }
    running
}

/// Which tests of all: their names hold one of the words, or none.
#[derive(Debug, Clone, Copy)]
enum Part {
    Together,
    Alone,
}

impl Part {
    /// Arguments of `cargo test`, then those of the test programs.
    fn arguments(self) -> (Vec<&'static str>, Vec<&'static str>) {
        match self {
            Self::Together => {
                (Vec::new(), ALONE.iter().flat_map(|word| ["--skip", *word]).collect())
            }
            // Without the examples in the documentation, which are never heavy.
            Self::Alone => (vec!["--tests"], [&["--test-threads=1"], ALONE].concat()),
        }
    }
}

fn cargo_test(
    outcome: &mut Outcome,
    part: Part,
    registry: Option<&DockerRegistry>,
    daemons: &[(&'static str, Daemon)],
) -> Result<()> {
    let (of_cargo, of_programs) = part.arguments();
    let mut arguments = vec!["test", "--workspace", "--no-fail-fast", "--color=never"];
    arguments.extend(of_cargo);
    arguments.extend(["--", "--show-output"]);
    arguments.extend(of_programs);
    let mut command = if process::installed("timeout") {
        let mut command = process::command("timeout", &["--kill-after=10", TIME_LIMIT, "cargo"]);
        command.args(arguments);
        command
    } else {
        process::command("cargo", &arguments)
    };
    command.env("CUTAWAY_FIXTURES", fixtures::folder("")).stdout(Stdio::piped());
    if let Some(registry) = registry {
        command.env("CUTAWAY_TEST_REGISTRY", registry.host());
    }
    for (variable, daemon) in daemons {
        command.env(variable, daemon.address());
        if let Some(sealed) = daemon.sealed() {
            command.env(format!("{variable}_TLS"), sealed);
        }
    }
    if outcome.require_all() {
        command.env("CUTAWAY_REQUIRE_ALL", "1");
    }
    let mut child = command.spawn()?;
    let Some(stdout) = child.stdout.take() else { bail!("cargo test has no output") };
    for line in BufReader::new(stdout).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if outcome.read(&line) {
            println!("{line}");
        }
    }
    outcome.end(child.wait()?.success());
    Ok(())
}
