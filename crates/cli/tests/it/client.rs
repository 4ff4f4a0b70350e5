//! The client commands: what they print of a registry, and what they write.

use cutaway_fixtures::registry::FakeRegistry;
use cutaway_fixtures::{DockerArchive, FixtureImage, FixtureIndex, ImageBuilder, Layout, Push};
use serde_json::{Value, json as value};

use crate::support::{OnDisk, alpine, json, provided, run, run_with, status, stderr, stdout};

/// Runs a command that has to end well, and returns what it prints.
pub(crate) fn prints(arguments: &[&str]) -> Vec<u8> {
    let output = run(arguments);
    assert_eq!(status(&output), 0, "{arguments:?}: {}", stderr(&output));
    output.stdout
}

pub(crate) fn text(arguments: &[&str]) -> String {
    String::from_utf8(prints(arguments)).unwrap()
}

fn of(platform: &str) -> FixtureImage {
    let text = format!("platform {platform}\nlayer gzip\n  arch 0644 \"{platform}\"\n");
    ImageBuilder::parse(&text).unwrap().build()
}

#[test]
fn documents_come_byte_for_byte_from_every_source() {
    let image = alpine();
    let layout = OnDisk::layout(&image);
    let oci = Layout::new().image("1", &image).archive(&Default::default());
    let archives = [
        OnDisk::archive(&oci),
        OnDisk::archive(&cutaway_fixtures::compress(
            &oci,
            cutaway_fixtures::Compression::Gzip { members: 1 },
        )),
    ];
    let mut sources = vec![layout.oci()];
    sources.extend(archives.iter().map(OnDisk::file));
    for source in &sources {
        assert_eq!(text(&["digest", source]), format!("{}\n", image.digest()), "{source}");
        assert_eq!(prints(&["manifest", source]), image.manifest.bytes, "{source}");
        assert_eq!(prints(&["config", source]), image.config.bytes, "{source}");
    }
    let saved = DockerArchive::new().image(&["app:1"], &image).archive();
    let archive = OnDisk::archive(&saved);
    assert_eq!(prints(&["config", &archive.file()]), image.config.bytes);
    assert_eq!(run_with(&["config", "-"], &saved).stdout, image.config.bytes);
    for command in ["digest", "manifest"] {
        let output = run(&[command, &archive.file()]);
        assert_eq!((status(&output), output.stdout.len()), (3, 0));
        assert!(stderr(&output).contains("carries no manifest"), "{}", stderr(&output));
    }
}

#[test]
fn a_registry_is_listed_and_read() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let image = alpine();
    let index = FixtureIndex::new(["linux/amd64", "linux/arm64"].map(of));
    Push::to(&registry, "client/app").image("1", &image).unwrap();
    Push::to(&registry, "client/app").image("2", &image).unwrap();
    Push::to(&registry, "client/app/sub").index("1", &index).unwrap();
    let (app, sub) = (format!("{registry}/client/app"), format!("{registry}/client/app/sub"));
    assert_eq!(text(&["digest", &format!("{app}:1")]), format!("{}\n", image.digest()));
    assert_eq!(
        text(&["digest", "--full-ref", &format!("{app}:1")]),
        format!("{app}@{}\n", image.digest())
    );
    assert_eq!(prints(&["manifest", &format!("{app}:1")]), image.manifest.bytes);
    assert_eq!(prints(&["config", &format!("{app}:1")]), image.config.bytes);
    assert_eq!(prints(&["manifest", &format!("{sub}:1")]), index.manifest.bytes);
    let arm = ["manifest", &format!("{sub}:1"), "--platform", "linux/arm64"];
    assert_eq!(prints(&arm), index.images[1].manifest.bytes);
    // The registry does not sort.
    let sorted = |arguments: &[&str]| {
        let mut lines: Vec<_> = text(arguments).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&["tags", &app]), ["1", "2"]);
    let (one, two) = (format!("{app}:1"), format!("{app}:2"));
    assert_eq!(sorted(&["tags", &app, "--full-ref"]), [one.clone(), two.clone()]);
    assert_eq!(sorted(&["tags", "-R", &app]), [format!("{sub}:1"), one, two]);
    let catalog = text(&["catalog", &registry]);
    assert!(catalog.contains("client/app\nclient/app/sub\n"), "{catalog}");
    assert!(text(&["catalog", &registry, "--full-ref"]).contains(&format!("{sub}\n")));
    assert!(text(&["tags", "-R", &registry]).contains(&format!("{sub}:1\n")));
    let layer = &image.layers[0].blob;
    assert_eq!(prints(&["blob", &format!("{app}@{}", layer.digest)]), layer.bytes);
    let missing = format!("{app}@sha256:{}", "0".repeat(64));
    assert_eq!(status(&run(&["blob", &missing])), 3);
    assert_eq!(status(&run(&["blob", &format!("{app}:1")])), 2);
    assert_eq!(text(&["referrers", &format!("{app}:1")]), "");
    let name = format!("{sub}:1");
    for fast in [&[][..], &["--fast"]] {
        let arguments = [&["validate", &name, "--format", "json"], fast].concat();
        let answer = json(&run(&arguments));
        assert_eq!((&answer["valid"], &answer["manifests"]), (&true.into(), &3.into()));
        assert_eq!(answer["blobs"], 4);
    }
}

