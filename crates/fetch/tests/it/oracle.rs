//! A real registry as the oracle: what the distribution project's server holds, we read.
//!
//! Where its program is not installed the test says so and passes.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "support of tests, which fail by panicking"
)]

use std::path::Path;
use std::time::Duration;

use cutaway_fetch::{Config, Registry};
use cutaway_fixtures::DockerRegistry;
use cutaway_model::{Descriptor, MediaType};
use cutaway_ref::auth::Credential;
use cutaway_ref::{Digest, Reference};

use crate::support::{noise, read};

/// Writes a repository as the server's file system driver keeps it, and serves it.
fn serve(folder: &Path, files: &[(String, Vec<u8>)]) -> DockerRegistry {
    for (path, bytes) in files {
        let path = folder.join("storage/docker/registry/v2").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    DockerRegistry::start(folder, "").unwrap()
}

fn hex(digest: &Digest) -> String {
    digest.encoded().to_owned()
}

#[tokio::test]
async fn the_distribution_projects_server() {
    if !DockerRegistry::is_installed() {
        eprintln!("skipped: no docker-registry");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let layer = noise(3 << 20);
    let digest = Digest::sha256(&layer);
    let manifest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"config\":{{\"mediaType\":\"{config}\",\"digest\":\"{digest}\",\"size\":{size}}},\"layers\":[]}}",
        kind = MediaType::OCI_MANIFEST,
        config = MediaType::OCI_CONFIG,
        size = layer.len(),
    )
    .into_bytes();
    let document = Digest::sha256(&manifest);
    let blob = |digest: &Digest| {
        let hex = hex(digest);
        format!("blobs/sha256/{}/{hex}/data", &hex[..2])
    };
    let link = |digest: &Digest| digest.as_str().as_bytes().to_vec();
    let mut files = vec![
        (blob(&digest), layer.clone()),
        (blob(&document), manifest.clone()),
        (format!("repositories/team/image/_layers/sha256/{}/link", hex(&digest)), link(&digest)),
        (
            format!("repositories/team/image/_manifests/revisions/sha256/{}/link", hex(&document)),
            link(&document),
        ),
    ];
    for tag in ["1", "latest", "v2"] {
        files.push((
            format!("repositories/team/image/_manifests/tags/{tag}/current/link"),
            link(&document),
        ));
    }
    let server = serve(directory.path(), &files);
    let reference: Reference = format!("{}/team/image:1", server.host()).parse().unwrap();
    let registry =
        Registry::new(reference.registry(), Credential::Anonymous, Config::default()).unwrap();
    let mut tries = 0;
    let resolved = loop {
        match registry.resolve(&reference).await {
            Ok(resolved) => break resolved,
            // The server may need a moment to listen.
            Err(_) if tries < 100 => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error}"),
        }
        tries += 1;
    };
    assert_eq!(resolved.bytes, manifest);
    assert_eq!(resolved.descriptor.digest, document);
    let repository = registry.repository(&reference);
    let size = u64::try_from(layer.len()).unwrap();
    assert!(
        read(&repository, &Descriptor::new(MediaType::OCI_LAYER, digest, size)).await.unwrap()
            == layer
    );
    let mut tags = repository.tags().await.unwrap();
    tags.sort();
    assert_eq!(tags, ["1", "latest", "v2"]);
    assert_eq!(registry.catalog().await.unwrap(), ["team/image"]);
    let gone = Descriptor::new(MediaType::OCI_LAYER, Digest::sha256(b"gone"), 4);
    assert!(matches!(read(&repository, &gone).await, Err(cutaway_model::Error::NotFound { .. })));
}
