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
    for (link, words) in [
        ("</v2/team/image/tags/list?n=1000>; rel=next".to_owned(), "one that was there before"),
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
}

/// A registry behind a proxy does not know how it is called; whoever asks knows where it is.
#[tokio::test]
async fn links_to_elsewhere_are_asked_here() {
    let other = FakeRegistry::start().await;
    for link in [
        format!("http://{}/v2/team/image/tags/list?n=1000&last=b", other.host()),
        "https://inside.example/v2/team/image/tags/list?n=1000&last=b".to_owned(),
        "/repository/proxy/v2/team/image/tags/list?n=1000&last=b".to_owned(),
        "/api/team/image/tags?n=1000&last=b".to_owned(),
        // Nothing is there, so the list is asked for what is behind its last name.
        "/v2/inside/team/image/tags/list?token=b".to_owned(),
    ] {
        let scene = Scene::new(10).await;
        let list = "/v2/team/image/tags/list";
        let link = format!("<{link}>; rel=\"next\"");
        scene.registry.page(
            &format!("{list}?n=1000"),
            r#"{"tags":["a",null,"",7,"b"]}"#,
            &[("Link", &link)],
        );
        scene.registry.page(&format!("{list}?n=1000&last=b"), r#"{"tags":["c"]}"#, &[]);
        assert_eq!(scene.anonymous().1.tags().await.unwrap(), ["a", "b", "c"], "{link}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_maximum_of_entries_is_heeded() {
    for status in [400, 422] {
        let scene = Scene::new(10).await;
        let (registry, _) = scene.anonymous();
        let next = "</v2/_catalog?last=a&n=1>; rel=\"next\"";
        scene.registry.script("_catalog", [Fault::status(status)]);
        scene.registry.page("/v2/_catalog", r#"{"repositories":["a"]}"#, &[("Link", next)]);
        scene.registry.page("/v2/_catalog?last=a&n=1", r#"{"repositories":["b"]}"#, &[]);
        assert_eq!(registry.catalog().await.unwrap(), ["a", "b"]);
    }
    let scene = Scene::new(10).await;
    scene.registry.always("_catalog", Fault::status(400));
    let error = transport(scene.anonymous().0.catalog().await.unwrap_err());
    assert!(error.contains("HTTP status 400"), "{error}");
}

#[tokio::test]
async fn a_complaint_under_a_status_of_success_is_told() {
    let scene = Scene::new(10).await;
    let said = b"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"over quota\"}]}";
    let json = || Fault::Body("application/json".to_owned(), said.to_vec());
    scene.registry.page("/v2/team/image/tags/list?n=1000", "{}", &[]);
    scene.registry.always("/", json());
    let (registry, repository) = scene.anonymous();
    let resolved = registry.resolve(&scene.reference()).await.map(drop);
    let blob = crate::support::read(&repository, &scene.layer).await.map(drop);
    for result in [resolved, repository.tags().await.map(drop), blob] {
        let error = transport(result.unwrap_err());
        assert!(error.contains("over quota"), "{error}");
    }
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

/// What is no index is no answer to the question for referrers.
#[tokio::test]
async fn the_tag_of_referrers_stands_in_for_every_kind_of_refusal() {
    let subject = Digest::sha256(b"subject");
    let page = || Fault::Body("text/html".to_owned(), b"<html>Sign in".to_vec());
    for fault in [
        page(),
        Fault::redirect("/signin"),
        Fault::status(400),
        Fault::status(403),
        Fault::status(405),
        Fault::status(406),
        Fault::status(501),
        Fault::Body("application/json".to_owned(), b"{\"errors\":[]}".to_vec()),
        Fault::Body("application/json".to_owned(), b"[]".to_vec()),
        Fault::Body("application/json".to_owned(), b"".to_vec()),
    ] {
        let scene = Scene::new(10).await;
        let name = format!("{fault:?}");
        scene.registry.always("/referrers/", fault);
        scene.registry.always("/signin", page());
        let tag = format!("sha256-{}", subject.encoded());
        scene.registry.manifest(&tag, cutaway_model::MediaType::OCI_INDEX, "{\"manifests\":[1]}");
        let referrers = scene.anonymous().1.referrers(&subject).await;
        assert_eq!(referrers.expect(&name), [b"{\"manifests\":[1]}"], "{name}");
    }
    // A registry that forbids the one and lacks the other has not said that there are none.
    let scene = Scene::new(10).await;
    scene.registry.always("/referrers/", Fault::status(403));
    assert!(scene.anonymous().1.referrers(&subject).await.is_err());
}