/// What the commands print of a registry is what curl gets from it, byte for byte.
#[test]
fn documents_are_those_that_curl_gets() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let (image, index) = (alpine(), FixtureIndex::new(["linux/amd64", "linux/arm64"].map(of)));
    let push = Push::to(&registry, "client/curl");
    push.image("image", &image).unwrap();
    push.index("index", &index).unwrap();
    let name = |end: &str| format!("{registry}/client/curl{end}");
    let curl = |path: &str| {
        let url = format!("http://{registry}/v2/client/curl/{path}");
        let accept = |kind: &str| {
            ["-H".to_owned(), format!("Accept: application/vnd.oci.image.{kind}.v1+json")]
        };
        let mut command = std::process::Command::new("curl");
        command.args(["-sfi", &url]).args(accept("manifest")).args(accept("index"));
        let output = command.output().ok()?;
        let end = output.stdout.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(output.stdout[..end].to_vec()).unwrap();
        Some((head, output.stdout[end + 4..].to_vec()))
    };
    for tag in ["image", "index"] {
        let Some((head, manifest)) = curl(&format!("manifests/{tag}")) else {
            eprintln!("skipped: no curl");
            return;
        };
        assert_eq!(prints(&["manifest", &name(&format!(":{tag}"))]), manifest);
        let digest = text(&["digest", &name(&format!(":{tag}"))]);
        assert!(head.contains(&format!("Docker-Content-Digest: {}", digest.trim_end())), "{head}");
    }
    for blob in [&image.config, &image.layers[0].blob, &image.layers[1].blob] {
        let (_, bytes) = curl(&format!("blobs/{}", blob.digest)).unwrap();
        assert_eq!(prints(&["blob", &name(&format!("@{}", blob.digest))]), bytes);
    }
    let (_, config) = curl(&format!("blobs/{}", image.id())).unwrap();
    assert_eq!(prints(&["config", &name(":image")]), config);
    let (_, tags) = curl("tags/list").unwrap();
    let tags: Value = serde_json::from_slice(&tags).unwrap();
    let tags = tags["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap());
    let mut wanted: Vec<_> = tags.map(|tag| format!("{tag}\n")).collect();
    let listed = text(&["tags", &name("")]);
    let mut listed: Vec<_> = listed.split_inclusive('\n').map(str::to_owned).collect();
    wanted.sort();
    listed.sort();
    assert_eq!(listed, wanted);
}

#[test]
fn blobs_of_a_layout_are_verified_as_they_pass() {
    let image = alpine();
    let layout = OnDisk::layout(&image);
    let layer = &image.layers[1].blob;
    let name = format!("{}@{}", layout.oci(), layer.digest);
    assert_eq!(prints(&["blob", &name]), layer.bytes);
    let path = layout.path().join("blobs/sha256").join(layer.digest.encoded());
    let mut bytes = layer.bytes.to_vec();
    bytes[20] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let output = run(&["blob", &name]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
}

#[test]
fn what_is_wrong_is_found_and_the_rest_is_looked_at() {
    let image = alpine();
    let layout = OnDisk::layout(&image);
    assert_eq!(text(&["validate", &layout.oci()]), format!("PASS: {}\n", layout.oci()));
    let blobs = layout.path().join("blobs/sha256");
    let (first, second) = (&image.layers[0].blob, &image.layers[1].blob);
    let mut bytes = first.bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(blobs.join(first.digest.encoded()), &bytes).unwrap();
    std::fs::remove_file(blobs.join(second.digest.encoded())).unwrap();
    let codes = |arguments: &[&str]| {
        let output = run(&[&["validate", &layout.oci(), "--format", "json"], arguments].concat());
        assert_eq!(status(&output), 1, "{}", stderr(&output));
        let answer: Value = crate::support::document(&output);
        assert_eq!((&answer["valid"], &answer["image"]["source"]), (&false.into(), &"oci".into()));
        let findings = answer["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&[]), ["wrong-digest", "blob-missing"]);
    assert_eq!(codes(&["--fast"]), ["blob-missing"]);
    let failed = run(&["validate", &layout.oci()]);
    assert!(stdout(&failed).starts_with("FAIL: oci:"), "{}", stdout(&failed));
}

#[test]
fn an_index_is_shown_with_its_platforms_and_attestations() {
    let (amd, arm) = (of("linux/amd64"), of("linux/arm64"));
    let about = amd.digest().to_string();
    let index = FixtureIndex::new([amd, arm]).edit_manifest(|index| {
        let attestation = value!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": format!("sha256:{}", "b".repeat(64)), "size": 7,
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about},
        });
        index["manifests"].as_array_mut().unwrap().push(attestation);
        index["annotations"] = value!({"org.example.note": "all of it"});
    });
    let directory = tempfile::tempdir().unwrap();
    Layout::new().index("1", &index).write_dir(directory.path()).unwrap();
    let name = format!("oci:{}", directory.path().display());
    let shown = json(&run(&["inspect", &name, "--platform", "linux/amd64", "--format", "json"]));
    let platforms = shown["index"]["platforms"].as_array().unwrap();
    let names: Vec<_> = platforms.iter().map(|child| child["platform"].as_str().unwrap()).collect();
    assert_eq!(names, ["linux/amd64", "linux/arm64"]);
    assert_eq!(shown["index"]["annotations"]["org.example.note"], "all of it");
    assert_eq!(shown["attestations"][0]["kind"], "attestation-manifest");
    assert_eq!(shown["referrers"], Value::Null);
    let arm = json(&run(&["inspect", &name, "--platform", "linux/arm64", "--format", "json"]));
    assert_eq!(arm["attestations"], value!([]));
}

