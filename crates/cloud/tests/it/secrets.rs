//! A canary: whatever goes wrong, no error and no `Debug` shows a secret, also where a service repeats it.

use cutaway_cloud::{
    AccessKey, AppService, AwsEndpoints, AwsSources, AzureSources, Container, GoogleSources,
    Principal, Proof, Sources, WebIdentity,
};
use cutaway_fixtures::registry::{FakeRegistry, Fault};
use cutaway_ref::auth::Secret;

use crate::google::service_account;
use crate::support::{CANARY, FakeMachine, clouds, file, url};

#[tokio::test]
async fn no_output_holds_the_canary() {
    let secret =
        || Some(file("a file", format!("{{\"type\":\"authorized_user\",\"x\":\"{CANARY}")));
    let config = || {
        Some(file(
            "config",
            format!("[default]\ncredential_process = p\naws_session_token = {CANARY}\n"),
        ))
    };
    // A program and a file that say nothing but the secret.
    let machine = FakeMachine::default().with("p", CANARY).with("f", CANARY);
    let machine = machine
        .with("gcloud|config|config-helper|--force-auth-refresh|--format=json(credential)", CANARY);
    let echo =
        |status| Fault::Status(status, vec![], format!("{{\"error\":\"{CANARY} {CANARY}\"}}"));
    for fault in [
        echo(400),
        Fault::Status(400, vec![], format!("{{\"__type\":\"{CANARY}\"}}")),
        echo(200),
        Fault::Reset(3),
        Fault::redirect(format!("http://{CANARY}.example/")),
        Fault::Body("text/plain".to_owned(), CANARY.as_bytes().to_vec()),
    ] {
        let server = FakeRegistry::start().await;
        server.always("/", fault);
        let at = |path: &str| Some(url(&server, path));
        let aws = AwsSources {
            key: None,
            credentials_file: secret(),
            config_file: config(),
            web_identity: Some(WebIdentity {
                role: "r".to_owned(),
                session: None,
                token: file("t", CANARY),
            }),
            container: Some(Container {
                url: url(&server, "/c"),
                authorization: Some(Secret::new(CANARY)),
            }),
            instance: at(""),
            endpoints: AwsEndpoints {
                ecr: at("/"),
                ecr_public: at("/"),
                sts: at("/sts"),
                sso: None,
            },
            ..AwsSources::default()
        };
        let google = GoogleSources {
            credentials: Some(service_account()),
            default_credentials: secret(),
            metadata: at(""),
            gcloud: true,
            endpoint: at(""),
            access_token: None,
        };
        let azure = AzureSources {
            principal: Some(Principal {
                tenant: "t".to_owned(),
                client: "c".to_owned(),
                proof: Proof::Secret(Secret::new(CANARY)),
            }),
            app: Some(AppService { url: url(&server, "/app"), header: Secret::new(CANARY) }),
            metadata: at(""),
            login: at(""),
            registry: at(""),
            identity: None,
        };
        let mut keyed = aws.clone();
        keyed.key = Some(AccessKey::new("AKID", CANARY, Some(CANARY.to_owned())));
        let sources = Sources { aws, google, azure, machine: machine.clone().share() };
        for sources in [Sources { aws: keyed, ..sources.clone() }, sources] {
            let mut outputs = format!("{:?}", (&sources.aws, &sources.google, &sources.azure));
            let clouds = clouds(sources);
            outputs += &format!(" {clouds:?} {clouds:#?}");
            for registry in [
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
                "public.ecr.aws",
                "gcr.io",
                "mine.azurecr.io",
            ] {
                let error = clouds.find(registry).await.unwrap_err();
                outputs += &format!(" {error} {error:?}");
            }
            let pieces = CANARY.as_bytes().windows(8);
            for piece in pieces.map(|piece| std::str::from_utf8(piece).unwrap()) {
                assert!(!outputs.contains(piece), "{outputs}");
            }
            assert!(!outputs.contains("PRIVATE KEY"), "{outputs}");
        }
    }
}
