//! Statuses that mean something else than they say: who hides what it has, and who wears out tokens.

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_model::Blobs as _;
use cutaway_ref::auth::Credential;

use crate::support::{Scene, quick, read, transport};

const BASIC: &str = "Basic dXNlcjpjYW5hcnktc2VjcmV0";

fn user() -> Credential {
    Credential::basic("user", "canary-secret")
}

fn basic_gate() -> Gate {
    Gate::Exactly {
        challenges: vec!["Basic realm=\"r\"".to_owned()],
        authorization: BASIC.to_owned(),
    }
}

#[tokio::test]
async fn what_is_hidden_from_nobody_is_asked_for_with_the_password() {
    for status in [400, 401, 403, 404] {
        let scene = Scene::new(10).await;
        scene.registry.gate(basic_gate());
        scene.registry.script("/manifests/", [Fault::status(status)]);
        let (registry, _) = scene.client(user(), quick());
        let resolved = registry.resolve(&scene.reference()).await;
        assert_eq!(resolved.unwrap().bytes, scene.manifest, "{status}");
        let targets: Vec<_> =
            scene.registry.requests().into_iter().map(|request| request.target).collect();
        assert_eq!(targets.len(), 3, "{targets:?}");
        assert_eq!(targets[1], "/v2/");
    }
    // Without a password there is nothing to say, and a registry that asks nobody is asked once.
    let scene = Scene::new(10).await;
    scene.registry.page("/v2/", "{}", &[]);
    scene.registry.always("/manifests/", Fault::status(404));
    for (credential, asked) in [(Credential::Anonymous, 0), (user(), 1)] {
        let (registry, _) = scene.client(credential, quick());
        for _ in 0..2 {
            let error = registry.resolve(&scene.reference()).await.unwrap_err();
            assert!(transport(error).contains("404"));
        }
        let first = scene.registry.requests();
        assert_eq!(first.iter().filter(|request| request.target == "/v2/").count(), asked);
    }
}

#[tokio::test]
async fn worn_out_tokens_are_renewed_once() {
    for status in [400, 401, 403] {
        let scene = Scene::new(1000).await;
        scene.registry.gate(Gate::bearer(&format!("http://{}/token", scene.registry.host())));
        let (registry, repository) = scene.anonymous();
        registry.resolve(&scene.reference()).await.unwrap();
        scene.registry.script("/blobs/", [Fault::status(status)]);
        assert!(read(&repository, &scene.layer).await.unwrap() == scene.blob, "{status}");
        assert_eq!(scene.registry.count("/token"), 2, "{status}");
        // Then the answer counts.
        scene.registry.always("/blobs/", Fault::status(status));
        transport(read(&repository, &scene.layer).await.unwrap_err());
        assert_eq!(scene.registry.count("/token"), 3, "{status}");
    }
}

#[tokio::test]
async fn sizes_are_had_where_headers_alone_are_refused() {
    for status in [400, 401, 403, 404, 405, 500, 501, 502, 503] {
        let scene = Scene::new(1000).await;
        let (_, repository) = scene.anonymous();
        scene.registry.script("/blobs/", [Fault::status(status)]);
        assert_eq!(repository.stat(&scene.layer).await.unwrap(), Some(1000), "{status}");
        assert_eq!(repository.stat(&scene.layer).await.unwrap(), Some(1000), "{status}");
        let requests = scene.registry.requests();
        let methods: Vec<_> = requests.iter().map(|request| request.method.as_str()).collect();
        let last = requests.last().and_then(|request| request.header("range"));
        assert_eq!(last, Some("bytes=0-0"), "{status}");
        assert_eq!(methods.iter().filter(|method| **method == "HEAD").count(), 1, "{status}");
    }
    let scene = Scene::new(10).await;
    scene.registry.always("/blobs/", Fault::status(404));
    let missing = scene.anonymous().1.stat(&scene.layer).await;
    assert!(matches!(missing, Err(cutaway_model::Error::NotFound { .. })), "{missing:?}");
}

/// A name in front of a registry that gives a token to anyone: nothing that the name was told goes there.
#[tokio::test]
async fn anyones_token_opens_what_a_redirect_leads_to() {
    let scene = Scene::new(100_000).await;
    let hub = FakeRegistry::start().await;
    hub.blob(scene.blob.clone());
    hub.manifest("1", cutaway_model::MediaType::OCI_MANIFEST, scene.manifest.clone());
    hub.gate(Gate::bearer(&format!("http://{}/token", hub.host())));
    scene.registry.gate(basic_gate());
    let to = |path: &str| Fault::redirect(format!("http://{}/v2/library/x/{path}", hub.host()));
    let (registry, repository) = scene.client(user(), quick());
    registry.resolve(&scene.reference()).await.unwrap();
    scene.registry.always("/manifests/", to("manifests/1"));
    scene.registry.always("/blobs/", to(&format!("blobs/{}", scene.layer.digest)));
    assert_eq!(registry.resolve(&scene.reference()).await.unwrap().bytes, scene.manifest);
    assert!(read(&repository, &scene.layer).await.unwrap() == scene.blob);
    let seen = hub.requests();
    assert_eq!(hub.count("/token"), 1, "{seen:?}");
    let token = seen.iter().find(|request| request.target.starts_with("/token")).unwrap();
    assert!(token.target.contains("repository%3Alibrary%2Fx%3Apull"), "{}", token.target);
    for request in &seen {
        let said = request.header("authorization").unwrap_or_default();
        assert!(!said.starts_with("Basic"), "{request:?}");
    }
}
