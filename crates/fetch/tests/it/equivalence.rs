//! Fault equivalence (target T3): an image of twelve layers under every fault reads as without.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "support of tests, which fail by panicking"
)]

use std::time::Duration;

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_model::{Descriptor, MediaType};
use cutaway_ref::Reference;
use cutaway_ref::auth::Credential;

use crate::support::{NAME, noise, quick, read};

const LAYERS: usize = 12;
const STEP: usize = 70 << 10;

struct Image {
    registry: FakeRegistry,
    layers: Vec<(Descriptor, Vec<u8>)>,
    manifest: Vec<u8>,
}

/// Makes an image whose layers are long enough for `steps` interruptions with progress between them.
async fn image(steps: usize) -> Image {
    let registry = FakeRegistry::start().await;
    let manifest = b"{\"schemaVersion\":2,\"layers\":[]}".to_vec();
    registry.manifest("1", MediaType::OCI_MANIFEST, manifest.clone());
    let bytes = noise(STEP * (steps + 1) + LAYERS);
    let layers = (0..LAYERS)
        .map(|number| {
            let layer = bytes[number..].to_vec();
            let size = u64::try_from(layer.len()).unwrap();
            (Descriptor::new(MediaType::OCI_LAYER, registry.blob(layer.clone()), size), layer)
        })
        .collect();
    Image { registry, layers, manifest }
}

impl Image {
    async fn read(&self, name: &str) {
        let reference: Reference = format!("{}/{NAME}:1", self.registry.host()).parse().unwrap();
        let registry =
            cutaway_fetch::Registry::new(&self.registry.host(), Credential::Anonymous, quick())
                .unwrap();
        let resolved =
            registry.resolve(&reference).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(resolved.bytes, self.manifest, "{name}");
        let repository = registry.repository(&reference);
        let reads = self.layers.iter().map(|(layer, _)| read(&repository, layer));
        for (bytes, (_, wanted)) in
            futures_util::future::join_all(reads).await.into_iter().zip(&self.layers)
        {
            assert!(bytes.unwrap_or_else(|error| panic!("{name}: {error}")) == *wanted, "{name}");
        }
    }

    fn size(&self) -> u64 {
        self.layers.iter().map(|(layer, _)| layer.size).sum()
    }
}

#[tokio::test]
async fn every_fault_on_every_layer_and_the_manifest() {
    for times in [1, 3, 10] {
        // What breaks off in the body makes progress each time; what refuses is followed by progress.
        let refused = |fault: Fault| {
            std::iter::repeat_n([fault, Fault::Reset(STEP)], times).flatten().collect::<Vec<_>>()
        };
        for (name, faults, ranges) in [
            ("reset", vec![Fault::Reset(STEP); times], true),
            ("FIN", vec![Fault::Close(STEP); times], true),
            ("stall", vec![Fault::Stall(STEP); times.min(3)], true),
            ("503", refused(Fault::status(503)), true),
            ("429", refused(Fault::retry_after(429, "0")), true),
            ("wrong range", refused(Fault::LateRange(3)), false),
            ("range ignored", refused(Fault::IgnoreRange), false),
        ] {
            let image = image(times).await;
            for (layer, _) in &image.layers {
                image.registry.script(layer.digest.as_str(), faults.clone());
            }
            image.registry.script("/manifests/", vec![Fault::status(503); times.min(3)]);
            let name = format!("{name} × {times}");
            image.read(&name).await;
            let (sent, clean) = (image.registry.sent(), image.size());
            assert!(!ranges || sent <= clean + clean / 10, "{name}: {sent} bytes for {clean}");
        }
    }
}

#[tokio::test]
async fn expired_tokens_on_every_request() {
    let image = image(10).await;
    image.registry.gate(Gate::wearing_out(&format!("http://{}/token", image.registry.host()), 6));
    for (layer, _) in &image.layers {
        image.registry.script(layer.digest.as_str(), vec![Fault::Reset(STEP); 3]);
    }
    image.read("expired tokens").await;
    assert!(image.registry.count("/token") > 3);
}

#[tokio::test]
async fn a_slow_reader_is_not_the_servers_fault() {
    use cutaway_model::Blobs as _;
    use tokio::io::AsyncReadExt as _;
    let image = image(20).await;
    let reference: Reference = format!("{}/{NAME}:1", image.registry.host()).parse().unwrap();
    let registry =
        cutaway_fetch::Registry::new(&image.registry.host(), Credential::Anonymous, quick())
            .unwrap();
    let (layer, wanted) = &image.layers[0];
    let mut stream = registry.repository(&reference).open(layer).await.unwrap();
    let mut bytes = vec![0; 1000];
    stream.read_exact(&mut bytes).await.unwrap();
    // Longer than any time that a server has.
    tokio::time::sleep(Duration::from_millis(900)).await;
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == *wanted);
    assert_eq!(image.registry.count("/blobs/"), 1);
}
