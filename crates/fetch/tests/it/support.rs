//! A registry with one image, and a client of it with short times.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::time::Duration;

use cutaway_fetch::{Config, Registry, Repository, RetryPolicy, Times};
use cutaway_fixtures::registry::FakeRegistry;
use cutaway_model::{Blobs as _, Descriptor, Error, MediaType};
use cutaway_ref::Reference;
use cutaway_ref::auth::Credential;
use tokio::io::AsyncReadExt as _;

/// The repository that the tests ask for.
pub(crate) const NAME: &str = "team/image";

/// A registry that holds one blob and one manifest, tagged `1`.
pub(crate) struct Scene {
    pub(crate) registry: FakeRegistry,
    pub(crate) blob: Vec<u8>,
    pub(crate) layer: Descriptor,
    pub(crate) manifest: Vec<u8>,
}

impl Scene {
    pub(crate) async fn new(size: usize) -> Self {
        let registry = FakeRegistry::start().await;
        let blob = noise(size);
        let digest = registry.blob(blob.clone());
        let layer =
            Descriptor::new(MediaType::OCI_LAYER_GZIP, digest, u64::try_from(size).unwrap());
        let manifest =
            format!("{{\"schemaVersion\":2,\"mediaType\":\"{}\"}}", MediaType::OCI_MANIFEST)
                .into_bytes();
        registry.manifest("1", MediaType::OCI_MANIFEST, manifest.clone());
        Self { registry, blob, layer, manifest }
    }

    pub(crate) fn reference(&self) -> Reference {
        format!("{}/{NAME}:1", self.registry.host()).parse().unwrap()
    }

    pub(crate) fn client(&self, credential: Credential, config: Config) -> (Registry, Repository) {
        let registry = Registry::new(&self.registry.host(), credential, config).unwrap();
        let repository = registry.repository(&self.reference());
        (registry, repository)
    }

    pub(crate) fn anonymous(&self) -> (Registry, Repository) {
        self.client(Credential::Anonymous, quick())
    }

    /// Reads the blob to its end.
    pub(crate) async fn read(&self) -> Result<Vec<u8>, Error> {
        read(&self.anonymous().1, &self.layer).await
    }

    /// Returns how many requests there were for the blob.
    pub(crate) fn asked_for_blob(&self) -> usize {
        self.registry.count("/blobs/")
    }
}

/// Opens `blob` and reads it to its end.
pub(crate) async fn read(repository: &Repository, blob: &Descriptor) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut stream = repository.open(blob).await?;
    match stream.read_to_end(&mut bytes).await {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::from_io(error, "the blob")),
    }
}

/// Settings that let nothing take long.
pub(crate) fn quick() -> Config {
    let second = Duration::from_secs(1);
    Config {
        plain_http: true,
        times: Times {
            connect: second,
            idle: Duration::from_millis(300),
            floor_window: Duration::from_millis(600),
            floor_bytes_per_second: 1024,
            loopback_probe: second,
        },
        retry: RetryPolicy { first_wait: Duration::from_millis(2), ..RetryPolicy::default() },
        ..Config::default()
    }
}

/// Returns the text of an error of the transport, and checks what holds for each.
pub(crate) fn transport(error: Error) -> String {
    let text = error.to_string();
    assert_eq!(error.class(), cutaway_model::Class::Transport, "{text}");
    assert!(text.len() <= 1024 && !text.contains(|c: char| c.is_control()), "{text}");
    text
}

/// Bytes that compress badly and repeat nowhere.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(size)
    .collect()
}
