//! Headers that are wrong about bytes that are right.

use cutaway_fixtures::registry::Fault;
use cutaway_fixtures::{Compression, compress};
use cutaway_model::{Descriptor, MediaType};
use cutaway_ref::Digest;

use crate::support::{Scene, read, transport};

fn header(name: &str, value: &str) -> Fault {
    Fault::Header(name.to_owned(), value.to_owned())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Compression::GZIP)
}

#[tokio::test]
async fn blobs_are_known_by_their_digest() {
    for fault in [
        header("Content-Type", "text/html; charset=utf-8"),
        header("Content-Type", "application/json"),
        header("Docker-Content-Digest", &format!("sha256:{}", "1".repeat(64))),
        header("Docker-Content-Digest", "nonsense"),
        header("Content-Encoding", "gzip"),
    ] {
        let scene = Scene::new(100_000).await;
        scene.registry.always("/blobs/", fault);
        assert!(scene.read().await.unwrap() == scene.blob);
        assert_eq!(scene.asked_for_blob(), 1);
    }
}

#[tokio::test]
async fn what_was_packed_for_the_way_is_unpacked() {
    let (tar, json) = (vec![b't'; 300_000], b"{\"architecture\":\"amd64\"}".to_vec());
    let layer = gzip(&crate::support::noise(200_000));
    for (media_type, stored, sent) in [
        (MediaType::OCI_LAYER_GZIP, layer.clone(), gzip(&layer)),
        (MediaType::OCI_LAYER, tar.clone(), gzip(&tar)),
        (MediaType::OCI_CONFIG, json.clone(), gzip(&json)),
        // Stored as it is, and only called packed.
        (MediaType::OCI_LAYER_GZIP, layer.clone(), layer),
        (MediaType::OCI_LAYER, tar.clone(), tar),
        (MediaType::OCI_CONFIG, json.clone(), json),
    ] {
        for framed in [true, false] {
            let scene = Scene::new(10).await;
            let digest = Digest::sha256(&stored);
            let size = u64::try_from(stored.len()).unwrap();
            let descriptor = Descriptor::new(media_type, digest, size);
            scene.registry.blob(stored.clone());
            let body = Fault::Body("application/octet-stream".to_owned(), sent.clone());
            let mut fault = Fault::both(body, header("Content-Encoding", "gzip"));
            if !framed {
                fault = Fault::both(fault, Fault::Unframed(usize::MAX));
            }
            scene.registry.always("/blobs/", fault);
            let bytes = read(&scene.anonymous().1, &descriptor).await.unwrap();
            assert!(bytes == stored, "{media_type} {framed}: {} bytes", bytes.len());
        }
    }
}

/// Its digest decides, whatever the headers leave out.
#[tokio::test]
async fn a_config_that_is_packed_in_silence_is_unpacked() {
    let json = format!("{{\"architecture\":\"amd64\",\"x\":\"{}\"}}", "y".repeat(200_000));
    let zstd = compress(json.as_bytes(), Compression::ZSTD);
    for (media_type, sent, is_right) in [
        (MediaType::OCI_CONFIG, gzip(json.as_bytes()), true),
        (MediaType::DOCKER_CONFIG, gzip(json.as_bytes()), true),
        ("application/vnd.in-toto+json", zstd, true),
        (MediaType::OCI_CONFIG, json.clone().into_bytes(), true),
        (MediaType::OCI_CONFIG, gzip(b"{}"), false),
        // What is stored packed stays so.
        (MediaType::OCI_LAYER_GZIP, gzip(json.as_bytes()), false),
    ] {
        for kind in ["application/octet-stream", "application/json"] {
            for framed in [true, false] {
                let scene = Scene::new(10).await;
                let size = u64::try_from(json.len()).unwrap();
                let digest = Digest::sha256(json.as_bytes());
                scene.registry.blob(json.clone().into_bytes());
                let mut fault = Fault::Body(kind.to_owned(), sent.clone());
                if !framed {
                    fault = Fault::both(fault, Fault::Unframed(usize::MAX));
                }
                scene.registry.always("/blobs/", fault);
                let descriptor = Descriptor::new(media_type, digest, size);
                let read = read(&scene.anonymous().1, &descriptor).await;
                let is_read = read.is_ok_and(|bytes| bytes == json.as_bytes());
                assert_eq!(is_read, is_right, "{media_type} {kind} {framed}");
            }
        }
    }
}

#[tokio::test]
async fn documents_and_lists_are_unpacked_too() {
    let scene = Scene::new(10).await;
    let packed = |json: &[u8]| {
        let body = Fault::Body("application/json".to_owned(), gzip(json));
        Fault::both(body, header("Content-Encoding", "gzip"))
    };
    scene.registry.always("/manifests/", packed(&scene.manifest));
    scene.registry.page("/v2/team/image/tags/list?n=1000", "{}", &[]);
    scene.registry.always("tags/list", packed(b"{\"tags\":[\"a\"]}"));
    let (registry, repository) = scene.anonymous();
    assert_eq!(registry.resolve(&scene.reference()).await.unwrap().bytes, scene.manifest);
    assert_eq!(repository.tags().await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_page_is_no_blob() {
    let scene = Scene::new(100_000).await;
    let page = Fault::Body("text/html".to_owned(), b"<html>Sign in".to_vec());
    scene.registry.always("/blobs/", page);
    let error = transport(scene.read().await.unwrap_err());
    assert!(error.contains("text/html, which begins <html>Sign in"), "{error}");
}

/// The digest of a signed manifest of schema 1 is that of its payload.
#[tokio::test]
async fn signed_manifests_of_schema_1_keep_their_digest() {
    use base64::Engine as _;
    let base64 = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let payload = "{\"schemaVersion\":1,\"fsLayers\":[]\n}";
    let (begin, tail) = payload.split_at(payload.len() - 2);
    let protected =
        format!("{{\"formatLength\":{},\"formatTail\":\"{}\"}}", begin.len(), base64(tail));
    let signatures = format!(",\"signatures\":[{{\"protected\":\"{}\"}}]", base64(&protected));
    let document = format!("{begin}{signatures}{tail}");
    let digest = Digest::sha256(payload.as_bytes());
    let scene = Scene::new(10).await;
    let body = Fault::Body(MediaType::DOCKER_SIGNED_V1.to_owned(), document.into_bytes());
    let lying = format!("sha256:{}", "1".repeat(64));
    for (claim, right) in [(digest.as_str(), true), (lying.as_str(), false)] {
        let scene = Scene::new(10).await;
        let claim = header("Docker-Content-Digest", claim);
        scene.registry.always("/manifests/", Fault::both(body.clone(), claim));
        let resolved = scene.anonymous().0.resolve(&scene.reference()).await;
        assert_eq!(
            resolved.map(|resolved| resolved.descriptor.digest).ok(),
            right.then(|| digest.clone())
        );
    }
    scene.registry.page(&format!("/v2/team/image/manifests/{digest}"), "{}", &[]);
    scene.registry.always("/manifests/", body);
    let by_digest = scene.reference().with_digest(digest.clone());
    let resolved = scene.anonymous().0.resolve(&by_digest).await.unwrap();
    assert_eq!(resolved.descriptor.digest, digest);
    assert!(resolved.descriptor.media_type.is_schema_1());
}
