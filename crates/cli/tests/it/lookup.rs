//! Which credential is found, in one home directory a row: every place with and without the others, and
//! where the lookups of Podman and Skopeo (containers/image) and of crane (go-containerregistry) differ.
//!
//! Ours is containers/image's way to search, over Docker's file with its helpers as well, without the accidents
//! of either. What containers/image answers is asked of `skopeo login --get-login` where it is installed. What
//! go-containerregistry answers is asked of the program that `CUTAWAY_TEST_GGCR` names: its source is
//! `oracles/ggcr.go`.

use std::path::Path;
use std::process::Command;

use crate::home::{Home, auth, auths};
use crate::support::provided;

/// One home directory, and what three programs find there: a user, `anonymous`, or `error`.
struct Row {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    variables: &'static [(&'static str, &'static str)],
    image: &'static str,
    /// The user, a part of the source, and the key.
    ours: (&'static str, &'static str, &'static str),
    containers: &'static str,
    ggcr: &'static str,
}

/// Makes a row.
fn row(
    name: &'static str,
    files: &[(&'static str, &str)],
    variables: &'static [(&'static str, &'static str)],
    image: &'static str,
    ours: (&'static str, &'static str, &'static str),
    containers: &'static str,
    ggcr: &'static str,
) -> Row {
    let files = files.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    Row { name, files, variables, image, ours, containers, ggcr }
}

/// Versions of containers/image before 5.24 search on behind a file that was named.
const VERSIONS: &str = "versions differ";

const NOBODY: (&str, &str, &str) = ("anonymous", "", "");

impl Row {
    /// Returns what is not as it should be.
    fn check(&self) -> Vec<String> {
        let home = Home::new();
        for (path, text) in &self.files {
            match path.strip_prefix("bin/") {
                Some(program) => home.program(program, text),
                None => drop(home.write(path, text)),
            }
        }
        let mut wrong = Vec::new();
        let mut compare = |who: &str, found: &str, wanted: &str| {
            if found != wanted {
                wrong.push(format!("{}: {who} says {found:?}, not {wanted:?}", self.name));
            }
        };
        let found = home.explain(self.image, self.variables);
        let (user, source, key) = self.ours;
        compare("ours", found.who(), user);
        compare("ours, of the key,", found.text("key"), key);
        // Nobody is found nowhere, and everybody somewhere.
        let found_in = found.text("source");
        let is_there = found_in.contains(source) && found_in.is_empty() == source.is_empty();
        compare("ours, of the source,", if is_there { source } else { found_in }, source);
        if self.containers != VERSIONS && Path::new("/usr/bin/skopeo").exists() {
            compare("containers/image", &self.skopeo(&home), self.containers);
        }
        if let Some(program) = provided("CUTAWAY_TEST_GGCR", "go-containerregistry") {
            compare("go-containerregistry", &self.ggcr(&home, &program), self.ggcr);
        }
        wrong
    }

    fn skopeo(&self, home: &Home) -> String {
        let registry = self.image.split('/').next().unwrap().contains(['.', ':']);
        let repository = if registry {
            self.image.to_owned()
        } else {
            format!("docker.io/library/{}", self.image)
        };
        let mut command = Command::new("/usr/bin/skopeo");
        command.args(["login", "--get-login", &repository]);
        home.enter(&mut command, self.variables);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            return String::from_utf8(output.stdout).unwrap().trim().to_owned();
        }
        if said.contains("not logged in") { "anonymous".to_owned() } else { "error".to_owned() }
    }

    fn ggcr(&self, home: &Home, program: &str) -> String {
        let mut command = Command::new(program);
        command.arg(self.image);
        home.enter(&mut command, self.variables);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    }
}

fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows.iter().flat_map(Row::check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_place_alone() {
    let a = |user| auths(&[("a.io", user)]);
    let legacy =
        format!("{{\"https://a.io/v1/\": {{\"auth\": \"{}\", \"email\": \"x\"}}}}", auth("legacy"));
    let bare = format!("{{\"a.io/v1/\": {{\"auth\": \"{}\"}}}}", auth("legacy"));
    check(&[
        row("nothing", &[], &[], "a.io/x", NOBODY, "anonymous", "anonymous"),
        row(
            "~/.docker",
            &[(".docker/config.json", &a("docker"))],
            &[],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "DOCKER_CONFIG",
            &[("d/config.json", &a("docker"))],
            &[("DOCKER_CONFIG", "~/d")],
            "a.io/x",
            ("docker", "/d/config.json", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "REGISTRY_AUTH_FILE",
            &[("f.json", &a("named"))],
            &[("REGISTRY_AUTH_FILE", "~/f.json")],
            "a.io/x",
            ("named", "/f.json", "a.io"),
            "named",
            "named",
        ),
        row(
            "XDG_RUNTIME_DIR",
            &[("run/containers/auth.json", &a("runtime"))],
            &[("XDG_RUNTIME_DIR", "~/run")],
            "a.io/x",
            ("runtime", "/run/containers/auth.json", "a.io"),
            "runtime",
            "runtime",
        ),
        row(
            "XDG_CONFIG_HOME",
            &[("xdg/containers/auth.json", &a("config"))],
            &[("XDG_CONFIG_HOME", "~/xdg")],
            "a.io/x",
            ("config", "/xdg/containers/auth.json", "a.io"),
            "config",
            "config",
        ),
        row(
            "~/.config",
            &[(".config/containers/auth.json", &a("config"))],
            &[],
            "a.io/x",
            ("config", ".config/containers/auth.json", "a.io"),
            "config",
            "config",
        ),
        row(
            "~/.dockercfg",
            &[(".dockercfg", &legacy)],
            &[],
            "a.io/x",
            ("legacy", ".dockercfg", "https://a.io/v1/"),
            "legacy",
            "anonymous",
        ),
        row(
            "~/.dockercfg with a path and no scheme",
            &[(".dockercfg", &bare)],
            &[],
            "a.io/x",
            ("legacy", ".dockercfg", "a.io/v1/"),
            "legacy",
            "anonymous",
        ),
        row(
            "DOCKER_AUTH_CONFIG alone counts, too",
            &[],
            &[("DOCKER_AUTH_CONFIG", r#"{"auths":{"a.io":{"auth":"dmFyaWFibGU6cA=="}}}"#)],
            "a.io/x",
            ("variable", "DOCKER_AUTH_CONFIG", "a.io"),
            "anonymous",
            "anonymous",
        ),
        row(
            "~/.config is not looked at where XDG_CONFIG_HOME is somewhere else",
            &[(".config/containers/auth.json", &a("config"))],
            &[("XDG_CONFIG_HOME", "~/xdg")],
            "a.io/x",
            NOBODY,
            "anonymous",
            "anonymous",
        ),
        row(
            "~/.docker is not looked at where DOCKER_CONFIG is an empty directory",
            &[(".docker/config.json", &a("docker")), ("empty/.keep", "")],
            &[("DOCKER_CONFIG", "~/empty")],
            "a.io/x",
            NOBODY,
            "anonymous",
            "anonymous",
        ),
        row(
            "a file that REGISTRY_AUTH_FILE names and that is not there",
            &[(".docker/config.json", &a("docker"))],
            &[("REGISTRY_AUTH_FILE", "~/none.json")],
            "a.io/x",
            NOBODY,
            VERSIONS,
            "docker",
        ),
        row(
            "empty variables are not set",
            &[(".config/containers/auth.json", &a("config"))],
            &[("XDG_CONFIG_HOME", ""), ("REGISTRY_AUTH_FILE", ""), ("DOCKER_CONFIG", "")],
            "a.io/x",
            ("config", ".config/containers/auth.json", "a.io"),
            "config",
            "config",
        ),
    ]);
}

#[test]
fn the_order_of_places_and_their_merging() {
    const ALL: &[(&str, &str)] = &[
        ("REGISTRY_AUTH_FILE", "~/f.json"),
        ("XDG_RUNTIME_DIR", "~/run"),
        ("XDG_CONFIG_HOME", "~/xdg"),
    ];
    const UNNAMED: &[(&str, &str)] = &[("XDG_RUNTIME_DIR", "~/run"), ("XDG_CONFIG_HOME", "~/xdg")];
    let a = |user| auths(&[("a.io", user)]);
    let files = [
        ("f.json", a("named")),
        ("run/containers/auth.json", a("runtime")),
        ("xdg/containers/auth.json", a("config")),
        (".docker/config.json", a("docker")),
        (".dockercfg", format!("{{\"a.io\": {{\"auth\": \"{}\"}}}}", auth("legacy"))),
    ];
    let last = |from: usize| -> Vec<(&'static str, &str)> {
        files[from..].iter().map(|(path, text)| (*path, text.as_str())).collect()
    };
    check(&[
        // Docker's file, where there is one, is all that go-containerregistry reads.
        row("all", &last(0), ALL, "a.io/x", ("named", "f.json", "a.io"), "named", "docker"),
        row(
            "from the runtime on",
            &last(1),
            UNNAMED,
            "a.io/x",
            ("runtime", "/run/", "a.io"),
            "runtime",
            "docker",
        ),
        row(
            "from the config on",
            &last(2),
            UNNAMED,
            "a.io/x",
            ("config", "/xdg/", "a.io"),
            "config",
            "docker",
        ),
        row(
            "from Docker on",
            &last(3),
            UNNAMED,
            "a.io/x",
            ("docker", ".docker/", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "legacy",
            &last(4),
            UNNAMED,
            "a.io/x",
            ("legacy", ".dockercfg", "a.io"),
            "legacy",
            "anonymous",
        ),
        row(
            "the file that is named stands alone",
            &[("f.json", &auths(&[("b.io", "named")])), (".docker/config.json", &a("docker"))],
            &[("REGISTRY_AUTH_FILE", "~/f.json")],
            "a.io/x",
            NOBODY,
            VERSIONS,
            "docker",
        ),
        row(
            "Podman's file is searched although Docker's is there",
            &[
                (".config/containers/auth.json", &a("podman")),
                (".docker/config.json", &auths(&[("b.io", "docker")])),
            ],
            &[],
            "a.io/x",
            ("podman", ".config/containers/auth.json", "a.io"),
            "podman",
            "anonymous",
        ),
        row(
            "Docker's file is searched although Podman's is there",
            &[
                (".config/containers/auth.json", &auths(&[("b.io", "podman")])),
                (".docker/config.json", &a("docker")),
            ],
            &[],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "Podman's file is searched although DOCKER_CONFIG is empty and ~/.docker is not",
            &[
                (".config/containers/auth.json", &a("podman")),
                (".docker/config.json", &a("docker")),
                ("empty/.keep", ""),
            ],
            &[("DOCKER_CONFIG", "~/empty")],
            "a.io/x",
            ("podman", ".config/containers/auth.json", "a.io"),
            "podman",
            "anonymous",
        ),
        row(
            "an earlier file with the registry wins over a later one with the repository",
            &[
                (".config/containers/auth.json", &a("podman")),
                (".docker/config.json", &auths(&[("a.io/x", "docker")])),
            ],
            &[],
            "a.io/x",
            ("podman", ".config/containers/auth.json", "a.io"),
            "podman",
            "docker",
        ),
        row(
            "an empty entry does not end the search",
            &[
                (".config/containers/auth.json", "{\"auths\": {\"a.io\": {}}}"),
                (".docker/config.json", &a("docker")),
            ],
            &[],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "DOCKER_AUTH_CONFIG comes before the files",
            &[(".docker/config.json", &a("docker"))],
            &[("DOCKER_AUTH_CONFIG", r#"{"auths":{"a.io":{"auth":"dmFyaWFibGU6cA=="}}}"#)],
            "a.io/x",
            ("variable", "DOCKER_AUTH_CONFIG", "a.io"),
            "docker",
            "variable",
        ),
        row(
            "the files come after DOCKER_AUTH_CONFIG",
            &[(".docker/config.json", &a("docker"))],
            &[("DOCKER_AUTH_CONFIG", r#"{"auths":{"b.io":{"auth":"dmFyaWFibGU6cA=="}}}"#)],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "docker",
            "docker",
        ),
        row(
            "a file that is broken is passed over",
            &[
                (".config/containers/auth.json", "{\"auths\":"),
                (".docker/config.json", &a("docker")),
            ],
            &[],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "error",
            "docker",
        ),
        row(
            "a directory in the place of a file is passed over",
            &[(".config/containers/auth.json/x", ""), (".docker/config.json", &a("docker"))],
            &[],
            "a.io/x",
            ("docker", ".docker/config.json", "a.io"),
            "error",
            "docker",
        ),
    ]);
}

#[test]
fn keys_from_the_repository_up_to_the_registry() {
    let deep = auths(&[
        ("a.io/x/y/z", "deep"),
        ("a.io/x", "top"),
        ("a.io", "host"),
        ("a.io:5000", "port"),
    ]);
    let alone =
        auths(&[("a.io/x/y", "space"), ("a.io:5000/x", "port space"), ("b.io/other", "other")]);
    let one = |name, file: &str, image, ours: (&'static str, &'static str), containers, ggcr| {
        let source = if ours.1.is_empty() { "" } else { "config.json" };
        row(
            name,
            &[(".docker/config.json", file)],
            &[],
            image,
            (ours.0, source, ours.1),
            containers,
            ggcr,
        )
    };
    check(&[
        one("the repository", &deep, "a.io/x/y/z", ("deep", "a.io/x/y/z"), "deep", "deep"),
        one("below it", &deep, "a.io/x/y/z/w", ("deep", "a.io/x/y/z"), "deep", "host"),
        one("two levels up", &deep, "a.io/x/y", ("top", "a.io/x"), "top", "host"),
        one("the registry", &deep, "a.io/w", ("host", "a.io"), "host", "host"),
        one("no part of a component", &deep, "a.io/xx/y", ("host", "a.io"), "host", "host"),
        one("with a port", &deep, "a.io:5000/x", ("port", "a.io:5000"), "port", "port"),
        one("another port", &deep, "a.io:5001/x", ("anonymous", ""), "anonymous", "anonymous"),
        one("a namespace alone", &alone, "a.io/x/y/z", ("space", "a.io/x/y"), "space", "space"),
        one(
            "with a port below",
            &alone,
            "a.io:5000/x/y",
            ("port space", "a.io:5000/x"),
            "port space",
            "port space",
        ),
        // go-containerregistry falls back to any entry of the host, in no order.
        one(
            "another namespace is not ours",
            &alone,
            "b.io/mine",
            ("anonymous", ""),
            "anonymous",
            "other",
        ),
        one(
            "nor one that begins so",
            &alone,
            "b.io/others",
            ("anonymous", ""),
            "anonymous",
            "other",
        ),
        one("nor the one above", &alone, "a.io/x", ("anonymous", ""), "anonymous", "space"),
    ]);
}

#[test]
fn keys_as_tools_have_written_them() {
    let one = |key: &'static str, image, ours, containers, ggcr| {
        let found = if ours { ("u", "config.json", key) } else { NOBODY };
        row(
            key,
            &[(".docker/config.json", &auths(&[(key, "u")]))],
            &[],
            image,
            found,
            containers,
            ggcr,
        )
    };
    check(&[
        one("https://a.io", "a.io/x", true, "u", "u"),
        one("https://a.io/v1/", "a.io/x", true, "u", "u"),
        one("https://a.io/v2/", "a.io/x", true, "u", "u"),
        one("http://a.io", "a.io/x", true, "u", "u"),
        one("https://a.io:5000/v2/", "a.io:5000/x", true, "u", "u"),
        one("https://a.io:5000/v2/", "a.io/x", false, "anonymous", "anonymous"),
        // Host names are the same in either case.
        one("A.io", "a.io/x", true, "anonymous", "anonymous"),
        one("https://index.docker.io/v1/", "alpine", true, "u", "u"),
        one("index.docker.io/v1/", "alpine", true, "anonymous", "anonymous"),
        one("https://registry-1.docker.io/v2/", "alpine", true, "u", "anonymous"),
        one("docker.io", "alpine", true, "u", "anonymous"),
        one("index.docker.io", "alpine", true, "u", "anonymous"),
        one("registry-1.docker.io", "alpine", true, "u", "anonymous"),
        one("https://docker.io", "alpine", true, "u", "anonymous"),
        one("docker.io/library", "alpine", true, "u", "anonymous"),
        one("docker.io/library/alpine", "alpine", true, "u", "anonymous"),
        one("docker.io/other", "alpine", false, "anonymous", "anonymous"),
        one("docker.io.example", "alpine", false, "anonymous", "anonymous"),
    ]);
    let two = auths(&[("https://a.io/v1/", "address"), ("a.io", "plain")]);
    check(&[row(
        "a plain key before an address",
        &[(".docker/config.json", &two)],
        &[],
        "a.io/x",
        ("plain", "config.json", "a.io"),
        "plain",
        "plain",
    )]);
}

#[test]
fn entries_in_every_form() {
    let padded = auth("user");
    let bare = padded.trim_end_matches('=');
    assert_ne!(padded, bare);
    let one = |name, entry: &str, who, containers, ggcr| {
        let file = format!("{{\"auths\": {{\"a.io\": {entry}}}}}");
        let found = if who == "anonymous" { NOBODY } else { (who, "config.json", "a.io") };
        row(name, &[(".docker/config.json", &file)], &[], "a.io/x", found, containers, ggcr)
    };
    let entry = |auth: &str, more: &str| format!("{{\"auth\": \"{auth}\"{more}}}");
    check(&[
        one("padded", &entry(&padded, ""), "user", "user", "user"),
        one("unpadded", &entry(bare, ""), "user", "error", "error"),
        one(
            "auth overrides",
            &entry(&padded, ", \"username\": \"x\", \"password\": \"c4n4ry:p4ssw0rd\""),
            "user",
            "user",
            "user",
        ),
        one(
            "user and password",
            "{\"username\": \"x\", \"password\": \"c4n4ry:p4ssw0rd\"}",
            "x",
            "anonymous",
            "x",
        ),
        one(
            "an identity token",
            &entry(&auth("user"), ", \"identitytoken\": \"t\""),
            "user",
            "user",
            "user",
        ),
        one(
            "an identity token alone",
            "{\"identitytoken\": \"t\"}",
            "identity-token",
            "anonymous",
            "",
        ),
        one("a registry token", "{\"registrytoken\": \"t\"}", "registry-token", "anonymous", ""),
        one(
            "<token> is no user",
            &entry("PHRva2VuPjp0", ""),
            "identity-token",
            "<token>",
            "<token>",
        ),
        one("nothing", "{}", "anonymous", "anonymous", "anonymous"),
        one("no base64", &entry("!c4n4ry!", ""), "anonymous", "error", "error"),
        one("no colon", &entry("dXNlcg==", ""), "anonymous", "anonymous", "error"),
        one("a user alone", "{\"username\": \"x\"}", "anonymous", "anonymous", "x"),
    ]);
}
