//! A canary: whatever goes wrong, no error, `Debug` or log shows a secret (rows A12 and T16).
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::io;
use std::sync::{Arc, Mutex};

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_ref::auth::{Credential, Secret};

use crate::support::{Scene, quick, read};

const CANARY: &str = "c4n4ry-Zq9";
/// `user:c4n4ry-Zq9` and the canary alone, in base64.
const ENCODED: [&str; 2] = ["dXNlcjpjNG40cnktWnE5", "YzRuNHJ5LVpxO"];

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

fn is_clean(text: &str) -> bool {
    // Eight bytes are enough to recognise it.
    let pieces = CANARY.as_bytes().windows(8).map(|piece| std::str::from_utf8(piece).unwrap());
    !pieces.chain(ENCODED).any(|piece| text.contains(piece))
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
        runtime.block_on(scene(&Credential::Anonymous, "bearer", Fault::status(500)));
        tracing::callsite::rebuild_interest_cache();
        runtime.block_on(outputs())
    });
    for output in outputs {
        assert!(is_clean(&output), "{output}");
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("/manifests/1"), "requests are logged: {logged}");
    assert!(is_clean(&logged), "{logged}");
}

/// Runs every way of failing with every kind of credential, and returns all that can be printed.
async fn outputs() -> Vec<String> {
    let mut outputs = Vec::new();
    for credential in [
        Credential::basic("user", CANARY),
        Credential::IdentityToken { username: Some("user".to_owned()), token: Secret::new(CANARY) },
        Credential::RegistryToken(Secret::new(CANARY)),
    ] {
        outputs.push(format!("{credential:?}"));
        for gate in ["basic", "bearer", "other", "closed", "open"] {
            for fault in [
                Fault::None,
                Fault::status(403),
                Fault::status(500),
                Fault::Reset(3),
                Fault::redirect("http://169.254.169.254/"),
                Fault::Flip,
                Fault::Body("text/html".to_owned(), b"<html>".to_vec()),
            ] {
                outputs.extend(scene(&credential, gate, fault).await);
            }
        }
    }
    outputs
}

async fn scene(credential: &Credential, gate: &str, fault: Fault) -> Vec<String> {
    let scene = Scene::new(1000).await;
    let other = FakeRegistry::start().await;
    let own_token = format!("http://{}/token", scene.registry.host());
    let basic = || vec!["Basic realm=\"r\"".to_owned()];
    scene.registry.gate(match gate {
        "basic" => {
            Gate::Exactly { challenges: basic(), authorization: format!("Basic {}", ENCODED[0]) }
        }
        "bearer" => Gate::bearer(&own_token),
        "other" => Gate::bearer(&format!("http://{}/token", other.host())),
        "closed" => Gate::Closed { challenges: basic() },
        _ => Gate::Open,
    });
    scene.registry.script("/blobs/", vec![fault.clone(); 5]);
    scene.registry.script("/token", [fault]);
    let (registry, repository) = scene.client(credential.clone(), quick());
    let mut outputs = vec![format!("{registry:?} {repository:?}")];
    if let Err(error) = registry.resolve(&scene.reference()).await {
        outputs.push(format!("{error} {error:?} {error:#?}"));
    }
    if let Err(error) = read(&repository, &scene.layer).await {
        outputs.push(format!("{error} {error:?}"));
    }
    outputs.push(format!("{registry:#?} {repository:#?}"));
    // Nobody but the registry was told.
    outputs.push(format!("{:?}", other.requests()));
    outputs
}
