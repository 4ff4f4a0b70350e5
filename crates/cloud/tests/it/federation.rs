//! Google: identities from elsewhere, accounts that are acted as, and the program of Google's.

use cutaway_cloud::{Found, GoogleSources, Sources};
use cutaway_fixtures::registry::FakeRegistry;
use cutaway_ref::auth::Credential;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

use crate::support::{FakeMachine, file, form, lines, passed_over, url};

const ROBOT: &str =
    "/v1/projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com:generateAccessToken";
const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x";

async fn services() -> FakeRegistry {
    let server = FakeRegistry::start().await;
    server.page("/g/v1/token", "{\"access_token\":\"federated\",\"expires_in\":3599}", &[]);
    server.page("/g/token", "{\"access_token\":\"own\",\"expires_in\":3599}", &[]);
    let json = "{\"accessToken\":\"robot\",\"expireTime\":\"2100-03-01T00:00:00Z\"}";
    server.page(&format!("/g{ROBOT}"), json, &[]);
    server.page("/id", "{\"value\":\"from-url\"}", &[]);
    server
}

/// Returns the settings of a federation, with more of them laid over.
fn external(source: Value, more: Value) -> String {
    let mut file = json!({
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": source,
    });
    file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    file.to_string()
}

fn robot() -> String {
    format!("https://iamcredentials.googleapis.com{ROBOT}")
}

async fn ask(server: &FakeRegistry, contents: String) -> Result<Found, cutaway_cloud::Error> {
    let google = GoogleSources {
        credentials: Some(file("wif.json", contents)),
        endpoint: Some(url(server, "/g")),
        ..GoogleSources::default()
    };
    let machine = FakeMachine::default()
        .with("/var/token", "from-file\n")
        .with("/var/token.json", "{\"token\":\"from-json\",\"other\":7}");
    crate::support::found(
        Sources { google, machine: machine.share(), ..Sources::default() },
        "gcr.io",
    )
    .await
}

fn password(found: &Found) -> &str {
    let Credential::Basic { username, password } = &found.credential else { panic!("{found:?}") };
    assert_eq!(username, "oauth2accesstoken");
    password.expose()
}

