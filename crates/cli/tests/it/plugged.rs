//! A program that has a client of oci-client already: scans through it are ours, byte for byte.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use cutaway_fetch::ClientRepository;
use cutaway_fetch::oci_client::client::{Client, ClientConfig, ClientProtocol};
use cutaway_fetch::oci_client::secrets::RegistryAuth;
use cutaway_fixtures::Push;
use cutaway_fixtures::registry::FakeRegistry;
use cutaway_ref::{Platform, Reference};
use cutaway_report::SourceKind;
use cutaway_scan::{Asked, Options, scan};
use tokio_rustls::rustls::crypto::ring;

use crate::support::{alpine, provided, run, status, stderr};

/// Scans `name` with the pipeline of the binary and the client of somebody else.
async fn through_the_client(name: &str) -> Vec<u8> {
    // Its HTTP client takes the provider of the process; a second time is no harm.
    drop(ring::default_provider().install_default());
    let config = ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() };
    let reference: Reference = name.parse().unwrap();
    let repository =
        ClientRepository::new(Client::new(config), RegistryAuth::Anonymous, &reference);
    let platform = Platform::linux(std::env::consts::ARCH);
    let options = Options::new(cutaway::analyzers(), platform);
    let limits = &options.read.limits.model;
    let resolved = repository.resolve(&reference, 4 << 20).await.unwrap();
    let (root, raw) = (resolved.descriptor, Some(resolved.bytes));
    let blobs = Arc::new(repository);
    let image = cutaway_model::open(blobs, root, raw, &options.platform, limits).await.unwrap();
    let name = reference.to_string();
    let asked = Asked { name: &name, source: Some(SourceKind::Registry) };
    let scanned = scan(image.into(), asked, &options).await.unwrap();
    let mut bytes = serde_json::to_vec_pretty(&scanned.report).unwrap();
    bytes.push(b'\n');
    bytes
}

/// Compares the report of the binary with that through the client, and returns its length.
fn compare(runtime: &tokio::runtime::Runtime, name: &str) -> usize {
    let output = run(&["scan", name, "--format", "json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let theirs = runtime.block_on(through_the_client(name));
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&theirs), "{name}");
    theirs.len()
}

#[test]
fn a_scan_through_the_client_is_the_same_report() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let image = alpine();
    let fake = runtime.block_on(FakeRegistry::start());
    for blob in image.blobs() {
        fake.blob(blob.bytes.to_vec());
    }
    fake.manifest("1", &image.manifest.media_type, image.manifest.bytes.to_vec());
    let digest = image.digest();
    for name in [format!("{}/x/app:1", fake.host()), format!("{}/x/app@{digest}", fake.host())] {
        compare(&runtime, &name);
    }
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    Push::to(&registry, "cli/plugged").image("1", &image).unwrap();
    compare(&runtime, &format!("{registry}/cli/plugged:1"));
}

#[test]
fn a_scan_of_a_real_image_through_the_client_is_the_same_report() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let Some(fixtures) = provided("CUTAWAY_FIXTURES", "fixtures") else { return };
    let layout = PathBuf::from(fixtures).join("debian/oci");
    let name = format!("{registry}/cli/plugged-debian:1");
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "-q", "--insecure-policy", "--dest-tls-verify=false"]);
    copy.args([format!("oci:{}:latest", layout.display()), format!("docker://{name}")]);
    let Some(copied) = copy.output().ok().filter(|_| layout.is_dir()) else {
        eprintln!("skipped: no Debian image or no skopeo");
        return;
    };
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert!(compare(&runtime, &name) > 10_000);
}
