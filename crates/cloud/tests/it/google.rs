//! Google: assertions whose signatures are checked, refresh tokens, and the metadata service.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_cloud::{Error, File, GoogleSources, Sources};
use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_ref::auth::{Credential, Secret};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::support::{clouds, file, form, found, url};

const REGISTRY: &str = "europe-west1-docker.pkg.dev";

/// The key of a service account that exists in these tests alone.
pub(crate) fn service_account() -> File {
    let account = json!({
        "type": "service_account",
        "client_email": "robot@project.iam.gserviceaccount.com",
        "private_key_id": "k1",
        "private_key": include_str!("keys/service-account.key"),
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    file("account.json", account.to_string())
}

async fn service() -> FakeRegistry {
    let server = FakeRegistry::start().await;
    server.page("/g/token", "{\"access_token\":\"ya29.x\",\"expires_in\":3599}", &[]);
    server
}

fn sources(server: &FakeRegistry) -> GoogleSources {
    GoogleSources { endpoint: Some(url(server, "/g")), ..GoogleSources::default() }
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let server = service().await;
    let google = GoogleSources { credentials: Some(service_account()), ..sources(&server) };
    let clouds = clouds(Sources { google, ..Sources::default() });
    for registry in [REGISTRY, REGISTRY, "gcr.io"] {
        let found = clouds.find(registry).await.unwrap().unwrap();
        assert_eq!(found.credential, Credential::basic("oauth2accesstoken", "ya29.x"));
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "one a registry");
    let told = form(&requests[0]);
    assert_eq!(told["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let parts: Vec<&str> = told["assertion"].split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let key = UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        include_bytes!("keys/service-account.pub"),
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    key.verify(signed.as_bytes(), &decode(parts[2])).unwrap();
    assert!(key.verify(parts[0].as_bytes(), &decode(parts[2])).is_err());
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    assert_eq!(header, json!({"alg": "RS256", "kid": "k1", "typ": "JWT"}));
    let claims: Value = serde_json::from_slice(&decode(parts[1])).unwrap();
    assert_eq!(claims["iss"], "robot@project.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], url(&server, "/g/token").as_str());
    let kept = clouds.find("gcr.io").await.unwrap().unwrap();
    assert_eq!(kept.source, "Google, with account.json");
    assert_eq!(kept.key.as_deref(), Some("robot@project.iam.gserviceaccount.com"));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
}

#[tokio::test]
async fn a_login_has_left_a_refresh_token() {
    let server = service().await;
    let user = json!({
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "s",
        "refresh_token": "1//x&y",
    });
    let google = GoogleSources {
        default_credentials: Some(file("user.json", user.to_string())),
        ..sources(&server)
    };
    found(Sources { google, ..Sources::default() }, REGISTRY).await.unwrap();
    let told = form(&server.requests()[0]);
    assert_eq!(told["grant_type"], "refresh_token");
    assert_eq!((told["client_id"].as_str(), told["refresh_token"].as_str()), ("id", "1//x&y"));
}

#[tokio::test]
async fn the_metadata_service_is_the_last_to_be_asked() {
    let server = FakeRegistry::start().await;
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    server.page(path, "{\"access_token\":\"machine\",\"expires_in\":10}", &[]);
    let google = GoogleSources { metadata: Some(url(&server, "")), ..GoogleSources::default() };
    let sources = Sources { google, ..Sources::default() };
    let found = found(sources.clone(), REGISTRY).await.unwrap();
    assert_eq!(found.credential, Credential::basic("oauth2accesstoken", "machine"));
    let request = server.requests().remove(0);
    assert_eq!(request.header("metadata-flavor"), Some("Google"));
    let mut sources = sources;
    sources.google.access_token = Some(Secret::new("given"));
    let found = crate::support::found(sources, REGISTRY).await.unwrap();
    assert_eq!(found.credential, Credential::basic("oauth2accesstoken", "given"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let server = service().await;
    server
        .always("/g/token", Fault::Status(400, vec![], "{\"error\":\"invalid_grant\"}".to_owned()));
    let google = GoogleSources {
        credentials: Some(service_account()),
        default_credentials: Some(file("adc.json", "{\"type\":\"gdch_service_account\"}")),
        ..sources(&server)
    };
    let error = found(Sources { google, ..Sources::default() }, REGISTRY).await.unwrap_err();
    assert!(matches!(&error, Error::NoKey { cloud: "Google", .. }), "{error}");
    let text = error.to_string();
    for words in ["HTTP status 400, invalid_grant", "its type is none", "no machine of Google's"] {
        assert!(text.contains(words), "{text}");
    }
}
