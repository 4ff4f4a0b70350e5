//! Challenges and tokens.

use std::time::Duration;

use cutaway_fetch::Config;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_model::{Descriptor, Error, MediaType};
use cutaway_ref::auth::{Credential, Secret};

use crate::support::{Scene, quick, read, transport};

const BASIC: &str = "Basic dXNlcjpjYW5hcnktc2VjcmV0";

fn user() -> Credential {
    Credential::basic("user", "canary-secret")
}

async fn resolve(scene: &Scene, credential: Credential, config: Config) -> Result<Vec<u8>, Error> {
    let (registry, _) = scene.client(credential, config);
    registry.resolve(&scene.reference()).await.map(|resolved| resolved.bytes)
}

#[tokio::test]
async fn basic() {
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::Exactly {
        challenges: vec!["Basic realm=\"Registry Realm\"".to_owned()],
        authorization: BASIC.to_owned(),
    });
    let (registry, repository) = scene.client(user(), quick());
    registry.resolve(&scene.reference()).await.unwrap();
    read(&repository, &scene.layer).await.unwrap();
    // Asked once, then said without being asked.
    assert_eq!(scene.registry.requests().len(), 3);
    assert_eq!(scene.registry.requests()[0].header("authorization"), None);

    let error = transport(resolve(&scene, Credential::Anonymous, quick()).await.unwrap_err());
    assert!(
        error.contains("authentication refused: a user name and a password are wanted"),
        "{error}"
    );
    let error = transport(
        resolve(&scene, Credential::basic("user", "wrong-canary"), quick()).await.unwrap_err(),
    );
    assert!(
        error.contains("authentication refused")
            && error.contains("does not accept the credentials"),
        "{error}"
    );
    assert!(!error.contains("canary"), "{error}");
}

#[tokio::test]
async fn bearer_with_and_without_credentials() {
    for credential in [Credential::Anonymous, user()] {
        let scene = Scene::new(100).await;
        scene.registry.gate(Gate::bearer(&format!("http://{}/token?a=b", scene.registry.host())));
        let anonymous = credential == Credential::Anonymous;
        if !anonymous {
            scene.registry.token_authorization(BASIC);
        }
        let (registry, repository) = scene.client(credential, quick());
        registry.resolve(&scene.reference()).await.unwrap();
        assert!(read(&repository, &scene.layer).await.unwrap() == scene.blob);
        let requests = scene.registry.requests();
        assert_eq!(requests.len(), 4, "manifest, token, manifest, blob");
        // Our scope, whatever the challenge asks for.
        assert_eq!(
            requests[1].target,
            "/token?a=b&service=fake&scope=repository%3Ateam%2Fimage%3Apull"
        );
        assert_eq!(requests[1].header("authorization"), if anonymous { None } else { Some(BASIC) });
    }
}

#[tokio::test]
async fn one_token_for_many() {
    let scene = Scene::new(100_000).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    let (_, repository) = scene.anonymous();
    let reads = (0..8).map(|_| read(&repository, &scene.layer));
    for bytes in futures_util::future::join_all(reads).await {
        assert!(bytes.unwrap() == scene.blob);
    }
    assert_eq!(scene.registry.count("/token"), 1);
}

/// A token server that keeps one scope waiting keeps no other waiting.
#[tokio::test]
async fn scopes_do_not_wait_for_each_other() {
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    scene.registry.script("/token", [Fault::Silence]);
    let mut config = quick();
    config.times.idle = Duration::from_secs(20);
    let (registry, repository) = scene.client(Credential::Anonymous, config);
    let slow = format!("{}/slow/image:1", scene.registry.host()).parse().unwrap();
    let slow = registry.resolve(&slow);
    let fast = async {
        while scene.registry.count("slow%2Fimage") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        read(&repository, &scene.layer).await.unwrap()
    };
    let fast = tokio::time::timeout(Duration::from_secs(10), fast);
    tokio::select! {
        biased;
        slow = slow => panic!("the token server says nothing: {slow:?}"),
        bytes = fast => assert!(bytes.expect("held up by another scope") == scene.blob),
    }
}