#[tokio::test]
async fn an_identity_is_exchanged() {
    let server = services().await;
    let by_url = json!({
        "url": url(&server, "/id").as_str(),
        "headers": {"Metadata": "True"},
        "format": {"type": "json", "subject_token_field_name": "value"},
    });
    let by_json = json!({"file": "/var/token.json", "format": {"type": "json", "subject_token_field_name": "token"}});
    for (source, more, subject, token, key) in [
        (json!({"file": "/var/token"}), json!({}), "from-file", "federated", AUDIENCE),
        (by_json, json!({}), "from-json", "federated", AUDIENCE),
        (by_url, json!({}), "from-url", "federated", AUDIENCE),
        (
            json!({"file": "/var/token", "format": {"type": "text"}}),
            json!({
                "service_account_impersonation_url": robot(),
                "service_account_impersonation": {"token_lifetime_seconds": 600},
                "workforce_pool_user_project": "payer",
            }),
            "from-file",
            "robot",
            "robot@p.iam.gserviceaccount.com",
        ),
    ] {
        let asked = server.requests().len();
        let found = ask(&server, external(source, more)).await.unwrap();
        assert_eq!(password(&found), token);
        assert_eq!(
            (found.source.as_str(), found.key.as_deref()),
            ("Google, with wif.json", Some(key))
        );
        let requests = server.requests().split_off(asked);
        let exchange = requests.iter().find(|request| request.target == "/g/v1/token").unwrap();
        let told = form(exchange);
        assert_eq!(told["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
        assert_eq!(told["requested_token_type"], "urn:ietf:params:oauth:token-type:access_token");
        assert_eq!(told["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
        assert_eq!(told["scope"], "https://www.googleapis.com/auth/cloud-platform");
        assert_eq!((&*told["audience"], &*told["subject_token"]), (AUDIENCE, subject));
        if subject == "from-url" {
            assert_eq!(requests[0].header("metadata"), Some("True"));
        }
        if token == "robot" {
            assert_eq!(told["options"], "{\"userProject\":\"payer\"}");
            let acting = requests.last().unwrap();
            assert_eq!(acting.header("authorization"), Some("Bearer federated"));
            let body: Value = serde_json::from_str(&acting.body).unwrap();
            assert_eq!(body["lifetime"], "600s");
            assert_eq!(body["scope"], json!(["https://www.googleapis.com/auth/cloud-platform"]));
            assert_eq!(found.expires, UNIX_EPOCH + Duration::from_secs(4_107_542_400));
        }
    }
    // A client that names itself pays for itself.
    let client =
        json!({"client_id": "id", "client_secret": "s", "workforce_pool_user_project": "payer"});
    ask(&server, external(json!({"file": "/var/token"}), client)).await.unwrap();
    let request = server.requests().pop().unwrap();
    assert_eq!(request.header("authorization"), Some("Basic aWQ6cw=="));
    assert!(!form(&request).contains_key("options"));
}

#[tokio::test]
async fn a_user_acts_as_a_service_account() {
    let server = services().await;
    let contents = json!({
        "type": "impersonated_service_account",
        "service_account_impersonation_url": robot(),
        "delegates": ["between"],
        "source_credentials": {
            "type": "authorized_user", "client_id": "id", "client_secret": "s", "refresh_token": "r",
        },
    });
    let found = ask(&server, contents.to_string()).await.unwrap();
    assert_eq!(password(&found), "robot");
    assert_eq!(lines(&server), ["POST /g/token".to_owned(), format!("POST /g{ROBOT}")]);
    let acting = server.requests().pop().unwrap();
    assert_eq!(acting.header("authorization"), Some("Bearer own"));
    let body: Value = serde_json::from_str(&acting.body).unwrap();
    assert_eq!((&body["delegates"], &body["lifetime"]), (&json!(["between"]), &json!("3600s")));
}

#[tokio::test]
async fn what_is_wrong_with_an_identity_is_said() {
    let server = services().await;
    for (source, reason) in [
        (json!({}), "its credential_source is neither a file nor a url"),
        (json!({"environment_id": "aws1"}), "its credential_source is neither a file nor a url"),
        (json!({"executable": {"command": "/bin/x"}}), "neither a file nor a url"),
        (json!({"file": "/none"}), "/none: there is no such file"),
        (
            json!({"file": "/var/token", "format": {"type": "json"}}),
            "lacks subject_token_field_name",
        ),
        (
            json!({"file": "/var/token", "format": {"type": "json", "subject_token_field_name": "x"}}),
            "is not JSON with the subject_token_field_name",
        ),
        (json!({"url": "file:///etc/passwd"}), "is no HTTP address"),
        (json!({"url": url(&server, "/none").as_str()}), "answers HTTP status 404"),
    ] {
        let error = ask(&server, external(source, json!({}))).await.unwrap_err();
        let passed = passed_over(&error);
        let (name, said) = passed[1];
        assert_eq!(name, "wif.json");
        assert!(said.contains(reason), "{reason}: {said}");
    }
}

#[tokio::test]
async fn a_user_has_logged_in_with_the_program() {
    let words = "gcloud|config|config-helper|--force-auth-refresh|--format=json(credential)";
    let answer =
        "{\"credential\":{\"access_token\":\"of-user\",\"token_expiry\":\"2100-03-01T00:00:00Z\"}}";
    let ask = async |gcloud, machine: FakeMachine| {
        let google = GoogleSources { gcloud, ..GoogleSources::default() };
        let sources = Sources { google, machine: machine.share(), ..Sources::default() };
        crate::support::found(sources, "europe-docker.pkg.dev").await
    };
    let found = ask(true, FakeMachine::default().with(words, answer)).await.unwrap();
    assert_eq!(password(&found), "of-user");
    assert_eq!(found.source, "Google, with gcloud");
    assert_eq!(found.expires, UNIX_EPOCH + Duration::from_secs(4_107_542_400));
    for (gcloud, machine, reason) in [
        (false, FakeMachine::default().with(words, answer), "nobody has logged in with it"),
        (true, FakeMachine::default(), "the program is not installed"),
        (
            true,
            FakeMachine::default().with(words, "ERROR: of-user"),
            "not the JSON that is documented",
        ),
    ] {
        let error = ask(gcloud, machine).await.unwrap_err();
        let (name, said) = *passed_over(&error).last().unwrap();
        assert!(name == "gcloud" && said.contains(reason), "{name}: {said}");
    }
}
