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

/// However long it takes: a bound that gives way after a while is none.
#[tokio::test]
async fn the_bound_holds_as_long_as_nobody_reads() {
    let scene = Scene::new(8 << 20).await;
    let mut config = quick();
    config.limits.requests = 1;
    let (_, repository) = scene.client(Credential::Anonymous, config);
    let _held = repository.open(&scene.layer).await.unwrap();
    let long = Duration::from_secs(6);
    assert!(tokio::time::timeout(long, repository.open(&scene.layer)).await.is_err());
    assert_eq!(scene.asked_for_blob(), 1);
}

/// Who has begun goes on before anybody else begins; a reader who waits for him would wait for ever.
#[tokio::test]
async fn an_answer_that_breaks_off_keeps_its_slot() {
    let scene = Scene::new(1 << 20).await;
    scene.registry.script("/blobs/", [Fault::Reset(300_000), Fault::status(503)]);
    let mut config = quick();
    config.limits.requests = 1;
    let (_, repository) = scene.client(Credential::Anonymous, config);
    let mut first = repository.open(&scene.layer).await.unwrap();
    let other = repository.clone();
    let layer = scene.layer.clone();
    let second = tokio::spawn(async move { other.open(&layer).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(3), first.read_to_end(&mut bytes)).await;
    read.unwrap().unwrap();
    assert!(bytes == scene.blob);
    // The broken one, the refusal, the rest; and then the second, since the end of the first made room.
    assert!(second.await.unwrap().is_ok());
    let blobs = scene.registry.requests().into_iter().filter(|ask| ask.target.contains("/blobs/"));
    let ranges: Vec<bool> = blobs.map(|ask| ask.header("range").is_some()).collect();
    assert_eq!(ranges, [false, true, true, false]);
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