/// The token server is on another host or port.
#[tokio::test]
async fn credentials_are_kept_from_other_token_servers() {
    for host in ["127.0.0.1", "localhost"] {
        let scene = Scene::new(100).await;
        let other = FakeRegistry::start().await;
        let realm = format!("http://{host}:{}/token", other.port());
        scene.registry.gate(Gate::bearer(&realm));
        // Without credentials, since the token server may well be an honest one.
        assert_eq!(resolve(&scene, user(), quick()).await.unwrap(), scene.manifest);
        assert_eq!(other.requests().len(), 1);
        let request = format!("{:?}", other.requests());
        assert!(!request.contains("dXNlcjpj") && !request.contains("canary"), "{request}");

        // Where that does not do, the error names both hosts.
        other.token_authorization(BASIC);
        let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
        assert!(error.contains("authentication refused"), "{error}");
        assert!(
            error.contains(&scene.registry.host())
                && error.contains(&format!("{host}:{}", other.port())),
            "{error}"
        );

        // And the user can name it.
        let config = Config { token_hosts: vec![format!("{host}:{}", other.port())], ..quick() };
        assert_eq!(resolve(&scene, user(), config).await.unwrap(), scene.manifest);
        assert_eq!(other.requests().last().unwrap().header("authorization"), Some(BASIC));
    }
}

/// Realms that are not asked at all.
#[tokio::test]
async fn token_servers_that_are_refused() {
    for (realm, words) in [
        ("http://169.254.169.254/token", "169.254.169.254 is a private"),
        ("http://[fd00:ec2::254]/token", "fd00:ec2::254 is a private"),
        ("http://10.0.0.1/token", "10.0.0.1 is a private"),
        ("http://user:canary-realm@127.0.0.1/token", "its realm carries user information"),
        ("file:///etc/passwd", "its realm is no HTTP address"),
        ("nonsense", "its realm is no address"),
    ] {
        let scene = Scene::new(100).await;
        scene.registry.gate(Gate::bearer(realm));
        let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
        assert!(error.contains(words) && !error.contains("canary"), "{error}");
        assert_eq!(scene.registry.requests().len(), 1);
    }
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    scene.registry.always("/token", Fault::redirect("http://169.254.169.254/latest/meta-data"));
    let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
    assert!(error.contains("a token server that redirects"), "{error}");
    assert_eq!(scene.registry.requests().len(), 2);
}

#[tokio::test]
async fn bad_token_servers() {
    for (fault, words, tries) in [
        (Fault::Endless, "the limit token_bytes, which is 1048576", 1),
        (
            Fault::Body("application/json".to_owned(), b"{\"token\":7}".to_vec()),
            "no JSON object with a token",
            1,
        ),
        (
            Fault::Body("application/json".to_owned(), b"{\"token\":\"a\\nb\"}".to_vec()),
            "no header may have",
            1,
        ),
        (Fault::status(500), "HTTP status 500", 5),
        (Fault::status(403), "the token server says HTTP status 403", 1),
        (Fault::EndlessStatus(400), "HTTP status 400", 1),
    ] {
        let scene = Scene::new(100).await;
        scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
        scene.registry.always("/token", fault);
        let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
        assert!(error.contains(words), "{error}");
        assert_eq!(scene.registry.count("/token"), tries, "{error}");
        assert!(scene.registry.sent() < 32 << 20);
    }
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    scene.registry.script("/token", [Fault::status(503), Fault::Reset(3), Fault::Stall(2)]);
    assert_eq!(resolve(&scene, user(), quick()).await.unwrap(), scene.manifest);
}

/// A token that never opens anything is asked for once.
#[tokio::test]
async fn a_registry_that_never_opens() {
    let scene = Scene::new(100).await;
    let realm = format!("Bearer realm=\"http://{}/token\"", scene.registry.host());
    scene.registry.gate(Gate::Closed { challenges: vec![realm] });
    let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
    assert!(error.contains("authentication refused"), "{error}");
    assert_eq!(scene.registry.requests().len(), 3, "manifest, token, manifest");
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::Closed { challenges: vec![] });
    let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
    assert!(error.contains("401 without a challenge"), "{error}");
}

/// Tokens that wear out in the middle of a blob.
#[tokio::test]
async fn worn_out_tokens_are_renewed() {
    let scene = Scene::new(1 << 20).await;
    scene.registry.gate(Gate::wearing_out(&format!("http://{}/token", scene.registry.host()), 1));
    scene.registry.script("/blobs/", vec![Fault::None, Fault::Reset(128 << 10)]);
    let resets = [Fault::None, Fault::Reset(128 << 10)];
    scene.registry.script("/blobs/", resets.iter().cycle().take(8).cloned());
    assert!(scene.read().await.unwrap() == scene.blob);
    assert!(scene.registry.count("/token") >= 4, "{}", scene.registry.count("/token"));
}

