//! A real registry behind everything that a company puts before one: TLS of an authority of its own,
//! a password, a proxy, a token server.

use std::process::{Output, Stdio};

use cutaway_fixtures::registry::{ConnectProxy, FakeRegistry};
use cutaway_fixtures::{DockerRegistry, Push, image};
use serde_json::Value;
use tempfile::TempDir;

use crate::front::{self, KEYS};
use crate::support::{alpine, cutaway, json, status, stderr, stdout};

const SECRET: &str = "c4n4ry-p4ssw0rd";
/// `user` and the secret, as htpasswd writes them, with few rounds.
const HTPASSWD: &str = "user:$2y$05$abcdefghijklmnopqrstuuOLPrdKFkjvtbFyJd6J4x6YHxlD2IM2y\n";

/// Returns whether the program is there, or says that a test is skipped for want of it.
fn has_registry() -> bool {
    let is_there = DockerRegistry::is_installed();
    if !is_there {
        eprintln!("skipped: no docker-registry");
    }
    is_there
}

/// Fills a folder with the image `secure/app:1`.
fn storage() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = DockerRegistry::start(folder.path(), "").unwrap();
    Push::to(server.host(), "secure/app").image("1", &alpine()).unwrap();
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
    let more = format!("{}auth: {{htpasswd: {{realm: r, path: {htpasswd:?}}}}}\n", with_tls());
    let server = DockerRegistry::start(folder.path(), &more).unwrap();
    let ca = format!("{KEYS}/ca.pem");
    let trusting = ["--ca-cert", ca.as_str()];
    let known = [("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", SECRET)];
    let wanted = alpine().digest().to_string();

    assert_eq!(digest(&scan(server.host(), &trusting, &known)), wanted.as_str());
    // Without one of the two there is nothing, and the reason is said.
    let stranger = scan(server.host(), &[], &known);
    assert_eq!(status(&stranger), 3);
    assert!(stderr(&stranger).contains("no secure connection"), "{}", stderr(&stranger));
    let anonymous = scan(server.host(), &trusting, &[]);
    assert_eq!(status(&anonymous), 3);
    assert!(stderr(&anonymous).contains("authentication refused"), "{}", stderr(&anonymous));
    let wrong = scan(
        server.host(),
        &trusting,
        &[("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", "c4n4ry-0ther")],
    );
    assert_eq!(status(&wrong), 3);
    assert!(!stderr(&wrong).contains("c4n4ry"), "{}", stderr(&wrong));

    // The authority may be in the folder of certificates, and the password in netrc.
    let home = tempfile::tempdir().unwrap();
    let certificates = home.path().join(".config/containers/certs.d").join(server.host());
    std::fs::create_dir_all(&certificates).unwrap();
    std::fs::copy(&ca, certificates.join("own.crt")).unwrap();
    let netrc = format!("machine {} login user password {SECRET}\n", server.host());
    std::fs::write(home.path().join(".netrc"), netrc).unwrap();
    let at_home = home.path().display().to_string();
    assert_eq!(digest(&scan(server.host(), &[], &[("HOME", &at_home)])), wanted.as_str());

    // And all of it goes through a proxy, which sees nothing but where to.
    let more = more.replace("/server.", "/misnamed.");
    let server = DockerRegistry::start(folder.path(), &more).unwrap();
    let other = as_other(server.host());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let proxy = runtime.block_on(ConnectProxy::start());
    let through = format!("http://me:{SECRET}@{}", proxy.host());
    let with_proxy = [known[0], known[1], ("HTTPS_PROXY", through.as_str())];
    assert_eq!(digest(&scan(&other, &trusting, &with_proxy)), wanted.as_str());
    let heads = proxy.heads();
    assert!(!heads.is_empty(), "nothing went through the proxy");
    for head in &heads {
        assert!(head.starts_with(&format!("CONNECT {other} ")), "{head}");
        assert!(head.to_ascii_lowercase().contains("proxy-authorization: basic"), "{head}");
    }
    // Nobody goes to this machine through one, and to nowhere that is excepted.
    let server =
        DockerRegistry::start(folder.path(), &more.replace("/misnamed.", "/server.")).unwrap();
    assert_eq!(digest(&scan(server.host(), &trusting, &with_proxy)), wanted.as_str());
    let except = [with_proxy[0], with_proxy[1], with_proxy[2], ("NO_PROXY", ".example")];
    assert_eq!(status(&scan(&other, &trusting, &except)), 3);
    assert_eq!(proxy.heads().len(), heads.len());
    // One that opens no way is named.
    drop(proxy);
    let shut = scan(&other, &trusting, &with_proxy);
    assert_eq!(status(&shut), 3);
    let address = through.rsplit_once('@').unwrap().1;
    assert!(stderr(&shut).contains(&format!("through the proxy {address}")), "{}", stderr(&shut));
}

/// Settings under which a registry shows the certificate for 127.0.0.1.
fn with_tls() -> String {
    tls_as("server")
}

/// Settings under which a registry shows the certificate of this name.
fn tls_as(name: &str) -> String {
    format!("  tls: {{certificate: \"{KEYS}/{name}.pem\", key: \"{KEYS}/{name}.key\"}}\n")
}

/// Returns how a server of this machine is called whose certificate is for another name; a proxy knows.
fn as_other(host: &str) -> String {
    host.replace("127.0.0.1", "other.example")
}

