//! A real registry behind the gate: its images judged, its events taken.

use std::path::Path;
use std::time::Duration;

use cutaway::{Client, Serving};
use cutaway_fixtures::{DockerRegistry, Push, image};
use cutaway_serve::{Config, Gate, Judging, read_policies};

use crate::support::{Served, TOKEN, limits, serve_with};

fn has_registry() -> bool {
    let is_there = DockerRegistry::is_installed();
    if !is_there {
        eprintln!("skipped: no docker-registry");
    }
    is_there
}

/// An Alpine image with one package of this version.
fn alpine(version: &str) -> cutaway_fixtures::FixtureImage {
    image(&format!(
        "layer gzip created_by=\"ADD rootfs.tar /\"\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20.1\\n\"\n  lib/apk/db/installed 0644 \"P:a\\nV:{version}\\nA:x86_64\\nL:MIT\\n\\n\"\n"
    ))
}

/// Serves a gate that wants package `a` in version 2.
async fn gate(folder: tempfile::TempDir, port: u16, registry: &str, limits: &Serving) -> Served {
    let rule = "{id: old, packages: {deny: [{name: a, below: \"2-r0\"}]}}";
    gate_with(rule, folder, port, registry, limits).await
}

async fn gate_with(
    rule: &str,
    folder: tempfile::TempDir,
    port: u16,
    registry: &str,
    limits: &Serving,
) -> Served {
    let policy = format!("schema: cutaway.policy/1\nname: p\nrules:\n  - {rule}\n");
    let here = folder.path().display();
    std::fs::write(folder.path().join("policy.yaml"), policy).unwrap();
    std::fs::write(folder.path().join("token"), TOKEN).unwrap();
    let config = format!(
        "schema: cutaway.serve/1\npolicies: [{here}/policy.yaml]\ntoken_file: {here}/token\n\
         events: {{registry: \"{registry}\"}}\nlisten: [{{address: \"127.0.0.1:{port}\"}}]\n"
    );
    let config = Config::parse(&config).unwrap();
    let policies = read_policies(&config.policies).unwrap();
    let gate = Gate::new(Judging::new(Client::builder().build(), policies), Vec::new(), limits);
    serve_with(gate, &config, folder).await
}

/// Starts a registry that tells a gate on this port of what is pushed.
fn registry(folder: &Path, port: u16) -> DockerRegistry {
    let more = format!(
        "notifications:\n  endpoints:\n    - name: gate\n      url: http://127.0.0.1:{port}/events\n      headers: {{Authorization: [Bearer {TOKEN}]}}\n      timeout: 2s\n      threshold: 3\n      backoff: 100ms\n"
    );
    DockerRegistry::start(folder, &more).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_are_judged_before_anybody_asks() {
    if !has_registry() {
        return;
    }
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let registry = registry(folder.path(), port);
    let host = registry.host().to_owned();
    let served = gate(tempfile::tempdir().unwrap(), port, &host, &limits()).await;
    let push = host.clone();
    tokio::task::block_in_place(|| {
        Push::to(&push, "team/app").image("1", &alpine("2-r0")).unwrap();
        Push::to(&push, "team/app").image("old", &alpine("1-r0")).unwrap();
    });
    let metrics = served.gate.metrics();
    for _ in 0..200 {
        if metrics.events("judged") == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((metrics.events("judged"), metrics.events("dropped")), (2, 0));
    // What blobs and pulls were told of is nothing to judge.
    assert!(metrics.events("ignored") > 0);
    assert_eq!(metrics.scans.total(), 2);
    let allowed = served.validate(&[&format!("{host}/team/app:1")], "").await;
    assert_eq!(allowed["allowed"], true, "{allowed}");
    let denied = served.validate(&[&format!("{host}/team/app:old")], "").await;
    assert_eq!(denied["status"]["code"], 403, "{denied}");
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.contains("p/old"), "{message}");
    assert_eq!(metrics.scans.total(), 2, "nothing was read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_moves_gets_no_old_answer() {
    if !has_registry() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = DockerRegistry::start(folder.path(), "").unwrap();
    let host = registry.host().to_owned();
    let served = gate(tempfile::tempdir().unwrap(), 0, &host, &limits()).await;
    let name = format!("{host}/team/app:1");
    for (version, allowed) in [("2-r0", true), ("1-r0", false), ("2-r0", true)] {
        let push = host.clone();
        let image = alpine(version);
        tokio::task::block_in_place(|| Push::to(&push, "team/app").image("1", &image).unwrap());
        let response = served.validate(&[&name], "").await;
        assert_eq!(response["allowed"], allowed, "{version} {response}");
    }
    // The third was the first again.
    assert_eq!(served.gate.metrics().scans.total(), 2);
    drop(registry);
    let gone = served.validate(&[&name], "?timeout=3s").await;
    assert_eq!(gone["allowed"], false, "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_by_name_is_not_called() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let stranger = listener.local_addr().unwrap().to_string();
    let rule = "{id: registries, image.registry: {allow: [registry.example]}}";
    let served =
        gate_with(rule, tempfile::tempdir().unwrap(), 0, "registry.example", &limits()).await;
    let image = format!("{stranger}/team/app:1");
    let denied = served.validate(&[&image], "").await;
    assert_eq!(denied["status"]["code"], 403, "{denied}");
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.contains("block: p/registries: images may not come from"), "{message}");
    let left = served.post("/mutate", &crate::support::review(&[&image])).await.json();
    assert!(left["response"].get("patch").is_none(), "{left}");
    let called = listener.accept().map(|_| ()).unwrap_err().kind();
    assert_eq!(called, std::io::ErrorKind::WouldBlock);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_reviews_read_fifty_images_once_each() {
    if !has_registry() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let registry = DockerRegistry::start(folder.path(), "").unwrap();
    let host = registry.host().to_owned();
    let version = |number: usize| if number.is_multiple_of(2) { "2" } else { "1" };
    tokio::task::block_in_place(|| {
        for number in 0..50 {
            // The release makes each another image.
            let image = alpine(&format!("{}-r{number}", version(number)));
            Push::to(&host, format!("team/app{number}")).image("1", &image).unwrap();
        }
    });
    let served = gate(tempfile::tempdir().unwrap(), 0, &host, &limits()).await;
    let served = std::sync::Arc::new(served);
    for _ in 0..2 {
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let (served, number) = (std::sync::Arc::clone(&served), number % 50);
                let image = format!("{host}/team/app{number}:1");
                tokio::spawn(async move {
                    let response = served.validate(&[&image], "?timeout=30s").await;
                    assert_eq!(response["allowed"], number % 2 == 0, "{image} {response}");
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(served.gate.metrics().scans.total(), 50);
    }
}
