//! A network of our own with public and private addresses in it, so that names and addresses are what they
//! are elsewhere.
//!
//! The test runs itself once more as the only program in that network.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cutaway_fixtures::Canary;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::stage::{RUNTIME, USER, basic, bearer, hold, log, token, write};
use crate::support::{alpine, cutaway};

const SECRET: &str = "c4N4ry+/%25:Zq9-pl41n";
const REGISTRY: &str = "8.8.4.4";
const STORAGE: &str = "9.9.9.9";
const STORAGE_6: &str = "2606:4700::9";
const INTERNAL: &str = "192.168.7.7";
/// The ways in which a registry names an address.
const WAYS: [&str; 4] = ["realm", "manifest", "blob", "foreign"];
/// Addresses at which somebody answers who must not be reached, and their names.
const INSIDE: &[(&str, &str)] = &[
    ("127.0.0.1", "loopback.example"),
    ("10.0.0.5", "private.example"),
    ("172.20.0.5", "172.example"),
    ("100.64.0.9", "carrier.example"),
    ("169.254.169.254", "metadata.example"),
    ("168.63.129.16", "azure.example"),
    ("::1", "loopback6.example"),
    ("fd12::5", "unique-local.example"),
    ("fd00:ec2::254", "metadata6.example"),
    ("64:ff9b::a00:5", "nat64.example"),
];
const HOSTS: &str = "\
127.0.0.1 localhost\n\
8.8.4.4 public.example\n\
192.168.7.7 internal.example\n\
9.9.9.9 storage.example\n\
2606:4700::9 storage6.example\n\
10.0.0.5 both.example\n\
9.9.9.9 both.example\n";

#[test]
fn names_and_addresses_are_what_they_are() {
    let own_network = ["--map-root-user", "--net", "--mount"];
    let can = Command::new("unshare").args(own_network).arg("true").stderr(Stdio::null()).status();
    let has_ip = Command::new("ip").arg("-V").stdout(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) || !has_ip.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no network of its own");
        return;
    }
    let inside = Command::new("unshare")
        .args(own_network)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "canary::networks::inside", "--nocapture"])
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&inside.stdout),
        String::from_utf8_lossy(&inside.stderr)
    );
    assert!(inside.status.success() && said.contains("1 passed"), "{said}");
}

/// Somebody at an address, at the port of HTTP.
struct Place {
    seen: Arc<AtomicUsize>,
    behind: Arc<Mutex<String>>,
}

impl Place {
    /// Listens at an address, and hands all that comes to `behind`.
    fn new(address: &str, behind: &FakeRegistry) -> Self {
        let socket = SocketAddr::new(address.parse().unwrap(), 80);
        let place = Self { seen: Arc::default(), behind: Arc::new(Mutex::new(behind.host())) };
        let (seen, behind) = (Arc::clone(&place.seen), Arc::clone(&place.behind));
        let listener = RUNTIME.block_on(TcpListener::bind(socket)).unwrap();
        RUNTIME.spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                seen.fetch_add(1, Ordering::Relaxed);
                let behind = behind.lock().unwrap().clone();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(behind).await.unwrap();
                    drop(copy_bidirectional(&mut client, &mut server).await);
                });
            }
        });
        place
    }

    fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

