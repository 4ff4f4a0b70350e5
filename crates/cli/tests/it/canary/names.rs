//! Public registries over TLS: whose token server is whose, and where none of them may lead.

use cutaway_fixtures::registry::{Fault, Gate};
use serde_json::{Value, json};

use super::stage::{BYSTANDER, TOKEN, USER, basic, bearer, hold, token, write};
use super::world::World;
use crate::support::alpine;

const SECRET: &str = "c4N4ry\"\\+/%25:Zq9";
/// Addresses inside, in every spelling.
const INSIDE: &[&str] = &[
    "127.0.0.1",
    "127.1:8080",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",
    "10.0.0.1:5000",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "[::1]",
    "[::]",
    "[fd12::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]",
    "[2002:7f00:1::]",
];

/// A world in which the registry `host` asks in this way, and its credential is in a file.
fn world(host: &str, challenge: &str, authorization: String) -> World {
    let world = World::new();
    let key = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
    let entry = |password| json!({ "username": USER, "password": password });
    let config = json!({ "auths": {
        key: entry(SECRET),
        "other.example": entry(BYSTANDER),
        "tokens.example": entry(BYSTANDER),
        "registry.example:444": entry(BYSTANDER),
    }});
    write(world.home.path(), ".docker/config.json", &config.to_string());
    let challenges = vec![challenge.to_owned()];
    world.registry.gate(Gate::Exactly { challenges, authorization });
    for server in [&world.registry, &world.tokens, &world.other] {
        server.always("/token", token(TOKEN));
    }
    world
}

fn password() -> World {
    world("registry.example", "Basic realm=\"r\"", basic(USER, SECRET))
}

fn asking(host: &str, realm: &str) -> World {
    world(host, &bearer(realm), format!("Bearer {TOKEN}"))
}

#[test]
fn token_servers() {
    for (host, realm, knows, status) in [
        ("registry.example", "https://registry.example/token", &["registry"][..], 0),
        ("registry.example", "https://registry.example:443/token", &["registry"], 0),
        ("registry.example", "https://registry.example:444/token", &[], 0),
        ("registry.example", "https://tokens.example/token", &[], 0),
        ("registry.example", "https://auth.docker.io/token", &[], 0),
        // Its own host is asked over TLS.
        ("registry.example", "http://registry.example/token", &["registry"], 0),
        ("registry.example", "http://tokens.example/token", &[], 3),
        ("registry.example", "https://me:x@registry.example/token", &[], 3),
        ("docker.io", "https://auth.docker.io/token", &["tokens"], 0),
        ("docker.io", "https://auth.docker.io:444/token", &[], 0),
        ("docker.io", "http://auth.docker.io/token", &[], 3),
        ("docker.io", "https://tokens.example/token", &[], 0),
        ("docker.io", "https://gitlab.com/token", &[], 0),
        ("registry.gitlab.com", "https://gitlab.com/token", &["tokens"], 0),
        ("registry.gitlab.com", "https://auth.docker.io/token", &[], 0),
    ] {
        let place = format!("{host} with the realm {realm}");
        let world = asking(host, realm);
        let image = format!("{host}/team/image:1");
        let (code, said) = world.run(&["scan", "--format", "json"], &image, &[]);
        assert_eq!(code, Some(status), "{place}: {said}");
        world.knows(&place, &said, SECRET, knows);
        world.knows(&place, &said, BYSTANDER, &[]);
        assert!(world.connected().iter().all(|line| line.starts_with("CONNECT ")), "{place}");
        // And a redirect takes nothing along, whoever has given the token.
        world.blobs_are_at("https://other.example");
        let (code, said) = world.run(&["scan", "--format", "json"], &image, &[]);
        assert_eq!(code, Some(status), "{place}: {said}");
        world.knows(&place, &said, SECRET, knows);
    }
}

