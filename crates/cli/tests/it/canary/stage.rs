//! One run of the binary between a registry, a server that is none of its business, and all that may leak.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{Canary, FixtureImage};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::kinds::{Kind, Told};
use crate::support::{alpine, cutaway};

/// The token that the registry's own token server gives out. It is as secret as what it was given for.
pub(crate) const TOKEN: &str = "t0K3n.c4N4ry-Xw7.s1gn4tur3";
/// What stands in variables and files for others than the registry that is asked.
pub(crate) const BYSTANDER: &str = "byst4nd3r-c4N4ry-Kp2";
/// The user of the secret.
pub(crate) const USER: &str = "someuser";
/// The repository that is asked for.
pub(crate) const NAME: &str = "team/image";
/// How many runs there are at once.
const AT_ONCE: usize = 4;

pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// How the registry of a case asks who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It does not, or in no way that is answered.
    None,
    /// For a user name and a password.
    Basic,
    /// For a token of its own origin.
    Own,
    /// For a token of somebody else.
    Other,
}

/// One thing that servers do.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// Whether the image is read in the end, by those whose credential opens this way.
    pub(crate) opens: bool,
    /// Whether the way leads over the other server.
    pub(crate) away: bool,
    /// Words of the command line in the place of `scan`; the image follows.
    pub(crate) words: &'static [&'static str],
    pub(crate) play: fn(&Stage),
}

impl Case {
    pub(crate) const fn new(name: &'static str, way: Way, opens: bool, play: fn(&Stage)) -> Self {
        Self { name, way, opens, away: false, words: &["scan", "--format", "json"], play }
    }

