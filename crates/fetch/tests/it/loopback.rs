//! Registries on this machine are reached without a flag; others only as they are told.

use cutaway_fetch::{Config, Registry};
use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_ref::Reference;
use cutaway_ref::auth::Credential;

use crate::support::{NAME, Scene, quick, read, transport};

fn no_flag() -> Config {
    Config { plain_http: false, ..quick() }
}

#[tokio::test]
async fn plain_http_is_found_out_once() {
    let scene = Scene::new(1000).await;
    let (registry, repository) = scene.client(Credential::Anonymous, no_flag());
    registry.resolve(&scene.reference()).await.unwrap();
    assert!(read(&repository, &scene.layer).await.unwrap() == scene.blob);
    assert_eq!(scene.registry.requests().len(), 2);
}

#[tokio::test]
async fn by_the_name_localhost() {
    let scene = Scene::new(1000).await;
    let host = format!("localhost:{}", scene.registry.port());
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let registry = Registry::new(&host, Credential::Anonymous, no_flag()).unwrap();
    assert_eq!(registry.resolve(&reference).await.unwrap().bytes, scene.manifest);
}

#[tokio::test]
async fn a_server_that_says_nothing_to_tls() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let mut config = no_flag();
    config.times.loopback_probe = std::time::Duration::from_millis(100);
    config.times.connect = std::time::Duration::from_millis(10);
    config.retry.tries = 1;
    let registry = Registry::new(&host, Credential::Anonymous, config).unwrap();
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let error = transport(registry.resolve(&reference).await.unwrap_err());
    assert!(error.starts_with("http://") && error.contains("no answer came"), "{error}");
    silent.abort();
}

#[tokio::test]
async fn nobody_there() {
    let registry = FakeRegistry::start().await;
    let host = registry.host();
    drop(registry);
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let client = Registry::new(&host, Credential::Anonymous, no_flag()).unwrap();
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let error = transport(client.resolve(&reference).await.unwrap_err());
    assert!(error.contains("cannot connect") && error.contains("refused"), "{error}");
    assert!(!error.contains("tries"), "{error}");
    let reference: Reference = format!("no-such-host.invalid/{NAME}:1").parse().unwrap();
    let client = Registry::new("no-such-host.invalid", Credential::Anonymous, no_flag()).unwrap();
    let error = transport(client.resolve(&reference).await.unwrap_err());
    assert!(
        error.contains("https://no-such-host.invalid/") && error.contains("cannot connect"),
        "{error}"
    );
}

#[tokio::test]
async fn a_proxy_is_used_when_it_is_given() {
    // The proxy is a registry that sees whole addresses in its requests.
    let scene = Scene::new(10).await;
    let proxy = cutaway_fetch::Proxy {
        http: Some(cutaway_ref::auth::Secret::new(format!(
            "http://user:canary-proxy@{}",
            scene.registry.host()
        ))),
        ..cutaway_fetch::Proxy::default()
    };
    let config = Config { proxy: Some(proxy), ..quick() };
    scene.registry.script("/blobs/", [Fault::status(403)]);
    let registry = Registry::new("registry.invalid", Credential::Anonymous, config).unwrap();
    let reference: Reference = format!("registry.invalid/{NAME}:1").parse().unwrap();
    assert_eq!(registry.resolve(&reference).await.unwrap().bytes, scene.manifest);
    let request = scene.registry.requests().remove(0);
    assert_eq!(request.target, format!("http://registry.invalid/v2/{NAME}/manifests/1"));
    assert!(request.header("proxy-authorization").is_some());
    let error = transport(read(&registry.repository(&reference), &scene.layer).await.unwrap_err());
    assert!(!error.contains("canary"), "{error}");
    // Without TLS it may have been the proxy that refused.
    let through = format!(", through the proxy {}", scene.registry.host());
    assert!(error.contains(&through), "{error}");
}
