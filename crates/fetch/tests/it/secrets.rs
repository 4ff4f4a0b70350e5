//! A canary: whatever goes wrong and whatever a server repeats, no error, `Debug` or log shows a secret.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::io;
use std::sync::{Arc, Mutex};

use cutaway_fetch::{ClientCertificate, Config, Proxy, Registry};
use cutaway_fixtures::Canary;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_model::Blobs as _;
use cutaway_ref::auth::{Credential, Secret};

use crate::support::{Scene, quick, read};

const SECRET: &str = "c4n4ry-Zq9\"\\+/%w";
/// `user` and the secret, as HTTP Basic has them.
const BASIC: &str = "Basic dXNlcjpjNG40cnktWnE5IlwrLyV3";
/// What the own token server gives out.
const TOKEN: &str = "t0k3n-c4n4ry-Xw7.Kp2";

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks that no form of a secret is in a text.
fn assert_clean(text: &str) {
    for secret in [SECRET, TOKEN] {
        assert_eq!(Canary::new(secret).found_in(text), None, "{text}");
    }
}

#[test]
fn no_output_holds_the_canary() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outputs = tracing::subscriber::with_default(subscriber, || {
        // Tests beside this one have no subscriber, and the first to pass a place that logs decides
        // for all; once the places are known, ours is asked again.
        runtime.block_on(scene(&Credential::Anonymous, "bearer", &Fault::status(500)));
        tracing::callsite::rebuild_interest_cache();
        runtime.block_on(outputs())
    });
    assert!(outputs.iter().any(|output| output.contains("[hidden]")), "nothing was repeated");
    for output in outputs {
        assert_clean(&output);
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("/manifests/1"), "requests are logged: {logged}");
    assert!(logged.contains("[hidden]"), "what is repeated is logged: {logged}");
    assert_clean(&logged);
}

/// Runs every way of failing with every kind of credential, and returns all that can be printed.
async fn outputs() -> Vec<String> {
    // What can stand in a header and in an address: the secret in hexadecimal.
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let header = |name: &str, value: String| {
        let headers = vec![(name.to_owned(), value)];
        Fault::Status(200, headers, "{}".to_owned())
    };
    let faults = |said: &str| {
        [
            Fault::None,
            Fault::status(403),
            Fault::status(500),
            Fault::Reset(3),
            Fault::redirect("http://169.254.169.254/"),
            Fault::Flip,
            Fault::Body("text/html".to_owned(), b"<html>".to_vec()),
            Fault::Body("text/html".to_owned(), said.as_bytes().to_vec()),
            Fault::Body("application/json".to_owned(), format!("{{\"token\":{said}").into_bytes()),
            Fault::Status(403, vec![], said.to_owned()),
            Fault::Status(404, vec![], said.to_owned()),
            Fault::Status(429, vec![("RateLimit-Limit".to_owned(), hex.clone())], said.to_owned()),
            Fault::Status(503, vec![], said.to_owned()),
            Fault::redirect(format!("http://169.254.169.254/{hex}")),
            Fault::redirect(format!("{hex}:x")),
            Fault::redirect(format!("http://user:{hex}@[")),
            header("Content-Type", format!("application/{hex}")),
            header("Docker-Content-Digest", hex.clone()),
            header("Content-Encoding", hex.clone()),
            header("Link", format!("<http://{hex}.example/>; rel=next")),
        ]
    };
    let mut outputs = Vec::new();
    for credential in [
        Credential::basic("user", SECRET),
        Credential::IdentityToken { username: Some("user".to_owned()), token: Secret::new(SECRET) },
        Credential::RegistryToken(Secret::new(SECRET)),
    ] {
        outputs.push(format!("{credential:?} {credential:#?}"));
        for gate in ["basic", "bearer", "other", "closed"] {
            let is_issued = gate == "bearer" && credential.kind() != "registry-token";
            let token = if is_issued { TOKEN } else { "" };
            for fault in faults(&format!("{BASIC} {SECRET} {token}")) {
                outputs.extend(scene(&credential, gate, &fault).await);
            }
        }
    }
    outputs
}