    pub(crate) const fn by(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}

/// The servers of one run.
pub(crate) struct Stage {
    pub(crate) registry: FakeRegistry,
    pub(crate) other: FakeRegistry,
    pub(crate) image: FixtureImage,
    pub(crate) kind: Kind,
    pub(crate) way: Way,
    pub(crate) home: TempDir,
    /// What the registry is called, which is not its own address behind a proxy.
    pub(crate) host: String,
}

impl Stage {
    fn new(kind: &Kind, way: Way) -> Self {
        let (registry, other) =
            RUNTIME.block_on(async { (FakeRegistry::start().await, FakeRegistry::start().await) });
        let image = alpine();
        for server in [&registry, &other] {
            hold(server, &image);
        }
        let host = if kind.through_proxy { "registry.example".to_owned() } else { registry.host() };
        let home = tempfile::tempdir().unwrap();
        for folder in ["work", "tmp"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        Self { registry, other, image, kind: kind.clone(), way, home, host }
    }

    /// Returns an address at the registry.
    pub(crate) fn own(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Returns an address at the other server: the same host as the registry's, on another port.
    pub(crate) fn other(&self, path: &str) -> String {
        format!("http://{}{path}", self.other.host())
    }

    /// Returns an address at the other server, by another name of the host.
    pub(crate) fn elsewhere(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.other.port())
    }

    /// Returns whether the registry is told the secret.
    pub(crate) fn is_told(&self) -> bool {
        match (self.way, self.kind.told) {
            (_, Told::Proxy) => true,
            (_, Told::Nothing) | (Way::None, _) => false,
            (_, Told::Token) | (Way::Own, _) => true,
            (way, Told::Basic) => way == Way::Basic,
            (_, Told::Identity) => false,
        }
    }

    /// Returns whether the registry lets in who has this credential; `away`: over the other server.
    fn lets_in(&self, away: bool) -> bool {
        // Seen through a proxy a registry is public, and may not lead to this machine.
        if self.kind.through_proxy && (away || self.way == Way::Other) {
            return false;
        }
        self.way != Way::Basic || matches!(self.kind.told, Told::Basic | Told::Token)
    }

    /// Returns the header that opens, if the credential is the right one.
    pub(crate) fn header(&self) -> String {
        let secret = self.kind.secret;
        match (self.way, self.kind.told) {
            (_, Told::Token) => format!("Bearer {secret}"),
            (Way::Basic, _) => basic(USER, secret),
            (Way::Own, _) => format!("Bearer {TOKEN}"),
            _ => "Bearer somebody-elses".to_owned(),
        }
    }

    /// Lets the registry ask in the way of the case, and its own token server and the other one answer.
    pub(crate) fn ask(&self) {
        let challenge = match self.way {
            Way::None => return,
            Way::Basic => "Basic realm=\"r\"".to_owned(),
            Way::Own => bearer(&self.own("/auth")),
            Way::Other => bearer(&self.other("/auth")),
        };
        self.ask_with(vec![challenge]);
    }

    /// As [`Stage::ask`], with these challenges.
    pub(crate) fn ask_with(&self, challenges: Vec<String>) {
        self.registry.gate(Gate::Exactly { challenges, authorization: self.header() });
        self.registry.always("/auth", token(TOKEN));
        self.other.always("/auth", token("somebody-elses"));
    }

    /// Lets whatever is asked for under `part` be answered in this way, from the moment on at which the
    /// registry knows who asks. Those who do not tell it are left alone: it has nothing to repeat.
    pub(crate) fn repeat(&self, part: &str, fault: &Fault) {
        self.ask();
        if self.is_told() {
            // The first request says nothing yet; to a proxy even that one does.
            if ["/manifests/", "/tags/"].contains(&part) && self.kind.told != Told::Proxy {
                self.registry.script(part, [Fault::None]);
            }
            self.registry.always(part, fault.clone());
        }
    }

    fn run(&self, case: &Case) -> Output {
        let image = format!("{}/{NAME}:1", self.host);
        let mut words = vec!["-vv", "--limit", "tries=2"];
        words.extend(case.words);
        words.push(&image);
        let mut command = cutaway(&words);
        let path = |name: &str| self.home.path().join(name);
        command.env("HOME", self.home.path()).current_dir(path("work")).env("TMPDIR", path("tmp"));
        bystanders(&mut command);
        let stdin = (self.kind.prepare)(self, &mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let seen = command_line(&child);
        assert_eq!(Canary::new(self.kind.secret).found_in(&seen), None, "the command line");
        drop(child.stdin.take().unwrap().write_all(stdin.as_bytes()));
        child.wait_with_output().unwrap()
    }

    /// Returns what is wrong with a run.
    fn judge(&self, case: &Case, output: &Output) -> Result<(), String> {
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        let (told, other) = (log(&self.registry), log(&self.other));
        let mut clean = vec![
            ("what is said", &said, self.kind.secret),
            ("what is said", &said, TOKEN),
            ("what is said", &said, BYSTANDER),
            ("what another server is told", &other, self.kind.secret),
            ("what another server is told", &other, TOKEN),
            ("what another server is told", &other, BYSTANDER),
            ("what the registry is told", &told, BYSTANDER),
        ];
        let helper = std::fs::read_to_string(self.home.path().join("helper-saw"));
        let helper = helper.unwrap_or_default();
        clean.push(("the words of a helper", &helper, self.kind.secret));
        for (place, text, secret) in clean {
            if let Some(dress) = Canary::new(secret).found_in(text) {
                return Err(format!("a secret {dress} in {place}: {text}"));
            }
        }
        let saw = Canary::new(self.kind.secret).found_in(&told).is_some();
        if saw != self.is_told() {
            return Err(format!("the registry is told ({saw}): {told}\n{said}"));
        }
        if case.opens && self.lets_in(case.away) && output.status.code() != Some(0) {
            return Err(format!("it does not open: {said}"));
        }
        if output.status.code().is_none_or(|code| code > 5) || said.contains("panicked") {
            return Err(format!("it ends with {}: {said}", output.status));
        }
        if helper.lines().all(|line| line.ends_with(" get")) == helper.is_empty()
            && self.kind.helper
        {
            return Err(format!("the helper was called otherwise: {helper}"));
        }
        for folder in ["work", "tmp"] {
            if std::fs::read_dir(self.home.path().join(folder)).unwrap().count() > 0 {
                return Err(format!("there are files in {folder}"));
            }
        }
        Ok(())
    }
}

/// Plays every case with every kind of credential.
pub(crate) fn play(cases: &[Case], kinds: &[Kind]) {
    let all = cases.iter().flat_map(|case| kinds.iter().map(move |kind| (case, kind)));
    let all: Vec<_> = all.collect();
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((case, kind)) = all.get(number) else { break };
                    let stage = Stage::new(kind, case.way);
                    (case.play)(&stage);
                    if let Err(wrong) = stage.judge(case, &stage.run(case)) {
                        failed
                            .lock()
                            .unwrap()
                            .push(format!("{}, {}: {wrong}", case.name, kind.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let runs = all.len();
    assert!(failed.is_empty(), "{} of {runs} runs:\n{}", failed.len(), failed.join("\n\n"));
}

/// Makes the challenge of a token server. It asks for more than it is given.
pub(crate) fn bearer(realm: &str) -> String {
    format!("Bearer realm=\"{realm}\",service=\"fake\",scope=\"repository:x/y:pull,push,delete\"")
}

/// Makes the answer of a token server.
pub(crate) fn token(token: &str) -> Fault {
    answer(200, &format!("{{\"token\":\"{token}\",\"expires_in\":300}}"))
}

/// Makes an answer in JSON.
pub(crate) fn answer(status: u16, body: &str) -> Fault {
    let json = ("Content-Type".to_owned(), "application/json".to_owned());
    Fault::Status(status, vec![json], body.to_owned())
}

pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Puts an image under the tag `1`.
pub(crate) fn hold(server: &FakeRegistry, image: &FixtureImage) {
    for blob in image.blobs() {
        server.blob(blob.bytes.clone());
    }
    server.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
}

/// Returns all that a server was told.
pub(crate) fn log(server: &FakeRegistry) -> String {
    let mut text = String::new();
    for request in server.requests() {
        text += &format!("{} {}\n", request.method, request.target);
        for (name, value) in &request.headers {
            text += &format!("{name}: {value}\n");
        }
        text += &format!("{}\n", request.body);
    }
    text
}

/// Sets what is there on many machines, and is for somebody else.
pub(crate) fn bystanders(command: &mut std::process::Command) {
    for name in [
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AZURE_CLIENT_SECRET",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "CUTAWAY_PASSWORD",
    ] {
        command.env(name, BYSTANDER);
    }
    command.env("AWS_ACCESS_KEY_ID", "AKID").env("GITHUB_ACTOR", "octocat");
    command.env("HTTPS_PROXY", format!("http://me:{BYSTANDER}@127.0.0.1:9"));
    command.env("NO_PROXY", "127.0.0.1,localhost");
}

/// Writes a file below the home of a run, and returns its path.
pub(crate) fn write(home: &Path, name: &str, text: &str) -> String {
    let path = home.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Returns what everybody on the machine can see of the words of a process.
fn command_line(child: &Child) -> Vec<u8> {
    let mut seen = Vec::new();
    if let Ok(mut file) = std::fs::File::open(format!("/proc/{}/cmdline", child.id())) {
        file.read_to_end(&mut seen).unwrap();
    }
    seen
}
