//! Lists in pages, and links that lie.

use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_ref::Digest;

use crate::support::{NAME, Scene, quick, transport};

#[tokio::test]
async fn pages_are_joined() {
    let scene = Scene::new(10).await;
    let (registry, repository) = scene.anonymous();
    let next = "</v2/team/image/tags/list?n=1000&last=b>; rel=\"next\"";
    scene.registry.page(
        "/v2/team/image/tags/list?n=1000",
        r#"{"name":"x","tags":["a","b"]}"#,
        &[("Link", next)],
    );
    scene.registry.page("/v2/team/image/tags/list?n=1000&last=b", r#"{"tags":["c"]}"#, &[]);
    assert_eq!(repository.tags().await.unwrap(), ["a", "b", "c"]);
    scene.registry.page("/v2/_catalog?n=1000", r#"{"repositories":null}"#, &[]);
    assert_eq!(registry.catalog().await.unwrap(), Vec::<String>::new());
    scene.registry.script("tags/list", [Fault::status(503), Fault::Reset(3)]);
    assert_eq!(repository.tags().await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn links_that_lie() {
    let other = FakeRegistry::start().await;
    for (link, words) in [
        ("</v2/team/image/tags/list?n=1000>; rel=next".to_owned(), "one that was there before"),
        (format!("<http://{}/v2/x>; rel=next", other.host()), "a next page on another server"),
        ("</elsewhere>; rel=next".to_owned(), "outside of /v2/"),
    ] {
        let scene = Scene::new(10).await;
        scene.registry.page(
            "/v2/team/image/tags/list?n=1000",
            r#"{"tags":["a"]}"#,
            &[("Link", &link)],
        );
        let error = transport(scene.anonymous().1.tags().await.unwrap_err());
        assert!(error.contains(words), "{error}");
        assert_eq!(scene.registry.requests().len(), 1);
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn lists_without_end() {
    let scene = Scene::new(10).await;
    for page in 0..20 {
        let target = format!(
            "/v2/team/image/tags/list?{}",
            if page == 0 { "n=1000".to_owned() } else { format!("p={page}") }
        );
        let link = format!("<?p={}>; rel=next", page + 1);
        scene.registry.page(&target, r#"{"tags":["a"]}"#, &[("Link", &link)]);
    }
    let mut config = quick();
    config.limits.list_pages = 10;
    let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
    let error = transport(repository.tags().await.unwrap_err());
    assert!(error.contains("more pages than the limit list_pages, which is 10"), "{error}");
    assert_eq!(scene.registry.requests().len(), 10);

    scene.registry.always("tags/list", Fault::Endless);
    let error = scene.anonymous().1.tags().await.unwrap_err().to_string();
    assert!(error.contains("list_bytes"), "{error}");
    let scene = Scene::new(10).await;
    scene.registry.page("/v2/team/image/tags/list?n=1000", "[]", &[]);
    let error = transport(scene.anonymous().1.tags().await.unwrap_err());
    assert!(error.contains("not JSON of its kind"), "{error}");
}

#[tokio::test]
async fn referrers_with_and_without_the_question() {
    let scene = Scene::new(10).await;
    let subject = Digest::sha256(b"subject");
    let (_, repository) = scene.anonymous();
    assert_eq!(repository.referrers(&subject).await.unwrap(), Vec::<Vec<u8>>::new());
    let tag = format!("sha256-{}", subject.encoded());
    scene.registry.manifest(&tag, cutaway_model::MediaType::OCI_INDEX, "{\"manifests\":[1]}");
    assert_eq!(repository.referrers(&subject).await.unwrap(), [b"{\"manifests\":[1]}"]);
    scene.registry.page(&format!("/v2/{NAME}/referrers/{subject}"), "{\"manifests\":[2]}", &[]);
    assert_eq!(repository.referrers(&subject).await.unwrap(), [b"{\"manifests\":[2]}"]);
}
