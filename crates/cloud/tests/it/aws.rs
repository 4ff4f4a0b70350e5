//! Amazon: keys from every source, signatures that are checked, tokens that are kept.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cutaway_cloud::{AccessKey, AwsEndpoints, AwsSources, Container, Error, Sources, WebIdentity};
use cutaway_fixtures::registry::{FakeRegistry, Fault, Request};
use cutaway_ref::auth::{Credential, Secret};
use ring::{digest, hmac};

use crate::support::{CANARY, clouds, file, form, found, lines, passed_over, url};

pub(crate) const REGISTRY: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

/// Checks the signature of a request as the service does, from what arrived alone.
pub(crate) fn is_signed(request: &Request, secret: &str, scope: &str) -> bool {
    let header = request.header("authorization").unwrap();
    let part = |name: &str| {
        let (_, rest) = header.split_once(&format!("{name}=")).unwrap();
        rest.split(", ").next().unwrap().to_owned()
    };
    let (names, signature, credential) =
        (part("SignedHeaders"), part("Signature"), part("Credential"));
    let (_, told) = credential.split_once('/').unwrap();
    assert!(told.ends_with(scope), "{told}");
    for name in ["host", "x-amz-date", "x-amz-target", "content-type", "x-amz-security-token"] {
        let is_signed = names.split(';').any(|signed| signed == name);
        assert_eq!(is_signed, request.header(name).is_some(), "{name} in {names}");
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sha = |text: &str| hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    let mut canonical = format!("{}\n{}\n\n", request.method, request.target);
    for name in names.split(';') {
        canonical += &format!("{name}:{}\n", request.header(name).unwrap());
    }
    canonical += &format!("\n{names}\n{}", sha(&request.body));
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{told}\n{}",
        request.header("x-amz-date").unwrap(),
        sha(&canonical)
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in told.split('/') {
        key =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hex(hmac::sign(&key, text.as_bytes()).as_ref()) == signature
}

pub(crate) async fn ecr(expires: u64) -> FakeRegistry {
    let server = FakeRegistry::start().await;
    let token = STANDARD.encode("AWS:a-token");
    let json = format!(
        "{{\"authorizationData\":[{{\"authorizationToken\":\"{token}\",\"expiresAt\":{expires}.5}}]}}"
    );
    server.page("/", &json, &[]);
    server
}

fn sources(server: &FakeRegistry) -> AwsSources {
    let at = || Some(url(server, "/"));
    let endpoints = AwsEndpoints { ecr: at(), ecr_public: at(), ..AwsEndpoints::default() };
    AwsSources { endpoints, ..AwsSources::default() }
}

fn key() -> AccessKey {
    AccessKey::new("AKID", CANARY, Some("session+/=".to_owned()))
}

#[tokio::test]
async fn a_key_is_exchanged_and_the_token_kept() {
    let server = ecr(4_000_000_000).await;
    let aws = AwsSources { key: Some(key()), ..sources(&server) };
    let clouds = clouds(Sources { aws, ..Sources::default() });
    for _ in 0..3 {
        let found = clouds.find(REGISTRY).await.unwrap().unwrap();
        assert_eq!(found.credential, Credential::basic("AWS", "a-token"));
        assert_eq!(found.expires, UNIX_EPOCH + Duration::from_millis(4_000_000_000_500));
        assert!(found.source.contains("AWS_ACCESS_KEY_ID"), "{}", found.source);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", "{}"));
    assert_eq!(
        request.header("x-amz-target"),
        Some("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
    );
    assert_eq!(request.header("x-amz-security-token"), Some("session+/="));
    assert!(is_signed(request, CANARY, "/eu-central-1/ecr/aws4_request"));
    assert!(!is_signed(request, "another secret", "/eu-central-1/ecr/aws4_request"));
    // Other registries ask for themselves, and names that are no cloud's ask nobody.
    assert!(clouds.find("ghcr.io").await.unwrap().is_none());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_token_that_ends_is_asked_for_again() {
    let server = ecr(1000).await;
    let aws = AwsSources { key: Some(key()), ..sources(&server) };
    let clouds = clouds(Sources { aws, ..Sources::default() });
    for _ in 0..2 {
        assert!(clouds.find(REGISTRY).await.unwrap().is_some());
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn the_public_registry_has_a_service_of_its_own() {
    let server = FakeRegistry::start().await;
    let json = format!(
        "{{\"authorizationData\":{{\"authorizationToken\":\"{}\"}}}}",
        STANDARD.encode("AWS:public:token")
    );
    server.page("/", &json, &[]);
    let aws = AwsSources { key: Some(key()), ..sources(&server) };
    let found = found(Sources { aws, ..Sources::default() }, "public.ecr.aws").await.unwrap();
    assert_eq!(found.credential, Credential::basic("AWS", "public:token"));
    let request = server.requests().remove(0);
    assert_eq!(
        request.header("x-amz-target"),
        Some("SpencerFrontendService.GetAuthorizationToken")
    );
    assert!(is_signed(&request, CANARY, "/us-east-1/ecr-public/aws4_request"));
}

#[tokio::test]
async fn keys_from_files_containers_machines_and_roles() {
    let meta = FakeRegistry::start().await;
    let answer = |id: &str| {
        format!("{{\"AccessKeyId\":\"{id}\",\"SecretAccessKey\":\"{CANARY}\",\"Token\":\"t\"}}")
    };
    meta.page("/role", &answer("container"), &[]);
    meta.page("/latest/api/token", "the-session", &[]);
    meta.page("/latest/meta-data/iam/security-credentials/", "my-role\n", &[]);
    meta.page("/latest/meta-data/iam/security-credentials/my-role", &answer("machine"), &[]);
    meta.page(
        "/sts",
        &format!(
            "{{\"AssumeRoleWithWebIdentityResponse\":{{\"AssumeRoleWithWebIdentityResult\":{{\"Credentials\":\
             {{\"AccessKeyId\":\"role\",\"SecretAccessKey\":\"{CANARY}\",\"SessionToken\":\"t\"}}}}}}}}"
        ),
        &[],
    );
    let shared = |id: &str, head: &str| {
        let text = format!("[{head}]\naws_access_key_id={id}\naws_secret_access_key={CANARY}\n");
        file(id, text)
    };
    let all = AwsSources {
        key: Some(AccessKey::new("variable", CANARY, None)),
        credentials_file: Some(shared("credentials", "team")),
        config_file: Some(shared("config", "profile team")),
        profile: Some("team".to_owned()),
        web_identity: Some(WebIdentity {
            role: "arn:aws:iam::1:role/r".to_owned(),
            session: Some("pod".to_owned()),
            token: file("token", "signed&identity"),
        }),
        container: Some(Container {
            url: url(&meta, "/role"),
            authorization: Some(Secret::new("let me in")),
        }),
        instance: Some(url(&meta, "")),
        endpoints: AwsEndpoints { sts: Some(url(&meta, "/sts")), ..AwsEndpoints::default() },
        sso_cache: None,
    };
    let remove: [fn(&mut AwsSources); 5] = [
        |sources| sources.key = None,
        |sources| sources.credentials_file = None,
        |sources| sources.config_file = None,
        |sources| sources.web_identity = None,
        |sources| sources.container = None,
    ];
    let mut left = all;
    let wanted = [
        ("variable", "AWS_ACCESS_KEY_ID", Some("variable")),
        ("credentials", "credentials", Some("profile team, key credentials")),
        ("config", "config", Some("profile team, key config")),
        ("role", "AWS_WEB_IDENTITY_TOKEN_FILE", Some("arn:aws:iam::1:role/r")),
        ("container", "the container's metadata service", None),
        ("machine", "the machine's metadata service", Some("my-role")),
    ];
    for (number, (id, source, key)) in wanted.into_iter().enumerate() {
        let server = ecr(4_000_000_000).await;
        left.endpoints.ecr = Some(url(&server, "/"));
        let sources = Sources { aws: left.clone(), ..Sources::default() };
        let found = found(sources, REGISTRY).await.unwrap();
        assert!(found.source.ends_with(&format!("with the key of {source}")), "{}", found.source);
        assert_eq!(found.key.as_deref(), key);
        let request = server.requests().remove(0);
        assert!(
            request.header("authorization").unwrap().contains(&format!("Credential={id}/")),
            "{id}"
        );
        assert!(is_signed(&request, CANARY, "/eu-central-1/ecr/aws4_request"), "{id}");
        if let Some(remove) = remove.get(number) {
            remove(&mut left);
        }
    }
    let requests = meta.requests();
    assert_eq!(
        lines(&meta),
        [
            "POST /sts",
            "GET /role",
            "PUT /latest/api/token",
            "GET /latest/meta-data/iam/security-credentials/",
            "GET /latest/meta-data/iam/security-credentials/my-role",
        ]
    );
    let told = form(&requests[0]);
    assert_eq!(told["Action"], "AssumeRoleWithWebIdentity");
    assert_eq!(told["RoleArn"], "arn:aws:iam::1:role/r");
    assert_eq!(told["RoleSessionName"], "pod");
    assert_eq!(told["WebIdentityToken"], "signed&identity");
    assert_eq!(requests[1].header("authorization"), Some("let me in"));
    assert_eq!(requests[3].header("x-aws-ec2-metadata-token"), Some("the-session"));
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    // No source at all.
    let error = found(Sources::default(), REGISTRY).await.unwrap_err();
    assert!(matches!(&error, Error::NoKey { cloud: "Amazon", .. }), "{error}");
    let asked: Vec<_> = passed_over(&error).into_iter().map(|(source, _)| source).collect();
    assert_eq!(
        asked,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "the container's metadata service",
            "the machine's metadata service"
        ]
    );
    // A service that refuses, that says something else, that names a role with a path in it.
    for (fault, words) in [
        (
            Fault::Status(400, vec![], "{\"__type\":\"UnrecognizedClientException\"}".to_owned()),
            "HTTP status 400, UnrecognizedClientException",
        ),
        (Fault::status(500), "HTTP status 500"),
        (Fault::redirect("http://127.0.0.1:1/"), "HTTP status 307"),
        (Fault::Body("text/html".to_owned(), b"<html>".to_vec()), "not the JSON"),
        (Fault::Endless, "answer_bytes"),
        (Fault::Reset(3), "no answer"),
    ] {
        let server = ecr(1).await;
        server.always("/", fault);
        let aws = AwsSources { key: Some(key()), ..sources(&server) };
        let error =
            found(Sources { aws, ..Sources::default() }, REGISTRY).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
    let meta = FakeRegistry::start().await;
    meta.page("/latest/api/token", "t", &[]);
    meta.page("/latest/meta-data/iam/security-credentials/", "../../user-data", &[]);
    let aws = AwsSources { instance: Some(url(&meta, "")), ..AwsSources::default() };
    let error = found(Sources { aws, ..Sources::default() }, REGISTRY).await.unwrap_err();
    assert!(error.to_string().contains("it names no role"), "{error}");
    assert_eq!(meta.requests().len(), 2);
}