#[test]
fn http2_is_spoken_where_it_is_offered_and_changes_no_byte() {
    if !has_registry() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let large = image(
        "layer plain\n  etc/os-release 0644 \"ID=alpine\\n\"\n  srv/data 0644 zeros=9000000\n\
         layer gzip\n  lib/apk/db/installed 0644 \"P:a\\nV:1-r0\\n\\n\"\n",
    );
    let server = DockerRegistry::start(folder.path(), "").unwrap();
    Push::to(server.host(), "secure/app").image("1", &large).unwrap();
    drop(server);
    let ca = format!("{KEYS}/ca.pem");
    let mut answers = Vec::new();
    for (more, options, spoken) in [
        (String::new(), &[][..], "HTTP/1.1\""),
        (with_tls(), &["--ca-cert", ca.as_str()], "HTTP/2.0\""),
    ] {
        let server = DockerRegistry::start(folder.path(), &more).unwrap();
        let output = scan(server.host(), options, &[]);
        let log = std::fs::read_to_string(folder.path().join("access.log")).unwrap();
        let get = "\"GET /v2/secure/app/";
        let asked: Vec<_> = log.lines().filter(|line| line.contains(get)).collect();
        // The manifest, the config and two layers.
        assert_eq!(asked.len(), 4, "{log}");
        for line in asked {
            assert!(line.contains(spoken) && line.contains("cutaway/"), "{line}");
        }
        json(&output);
        answers.push(stdout(&output).replace(server.host(), "HOST"));
    }
    assert_eq!(answers[0], answers[1]);
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
    let server = DockerRegistry::start(folder.path(), &more).unwrap();
    let target = "/auth?service=real&scope=repository%3Asecure%2Fapp%3Apull";
    let known = [("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", SECRET)];
    tokens.page(target, &format!("{{\"token\":\"{}\"}}", TOKEN.trim()), &[]);
    let wanted = alpine().digest().to_string();
    for variables in [&[][..], &known] {
        assert_eq!(digest(&scan(server.host(), &[], variables)), wanted.as_str());
    }
    // One token is enough for a whole image.
    assert_eq!(tokens.requests().len(), 2);

    // A token that the registry does not accept leads to the reason.
    tokens.page(target, "{\"token\":\"not.a.token\"}", &[]);
    let refused = scan(server.host(), &[], &known);
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

#[test]
fn a_registry_and_its_token_server_behind_tls_and_a_proxy() {
    if !has_registry() {
        return;
    }
    let folder = storage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tokens = runtime.block_on(FakeRegistry::start());
    let sealed = runtime.block_on(front::tls(tokens.host(), "server"));
    let expired = runtime.block_on(front::tls(tokens.host(), "expired"));
    let more = |host: &str| {
        format!(
            "{}auth: {{token: {{realm: \"https://{host}/auth\", service: real, issuer: us, rootcertbundle: \"{KEYS}/ca.pem\"}}}}\n",
            with_tls()
        )
    };
    let target = "/auth?service=real&scope=repository%3Asecure%2Fapp%3Apull";
    tokens.page(target, &format!("{{\"token\":\"{}\"}}", TOKEN.trim()), &[]);
    let ca = format!("{KEYS}/ca.pem");
    let trusting = ["--ca-cert", ca.as_str()];
    let known = [("CUTAWAY_USERNAME", "user"), ("CUTAWAY_PASSWORD", SECRET)];
    let wanted = alpine().digest().to_string();
    let told = || tokens.requests().last().unwrap().header("authorization").map(str::to_owned);

    let server = DockerRegistry::start(folder.path(), &more(&sealed)).unwrap();
    assert_eq!(digest(&scan(server.host(), &trusting, &[])), wanted.as_str());
    // Another port is another host, and is told no password until it is named.
    assert_eq!(digest(&scan(server.host(), &trusting, &known)), wanted.as_str());
    assert_eq!(told(), None);
    let named = [trusting[0], trusting[1], "--token-host", sealed.as_str()];
    assert_eq!(digest(&scan(server.host(), &named, &known)), wanted.as_str());
    assert_eq!(told().as_deref(), Some("Basic dXNlcjpjNG40cnktcDRzc3cwcmQ="));
    assert_eq!(tokens.requests().len(), 3);

    drop(server);

    // A proxy is told where both are, and sees nothing of what is said.
    let misnamed = as_other(&runtime.block_on(front::tls(tokens.host(), "misnamed")));
    let settings = more(&misnamed).replace("/server.", "/misnamed.");
    let server = DockerRegistry::start(folder.path(), &settings).unwrap();
    let other = as_other(server.host());
    let named = [trusting[0], trusting[1], "--token-host", misnamed.as_str()];
    let proxy = runtime.block_on(ConnectProxy::start());
    let through = format!("http://{}", proxy.host());
    let with_proxy = [known[0], known[1], ("HTTPS_PROXY", through.as_str())];
    assert_eq!(digest(&scan(&other, &named, &with_proxy)), wanted.as_str());
    let heads = proxy.heads();
    for host in [&other, &misnamed] {
        let connect = format!("CONNECT {host} ");
        assert!(heads.iter().any(|head| head.starts_with(&connect)), "{host}: {heads:?}");
    }
    assert!(heads.iter().all(|head| head.starts_with("CONNECT ")), "{heads:?}");
    assert_eq!(tokens.requests().len(), 4);
    drop(server);

    // What is wrong with the token server's certificate is said of the token server.
    let server = DockerRegistry::start(folder.path(), &more(&expired)).unwrap();
    let refused = scan(server.host(), &trusting, &known);
    assert_eq!(status(&refused), 3);
    let said = stderr(&refused);
    let last = said.lines().last().unwrap();
    assert!(last.contains(&expired) && last.contains("expired"), "{said}");
    assert_eq!(tokens.requests().len(), 4);
}
