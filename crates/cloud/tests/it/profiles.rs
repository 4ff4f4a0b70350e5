//! Amazon's shared config file: roles that another profile opens, programs, logins.

use cutaway_cloud::{AwsEndpoints, AwsSources, Container, Error, Found, Sources};
use cutaway_fixtures::registry::{FakeRegistry, Fault};

use crate::aws::{REGISTRY, ecr, is_signed};
use crate::support::{CANARY, FakeMachine, file, form, lines, passed_over, url};

const CONFIG: &str = "\
[profile process]
credential_process = \"/opt/my keys\" --for 'team a'
[profile role]
role_arn = arn:role/outer
role_session_name = me
external_id = from outside
source_profile = middle
[profile middle]
role_arn = arn:role/middle
source_profile = keyed
[profile self]
role_arn = arn:role/self
source_profile = self
aws_access_key_id = SELF
aws_secret_access_key = c4n4ry-Zq9
[profile box]
role_arn = arn:role/box
credential_source = EcsContainer
[profile pod]
role_arn = arn:role/pod
web_identity_token_file = /var/token
[profile login]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
[profile ended]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = reader
[profile loop]
role_arn = arn:role/loop
source_profile = pool
[profile pool]
role_arn = arn:role/pool
source_profile = loop
[profile second]
role_arn = arn:role/second
source_profile = keyed
mfa_serial = arn:mfa
[profile lost]
role_arn = arn:role/lost
source_profile = nowhere
[profile alone]
role_arn = arn:role/alone
[profile odd]
role_arn = arn:role/odd
credential_source = Moon
[profile silent]
credential_process = /opt/silent
[profile talker]
credential_process = /opt/talker
[profile half]
region = eu-west-1
";

fn machine() -> FakeMachine {
    let key = format!(
        "{{\"Version\":1,\"AccessKeyId\":\"PROCESS\",\"SecretAccessKey\":\"{CANARY}\",\"SessionToken\":\"t\"}}"
    );
    FakeMachine::default()
        .with("/opt/my keys|--for|team a", key)
        .with("/opt/talker", CANARY)
        .with("/var/token", "signed identity\n")
        // Named by the hash of `corp`, and of the address.
        .with(
            "/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
            "{\"accessToken\":\"login-token\",\"expiresAt\":\"2100-01-01T00:00:00Z\",\"refreshToken\":\"x\"}",
        )
        .with(
            &format!("/cache/{ENDED}.json"),
            "{\"accessToken\":\"login-token\",\"expiresAt\":\"2020-01-01T00:00:00UTC\"}",
        )
}

/// As `printf https://corp.awsapps.com/start | sha1sum` says.
const ENDED: &str = "a51746d4aa793ae07b25e90c3a5db96fc7832bd7";

/// A service that gives the keys of roles, of containers and of logins.
async fn services() -> FakeRegistry {
    let server = FakeRegistry::start().await;
    for (path, action) in [("/sts", "AssumeRole"), ("/identity", "AssumeRoleWithWebIdentity")] {
        let json = format!(
            "{{\"{action}Response\":{{\"{action}Result\":{{\"Credentials\":{{\"AccessKeyId\":\"ROLE\",\
             \"SecretAccessKey\":\"{CANARY}\",\"SessionToken\":\"of-role\",\"Expiration\":4e9}}}}}}}}"
        );
        server.page(path, &json, &[]);
    }
    let json =
        format!("{{\"AccessKeyId\":\"BOX\",\"SecretAccessKey\":\"{CANARY}\",\"Token\":\"t\"}}");
    server.page("/box", &json, &[]);
    let json = format!(
        "{{\"roleCredentials\":{{\"accessKeyId\":\"LOGIN\",\"secretAccessKey\":\"{CANARY}\",\
         \"sessionToken\":\"t\",\"expiration\":4000000000000}}}}"
    );
    let target = "/federation/credentials?account_id=123456789012&role_name=reader";
    server.page(target, &json, &[]);
    server
}

async fn ask(services: &FakeRegistry, ecr: &FakeRegistry, profile: &str) -> Result<Found, Error> {
    let sts = if profile == "pod" { "/identity" } else { "/sts" };
    let aws = AwsSources {
        credentials_file: Some(file(
            "~/.aws/credentials",
            format!("[keyed]\naws_access_key_id = KEYED\naws_secret_access_key = {CANARY}\n"),
        )),
        config_file: Some(file("~/.aws/config", CONFIG)),
        profile: Some(profile.to_owned()),
        sso_cache: Some("/cache".to_owned()),
        // Two sources of the chain behind: what a profile says comes first.
        container: Some(Container { url: url(services, "/box"), authorization: None }),
        instance: None,
        endpoints: AwsEndpoints {
            ecr: Some(url(ecr, "/")),
            sts: Some(url(services, sts)),
            sso: Some(url(services, "/")),
            ecr_public: None,
        },
        ..AwsSources::default()
    };
    crate::support::found(
        Sources { aws, machine: machine().share(), ..Sources::default() },
        REGISTRY,
    )
    .await
}