#[test]
fn referrers_are_listed_by_type() {
    with_fake(|registry| {
        let image = alpine();
        hold(registry, &image);
        let entry = |kind: &str, fill: &str| {
            value!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2,
                "digest": format!("sha256:{}", fill.repeat(64)), "artifactType": kind})
        };
        let page = value!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [entry("a/signature", "1"), entry("a/sbom", "2")]});
        registry.page(&format!("/v2/x/app/referrers/{}", image.digest()), &page.to_string(), &[]);
        let name = format!("{}/x/app:1", registry.host());
        let lines = text(&["referrers", &name]);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        let only =
            json(&run(&["referrers", &name, "--artifact-type", "a/sbom", "--format", "json"]));
        assert_eq!(only["manifests"], value!([entry("a/sbom", "2")]));
        let shown = json(&run(&["inspect", &name, "--referrers", "--format", "json"]));
        assert_eq!(shown["referrers"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn what_google_says_beyond_tags_is_listed() {
    with_fake(|registry| {
        let untagged = format!("sha256:{}", "c".repeat(64));
        let page = value!({"name": "p/x", "tags": ["1", "sha256-ab.sig"], "child": ["y"], "manifest": {
            untagged.as_str(): {"tag": [], "imageSizeBytes": "5"},
        }});
        registry.page("/v2/p/x/tags/list?n=1000", &page.to_string(), &[]);
        registry.page("/v2/p/x/y/tags/list?n=1000", r#"{"tags":["2"]}"#, &[]);
        let host = registry.host();
        assert_eq!(
            text(&["tags", "-R", "-O", &format!("{host}/p/x")]),
            format!("{host}/p/x:1\n{host}/p/x@{untagged}\n{host}/p/x/y:2\n")
        );
        assert_eq!(text(&["tags", "-O", &format!("{host}/p/x")]), "1\n");
    });
}

#[test]
fn a_registry_that_makes_up_repositories_is_left() {
    with_fake(|registry| {
        let host = registry.host();
        let page = |name: &str, text: &str| {
            registry.page(&format!("/v2/{name}/tags/list?n=1000"), text, &[]);
        };
        page("p", r#"{"tags":["1"],"child":["a","../b","UPPER"]}"#);
        page("p/a", r#"{"tags":["2"],"child":["c"]}"#);
        page("p/a/c", r#"{"tags":["3"]}"#);
        let all = ["tags", "-R", &format!("{host}/p")];
        // What is no name is passed over.
        assert_eq!(text(&all), format!("{host}/p:1\n{host}/p/a:2\n{host}/p/a/c:3\n"));
        let limited = run(&[&all[..], &["--limit", "list_repositories=2"]].concat());
        assert_eq!((status(&limited), limited.stdout.len()), (3, 0));
        assert!(stderr(&limited).contains("the limit list_repositories"), "{}", stderr(&limited));
    });
}

#[test]
fn listed_names_move_no_cursor() {
    with_fake(|registry| {
        let host = registry.host();
        let hostile = r#"["a\u001b[2J\nb", "c"]"#;
        let tags = format!(r#"{{"tags":{hostile}}}"#);
        registry.page("/v2/p/tags/list?n=1000", &tags, &[]);
        registry.page("/v2/_catalog?n=1000", &format!(r#"{{"repositories":{hostile}}}"#), &[]);
        let escaped = "a\\u{1b}[2J\\nb\nc\n";
        assert_eq!(text(&["tags", &format!("{host}/p")]), escaped);
        assert_eq!(text(&["catalog", &host]), escaped);
    });
}

/// Lets `test` run beside a registry that plays faults.
pub(crate) fn with_fake(test: impl FnOnce(&FakeRegistry)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    test(&registry);
}

/// Holds an image as `x/app:1`.
pub(crate) fn hold(registry: &FakeRegistry, image: &FixtureImage) {
    for blob in image.blobs() {
        registry.blob(blob.bytes.to_vec());
    }
    registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.to_vec());
}
