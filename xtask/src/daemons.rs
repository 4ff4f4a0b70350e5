//! Container daemons for as long as a task needs them: Docker, Podman and containerd on sockets of their own.
//!
//! Each has its storage in `target/` and unpacks layers without a driver of the kernel, so that it
//! works wherever root does. It is told by its process id to end, also when the task fails or panics.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// Where the keys of tests lie: an authority, and a certificate of it for 127.0.0.1.
const KEYS: &str = "crates/fetch/tests/it/keys";

/// A running daemon; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Daemon {
    socket: PathBuf,
    /// Where it listens behind TLS, too.
    sealed: Option<String>,
    child: Child,
}

impl Daemon {
    /// Starts `dockerd`, which listens on a port, too, for those who show a certificate of the tests' authority.
    pub(crate) fn docker() -> Result<Self> {
        Self::docker_with("test-docker", "vfs")
    }

    /// Starts `dockerd` with a storage driver, in a folder of its own.
    pub(crate) fn docker_with(name: &str, driver: &str) -> Result<Self> {
        let folder = fresh(name)?;
        let socket = folder.join("docker.sock");
        let at = |option: &str, name: &str| format!("{option}={}", folder.join(name).display());
        let key = |option: &str, name: &str| {
            format!("{option}={}", process::root().join(KEYS).join(name).display())
        };
        let sealed = format!("tcp://{}", process::free_address()?);
        let arguments = [
            format!("--storage-driver={driver}"),
            "--iptables=false".into(),
            "--ip6tables=false".into(),
            "--bridge=none".into(),
            at("--data-root", "data"),
            at("--exec-root", "exec"),
            at("--pidfile", "pid"),
            format!("--host=unix://{}", socket.display()),
            "--tlsverify".into(),
            key("--tlscacert", "ca.pem"),
            key("--tlscert", "server.pem"),
            key("--tlskey", "server.key"),
            format!("--host={sealed}"),
        ];
        let mut daemon = Self::start("dockerd", &arguments, &folder, socket)?;
        daemon.sealed = Some(sealed);
        Ok(daemon)
    }

    /// Starts the service of Podman.
    pub(crate) fn podman() -> Result<Self> {
        let folder = fresh("test-podman")?;
        let socket = folder.join("podman.sock");
        let at = |option: &str, name: &str| format!("{option}={}", folder.join(name).display());
        let arguments = [
            at("--root", "root"),
            at("--runroot", "run"),
            "--storage-driver=vfs".into(),
            "--events-backend=none".into(),
            "system".into(),
            "service".into(),
            "--time=0".into(),
            format!("unix://{}", socket.display()),
        ];
        Self::start("podman", &arguments, &folder, socket)
    }

    /// Starts `containerd`.
    pub(crate) fn containerd() -> Result<Self> {
        Self::containerd_in("test-containerd")
    }

    /// Starts `containerd` in a folder of its own.
    pub(crate) fn containerd_in(name: &str) -> Result<Self> {
        let folder = fresh(name)?;
        let socket = folder.join("containerd.sock");
        let config = folder.join("config.toml");
        let text = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\n  address = {socket:?}\n",
            folder.join("root"),
            folder.join("state"),
        );
        std::fs::write(&config, text)?;
        let arguments = [format!("--config={}", config.display())];
        Self::start("containerd", &arguments, &folder, socket)
    }

    /// Returns where it listens, as in `DOCKER_HOST`.
    pub(crate) fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Returns where it listens behind TLS, where it does.
    pub(crate) fn sealed(&self) -> Option<&str> {
        self.sealed.as_deref()
    }

    fn start(program: &str, arguments: &[String], folder: &Path, socket: PathBuf) -> Result<Self> {
        let log = std::fs::File::create(folder.join("log"))?;
        let mut command = process::command(program, arguments);
        let child = command
            .stdout(log.try_clone()?)
            .stderr(Stdio::from(log))
            .spawn()
            .with_context(|| format!("{program} does not start"))?;
        let daemon = Self { socket, sealed: None, child };
        let start = Instant::now();
        while UnixStream::connect(&daemon.socket).is_err() {
            if start.elapsed() > Duration::from_secs(60) {
                bail!("{program} does not listen; its log is {}", folder.join("log").display());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It ends what it has started itself when it is asked to, but not when it is killed.
        let asked = process::read("kill", &["-TERM", &self.child.id().to_string()]);
        let start = Instant::now();
        while asked.is_ok() && start.elapsed() < Duration::from_secs(20) {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Nothing is left to do where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns an empty folder in `target/`.
pub(crate) fn fresh(name: &str) -> Result<PathBuf> {
    let folder = process::target(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
