//! The ways in which a credential can be there.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::json;

use super::stage::{BYSTANDER, Stage, USER, basic, write};

/// A password with what has to be escaped somewhere.
const SECRET: &str = "c4N4ry\"\\+/%25:Zq9";
/// One for places that have no way to escape it.
const PLAIN: &str = "c4N4ry+/%25:Zq9-pl41n";
/// One for addresses, where it stands as it is.
const IN_ADDRESS: &str = "c4N4ry-Zq9_in.4ddr3ss";

/// What the registry is told in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A user name and the secret.
    Basic,
    /// The secret in exchange for a token.
    Identity,
    /// The secret as a token.
    Token,
    /// Nothing; the proxy in front of it is told the secret.
    Proxy,
    /// Nothing.
    Nothing,
}

/// A way in which a credential can be there.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) told: Told,
    pub(crate) secret: &'static str,
    /// Whether the registry is reached through itself as a proxy.
    pub(crate) through_proxy: bool,
    /// Whether it stands for all in which the secret is told in the same way.
    pub(crate) is_typical: bool,
    /// Whether a credential helper is asked.
    pub(crate) helper: bool,
    /// Puts it where it is, and returns what is to stand on standard input.
    pub(crate) prepare: fn(&Stage, &mut Command) -> String,
}

impl Kind {
    const fn new(
        name: &'static str,
        told: Told,
        prepare: fn(&Stage, &mut Command) -> String,
    ) -> Self {
        Self {
            name,
            told,
            secret: SECRET,
            through_proxy: false,
            is_typical: false,
            helper: false,
            prepare,
        }
    }
}

/// Returns all of them.
pub(crate) fn all() -> Vec<Kind> {
    vec![
        Kind {
            is_typical: true,
            ..Kind::new("auth of config.json", Told::Basic, |stage, _| {
                let auth = basic(USER, SECRET).replace("Basic ", "");
                docker_config(stage, &json!({ "auth": auth }))
            })
        },
        Kind::new("username and password of config.json", Told::Basic, |stage, _| {
            docker_config(stage, &json!({ "username": USER, "password": SECRET }))
        }),
        Kind {
            is_typical: true,
            ..Kind::new("identitytoken of config.json", Told::Identity, |stage, _| {
                docker_config(stage, &json!({ "identitytoken": SECRET }))
            })
        },
        Kind {
            is_typical: true,
            ..Kind::new("registrytoken of config.json", Told::Token, |stage, _| {
                docker_config(stage, &json!({ "registrytoken": SECRET }))
            })
        },
        Kind {
            helper: true,
            ..Kind::new("a credential helper", Told::Basic, |stage, command| {
                helper(stage, command, USER, "cat >&2; cat \"$0.answer\" >&2; cat \"$0.answer\"")
            })
        },
        Kind {
            helper: true,
            ..Kind::new("a helper with an identity token", Told::Identity, |stage, command| {
                helper(stage, command, "<token>", "cat \"$0.answer\"")
            })
        },
        Kind {
            helper: true,
            ..Kind::new("a helper that fails", Told::Nothing, |stage, command| {
                helper(stage, command, USER, "cat \"$0.answer\" >&2; cat \"$0.answer\"; exit 1")
            })
        },
        Kind {
            helper: true,
            ..Kind::new("a helper that babbles", Told::Nothing, |stage, command| {
                helper(stage, command, USER, "echo 'the secret is'; cat \"$0.answer\"")
            })
        },
        Kind {
            secret: PLAIN,
            is_typical: true,
            ..Kind::new("netrc", Told::Basic, |stage, _| {
                let text = format!(
                    "machine {} login {USER} password {PLAIN}\n\
                     machine localhost:{} login {USER} password {BYSTANDER}\n\
                     default login {USER} password {BYSTANDER}\n",
                    stage.host,
                    stage.other.port()
                );
                write(stage.home.path(), ".netrc", &text);
                String::new()
            })
        },
        Kind::new("DOCKER_AUTH_CONFIG", Told::Basic, |stage, command| {
            command.env("DOCKER_AUTH_CONFIG", config(stage, &password()).to_string());
            String::new()
        }),
        Kind::new("REGISTRY_AUTH_FILE", Told::Basic, |stage, command| {
            let text = config(stage, &password()).to_string();
            command.env("REGISTRY_AUTH_FILE", write(stage.home.path(), "auth.json", &text));
            String::new()
        }),
        Kind::new("a pull secret", Told::Basic, |stage, command| {
            let text = config(stage, &password()).to_string();
            let path = write(stage.home.path(), "pull/.dockerconfigjson", &text);
            command.env("CUTAWAY_PULL_SECRETS", path);
            String::new()
        }),
        Kind::new("--password-stdin", Told::Basic, |_, command| {
            command.args(["--username", USER, "--password-stdin"]);
            format!("{SECRET}\n")
        }),
        Kind::new("CUTAWAY_PASSWORD", Told::Basic, |_, command| {
            command.env("CUTAWAY_USERNAME", USER).env("CUTAWAY_PASSWORD", SECRET);
            String::new()
        }),
        Kind::new("CUTAWAY_REGISTRY_TOKEN", Told::Token, |_, command| {
            command.env("CUTAWAY_REGISTRY_TOKEN", SECRET);
            String::new()
        }),
        Kind {
            secret: IN_ADDRESS,
            through_proxy: true,
            is_typical: true,
            ..Kind::new("the password of a proxy", Told::Proxy, |stage, command| {
                let proxy = format!("http://{USER}:{IN_ADDRESS}@{}", stage.registry.host());
                command.env("HTTP_PROXY", proxy).env("CUTAWAY_PLAIN_HTTP", "1");
                String::new()
            })
        },
    ]
}

fn password() -> serde_json::Value {
    json!({ "username": USER, "password": SECRET })
}

/// Makes a config of an entry for the registry, and of others that are not to be used.
fn config(stage: &Stage, entry: &serde_json::Value) -> serde_json::Value {
    let others = json!({ "username": USER, "password": BYSTANDER });
    json!({ "auths": {
        stage.host.clone(): entry,
        stage.other.host(): others,
        "localhost": others,
        "https://index.docker.io/v1/": others,
    }})
}

fn docker_config(stage: &Stage, entry: &serde_json::Value) -> String {
    write(stage.home.path(), ".docker/config.json", &config(stage, entry).to_string());
    String::new()
}

/// Installs a helper that does `act`, beside a file with its answer, and that notes how it was called.
fn helper(stage: &Stage, command: &mut Command, user: &str, act: &str) -> String {
    let home = stage.home.path();
    let saw = home.join("helper-saw");
    let script = format!("#!/bin/sh\necho \"$0\" \"$@\" >> {}\n{act}\n", saw.display());
    let program = write(home, "bin/docker-credential-canary", &script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let answer = json!({ "ServerURL": stage.host, "Username": user, "Secret": SECRET });
    write(home, "bin/docker-credential-canary.answer", &answer.to_string());
    command.env("PATH", format!("{}:/usr/bin:/bin", home.join("bin").display()));
    let config = json!({ "credHelpers": { stage.host.clone(): "canary" } });
    write(home, ".docker/config.json", &config.to_string());
    String::new()
}