#[test]
fn the_token_of_a_workflow_is_for_one_registry() {
    let variables = [("GITHUB_TOKEN", SECRET), ("GITHUB_ACTOR", USER)];
    for (host, challenge, knows, status) in [
        ("ghcr.io", bearer("https://ghcr.io/token"), &["registry"][..], 0),
        ("ghcr.io", bearer("https://registry.example:444/token"), &[], 0),
        ("registry.example", bearer("https://registry.example/token"), &[], 0),
        ("registry.example", bearer("https://ghcr.io/token"), &[], 0),
        ("registry.example", "Basic realm=\"r\"".to_owned(), &[], 3),
    ] {
        let world = asking("nowhere.example", "https://nowhere.example/");
        let challenges = vec![challenge];
        let authorization = format!("Bearer {TOKEN}");
        world.registry.gate(Gate::Exactly { challenges, authorization });
        world.blobs_are_at("https://other.example");
        let image = format!("{host}/team/image:1");
        let (code, said) = world.run(&["scan", "--format", "json"], &image, &variables);
        assert_eq!(code, Some(status), "{host}: {said}");
        world.knows(host, &said, SECRET, knows);
    }
}

/// From TLS nothing leads to plain HTTP, also not to the same host.
#[test]
fn no_way_leads_out_of_tls() {
    for to in ["http://registry.example", "http://other.example", "http://registry.example:443"] {
        for part in ["/manifests/", "/blobs/", "/tags/"] {
            let world = password();
            world.registry.script(part, [Fault::None]);
            world.registry.always(part, Fault::redirect(format!("{to}/v2/team/image/x")));
            let words: &[&str] = if part == "/tags/" { &["tags"] } else { &["scan"] };
            // The first blob is the config.
            let (code, said) = world.run(words, "registry.example/team/image:1", &[]);
            assert_eq!(code, Some(3), "{part} to {to}: {said}");
            assert!(said.contains("from HTTPS to plain HTTP"), "{part} to {to}: {said}");
            world.knows(to, &said, SECRET, &["registry"]);
            let connected = world.connected();
            assert_eq!(connected.len(), 1, "{part} to {to}: {connected:?}");
        }
    }
}

/// A public registry leads to no address inside, by no way.
#[test]
fn no_way_leads_inside() {
    for inside in INSIDE {
        for way in ["realm", "manifest", "blob", "foreign", "list", "token"] {
            let place = format!("{way} at {inside}");
            let url = format!("https://{inside}/v2/team/image/blobs/x");
            let world = if way == "realm" { asking("registry.example", &url) } else { password() };
            let redirect = Fault::redirect(url.clone());
            let mut words = vec!["scan", "--format", "json"];
            match way {
                "manifest" => {
                    world.registry.script("/manifests/", [Fault::None]);
                    world.registry.always("/manifests/", redirect);
                }
                "blob" => world.registry.always("/blobs/", redirect),
                "foreign" => {
                    words.push("--foreign-urls");
                    foreign(&world, &url);
                }
                "list" => {
                    let link = format!("<{url}>; rel=\"next\"");
                    let list = "/v2/team/image/tags/list?n=1000";
                    world.registry.page(list, "{\"tags\":[]}", &[("Link", &link)]);
                    words = vec!["tags"];
                }
                "token" => {
                    let challenges = vec![bearer("https://registry.example/moved")];
                    let authorization = format!("Bearer {TOKEN}");
                    world.registry.gate(Gate::Exactly { challenges, authorization });
                    world.registry.always("/moved", redirect);
                }
                _ => {}
            }
            let (code, said) = world.run(&words, "registry.example/team/image:1", &[]);
            assert_eq!(code, Some(3), "{place}: {said}");
            let rule = match way {
                // It is asked of the registry itself, which does not have it.
                "list" => "is not in the registry",
                "token" => "a token server that redirects",
                _ => "is a private, loopback or link-local address",
            };
            assert!(said.contains(rule), "{place}: {said}");
            world.knows(&place, &said, SECRET, if way == "realm" { &[] } else { &["registry"] });
            let connected = world.connected();
            assert!(
                connected.iter().all(|line| line.starts_with("CONNECT registry.example:443 ")),
                "{place}: {connected:?}"
            );
        }
    }
}

/// Lets the registry lack its layers, and names an address for them.
fn foreign(world: &World, url: &str) {
    let mut image = alpine();
    let mut document: Value = serde_json::from_slice(&image.manifest.bytes).unwrap();
    for layer in document["layers"].as_array_mut().unwrap() {
        layer["urls"] = json!([url]);
        let digest = layer["digest"].as_str().unwrap();
        world.registry.always(&format!("/blobs/{digest}"), Fault::status(404));
    }
    image.manifest.bytes = document.to_string().into();
    hold(&world.registry, &image);
}
