//! The limit on requests at once, and what registries say of their own limits.

use std::time::Duration;

use cutaway_fixtures::registry::Fault;
use cutaway_model::Blobs as _;
use cutaway_ref::auth::Credential;
use tokio::io::AsyncReadExt as _;

use crate::support::{Scene, quick, transport};

#[tokio::test]
async fn only_so_many_answers_are_on_their_way() {
    let scene = Scene::new(8 << 20).await;
    let mut config = quick();
    config.limits.requests = 2;
    let (_, repository) = scene.client(Credential::Anonymous, config);
    let mut first = repository.open(&scene.layer).await.unwrap();
    let second = repository.open(&scene.layer).await.unwrap();
    let short = Duration::from_millis(100);
    assert!(tokio::time::timeout(short, repository.open(&scene.layer)).await.is_err());
    assert_eq!(scene.asked_for_blob(), 2);
    // One that is dropped makes room, and so does one that is read.
    drop(second);
    let third = tokio::time::timeout(Duration::from_secs(4), repository.open(&scene.layer)).await;
    let third = third.unwrap().unwrap();
    let mut bytes = Vec::new();
    first.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == scene.blob);
    let fourth = tokio::time::timeout(Duration::from_secs(4), repository.open(&scene.layer)).await;
    assert!(fourth.unwrap().is_ok());
    drop(third);
}

#[tokio::test]
async fn what_is_left_is_said_when_it_is_nothing() {
    let scene = Scene::new(10).await;
    let headers = [("RateLimit-Limit", "100;w=21600"), ("RateLimit-Remaining", "0;w=21600")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let fault = Fault::Status(429, headers.to_vec(), "toomanyrequests".to_owned());
    scene.registry.always("/manifests/", fault);
    let (registry, _) = scene.anonymous();
    let error = transport(registry.resolve(&scene.reference()).await.unwrap_err());
    let words = "429, rate limited: 0;w=21600 of 100;w=21600 requests are left: toomanyrequests";
    assert!(error.contains(words), "{error}");
}
