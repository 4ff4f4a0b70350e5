//! Azure: principals and machines log in, and the registry exchanges what they get.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_cloud::{AppService, AzureSources, Error, File, Principal, Proof, Sources};
use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_ref::auth::{Credential, Secret};

use crate::support::{clouds, file, form, found, lines, passed_over, url};

const REGISTRY: &str = "mine.azurecr.io";

async fn services() -> FakeRegistry {
    let server = FakeRegistry::start().await;
    server.page("/my-tenant/oauth2/v2.0/token", "{\"access_token\":\"directory\"}", &[]);
    server.page(
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=one",
        "{\"access_token\":\"machine\"}",
        &[],
    );
    server.page("/oauth2/exchange", &format!("{{\"refresh_token\":\"{}\"}}", refresh()), &[]);
    server
}

fn refresh() -> String {
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode("{\"exp\":4000000000}"))
}

fn principal(proof: Proof) -> Option<Principal> {
    Some(Principal { tenant: "my-tenant".to_owned(), client: "app".to_owned(), proof })
}

fn sources(server: &FakeRegistry) -> AzureSources {
    AzureSources {
        principal: None,
        app: None,
        metadata: None,
        identity: Some("one".to_owned()),
        login: Some(url(server, "")),
        registry: Some(url(server, "")),
    }
}

#[tokio::test]
async fn a_principal_logs_in() {
    for (proof, name, value) in [
        (Proof::Secret(Secret::new("s&ecret")), "client_secret", "s&ecret"),
        (Proof::Assertion(file("token", "signed")), "client_assertion", "signed"),
    ] {
        let server = services().await;
        let azure = AzureSources { principal: principal(proof), ..sources(&server) };
        let clouds = clouds(Sources { azure, ..Sources::default() });
        for _ in 0..2 {
            let found = clouds.find(REGISTRY).await.unwrap().unwrap();
            let wanted = Credential::IdentityToken {
                username: Some("00000000-0000-0000-0000-000000000000".to_owned()),
                token: Secret::new(refresh()),
            };
            assert_eq!(found.credential, wanted);
        }
        assert_eq!(lines(&server), ["POST /my-tenant/oauth2/v2.0/token", "POST /oauth2/exchange"]);
        let requests = server.requests();
        let login = form(&requests[0]);
        assert_eq!(login["grant_type"], "client_credentials");
        assert_eq!(login["scope"], "https://management.azure.com/.default");
        assert_eq!(login[name], value);
        let exchange = form(&requests[1]);
        assert_eq!(exchange["grant_type"], "access_token");
        assert_eq!(exchange["service"], REGISTRY);
        assert_eq!(exchange["tenant"], "my-tenant");
        assert_eq!(exchange["access_token"], "directory");
    }
}

#[tokio::test]
async fn a_machine_has_an_identity() {
    let server = services().await;
    let azure = AzureSources { metadata: Some(url(&server, "")), ..sources(&server) };
    let found = found(Sources { azure, ..Sources::default() }, REGISTRY).await.unwrap();
    assert!(found.source.contains("the machine's identity"));
    assert_eq!(found.key.as_deref(), Some("one"));
    let requests = server.requests();
    assert_eq!(requests[0].header("metadata"), Some("true"));
    assert_eq!(form(&requests[1])["access_token"], "machine");
    assert!(!form(&requests[1]).contains_key("tenant"));
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let server = services().await;
    server.always("/oauth2/v2.0/token", Fault::status(401));
    let proof = Proof::Secret(Secret::new("s"));
    let azure = AzureSources { principal: principal(proof.clone()), ..sources(&server) };
    let error = found(Sources { azure, ..Sources::default() }, REGISTRY).await.unwrap_err();
    assert!(matches!(&error, Error::NoKey { cloud: "Azure", .. }), "{error}");
    assert!(error.to_string().contains("Azure's login service answers HTTP status 401"), "{error}");

    let server = services().await;
    server.always(
        "/oauth2/exchange",
        Fault::Status(401, vec![], "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".to_owned()),
    );
    let azure = AzureSources { principal: principal(proof), ..sources(&server) };
    let error = found(Sources { azure, ..Sources::default() }, REGISTRY).await.unwrap_err();
    assert!(error.to_string().contains("HTTP status 401, UNAUTHORIZED"), "{error}");
}

#[tokio::test]
async fn an_app_has_an_identity() {
    let server = services().await;
    server.page(
        "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=one",
        "{\"access_token\":\"app\"}",
        &[],
    );
    let app = AppService { url: url(&server, "/msi/token"), header: Secret::new("only-the-app") };
    // Without its proof there is no principal, and the tenant of one is nobody else's.
    let unread =
        File { name: "token".to_owned(), contents: Err("there is no such file".to_owned()) };
    let azure = AzureSources {
        principal: principal(Proof::Assertion(unread)),
        app: Some(app),
        metadata: Some(url(&server, "")),
        ..sources(&server)
    };
    let found = found(Sources { azure, ..Sources::default() }, REGISTRY).await.unwrap();
    assert_eq!(found.source, "Azure, with the app's identity");
    assert_eq!(found.passed_over[0].source, "AZURE_FEDERATED_TOKEN_FILE");
    assert_eq!(found.passed_over[0].reason, "token: there is no such file");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].header("x-identity-header"), Some("only-the-app"));
    assert_eq!(form(&requests[1])["access_token"], "app");
    assert!(!form(&requests[1]).contains_key("tenant"));
}

#[tokio::test]
async fn without_any_identity() {
    let error = found(Sources::default(), "mine.azurecr.us").await.unwrap_err();
    let sources: Vec<_> = passed_over(&error).into_iter().map(|(source, _)| source).collect();
    let wanted = ["AZURE_CLIENT_ID", "the app's identity service", "Azure's metadata service"];
    assert_eq!(sources, wanted);
}