#[tokio::test]
async fn what_a_profile_may_say() {
    for (profile, id, source, key, asked) in [
        ("keyed", "KEYED", "credentials", "profile keyed, key KEYED", &[][..]),
        ("process", "PROCESS", "config", "profile process, program /opt/my keys", &[]),
        (
            "role",
            "ROLE",
            "config",
            "profile role, role arn:role/outer",
            &["POST /sts", "POST /sts"],
        ),
        ("self", "ROLE", "config", "profile self, role arn:role/self", &["POST /sts"]),
        ("box", "ROLE", "config", "profile box, role arn:role/box", &["GET /box", "POST /sts"]),
        ("pod", "ROLE", "config", "profile pod, role arn:role/pod", &["POST /identity"]),
        (
            "login",
            "LOGIN",
            "config",
            "profile login, login",
            &["GET /federation/credentials?account_id=123456789012&role_name=reader"],
        ),
    ] {
        let (services, ecr) = (services().await, ecr(4_000_000_000).await);
        let found = ask(&services, &ecr, profile).await.unwrap();
        assert_eq!(
            found.source,
            format!("Amazon ECR, with the key of ~/.aws/{source}"),
            "{profile}"
        );
        assert_eq!(found.key.as_deref(), Some(key));
        assert_eq!(lines(&services), asked, "{profile}");
        let request = ecr.requests().remove(0);
        let authorization = request.header("authorization").unwrap();
        assert!(authorization.contains(&format!("Credential={id}/")), "{profile}: {authorization}");
        assert!(is_signed(&request, CANARY, "/eu-central-1/ecr/aws4_request"), "{profile}");
        let asked = services.requests();
        match profile {
            "role" => {
                // The inner role is taken on with the key, the outer one with the inner.
                for (request, id, role) in
                    [(&asked[0], "KEYED", "middle"), (&asked[1], "ROLE", "outer")]
                {
                    let authorization = request.header("authorization").unwrap();
                    assert!(
                        authorization.contains(&format!("Credential={id}/")),
                        "{authorization}"
                    );
                    assert!(is_signed(request, CANARY, "/eu-central-1/sts/aws4_request"));
                    let told = form(request);
                    assert_eq!(told["Action"], "AssumeRole");
                    assert_eq!(told["RoleArn"], format!("arn:role/{role}"));
                }
                let told = (form(&asked[0]), form(&asked[1]));
                assert_eq!(
                    (&*told.0["RoleSessionName"], &*told.1["RoleSessionName"]),
                    ("cutaway", "me")
                );
                assert_eq!(told.1["ExternalId"], "from outside");
                assert!(!told.0.contains_key("ExternalId"));
                assert_eq!(asked[1].header("x-amz-security-token"), Some("of-role"));
            }
            "pod" => {
                assert!(asked[0].header("authorization").is_none());
                assert_eq!(form(&asked[0])["WebIdentityToken"], "signed identity");
            }
            "login" => {
                assert_eq!(asked[0].header("x-amz-sso_bearer_token"), Some("login-token"));
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_said_and_the_search_goes_on() {
    for (profile, reason) in [
        ("absent", "it has no profile \"absent\""),
        ("ended", "it has ended; `aws sso login` renews it"),
        ("loop", "its source_profile leads too far"),
        ("second", "it wants a second factor"),
        ("lost", "the profile \"nowhere\": the files do not have it"),
        ("alone", "its role has no source_profile and no credential_source"),
        ("odd", "it is none of Environment, EcsContainer and Ec2InstanceMetadata"),
        ("silent", "/opt/silent: the program is not installed"),
        ("talker", "/opt/talker: its answer is not version 1"),
        ("half", "it has neither a key, a role, a credential_process nor an sso_account_id"),
    ] {
        let (services, ecr) = (services().await, ecr(4_000_000_000).await);
        let found = ask(&services, &ecr, profile).await.unwrap();
        assert!(found.source.ends_with("the container's metadata service"), "{}", found.source);
        let passed: Vec<String> = found
            .passed_over
            .iter()
            .map(|passed| format!("{}: {}", passed.source, passed.reason))
            .collect();
        let said = passed.join("\n");
        let reason = reason.replace("it wants a second", "its role wants a second");
        assert!(said.contains(&reason) && said.contains("~/.aws/config: "), "{profile}: {said}");
        assert!(!said.contains(CANARY), "{said}");
    }
}

#[tokio::test]
async fn a_refused_key_ends_the_search_with_all_that_was_tried() {
    let (services, ecr) = (services().await, ecr(1).await);
    ecr.always("/", Fault::status(403));
    let error = ask(&services, &ecr, "process").await.unwrap_err();
    let passed = passed_over(&error);
    assert_eq!(passed[0].0, "AWS_ACCESS_KEY_ID");
    assert_eq!(
        passed[1],
        ("Amazon ECR, with the key of ~/.aws/config", "Amazon ECR answers HTTP status 403")
    );
    assert_eq!(passed.len(), 2);
}
