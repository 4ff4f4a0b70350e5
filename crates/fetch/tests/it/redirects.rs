//! Redirects: where they may lead, and that nothing secret goes along.

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_ref::auth::Credential;

use crate::support::{Scene, quick, read, transport};

const BASIC: &str = "Basic dXNlcjpjYW5hcnktc2VjcmV0";

#[tokio::test]
async fn blobs_come_from_where_the_registry_says() {
    for status in [301, 302, 303, 307, 308] {
        let scene = Scene::new(100_000).await;
        let storage = FakeRegistry::start().await;
        storage.blob(scene.blob.clone());
        let location =
            format!("http://{}/v2/x/blobs/{}?signature=abc", storage.host(), scene.layer.digest);
        scene.registry.always(
            "/blobs/",
            Fault::Status(status, vec![("Location".to_owned(), location)], String::new()),
        );
        assert!(scene.read().await.unwrap() == scene.blob);
        assert_eq!(storage.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_broken_blob_is_resumed_through_the_registry() {
    let scene = Scene::new(1 << 20).await;
    let storage = FakeRegistry::start().await;
    storage.blob(scene.blob.clone());
    storage.script("/blobs/", [Fault::Reset(1 << 19)]);
    let location = format!("http://{}/v2/x/blobs/{}", storage.host(), scene.layer.digest);
    scene.registry.always("/blobs/", Fault::redirect(location));
    assert!(scene.read().await.unwrap() == scene.blob);
    assert_eq!((scene.registry.requests().len(), storage.requests().len()), (2, 2));
    assert!(storage.requests()[1].header("range").is_some_and(|range| range.starts_with("bytes=")));
}

#[tokio::test]
async fn steps_that_are_refused() {
    let scene = Scene::new(100).await;
    let own = scene.registry.host();
    for (location, words) in [
        (
            format!("http://{own}/v2/loop/blobs/x?n=1"),
            "more redirects than the limit redirects, which is 5",
        ),
        ("file:///etc/passwd".to_owned(), "the scheme file"),
        ("ftp://127.0.0.1/x".to_owned(), "the scheme ftp"),
        ("gopher://127.0.0.1/x".to_owned(), "the scheme gopher"),
        ("http://169.254.169.254/latest/meta-data".to_owned(), "169.254.169.254 is a private"),
        ("http://10.0.0.1/x".to_owned(), "10.0.0.1 is a private"),
        ("http://[fd00:ec2::254]/x".to_owned(), "fd00:ec2::254 is a private"),
        ("http://0x0a000001/x".to_owned(), "10.0.0.1 is a private"),
        (format!("http://user:pw@{own}/x"), "user information"),
    ] {
        let scene = Scene::new(100).await;
        let location = location.replace(&own, &scene.registry.host());
        scene.registry.always("/blobs/", Fault::redirect(location));
        let error = transport(scene.read().await.unwrap_err());
        assert!(error.contains("refused to follow") && error.contains(words), "{error}");
        assert!(scene.registry.requests().len() <= 6);
    }
}

/// Blobs and manifests, Basic and Bearer, to another port and to another name.
#[tokio::test]
async fn credentials_stay_with_the_registry() {
    for bearer in [false, true] {
        for host in ["127.0.0.1", "localhost"] {
            let scene = Scene::new(1000).await;
            let other = FakeRegistry::start().await;
            other.blob(scene.blob.clone());
            other.manifest("1", cutaway_model::MediaType::OCI_MANIFEST, scene.manifest.clone());
            let realm = format!("http://{}/token", scene.registry.host());
            scene.registry.gate(if bearer {
                Gate::bearer(&realm)
            } else {
                Gate::Exactly {
                    challenges: vec!["Basic realm=\"r\"".to_owned()],
                    authorization: BASIC.to_owned(),
                }
            });
            let (registry, repository) =
                scene.client(Credential::basic("user", "canary-secret"), quick());
            registry.resolve(&scene.reference()).await.unwrap();
            let to =
                |path: String| Fault::redirect(format!("http://{host}:{}{path}", other.port()));
            scene.registry.always("/blobs/", to(format!("/v2/a/blobs/{}", scene.layer.digest)));
            scene.registry.always("/manifests/", to("/v2/a/manifests/1".to_owned()));
            assert!(read(&repository, &scene.layer).await.unwrap() == scene.blob);
            assert_eq!(registry.resolve(&scene.reference()).await.unwrap().bytes, scene.manifest);
            assert_eq!(other.requests().len(), 2);
            for request in other.requests() {
                assert_eq!(request.header("authorization"), None, "{request:?}");
                assert_eq!(request.header("cookie"), None);
                assert_eq!(request.header("referer"), None);
            }
            let own = scene.registry.requests();
            let last = own.iter().rfind(|request| request.target.contains("/blobs/")).unwrap();
            assert!(last.header("authorization").is_some(), "the registry itself is still told");

            // A challenge of the other host gets nothing.
            other.gate(Gate::Closed { challenges: vec!["Basic realm=\"x\"".to_owned()] });
            let before = other.requests().len();
            let error = transport(read(&repository, &scene.layer).await.unwrap_err());
            assert!(
                error.contains("to which the registry redirects, wants credentials and gets none"),
                "{error}"
            );
            assert_eq!(other.requests().len(), before + 1);
        }
    }
}