/// Plays one fault, once the registry has been told what it is told. Returns what can be printed of it.
async fn scene(credential: &Credential, gate: &str, fault: &Fault) -> Vec<String> {
    let scene = Scene::new(1000).await;
    let other = FakeRegistry::start().await;
    let realm = match gate {
        "other" => format!("http://{}/auth", other.host()),
        _ => format!("http://{}/auth", scene.registry.host()),
    };
    let challenge = match gate {
        "basic" => "Basic realm=\"r\"".to_owned(),
        _ => format!("Bearer realm=\"{realm}\",service=\"fake\""),
    };
    let authorization = match (gate, credential) {
        (_, Credential::RegistryToken(token)) => format!("Bearer {}", token.expose()),
        ("basic", _) => BASIC.to_owned(),
        ("other", _) => "Bearer somebody-elses".to_owned(),
        _ => format!("Bearer {TOKEN}"),
    };
    let challenges = vec![challenge];
    scene.registry.gate(match gate {
        "closed" => Gate::Closed { challenges },
        _ => Gate::Exactly { challenges, authorization },
    });
    let json = || vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let token = |token: &str| Fault::Status(200, json(), format!("{{\"token\":\"{token}\"}}"));
    scene.registry.script("/auth", [token(TOKEN)]);
    other.always("/auth", token("somebody-elses"));

    let config =
        Config { retry: cutaway_fetch::RetryPolicy { tries: 2, ..quick().retry }, ..quick() };
    let (registry, repository) = scene.client(credential.clone(), config);
    let mut outputs = vec![format!("{registry:?} {repository:?}")];
    // Whether the registry was told, and what; before that it has nothing to repeat.
    if registry.resolve(&scene.reference()).await.is_ok() {
        for part in ["/blobs/", "/manifests/", "/tags/", "/_catalog", "/referrers/"] {
            scene.registry.always(part, fault.clone());
        }
        // The tokens of other scopes fail in this way, too.
        scene.registry.always("/auth", fault.clone());
    }
    let reference = scene.reference();
    for error in [
        registry.resolve(&reference).await.err(),
        read(&repository, &scene.layer).await.err(),
        repository.stat(&scene.layer).await.err(),
        repository.tags().await.err(),
        repository.listing().await.err(),
        repository.referrers(&scene.layer.digest).await.err(),
        registry.catalog().await.err(),
    ]
    .into_iter()
    .flatten()
    {
        outputs.push(format!("{error} {error:?} {error:#?}"));
        outputs.push(chain(&error));
    }
    outputs.push(format!("{registry:#?} {repository:#?}"));
    // Nobody but the registry was told.
    outputs.push(format!("{:?}", other.requests()));
    outputs
}

/// Returns the texts of all that lies behind an error.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!("{error} {error:?} ");
        next = error.source();
    }
    text
}

#[test]
fn settings_show_no_secret() {
    let address =
        |name: &str| Some(Secret::new(format!("http://user:{TOKEN}@{name}.example:3128")));
    let proxy = Proxy { https: address("a"), http: address("b"), except: String::new() };
    let certificate = ClientCertificate { chain: Vec::new(), key: Secret::new(SECRET) };
    let config = Config {
        proxy: Some(proxy.clone()),
        client_certificate: Some(certificate.clone()),
        ..quick()
    };
    config.veil.hide(SECRET);
    let mut outputs = vec![
        format!("{config:?} {config:#?}"),
        format!("{proxy:?} {proxy:#?}"),
        format!("{certificate:?} {certificate:#?}"),
    ];
    // The key is none, and neither are these addresses.
    let broken = |text: &str| Config {
        proxy: Some(Proxy { http: Some(Secret::new(text)), ..Proxy::default() }),
        ..quick()
    };
    for config in [
        config.clone(),
        broken(&format!("http://user:{SECRET}@[")),
        broken(&format!("nonsense://user:{SECRET}@a.example")),
        Config { client_certificate: None, ..config.clone() },
    ] {
        match Registry::new("a.example", Credential::basic("user", SECRET), config) {
            Ok(registry) => outputs.push(format!("{registry:?} {registry:#?}")),
            Err(error) => outputs.push(format!("{error} {error:?} {error:#?}")),
        }
    }
    for output in outputs {
        assert_clean(&output);
    }
}
