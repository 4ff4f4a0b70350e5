//! Manifests: one request, and what is checked about them.

use cutaway_fixtures::registry::Fault;
use cutaway_model::{Class, Descriptor, Error, MediaType};
use cutaway_ref::Digest;

use crate::support::{NAME, Scene, read, transport};

#[tokio::test]
async fn resolving_takes_one_request() {
    let scene = Scene::new(10).await;
    let (registry, repository) = scene.anonymous();
    let resolved = registry.resolve(&scene.reference()).await.unwrap();
    assert_eq!(resolved.bytes, scene.manifest);
    assert_eq!(resolved.descriptor.digest, Digest::sha256(&scene.manifest));
    assert_eq!(resolved.descriptor.media_type.as_str(), MediaType::OCI_MANIFEST);
    assert_eq!(resolved.content_type.as_deref(), Some(MediaType::OCI_MANIFEST));
    let requests = scene.registry.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].target, format!("/v2/{NAME}/manifests/1"));
    assert!(requests[0].header("accept").unwrap().contains(MediaType::OCI_INDEX));

    // By digest and as a blob it is the same document.
    let by_digest = scene.reference().with_digest(resolved.descriptor.digest.clone());
    assert_eq!(registry.resolve(&by_digest).await.unwrap().bytes, scene.manifest);
    assert_eq!(read(&repository, &resolved.descriptor).await.unwrap(), scene.manifest);
    assert!(scene.registry.requests().iter().all(|request| request.target.contains("/manifests/")));
}

#[tokio::test]
async fn faults_that_are_survived() {
    for (fault, times) in [
        (Fault::status(503), 3),
        (Fault::retry_after(429, "0"), 2),
        (Fault::Reset(0), 1),
        (Fault::Reset(10), 4),
        (Fault::Close(10), 1),
        (Fault::Stall(10), 1),
        (Fault::Short(10), 4),
        (Fault::Few(0), 1),
    ] {
        let scene = Scene::new(10).await;
        let name = format!("{fault:?}");
        scene.registry.script("/manifests/", vec![fault; times]);
        let (registry, _) = scene.anonymous();
        let resolved = registry
            .resolve(&scene.reference())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(resolved.bytes, scene.manifest, "{name}");
        assert_eq!(scene.registry.requests().len(), times + 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let scene = Scene::new(10).await;
    let (registry, repository) = scene.anonymous();
    let reference = format!("{}/{NAME}:2", scene.registry.host()).parse().unwrap();
    let error = registry.resolve(&reference).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let text = transport(error);
    assert!(text.contains(":2 is not in") && text.contains("HTTP status 404"), "{text}");
    for kind in [MediaType::OCI_LAYER, MediaType::OCI_MANIFEST] {
        let gone = Descriptor::new(kind, Digest::sha256(b"gone"), 4);
        let error = read(&repository, &gone).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
        assert!(error.to_string().contains(gone.digest.as_str()), "{error}");
    }
}

/// Every combination of {tag, digest} × {right, wrong body} × {right, wrong header}.
#[tokio::test]
async fn digests_are_computed_and_never_believed() {
    let lie =
        || Fault::Header("Docker-Content-Digest".to_owned(), format!("sha256:{}", "1".repeat(64)));
    let other =
        || Fault::Body(MediaType::OCI_MANIFEST.to_owned(), b"{\"schemaVersion\":2}".to_vec());
    for (by_digest, fault, good) in [
        (false, Fault::None, true),
        (false, lie(), false),
        (false, other(), false),
        (true, Fault::None, true),
        // The digest that was asked for says more than a header.
        (true, lie(), true),
        (true, other(), false),
        (false, Fault::Header("Docker-Content-Digest".to_owned(), "nonsense".to_owned()), false),
        (true, Fault::Header("Docker-Content-Digest".to_owned(), "nonsense".to_owned()), true),
    ] {
        let scene = Scene::new(10).await;
        let name = format!("by digest {by_digest}, {fault:?}");
        scene.registry.always("/manifests/", fault);
        let (registry, _) = scene.anonymous();
        let mut reference = scene.reference();
        if by_digest {
            reference = reference.with_digest(Digest::sha256(&scene.manifest));
        }
        match registry.resolve(&reference).await {
            Ok(_) => assert!(good, "{name}"),
            Err(error) => {
                assert!(!good, "{name}: {error}");
                assert_eq!(error.class(), Class::Malformed, "{name}: {error}");
                assert!(error.to_string().contains("sha256:"), "{name}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn content_types_are_hints() {
    for header in [
        "application/json",
        "application/octet-stream",
        MediaType::OCI_MANIFEST,
        "Application/VND.oci.image.manifest.v1+JSON; charset=utf-8",
        MediaType::OCI_INDEX,
        MediaType::DOCKER_MANIFEST,
        "text/html; charset=utf-8",
    ] {
        let scene = Scene::new(10).await;
        scene
            .registry
            .always("/manifests/", Fault::Header("Content-Type".to_owned(), header.to_owned()));
        let (registry, repository) = scene.anonymous();
        let blob = Descriptor::new(
            MediaType::OCI_MANIFEST,
            Digest::sha256(&scene.manifest),
            u64::try_from(scene.manifest.len()).unwrap(),
        );
        let resolved = registry.resolve(&scene.reference()).await.unwrap();
        assert_eq!(resolved.descriptor.media_type.as_str(), MediaType::OCI_MANIFEST, "{header}");
        assert_eq!(read(&repository, &blob).await.unwrap(), scene.manifest, "{header}");
    }
}

#[tokio::test]
async fn an_endless_manifest_meets_its_limit() {
    let scene = Scene::new(10).await;
    scene.registry.always("/manifests/", Fault::Endless);
    let (registry, _) = scene.anonymous();
    let error = registry.resolve(&scene.reference()).await.unwrap_err();
    assert_eq!(error.class(), Class::Malformed);
    assert!(error.to_string().contains("manifest_bytes of 4194304"), "{error}");
    assert_eq!(scene.registry.requests().len(), 1);
    assert!(scene.registry.sent() < 32 << 20, "{}", scene.registry.sent());
}

#[tokio::test]
async fn bad_answers_are_shown_in_short() {
    for (fault, words) in [
        (Fault::EndlessStatus(404), "HTTP status 404: {\"errors\":[{\"message\":\"xxx"),
        (Fault::EndlessStatus(403), "HTTP status 403: {\"errors\":[{\"message\":\"xxx"),
        (
            Fault::Body("text/html".to_owned(), vec![b'\n'; 10]),
            "not a registry's answer: text/html",
        ),
        (
            Fault::Status(
                200,
                vec![("Content-Encoding".to_owned(), "br".to_owned())],
                "x".to_owned(),
            ),
            "Content-Encoding br",
        ),
        (Fault::Status(206, vec![], "x".to_owned()), "HTTP status 206 came"),
        (Fault::Status(403, vec![], "a\u{1b}[31m\r\n\0b".to_owned()), "a\\u{1b}[31m\\r\\n\\u{0}b"),
    ] {
        let scene = Scene::new(10).await;
        scene.registry.always("/manifests/", fault);
        let (registry, _) = scene.anonymous();
        let error = transport(registry.resolve(&scene.reference()).await.unwrap_err());
        assert!(error.contains(words), "{error}");
        assert!(scene.registry.sent() < 32 << 20);
    }
}
