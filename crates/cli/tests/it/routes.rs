//! `registries.conf`: mirrors before the place itself, blocked registries, and who is told the password.

use std::path::Path;
use std::process::{Output, Stdio};

use cutaway_fixtures::FixtureImage;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};

use crate::support::{alpine, cutaway, json, status, stderr};

fn scan(conf: &Path, image: &str) -> Output {
    cutaway(&["-v", "scan", image, "--format", "json"])
        .env("CONTAINERS_REGISTRIES_CONF", conf)
        .env("CUTAWAY_USERNAME", "user")
        .env("CUTAWAY_PASSWORD", "c4n4ry-p4ssw0rd")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

async fn holding(image: &FixtureImage) -> FakeRegistry {
    let registry = FakeRegistry::start().await;
    for blob in image.blobs() {
        registry.blob(blob.bytes.clone());
    }
    let manifest = &image.manifest;
    registry.manifest("1", &manifest.media_type, manifest.bytes.clone());
    registry
}

#[test]
fn mirrors_first_and_blocked_never() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let image = alpine();
    let (mirror, itself) =
        runtime.block_on(async { (holding(&image).await, holding(&image).await) });
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("registries.conf");
    let text = format!(
        "[[registry]]\nprefix = \"r.example/team\"\nlocation = \"{}/kept\"\n\
         [[registry.mirror]]\nlocation = \"{}/mirrored\"\n\
         [[registry]]\nprefix = \"bad.example\"\nblocked = true\n",
        itself.host(),
        mirror.host()
    );
    std::fs::write(&conf, text).unwrap();
    let report = json(&scan(&conf, "r.example/team/app:1"));
    assert_eq!(report["image"]["digest"], image.digest().to_string());
    // The image keeps the name by which it was asked for.
    assert_eq!(report["image"]["name"], "r.example/team/app:1");
    assert!(mirror.count("/v2/mirrored/app/") >= 3);
    assert!(itself.requests().is_empty());

    // A mirror that fails is passed over, and is not told the password even when it asks for it.
    mirror.gate(Gate::Closed { challenges: vec!["Basic realm=\"r\"".to_owned()] });
    itself.gate(Gate::Exactly {
        challenges: vec!["Basic realm=\"r\"".to_owned()],
        authorization: "Basic dXNlcjpjNG40cnktcDRzc3cwcmQ=".to_owned(),
    });
    json(&scan(&conf, "r.example/team/app:1"));
    assert!(itself.count("/v2/kept/app/") >= 3);
    assert!(mirror.requests().iter().all(|request| request.header("authorization").is_none()));

    // When nobody has it, the place itself gives the reason.
    itself.always("/manifests/", Fault::status(404));
    let failed = scan(&conf, "r.example/team/app:1");
    assert_eq!(status(&failed), 3);
    let said = stderr(&failed);
    assert!(said.contains(&itself.host()) && said.contains("mirrors failed too"), "{said}");

    let blocked = scan(&conf, "bad.example/app:1");
    assert_eq!((status(&blocked), blocked.stdout.len()), (3, 0));
    assert!(stderr(&blocked).contains("bad.example is blocked"), "{}", stderr(&blocked));
    std::fs::write(&conf, "[[registry]").unwrap();
    let broken = scan(&conf, "r.example/team/app:1");
    assert_eq!(status(&broken), 2);
    assert!(stderr(&broken).contains("line 1"), "{}", stderr(&broken));
}
