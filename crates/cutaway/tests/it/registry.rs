//! A real registry that wants a password.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::{FixtureImage, Push};

const PROGRAM: &str = "/usr/bin/docker-registry";

/// `user` and its password, as htpasswd writes them, with few rounds.
const HTPASSWD: &str = "user:$2y$05$abcdefghijklmnopqrstuuOLPrdKFkjvtbFyJd6J4x6YHxlD2IM2y\n";

/// The same two, as a `config.json` has them.
const AUTH: &str = "dXNlcjpjNG40cnktcDRzc3cwcmQ=";

/// A registry with `secure/app:1`, and a folder with the `config.json` that opens it.
pub(crate) struct Registry {
    folder: tempfile::TempDir,
    server: Server,
}

impl Registry {
    /// Starts it; `None` where the program is not there, and then says so.
    pub(crate) fn with(image: &FixtureImage) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            eprintln!("skipped: no docker-registry");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let open = Server::start(folder.path(), "");
        Push::to(&open.host, "secure/app").image("1", image).unwrap();
        drop(open);
        let htpasswd = folder.path().join("htpasswd");
        std::fs::write(&htpasswd, HTPASSWD).unwrap();
        let auth = format!("auth: {{htpasswd: {{realm: r, path: {htpasswd:?}}}}}\n");
        let server = Server::start(folder.path(), &auth);
        let config = format!(r#"{{"auths": {{"{}": {{"auth": "{AUTH}"}}}}}}"#, server.host);
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        Some(Self { folder, server })
    }

    /// Returns the reference of the image.
    pub(crate) fn image(&self) -> String {
        format!("{}/secure/app:1", self.server.host)
    }

    /// Returns the folder with the `config.json`.
    pub(crate) fn config(&self) -> &Path {
        self.folder.path()
    }
}

struct Server {
    child: Child,
    host: String,
}

impl Server {
    fn start(folder: &Path, more: &str) -> Self {
        // The port is free now; nobody else on a test machine takes it in the moment between.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let host = free.local_addr().unwrap().to_string();
        drop(free);
        let config = folder.join("config.yml");
        let storage = folder.join("storage");
        let text = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {storage:?}}}}}\n\
             http: {{addr: \"{host}\"}}\n{more}"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { child: command.spawn().unwrap(), host };
        let started = Instant::now();
        while std::net::TcpStream::connect(&server.host).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
