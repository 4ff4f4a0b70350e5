//! A real registry that wants a password.

use std::path::Path;

use cutaway_fixtures::{DockerRegistry, FixtureImage, Push};

/// `user` and its password, as htpasswd writes them, with few rounds.
const HTPASSWD: &str = "user:$2y$05$abcdefghijklmnopqrstuuOLPrdKFkjvtbFyJd6J4x6YHxlD2IM2y\n";

/// The same two, as a `config.json` has them.
const AUTH: &str = "dXNlcjpjNG40cnktcDRzc3cwcmQ=";

/// A registry with `secure/app:1`, and a folder with the `config.json` that opens it.
pub(crate) struct Registry {
    folder: tempfile::TempDir,
    server: DockerRegistry,
}

impl Registry {
    /// Starts it; `None` where the program is not there, and then says so.
    pub(crate) fn with(image: &FixtureImage) -> Option<Self> {
        if !DockerRegistry::is_installed() {
            eprintln!("skipped: no docker-registry");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let open = DockerRegistry::start(folder.path(), "").unwrap();
        Push::to(open.host(), "secure/app").image("1", image).unwrap();
        drop(open);
        let htpasswd = folder.path().join("htpasswd");
        std::fs::write(&htpasswd, HTPASSWD).unwrap();
        let auth = format!("auth: {{htpasswd: {{realm: r, path: {htpasswd:?}}}}}\n");
        let server = DockerRegistry::start(folder.path(), &auth).unwrap();
        let config = format!(r#"{{"auths": {{"{}": {{"auth": "{AUTH}"}}}}}}"#, server.host());
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        Some(Self { folder, server })
    }

    /// Returns the reference of the image.
    pub(crate) fn image(&self) -> String {
        format!("{}/secure/app:1", self.server.host())
    }

    /// Returns the folder with the `config.json`.
    pub(crate) fn config(&self) -> &Path {
        self.folder.path()
    }
}
