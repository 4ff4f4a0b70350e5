//! Running other programs, with errors that say which and how.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use cutaway_fixtures::DockerRegistry;

/// Returns the root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// Returns a path below `target/`.
pub(crate) fn target(below: &str) -> PathBuf {
    root().join("target").join(below)
}

/// Returns an address of loopback that is free now; nobody else on a test machine takes it in the moment after.
pub(crate) fn free_address() -> Result<String> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    Ok(format!("127.0.0.1:{port}"))
}

/// Starts a registry over an empty folder below `target/`.
pub(crate) fn registry(name: &str) -> Result<DockerRegistry> {
    let folder = target(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    DockerRegistry::start(&folder, "").context("docker-registry does not start")
}

/// Returns a command that runs at the root of the repository.
pub(crate) fn command<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    // Nothing that is tried or measured rests on what was kept before.
    command.env("CUTAWAY_NO_CACHE", "1");
    command
}

/// Runs a program to its end; what it prints goes to standard error.
pub(crate) fn run<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> Result<()> {
    let mut command = command(program, arguments);
    command.stdout(std::io::stderr());
    finish(&mut command)
}

/// Runs a command as it was prepared.
pub(crate) fn finish(command: &mut Command) -> Result<()> {
    eprintln!("+ {}", shown(command));
    let status = command.status().with_context(|| shown(command))?;
    ensure!(status.success(), "{}: {status}", shown(command));
    Ok(())
}

/// Runs a program quietly and returns what it printed; its complaints are in the error.
pub(crate) fn read<A: AsRef<OsStr>>(program: &str, arguments: &[A]) -> Result<String> {
    let mut command = command(program, arguments);
    let output = command.output().with_context(|| shown(&command))?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}: {}: {}",
        shown(&command),
        output.status,
        complaints.trim_end()
    );
    String::from_utf8(output.stdout).with_context(|| shown(&command))
}

/// Tells whether a program is on the path.
pub(crate) fn installed(program: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the path of programs is in the environment")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Daemons are in sbin, which an ordinary user's path may lack.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}

/// A command as one would type it, cut where an argument is a whole script.
fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| {
        let argument = argument.to_string_lossy();
        argument
            .split_once('\n')
            .map_or_else(|| argument.clone().into_owned(), |(first, _)| format!("'{first} …'"))
    }));
    words.join(" ")
}
