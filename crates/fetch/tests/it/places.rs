//! Several places with the same blobs: what is asked where, and when.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use cutaway_fetch::{Elsewhere, Repository};
use cutaway_fixtures::registry::Fault;
use cutaway_model::{Blobs as _, Error};
use cutaway_ref::auth::Credential;

use crate::support::{Scene, quick, read, transport};

/// Places, of which some cannot be asked.
#[derive(Debug)]
struct Others(Vec<Option<Repository>>);

#[async_trait]
impl Elsewhere for Others {
    async fn place(&self, number: usize) -> Option<Result<Repository, Error>> {
        let place = self.0.get(number)?.clone();
        Some(place.ok_or_else(|| Error::Transport("its certificate cannot be read".into())))
    }
}

/// Makes three places with the same blob; between the first two is one that cannot be asked.
async fn three() -> (Vec<Scene>, Repository) {
    let mut scenes = Vec::new();
    for _ in 0..3 {
        scenes.push(Scene::new(200_000).await);
    }
    let of = |scene: &Scene| scene.client(Credential::Anonymous, quick()).1;
    let places: Vec<Repository> = scenes.iter().map(of).collect();
    let [first, second, third]: [Repository; 3] = places.try_into().unwrap();
    let others = Others(vec![None, Some(second), Some(third)]);
    (scenes, first.backed_by(Arc::new(others)))
}

fn asked(scenes: &[Scene]) -> Vec<usize> {
    scenes.iter().map(Scene::asked_for_blob).collect()
}

#[tokio::test]
async fn the_first_place_is_the_only_one_that_is_asked_while_it_answers() {
    let (scenes, repository) = three().await;
    assert!(read(&repository, &scenes[0].layer).await.unwrap() == scenes[0].blob);
    assert_eq!(repository.stat(&scenes[0].layer).await.unwrap(), Some(200_000));
    assert_eq!(asked(&scenes), [2, 0, 0]);
}

#[tokio::test]
async fn the_next_place_goes_on_where_one_gave_up() {
    let (scenes, repository) = three().await;
    scenes[0].registry.script("/blobs/", [Fault::Reset(90_000)]);
    scenes[0].registry.always("/blobs/", Fault::status(503));
    scenes[1].registry.script("/blobs/", [Fault::Reset(50_000), Fault::status(403)]);
    assert!(read(&repository, &scenes[0].layer).await.unwrap() == scenes[0].blob);
    let first = |scene: &Scene| scene.registry.requests()[0].header("range").map(str::to_owned);
    assert_eq!(first(&scenes[1]), Some("bytes=90000-".to_owned()));
    assert_eq!(first(&scenes[2]), Some("bytes=140000-".to_owned()));
    let sent: u64 = scenes.iter().map(|scene| scene.registry.sent()).sum();
    assert!(sent < 201_000, "{sent}");
    // Both have failed in a way in which they would fail again.
    let before = asked(&scenes);
    assert!(read(&repository, &scenes[0].layer).await.unwrap() == scenes[0].blob);
    assert_eq!(asked(&scenes), [before[0], before[1], before[2] + 1]);
}

#[tokio::test]
async fn a_place_that_lacks_one_blob_is_asked_for_the_next() {
    let (scenes, repository) = three().await;
    // Who has no answer to HEAD is asked for the first byte.
    scenes[0].registry.script("/blobs/", [404, 404, 404].map(Fault::status));
    assert_eq!(repository.stat(&scenes[0].layer).await.unwrap(), Some(200_000));
    assert!(read(&repository, &scenes[0].layer).await.unwrap() == scenes[0].blob);
    assert!(read(&repository, &scenes[0].layer).await.unwrap() == scenes[0].blob);
    assert_eq!(asked(&scenes), [4, 2, 0]);
}

#[tokio::test]
async fn a_place_whose_blob_was_wrong_is_not_asked_for_it_again() {
    let (scenes, repository) = three().await;
    for scene in &scenes {
        scene.registry.always("/blobs/", Fault::Flip);
    }
    for expected in [[1, 0, 0], [1, 1, 0], [1, 1, 1]] {
        let bytes = read(&repository, &scenes[0].layer).await.unwrap();
        assert_eq!((bytes.len(), asked(&scenes)), (200_000, expected.to_vec()));
        let left = repository.report_bad_bytes(&scenes[0].layer).await;
        assert_eq!(left, expected != [1, 1, 1]);
    }
    // Nobody is left, and the last place is no worse than the others.
    read(&repository, &scenes[0].layer).await.unwrap();
    assert_eq!(asked(&scenes), [1, 1, 2]);
}

#[tokio::test]
async fn the_error_names_all_who_have_failed() {
    let (scenes, repository) = three().await;
    for scene in &scenes {
        scene.registry.always("/blobs/", Fault::status(503));
    }
    let error = transport(read(&repository, &scenes[0].layer).await.unwrap_err());
    let [one, two, three] = [0, 1, 2].map(|place: usize| scenes[place].registry.host());
    assert!(error.starts_with(&format!("http://{three}/")), "{error}");
    assert!(error.ends_with(&format!("(mirrors failed too: {one}, {two})")), "{error}");
}
