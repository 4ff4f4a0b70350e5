//! A client of oci-client in the place of our transport: the same image, the same bytes, the same verdicts.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::sync::Arc;

use cutaway_fetch::oci_client::client::{Client, ClientConfig, ClientProtocol};
use cutaway_fetch::oci_client::secrets::RegistryAuth;
use cutaway_fetch::{ClientRepository, Registry, Resolved};
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{FixtureImage, Push, image};
use cutaway_model::{Blobs, Error, Limits};
use cutaway_ref::auth::Credential;
use cutaway_ref::{Platform, Reference};
use tokio::io::AsyncReadExt as _;

use crate::support::{NAME, quick};

fn fixture() -> FixtureImage {
    image(
        r#"
layer gzip
  etc/os-release 0644 "ID=alpine\n"
  lib/apk/db/installed 0644 "P:a\nV:1-r0\n\n"
layer zstd
  etc/.wh.os-release
  srv/data 0644 "some data"
layer plain
  srv/more 0644 "more"
"#,
    )
}

fn plugged(reference: &Reference, auth: RegistryAuth) -> ClientRepository {
    // Its HTTP client takes the provider of the process; a second time is no harm.
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() };
    ClientRepository::new(Client::new(config), auth, reference)
}

/// Reads all that an image has: its documents, and its layers as stored and as unpacked.
async fn whole(
    resolved: Resolved,
    blobs: Arc<dyn Blobs>,
) -> Result<(Vec<u8>, Vec<u8>, Vec<Vec<u8>>), Error> {
    let limits = Limits::default();
    let raw = resolved.bytes.clone();
    let platform = Platform::linux("amd64");
    let image =
        cutaway_model::open(blobs, resolved.descriptor, Some(raw), &platform, &limits).await?;
    let mut layers = Vec::new();
    for layer in image.layers() {
        let (mut stored, mut unpacked) = (Vec::new(), Vec::new());
        let read = layer.compressed().await?.read_to_end(&mut stored).await;
        read.map_err(|error| Error::from_io(error, "the layer"))?;
        let read = layer.uncompressed(&limits).await?.read_to_end(&mut unpacked).await;
        read.map_err(|error| Error::from_io(error, "the layer"))?;
        layers.extend([stored, unpacked]);
    }
    Ok((resolved.bytes, image.raw_config().to_vec(), layers))
}

async fn by_plug(
    reference: &Reference,
    auth: RegistryAuth,
) -> Result<(Vec<u8>, Vec<u8>, Vec<Vec<u8>>), Error> {
    let repository = plugged(reference, auth);
    let resolved = repository.resolve(reference, 4 << 20).await?;
    whole(resolved, Arc::new(repository)).await
}

async fn by_us(
    reference: &Reference,
    credential: Credential,
) -> Result<(Vec<u8>, Vec<u8>, Vec<Vec<u8>>), Error> {
    let registry = Registry::new(reference.registry(), credential, quick()).unwrap();
    let resolved = registry.resolve(reference).await?;
    whole(resolved, Arc::new(registry.repository(reference))).await
}

async fn holding(image: &FixtureImage) -> FakeRegistry {
    let registry = FakeRegistry::start().await;
    for blob in image.blobs() {
        registry.blob(blob.bytes.clone());
    }
    registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
    registry
}

#[tokio::test]
async fn the_same_bytes_from_a_fake_registry() {
    let image = fixture();
    let registry = holding(&image).await;
    for name in ["1".to_owned(), format!("@{}", image.digest())] {
        let colon = if name.starts_with('@') { "" } else { ":" };
        let reference: Reference =
            format!("{}/{NAME}{colon}{name}", registry.host()).parse().unwrap();
        let ours = by_us(&reference, Credential::Anonymous).await.unwrap();
        assert_eq!(ours.0, image.manifest.bytes);
        assert_eq!(ours.2.len(), 6);
        assert!(by_plug(&reference, RegistryAuth::Anonymous).await.unwrap() == ours);
    }
    // And with a password.
    registry.gate(Gate::Exactly {
        challenges: vec!["Basic realm=\"r\"".to_owned()],
        authorization: "Basic dXNlcjpwYXNz".to_owned(),
    });
    let reference: Reference = format!("{}/{NAME}:1", registry.host()).parse().unwrap();
    let auth = RegistryAuth::Basic("user".to_owned(), "pass".to_owned());
    let ours = by_us(&reference, Credential::basic("user", "pass")).await.unwrap();
    assert!(by_plug(&reference, auth).await.unwrap() == ours);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test run says what it has started")]
async fn the_same_bytes_from_a_real_registry() {
    let Some(host) = std::env::var_os("CUTAWAY_TEST_REGISTRY") else {
        eprintln!("skipped: no registry");
        return;
    };
    let host = host.into_string().unwrap();
    let image = fixture();
    let (at, pushed) = (host.clone(), image.clone());
    std::thread::spawn(move || Push::to(at, "fetch/plugged").image("1", &pushed).unwrap())
        .join()
        .unwrap();
    let reference: Reference = format!("{host}/fetch/plugged:1").parse().unwrap();
    let ours = by_us(&reference, Credential::Anonymous).await.unwrap();
    assert!(by_plug(&reference, RegistryAuth::Anonymous).await.unwrap() == ours);
}

#[tokio::test]
async fn the_same_verdicts() {
    let image = fixture();
    let layer = image.layers.first().unwrap().blob.digest.to_string();
    for (part, fault) in [
        (layer.as_str(), Fault::Flip),
        (layer.as_str(), Fault::Longer(b"more".to_vec())),
        (layer.as_str(), Fault::Short(10)),
        (layer.as_str(), Fault::status(404)),
        ("/manifests/", Fault::status(404)),
        ("/manifests/", Fault::status(403)),
        ("/blobs/", Fault::status(403)),
    ] {
        let registry = holding(&image).await;
        registry.always(part, fault.clone());
        let reference: Reference = format!("{}/{NAME}:1", registry.host()).parse().unwrap();
        let ours = by_us(&reference, Credential::Anonymous).await.unwrap_err();
        let theirs = by_plug(&reference, RegistryAuth::Anonymous).await.unwrap_err();
        assert_eq!(ours.class(), theirs.class(), "{fault:?}: {ours} and {theirs}");
        assert_eq!(
            std::mem::discriminant(&ours),
            std::mem::discriminant(&theirs),
            "{fault:?}: {ours} and {theirs}"
        );
    }
    // A connection that breaks is not the image's fault, and here nobody resumes.
    let registry = holding(&image).await;
    registry.always(&layer, Fault::Reset(10));
    let reference: Reference = format!("{}/{NAME}:1", registry.host()).parse().unwrap();
    let theirs = by_plug(&reference, RegistryAuth::Anonymous).await.unwrap_err();
    assert!(matches!(theirs, Error::Transport(_)), "{theirs}");
}

#[tokio::test]
async fn secrets_stay_inside() {
    let image = fixture();
    let registry = holding(&image).await;
    registry.gate(Gate::Closed { challenges: vec!["Basic realm=\"r\"".to_owned()] });
    let reference: Reference = format!("{}/{NAME}:1", registry.host()).parse().unwrap();
    let auth = RegistryAuth::Basic("user".to_owned(), "c4n4ry-Zq9".to_owned());
    let repository = plugged(&reference, auth);
    let error = repository.resolve(&reference, 4 << 20).await.unwrap_err();
    let all = format!("{repository:?} {error} {error:?}");
    assert!(!all.contains("c4n4ry") && !all.contains("dXNlcjpjNG40cnk"), "{all}");
    assert!(all.contains("authentication refused"), "{all}");
}
