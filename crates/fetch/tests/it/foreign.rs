//! Foreign addresses of a blob: asked only where that is wanted, as nobody, and nowhere private.

use cutaway_fetch::Config;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_model::{Descriptor, Error};
use cutaway_ref::auth::Credential;

use crate::support::{Scene, quick, read, transport};

/// A registry that lacks a blob, and another server that has it.
async fn scene() -> (Scene, FakeRegistry, Descriptor) {
    let scene = Scene::new(300_000).await;
    let other = FakeRegistry::start().await;
    let digest = other.blob(scene.blob.clone());
    scene.registry.always("/blobs/", Fault::status(404));
    let mut layer = scene.layer.clone();
    layer.urls = vec![format!("http://{}/some/blobs/{digest}?signature=canary", other.host())];
    (scene, other, layer)
}

fn wanted() -> Config {
    Config { foreign_urls: true, ..quick() }
}

#[tokio::test]
async fn nobody_is_asked_by_default() {
    let (scene, other, layer) = scene().await;
    let (_, repository) = scene.client(Credential::Anonymous, quick());
    assert!(matches!(read(&repository, &layer).await, Err(Error::NotFound { .. })));
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn the_bytes_come_without_a_word_about_who_asks() {
    let (scene, other, layer) = scene().await;
    scene.registry.gate(Gate::Exactly {
        challenges: vec!["Basic realm=\"r\"".to_owned()],
        authorization: "Basic dXNlcjpwYXNz".to_owned(),
    });
    // What breaks off goes on where it was, here too.
    other.script("/blobs/", [Fault::Reset(100_000), Fault::status(503)]);
    let (_, repository) = scene.client(Credential::basic("user", "pass"), wanted());
    assert!(read(&repository, &layer).await.unwrap() == scene.blob);
    assert_eq!(other.requests().len(), 3);
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));

    let challenge = vec!["Basic realm=\"give me\"".to_owned()];
    other.gate(Gate::Closed { challenges: challenge });
    let error = transport(read(&repository, &layer).await.unwrap_err());
    assert!(error.contains("HTTP status 401") && !error.contains("canary"), "{error}");
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn the_registry_is_asked_first_and_the_next_address_when_one_fails() {
    let (scene, other, mut layer) = scene().await;
    layer.urls.insert(0, "http://127.0.0.1:1/gone".to_owned());
    let (_, repository) = scene.client(Credential::Anonymous, wanted());
    assert!(read(&repository, &layer).await.unwrap() == scene.blob);
    assert_eq!((scene.asked_for_blob(), other.requests().len()), (1, 1));
}

#[tokio::test]
async fn addresses_out_of_bounds() {
    for (url, config, words) in [
        ("http://169.254.169.254/latest", wanted(), "private, loopback or link-local"),
        ("http://10.0.0.1/x", wanted(), "private, loopback or link-local"),
        ("http://[fd00:ec2::254]/x", wanted(), "private, loopback or link-local"),
        ("file:///etc/passwd", wanted(), "not of the web"),
        ("http://user:canary@a.io/", wanted(), "user information"),
    ] {
        let (scene, _, mut layer) = scene().await;
        layer.urls = vec![url.to_owned()];
        let (_, repository) = scene.client(Credential::Anonymous, config);
        let error = transport(read(&repository, &layer).await.unwrap_err());
        assert!(error.contains("refused to follow") && error.contains(words), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    // And a redirect does not lead there either.
    let (scene, other, layer) = scene().await;
    other.always("/blobs/", Fault::redirect("http://169.254.169.254/latest"));
    let (_, repository) = scene.client(Credential::Anonymous, wanted());
    let error = transport(read(&repository, &layer).await.unwrap_err());
    assert!(error.contains("refused to follow"), "{error}");
}
