//! A real registry.

use cutaway_fixtures::{FixtureIndex, ImageBuilder, Push};

use crate::support::{alpine, json, provided, run, status, stderr};

#[test]
fn an_image_is_read_where_it_lies() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let image = alpine();
    Push::to(&registry, "cli/app").image("1", &image).unwrap();
    let report = json(&run(&["scan", &format!("{registry}/cli/app:1"), "--format", "json"]));
    assert_eq!(report["image"]["name"], format!("{registry}/cli/app:1"));
    assert_eq!(report["image"]["source"], "registry");
    assert_eq!(report["image"]["digest"], image.digest().to_string());
    assert_eq!(report["packages"].as_array().unwrap().len(), 2);
    let by_digest = format!("{registry}/cli/app@{}", image.digest());
    assert_eq!(
        json(&run(&["scan", &by_digest, "--format", "json"]))["packages"],
        report["packages"]
    );
    let missing = run(&["scan", &format!("{registry}/cli/app:2")]);
    assert_eq!((status(&missing), missing.stdout.len()), (3, 0), "{}", stderr(&missing));
}

#[test]
fn an_index_gives_the_child_of_the_platform() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let build = |platform: &str| {
        let text = format!(
            "platform {platform}\nlayer gzip\n  lib/apk/db/installed 0644 \"P:{}\\nV:1-r0\\n\\n\"\n",
            platform.replace('/', "-")
        );
        ImageBuilder::parse(&text).unwrap().build()
    };
    let index = FixtureIndex::new(["linux/amd64", "linux/arm64", "linux/arm/v6"].map(build));
    Push::to(&registry, "cli/index").index("1", &index).unwrap();
    let name = format!("{registry}/cli/index:1");
    for (platform, package) in [
        ("linux/amd64", "linux-amd64"),
        ("linux/arm64/v8", "linux-arm64"),
        ("linux/arm/v7", "linux-arm-v6"),
    ] {
        let report = json(&run(&["scan", &name, "--format", "json", "--platform", platform]));
        assert_eq!(report["packages"][0]["name"], package, "{platform}");
    }
    let other = run(&["scan", &name, "--platform", "linux/s390x"]);
    assert_eq!(status(&other), 3);
    assert!(
        stderr(&other).contains("which has linux/amd64, linux/arm/v6, linux/arm64"),
        "{}",
        stderr(&other)
    );
}