/// Twelve blobs at once share tokens that open six requests each.
#[tokio::test]
async fn tokens_that_wear_out_while_they_are_shared() {
    const STEP: usize = 70 << 10;
    let scene = Scene::new(5 * STEP).await;
    scene.registry.gate(Gate::wearing_out(&format!("http://{}/token", scene.registry.host()), 6));
    let (_, repository) = scene.anonymous();
    let mut layers = Vec::new();
    for number in 0..12 {
        let bytes = scene.blob[number..].to_vec();
        let size = u64::try_from(bytes.len()).unwrap();
        let digest = scene.registry.blob(bytes.clone());
        scene.registry.script(digest.as_str(), vec![Fault::Reset(STEP); 3]);
        layers.push((Descriptor::new(MediaType::OCI_LAYER, digest, size), bytes));
    }
    let reads = layers.iter().map(|(layer, _)| read(&repository, layer));
    let read = futures_util::future::join_all(reads).await;
    for (bytes, (layer, wanted)) in read.into_iter().zip(&layers) {
        assert!(bytes.unwrap() == *wanted, "{}", layer.digest);
    }
    assert!(scene.registry.count("/token") > 3);
}

/// Several challenges, unknown schemes, long headers.
#[tokio::test]
async fn challenges_in_every_dress() {
    for (challenges, good) in [
        (
            vec!["Negotiate", "Digest qop=\"auth,auth-int\", nonce=\"x\"", "Basic realm=\"a, b\""],
            true,
        ),
        (vec!["Negotiate YWJj, NTLM, Basic realm=x"], true),
        (vec!["Basic"], true),
        (vec!["Bearer", "Basic realm=x"], true),
        (vec!["Negotiate"], false),
    ] {
        let scene = Scene::new(100).await;
        let challenges = challenges.into_iter().map(ToOwned::to_owned).collect();
        scene.registry.gate(Gate::Exactly { challenges, authorization: BASIC.to_owned() });
        let result = resolve(&scene, user(), quick()).await;
        assert_eq!(result.is_ok(), good, "{result:?}");
    }
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::Closed { challenges: vec!["Basic ".repeat(2000); 3] });
    let error = transport(resolve(&scene, user(), quick()).await.unwrap_err());
    assert!(error.contains("challenge_bytes"), "{error}");
}

#[tokio::test]
async fn identity_tokens_are_exchanged() {
    let credential =
        || Credential::IdentityToken { username: None, token: Secret::new("canary+refresh&") };
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    assert_eq!(resolve(&scene, credential(), quick()).await.unwrap(), scene.manifest);
    let request = scene.registry.requests().remove(1);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/token"));
    assert_eq!(
        request.body,
        "grant_type=refresh_token&service=fake&scope=repository%3Ateam%2Fimage%3Apull&client_id=cutaway\
         &refresh_token=canary%2Brefresh%26"
    );

    // Servers that do not know the exchange are asked the older way.
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
    scene.registry.script("/token", [Fault::status(404)]);
    assert_eq!(resolve(&scene, credential(), quick()).await.unwrap(), scene.manifest);
    assert_eq!(scene.registry.requests().remove(2).method, "GET");

    // And one elsewhere does not get to see it.
    let scene = Scene::new(100).await;
    let other = FakeRegistry::start().await;
    scene.registry.gate(Gate::bearer(&format!("http://{}/token", other.host())));
    resolve(&scene, credential(), quick()).await.unwrap();
    assert!(!format!("{:?}", other.requests()).contains("canary"));
}

#[tokio::test]
async fn registry_tokens_are_used_as_they_are() {
    let scene = Scene::new(100).await;
    scene.registry.gate(Gate::Exactly {
        challenges: vec!["Bearer realm=\"http://169.254.169.254/\"".to_owned()],
        authorization: "Bearer ready-made".to_owned(),
    });
    let credential = Credential::RegistryToken(Secret::new("ready-made"));
    assert_eq!(resolve(&scene, credential, quick()).await.unwrap(), scene.manifest);
    assert_eq!(scene.registry.requests().len(), 2);
}
