//! A real registry for as long as a task needs one: Debian's docker-registry on a free loopback port.
//!
//! It is told by its process id to end, also when the task fails or panics.

use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::process;

/// A running registry; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Registry {
    address: String,
    child: Child,
}

impl Registry {
    /// Starts a registry with an empty storage in `target/`.
    pub(crate) fn start(name: &str) -> Result<Self> {
        let folder = process::target(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let address = process::free_address()?;
        let config = folder.join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {:?}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: \"{address}\"}}\n",
            folder.join("storage")
        );
        std::fs::write(&config, text)?;
        let log = std::fs::File::create(folder.join("log"))?;
        let mut command =
            process::command("docker-registry", &["serve".as_ref(), config.as_os_str()]);
        let child = command
            .stdout(log.try_clone()?)
            .stderr(Stdio::from(log))
            .spawn()
            .context("docker-registry does not start")?;
        let registry = Self { address, child };
        registry.wait()?;
        Ok(registry)
    }

    /// Returns where it listens, as `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns its process, whose counters say what it sent.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    fn wait(&self) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            if start.elapsed() > Duration::from_secs(20) {
                bail!(
                    "docker-registry does not listen on {}; its log is beside its storage in target/",
                    self.address
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // Nothing is left to do where it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