#[test]
#[ignore = "runs in a network of its own"]
fn inside() {
    let folder = tempfile::tempdir().unwrap();
    let mut hosts = HOSTS.to_owned();
    let mut commands = "ip link set lo up\n".to_owned();
    let addresses = INSIDE.iter().map(|(address, _)| *address);
    for address in addresses.chain([REGISTRY, STORAGE, STORAGE_6, INTERNAL]) {
        if !["127.0.0.1", "::1"].contains(&address) {
            let length = if address.contains(':') { 128 } else { 32 };
            commands += &format!("ip addr add {address}/{length} dev lo\n");
        }
    }
    for (address, name) in INSIDE {
        hosts += &format!("{address} {name}\n");
    }
    let hosts = write(folder.path(), "hosts", &hosts);
    commands += &format!("mount --bind {hosts} /etc/hosts\n");
    let done = Command::new("sh").args(["-ec", &commands]).status().unwrap();
    assert!(done.success());

    let netrc = ["public.example", "internal.example"]
        .map(|host| format!("machine {host} login {USER} password {SECRET}\n"));
    write(folder.path(), ".netrc", &netrc.concat());
    let start = || RUNTIME.block_on(FakeRegistry::start());
    let (storage, private) = (start(), start());
    let image = alpine();
    for server in [&storage, &private] {
        hold(server, &image);
        server.always("/token", token("somebody-elses"));
    }
    let places: Vec<Place> =
        INSIDE.iter().map(|(address, _)| Place::new(address, &private)).collect();
    let outside = [STORAGE, STORAGE_6].map(|address| Place::new(address, &storage));

    // Somebody answers at every one of them.
    for (address, name) in INSIDE {
        let before = private.requests().len();
        let output = run(folder.path(), &[&format!("{name}/team/image:1")]);
        assert_eq!(output.0, Some(0), "{name} at {address}: {}", output.1);
        assert!(private.requests().len() > before);
    }
    let reached = || places.iter().map(Place::seen).collect::<Vec<_>>();
    let before = reached();
    let public = Place::new(REGISTRY, &private);
    let home = folder.path();
    for (address, name) in INSIDE {
        let literal =
            if address.contains(':') { format!("[{address}]") } else { (*address).to_owned() };
        for (way, to) in WAYS.iter().flat_map(|way| [(way, *name), (way, literal.as_str())]) {
            let (code, said) = lead(home, "public.example", &public, way, to);
            assert_eq!(code, Some(3), "{way} to {to}: {said}");
            assert!(said.contains("is a private, loopback or link-local"), "{way} to {to}: {said}");
        }
    }
    assert_eq!(reached(), before, "somebody inside was reached from outside");

    // To the public network all ways are open, and of two addresses of one name the public one is used.
    for to in ["storage.example", "storage6.example", "both.example", STORAGE] {
        for way in WAYS {
            let seen = || outside.iter().map(Place::seen).sum::<usize>();
            let so_far = seen();
            let (code, said) = lead(home, "public.example", &public, way, to);
            assert_eq!(code, Some(0), "{way} to {to}: {said}");
            assert!(seen() > so_far, "{way} to {to}");
        }
    }
    assert_eq!(reached(), before, "the address of both.example that is inside was used");

    // A private registry leads within its kind and outside, and nowhere else.
    let internal = Place::new(INTERNAL, &private);
    for way in WAYS {
        for (to, wanted) in [
            ("private.example", 0),
            ("10.0.0.5", 0),
            ("unique-local.example", 0),
            ("storage.example", 0),
            ("loopback.example", 3),
            ("loopback6.example", 3),
            ("127.0.0.1", 3),
            ("metadata.example", 3),
            ("metadata6.example", 3),
            ("169.254.169.254", 3),
        ] {
            let (code, said) = lead(home, "internal.example", &internal, way, to);
            assert_eq!(code, Some(wanted), "{way} to {to}: {said}");
        }
    }
    assert!(public.seen() > 0 && internal.seen() > 0);
    for server in [&storage, &private] {
        assert_eq!(Canary::new(SECRET).found_in(log(server)), None);
    }
}

/// Runs the binary on a registry at `place` that leads to `to` by one way.
fn lead(home: &Path, host: &str, place: &Place, way: &str, to: &str) -> (Option<i32>, String) {
    let registry = RUNTIME.block_on(FakeRegistry::start());
    *place.behind.lock().unwrap() = registry.host();
    let mut image = alpine();
    let url = format!("http://{to}");
    registry.gate(match way {
        "realm" => Gate::Exactly {
            challenges: vec![bearer(&format!("{url}/token"))],
            authorization: "Bearer somebody-elses".to_owned(),
        },
        _ => Gate::Exactly {
            challenges: vec!["Basic realm=\"r\"".to_owned()],
            authorization: basic(USER, SECRET),
        },
    });
    match way {
        "manifest" => {
            registry.script("/manifests/", [Fault::None]);
            let to = format!("{url}/v2/team/image/manifests/1");
            registry.always("/manifests/", Fault::redirect(to));
        }
        "blob" | "foreign" => {
            let mut document: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
            for layer in document["layers"].as_array_mut().unwrap() {
                let digest = layer["digest"].as_str().unwrap().to_owned();
                let there = format!("{url}/v2/x/blobs/{digest}");
                let fault = match way {
                    "blob" => Fault::redirect(there.clone()),
                    _ => Fault::status(404),
                };
                registry.always(&format!("/blobs/{digest}"), fault);
                layer["urls"] = json!([there]);
            }
            image.manifest.bytes = document.to_string().into();
        }
        _ => {}
    }
    hold(&registry, &image);
    let output = run(home, &["--foreign-urls", &format!("{host}/team/image:1")]);
    let canary = Canary::new(SECRET);
    assert_eq!(canary.found_in(&output.1), None, "{}", output.1);
    assert_eq!(canary.found_in(log(&registry)).is_some(), way != "realm", "{}", output.1);
    output
}

fn run(home: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut all = vec!["-vv", "--plain-http", "--limit", "tries=1", "scan"];
    all.extend(words);
    let mut command = cutaway(&all);
    // Each run asks for all of it.
    command.env("HOME", home).env("CUTAWAY_NO_CACHE", "1").stdin(Stdio::null());
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}
