//! A real registry behind everything that a company puts before one: TLS of an authority of its own,
//! a password, a proxy, a token server.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::Push;
use cutaway_fixtures::registry::{ConnectProxy, FakeRegistry};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{alpine, cutaway, json, status, stderr};

const SECRET: &str = "c4n4ry-p4ssw0rd";
/// `user` and the secret, as htpasswd writes them, with few rounds.
const HTPASSWD: &str = "user:$2y$05$abcdefghijklmnopqrstuuOLPrdKFkjvtbFyJd6J4x6YHxlD2IM2y\n";
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fetch/tests/it/keys");

/// Returns whether the program is there, or says that a test is skipped for want of it.
fn has_registry() -> bool {
    let is_there = Path::new("/usr/bin/docker-registry").exists();
    if !is_there {
        eprintln!("skipped: no docker-registry");
    }
    is_there
}

/// A running server over a folder.
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
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: {:?}}}}}\n\
             http:\n  addr: \"{host}\"\n{more}",
            folder.join("storage")
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new("/usr/bin/docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, host };
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

/// Fills a folder with the image `secure/app:1`.
fn storage() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), "");
    Push::to(&server.host, "secure/app").image("1", &alpine()).unwrap();
    folder
}

fn scan(host: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let image = format!("{host}/secure/app:1");
    let mut all = vec!["-vvv", "scan", &image, "--format", "json"];
    all.extend(arguments);
    let output =
        cutaway(&all).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let both = String::from_utf8_lossy(&both).into_owned();
    // user:c4n4ry in base64 begins so.
    assert!(!both.contains(SECRET) && !both.contains("dXNlcjpjNG40"), "{both}");
    output
}

fn digest(output: &Output) -> Value {
    json(output)["image"]["digest"].clone()
}

#[test]
fn tls_of_an_own_authority_a_password_and_a_proxy() {
    if !has_registry() {
        return;
    }
    let folder = storage();
    let htpasswd = folder.path().join("htpasswd");
    std::fs::write(&htpasswd, HTPASSWD).unwrap();
    let more = format!(
        "  tls: {{certificate: \"{KEYS}/server.pem\", key: \"{KEYS}/server.key\"}}\n\
         auth: {{htpasswd: {{realm: r, path: {htpasswd:?}}}}}\n"
    );
    let server = Server::start(folder.path(), &more);
    let ca = format!("{KEYS}/ca.pem");
    let trusting = ["--ca-cert", ca.as_str()];
    let known = [("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", SECRET)];
    let wanted = alpine().digest().to_string();

    assert_eq!(digest(&scan(&server.host, &trusting, &known)), wanted.as_str());
    // Without one of the two there is nothing, and the reason is said.
    let stranger = scan(&server.host, &[], &known);
    assert_eq!(status(&stranger), 3);
    assert!(stderr(&stranger).contains("no secure connection"), "{}", stderr(&stranger));
    let anonymous = scan(&server.host, &trusting, &[]);
    assert_eq!(status(&anonymous), 3);
    assert!(stderr(&anonymous).contains("authentication refused"), "{}", stderr(&anonymous));
    let wrong = scan(
        &server.host,
        &trusting,
        &[("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", "c4n4ry-0ther")],
    );
    assert_eq!(status(&wrong), 3);
    assert!(!stderr(&wrong).contains("c4n4ry"), "{}", stderr(&wrong));

    // The authority may be in the folder of certificates, and the password in netrc.
    let home = tempfile::tempdir().unwrap();
    let certificates = home.path().join(".config/containers/certs.d").join(&server.host);
    std::fs::create_dir_all(&certificates).unwrap();
    std::fs::copy(&ca, certificates.join("own.crt")).unwrap();
    let netrc = format!("machine {} login user password {SECRET}\n", server.host);
    std::fs::write(home.path().join(".netrc"), netrc).unwrap();
    let at_home = home.path().display().to_string();
    assert_eq!(digest(&scan(&server.host, &[], &[("HOME", &at_home)])), wanted.as_str());

    // And all of it goes through a proxy, which sees nothing but where to.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let proxy = runtime.block_on(ConnectProxy::start());
    let through = format!("http://me:{SECRET}@{}", proxy.host());
    let with_proxy = [known[0], known[1], ("HTTPS_PROXY", through.as_str())];
    assert_eq!(digest(&scan(&server.host, &trusting, &with_proxy)), wanted.as_str());
    let heads = proxy.heads();
    assert!(!heads.is_empty(), "nothing went through the proxy");
    for head in &heads {
        assert!(head.starts_with(&format!("CONNECT {} ", server.host)), "{head}");
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic"), "{head}");
    }
    let except = [with_proxy[0], with_proxy[1], with_proxy[2], ("NO_PROXY", "127.0.0.1")];
    assert_eq!(digest(&scan(&server.host, &trusting, &except)), wanted.as_str());
    assert_eq!(proxy.heads().len(), heads.len());
}

/// A token for pulling `secure/app`, good until 2100: signed with `server.key` as `us` for `real`, with the
/// certificate in its header (distribution, `spec/auth/jwt.md`).
const TOKEN: &str = include_str!("keys/pull.jwt");

#[test]
fn a_token_server_on_another_host_is_told_no_password() {
    if !has_registry() {
        return;
    }
    let folder = storage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tokens = runtime.block_on(FakeRegistry::start());
    let more = format!(
        "auth: {{token: {{realm: \"http://{}/auth\", service: real, issuer: us, rootcertbundle: \"{KEYS}/ca.pem\"}}}}\n",
        tokens.host()
    );
    let server = Server::start(folder.path(), &more);
    let target = "/auth?service=real&scope=repository%3Asecure%2Fapp%3Apull";
    let known = [("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", SECRET)];
    tokens.page(target, &format!("{{\"token\":\"{}\"}}", TOKEN.trim()), &[]);
    let wanted = alpine().digest().to_string();
    for variables in [&[][..], &known] {
        assert_eq!(digest(&scan(&server.host, &[], variables)), wanted.as_str());
    }
    // One token is enough for a whole image.
    assert_eq!(tokens.requests().len(), 2);

    // A token that the registry does not accept leads to the reason.
    tokens.page(target, "{\"token\":\"not.a.token\"}", &[]);
    let refused = scan(&server.host, &[], &known);
    assert_eq!(status(&refused), 3);
    let said = stderr(&refused);
    assert!(said.contains("were not sent to") && said.contains(&tokens.host()), "{said}");
    let requests = tokens.requests();
    assert_eq!(requests.len(), 3, "{requests:?}");
    for request in requests {
        assert_eq!(request.target, target);
        assert!(request.header("authorization").is_none());
    }
}
