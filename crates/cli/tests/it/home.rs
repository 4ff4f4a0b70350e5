//! A home directory of its own for one lookup, and what `auth explain` says there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{cutaway, json};

/// The password of everybody, which must never be seen.
pub(crate) const SECRET: &str = "c4n4ry:p4ssw0rd";

/// A home directory with programs in `bin`.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, with the folders above it; `~` in what it holds is this home.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, self.expand(text)).unwrap();
        path.display().to_string()
    }

    /// Writes a program: a script of the shell.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let path = self.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Lets `command` see this home, these variables and no others; `~` in them is this home.
    pub(crate) fn enter(&self, command: &mut Command, variables: &[(&str, &str)]) {
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", self.expand("~/bin:/usr/bin:/bin"))
            // Otherwise what the machine has below /run would count.
            .env("XDG_RUNTIME_DIR", self.expand("~/no-runtime"))
            .envs(variables.iter().map(|(name, value)| (name, self.expand(value))))
            .stdin(Stdio::null());
    }

    /// Runs the binary here, and sees to it that it shows nothing of the secret.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = cutaway(arguments);
        self.enter(&mut command, variables);
        let output = command.output().unwrap();
        let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let all = String::from_utf8_lossy(&all).into_owned();
        for piece in pieces() {
            assert!(!all.contains(&piece), "{piece} of the secret in {all}");
        }
        output
    }

    /// Returns what `auth explain` says, with every log on.
    pub(crate) fn explain(&self, image: &str, variables: &[(&str, &str)]) -> Explained {
        self.explain_with(image, variables, &[])
    }

    pub(crate) fn explain_with(
        &self,
        image: &str,
        variables: &[(&str, &str)],
        more: &[&str],
    ) -> Explained {
        let mut arguments = vec!["-vvv", "auth", "explain", image, "--format", "json"];
        arguments.extend(more);
        Explained(json(&self.run(&arguments, variables)))
    }

    fn expand(&self, text: &str) -> String {
        text.replace('~', &self.path().display().to_string())
    }
}

/// What `auth explain` says.
#[derive(Debug)]
pub(crate) struct Explained(pub(crate) Value);

impl Explained {
    /// Returns the user, or the kind where there is none.
    pub(crate) fn who(&self) -> &str {
        self.0["username"].as_str().unwrap_or_else(|| self.text("kind"))
    }

    /// Returns a text, which is empty where it is null.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// Returns why each place was passed over, one a line.
    pub(crate) fn passed_over(&self) -> String {
        let line = |passed: &Value| {
            let text = |name: &str| passed[name].as_str().unwrap().to_owned();
            format!("{}: {}", text("source"), text("reason"))
        };
        let passed = self.0["passed_over"].as_array().unwrap();
        passed.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Returns the value of `auth` for a user, who has the one password.
pub(crate) fn auth(user: &str) -> String {
    STANDARD.encode(format!("{user}:{SECRET}"))
}

/// Returns a file with an entry for each key.
pub(crate) fn auths(entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, user)| format!("\"{key}\": {{\"auth\": \"{}\"}}", auth(user)))
        .collect();
    format!("{{\"auths\": {{{}}}}}", entries.join(", "))
}

/// Returns what must not be seen: parts of the secret, plain and in base64 at each of its three places.
fn pieces() -> Vec<String> {
    // What stands before it colours the first letters.
    let encoded = [("", 0), ("x", 2), ("xx", 3)].map(|(before, coloured)| {
        let text = STANDARD.encode(format!("{before}{SECRET}"));
        text.trim_end_matches('=').chars().skip(coloured).collect::<String>()
    });
    let windows = |text: &str, length: usize| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters.windows(length).map(|window| window.iter().collect()).collect()
    };
    let mut pieces = windows(SECRET, 6);
    pieces.extend(encoded.iter().flat_map(|text| windows(text, 8)));
    pieces
}
