//! Processes that hold a secret leave no core and let nobody in.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};

use super::stage::{RUNTIME, USER, basic};
use crate::support::cutaway;

const SECRET: &str = "c4N4ry\"\\+/%25:Zq9";
/// A user that is nobody.
const NOBODY: u32 = 65534;

#[test]
fn a_signal_leaves_no_core() {
    for signal in [Signal::ABORT, Signal::SEGV, Signal::QUIT, Signal::BUS] {
        let folder = tempfile::tempdir().unwrap();
        // A process without a secret shows what this machine does with cores.
        let mut other = Command::new("sleep");
        let (_, kept) = end(unlimited(other.arg("60"), folder.path()), signal);
        if !kept {
            eprintln!("skipped: no cores on this machine");
            return;
        }
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let registry = RUNTIME.block_on(FakeRegistry::start());
        let mut command = held_up(&registry);
        let child = unlimited(&mut command, folder.path());
        wait_for_secret(&registry);
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[4..6], ["0", "0"], "{line}");
        let (status, kept) = end(child, signal);
        assert!(status.signal().is_some(), "{status}");
        assert!(!kept, "{status}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a core of {status}");
    }
}

#[test]
fn nobody_looks_into_its_memory() {
    let registry = RUNTIME.block_on(FakeRegistry::start());
    let mut command = held_up(&registry);
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if is_root {
        command.uid(NOBODY);
    }
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: no way to run as nobody");
        return;
    };
    wait_for_secret(&registry);
    // What a process keeps from others belongs to root, whoever runs it.
    for file in ["environ", "mem", "maps"] {
        let owner = std::fs::metadata(format!("/proc/{}/{file}", child.id())).unwrap().uid();
        assert_eq!(owner, 0, "{file}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Prepares a run that waits for the answer of a registry that it has told the secret.
fn held_up(registry: &FakeRegistry) -> Command {
    let challenges = vec!["Basic realm=\"r\"".to_owned()];
    registry.gate(Gate::Exactly { challenges, authorization: basic(USER, SECRET) });
    registry.script("/manifests/", [Fault::None]);
    registry.always("/manifests/", Fault::Silence);
    let mut command = cutaway(&["scan", &format!("{}/team/image:1", registry.host())]);
    command.env("CUTAWAY_USERNAME", USER).env("CUTAWAY_PASSWORD", SECRET);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn wait_for_secret(registry: &FakeRegistry) {
    let start = Instant::now();
    let is_told = || registry.requests().iter().any(|told| told.header("authorization").is_some());
    while !is_told() {
        assert!(start.elapsed() < Duration::from_secs(20), "the registry is not asked");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Starts a process that may leave cores as large as it likes.
fn unlimited(command: &mut Command, folder: &Path) -> Child {
    let limit = rustix::process::getrlimit(Resource::Core);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Core, most).unwrap();
    command.current_dir(folder).spawn().unwrap()
}

/// Ends a process by a signal. Returns whether a core was kept.
fn end(mut child: Child, signal: Signal) -> (ExitStatus, bool) {
    let process = Pid::from_child(&child);
    loop {
        // The first one may be taken for an overflow of the stack.
        kill_process(process, signal).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        if let Some(status) = child.try_wait().unwrap() {
            return (status, status.core_dumped());
        }
    }
}
