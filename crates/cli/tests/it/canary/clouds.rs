//! Keys of clouds: told to nobody but their own service, and what comes of them to their own registry.

use cutaway_fixtures::Canary;
use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};

use super::stage::{RUNTIME, TOKEN, answer, basic, bearer, log, token, write};
use super::world::World;

const KEY: &str = "c4N4ryK3y+wJalrXUtnFEMI";
const SESSION: &str = "s3ss10n-c4N4ry/Jk8+TUh3Zq";
const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

/// What is wrong with a service, or nothing.
fn faults() -> Vec<Option<Fault>> {
    let repeated = format!("{KEY} {SESSION}");
    vec![
        None,
        Some(answer(400, &format!("{{\"__type\":\"{KEY}\",\"message\":\"{repeated}\"}}"))),
        Some(answer(403, &format!("{{\"error\":\"{SESSION}\",\"code\":\"{KEY}\"}}"))),
        Some(answer(500, &repeated)),
        Some(answer(200, &format!("{{\"access_token\":{repeated}"))),
        Some(Fault::redirect(format!("http://127.0.0.1:9/{KEY}"))),
        Some(Fault::Reset(3)),
    ]
}

fn start() -> FakeRegistry {
    RUNTIME.block_on(FakeRegistry::start())
}

/// Lets the registry ask for a password, keep its blobs elsewhere, and repeat what it is told at the end.
fn closed(world: &World, authorization: String, repeats: bool) {
    let challenges = vec!["Basic realm=\"r\"".to_owned()];
    world.registry.gate(Gate::Exactly { challenges, authorization: authorization.clone() });
    world.blobs_are_at("https://other.example");
    if repeats {
        world.other.always("/blobs/", answer(403, &format!("{KEY} {SESSION}")));
        world.registry.script("/manifests/", [Fault::None]);
        world.registry.always("/manifests/", answer(403, &format!("{authorization} {TOKEN}")));
    }
}

#[test]
fn a_key_of_amazon() {
    for (number, fault) in faults().into_iter().enumerate() {
        for repeats in [false, true] {
            let (world, service) = (World::new(), start());
            let password = basic("AWS", TOKEN);
            let good = format!(
                "{{\"authorizationData\":[{{\"authorizationToken\":\"{}\"}}]}}",
                password.replace("Basic ", "")
            );
            let works = fault.is_none();
            service.always("/", fault.clone().unwrap_or_else(|| answer(200, &good)));
            closed(&world, password, repeats);
            let endpoint = format!("http://{}/", service.host());
            let variables = [
                ("AWS_ACCESS_KEY_ID", "AKID"),
                ("AWS_SECRET_ACCESS_KEY", KEY),
                ("AWS_SESSION_TOKEN", SESSION),
                ("AWS_ENDPOINT_URL_ECR", endpoint.as_str()),
            ];
            let image = format!("{ECR}/team/image:1");
            let place = format!("number {number}");
            for words in [&["scan", "--format", "json"][..], &["auth", "explain"]] {
                let (code, said) = world.run(words, &image, &variables);
                if words[0] == "scan" {
                    assert_eq!(code, Some(if works && !repeats { 0 } else { 3 }), "{said}");
                    world.knows(&place, &said, TOKEN, if works { &["registry"] } else { &[] });
                }
                world.knows_nobody(&place, &said, KEY);
                world.knows_nobody(&place, &said, SESSION);
            }
            // The key signs, and is not sent; the session's token is.
            let told = log(&service);
            assert_eq!(Canary::new(KEY).found_in(&told), None, "{told}");
            assert!(Canary::new(SESSION).found_in(&told).is_some(), "{told}");
        }
    }
}

#[test]
fn a_key_of_google() {
    for (number, fault) in faults().into_iter().enumerate() {
        for repeats in [false, true] {
            let world = World::new();
            let works = fault.is_none();
            world.tokens.always("/token", fault.clone().unwrap_or_else(access_token));
            closed(&world, basic("oauth2accesstoken", TOKEN), repeats);
            let file = serde_json::json!({
                "type": "authorized_user",
                "client_id": "c",
                "client_secret": KEY,
                "refresh_token": SESSION,
            });
            let path = write(world.home.path(), "google.json", &file.to_string());
            let variables = [("GOOGLE_APPLICATION_CREDENTIALS", path.as_str())];
            let place = format!("number {number}");
            let (code, said) =
                world.run(&["scan", "--format", "json"], "gcr.io/team/image:1", &variables);
            assert_eq!(code, Some(if works && !repeats { 0 } else { 3 }), "{said}");
            world.knows(&place, &said, KEY, &["tokens"]);
            world.knows(&place, &said, SESSION, &["tokens"]);
            world.knows(&place, &said, TOKEN, if works { &["registry"] } else { &[] });
        }
    }
    // A token that is there already is told to the registry alone.
    let world = World::new();
    closed(&world, basic("oauth2accesstoken", KEY), false);
    let variables = [("GOOGLE_OAUTH_ACCESS_TOKEN", KEY)];
    let (code, said) = world.run(&["scan", "--format", "json"], "gcr.io/team/image:1", &variables);
    assert_eq!(code, Some(0), "{said}");
    world.knows("a token", &said, KEY, &["registry"]);
    let (_, said) = world.run(&["tags"], "registry.example/team/image", &variables);
    world.knows("another registry", &said, KEY, &["registry"]);
    assert_eq!(world.registry.count("/tags/"), 1, "{said}");
}

#[test]
fn a_key_of_azure() {
    const REFRESH: &str = "r3fr3sh-c4N4ry.Qw2.x";
    for (number, fault) in faults().into_iter().enumerate() {
        let (world, login) = (World::new(), start());
        let works = fault.is_none();
        login.always(
            "/",
            fault.unwrap_or_else(|| {
                answer(200, &format!("{{\"access_token\":\"{SESSION}\",\"expires_in\":300}}"))
            }),
        );
        let refresh = format!("{{\"refresh_token\":\"{REFRESH}\"}}");
        world.registry.always("/oauth2/exchange", answer(200, &refresh));
        world.registry.always("/oauth2/token", token(TOKEN));
        let challenges = vec![bearer("https://mine.azurecr.io/oauth2/token")];
        let authorization = format!("Bearer {TOKEN}");
        world.registry.gate(Gate::Exactly { challenges, authorization });
        world.blobs_are_at("https://other.example");
        let host = format!("http://{}/", login.host());
        let variables = [
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_CLIENT_SECRET", KEY),
            ("AZURE_AUTHORITY_HOST", host.as_str()),
        ];
        let place = format!("number {number}");
        let image = "mine.azurecr.io/team/image:1";
        let (code, said) = world.run(&["scan", "--format", "json"], image, &variables);
        // Without a key the registry's own token server is asked as nobody.
        assert_eq!(code, Some(0), "{place}: {said}");
        let registry: &[&str] = if works { &["registry"] } else { &[] };
        world.knows_nobody(&place, &said, KEY);
        world.knows(&place, &said, SESSION, registry);
        world.knows(&place, &said, REFRESH, registry);
        world.knows(&place, &said, TOKEN, &["registry"]);
        assert!(Canary::new(KEY).found_in(log(&login)).is_some());
    }
}

fn access_token() -> Fault {
    answer(200, &format!("{{\"access_token\":\"{TOKEN}\",\"expires_in\":300}}"))
}
