//! `auth explain` for every source of a cloud's key. The clouds are one server of ours behind their own
//! names: a proxy opens tunnels to it, whatever host is asked for, and speaks TLS for all of them.

use std::sync::{Arc, Mutex};

use cutaway_fixtures::registry::{FakeRegistry, Fault, Request};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::home::{Explained, Home, SECRET, auth};

const ECR: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/a:1";
const CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/keys/clouds-ca.pem");

/// All clouds at once.
struct Internet {
    server: FakeRegistry,
    proxy: String,
    hosts: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

impl Internet {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(FakeRegistry::start());
        let hosts = Arc::<Mutex<Vec<String>>>::default();
        let proxy = runtime.block_on(proxy(server.host(), Arc::clone(&hosts)));
        // What each service answers.
        let metadata =
            json!({"AccessKeyId": "MACHINE", "SecretAccessKey": SECRET, "Token": SECRET});
        let login = json!({"roleCredentials": {"accessKeyId": "LOGIN", "secretAccessKey": SECRET, "sessionToken": SECRET}});
        let token = json!({"access_token": SECRET, "expires_in": 3599});
        let roles = "/latest/meta-data/iam/security-credentials/";
        for (target, answer) in [
            ("/federation/credentials?account_id=1&role_name=r", login.to_string()),
            ("/box", metadata.to_string()),
            (roles, "its-role".to_owned()),
            (&format!("{roles}its-role"), metadata.to_string()),
            ("/v1/robot@p:generateAccessToken", json!({"accessToken": SECRET}).to_string()),
            (
                "/msi?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com&client_id=app",
                token.to_string(),
            ),
            ("/oauth2/exchange", json!({"refresh_token": SECRET}).to_string()),
        ] {
            server.page(target, &answer, &[]);
        }
        // Most services have a path that ends so, and answer alike.
        server.always("/token", Fault::Status(200, vec![], token.to_string()));
        Self { server, proxy, hosts, _runtime: runtime }
    }

    /// Lets the services of Amazon, which share one path, answer this action.
    fn play(&self, action: &str) {
        let mut amazon = json!({"authorizationData": [{"authorizationToken": auth("AWS")}]});
        let key = json!({"AccessKeyId": "ROLE", "SecretAccessKey": SECRET, "SessionToken": SECRET});
        let (response, result) = (format!("{action}Response"), format!("{action}Result"));
        amazon[response] = json!({result: {"Credentials": key}});
        self.server.page("/", &amazon.to_string(), &[]);
    }

    /// Asks for a registry with these variables; `%` in them is the server itself, without TLS and proxy.
    fn explain(&self, home: &Home, image: &str, variables: &[(&str, &str)]) -> Explained {
        let here = self.server.host();
        let expanded: Vec<(&str, String)> =
            variables.iter().map(|(name, value)| (*name, value.replace('%', &here))).collect();
        let mut all = vec![
            ("HTTPS_PROXY", self.proxy.as_str()),
            ("CUTAWAY_CA_CERT", CA),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        // Of two of one name the later one counts.
        all.extend(expanded.iter().map(|(name, value)| (*name, value.as_str())));
        home.explain_with(image, &all, &["--limit", "helper_ms=5000"])
    }

    /// Returns the hosts and paths that were asked since the last time.
    fn asked(&self, from: usize) -> Vec<String> {
        let here = self.server.host();
        let line = |request: &Request| {
            let host = request.header("host").unwrap().replace(&here, "here");
            let path = request.target.split('?').next().unwrap();
            format!("{} {host}{path}", request.method)
        };
        self.server.requests()[from..].iter().map(line).collect()
    }
}

/// Opens tunnels to `behind`, whatever is asked for, and speaks TLS in them.
async fn proxy(behind: String, hosts: Arc<Mutex<Vec<String>>>) -> String {
    let chain = CertificateDer::from_pem_slice(include_bytes!("keys/clouds.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("keys/clouds.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (acceptor, behind, hosts) = (acceptor.clone(), behind.clone(), Arc::clone(&hosts));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                hosts.lock().unwrap().push(head.split(' ').nth(1).unwrap_or_default().to_owned());
                stream.write_all(b"HTTP/1.1 200 Open\r\n\r\n").await?;
                let mut outside = acceptor.accept(stream).await?;
                let mut inside = TcpStream::connect(behind).await?;
                copy_bidirectional(&mut outside, &mut inside).await
            });
        }
    });
    address
}

/// A source of a cloud's key.
struct Row {
    image: &'static str,
    variables: &'static [(&'static str, &'static str)],
    files: Vec<(&'static str, String)>,
    /// The user, the end of the source, and the key.
    wanted: (&'static str, &'static str, &'static str),
    asked: &'static [&'static str],
}

fn row(
    image: &'static str,
    variables: &'static [(&'static str, &'static str)],
    files: Vec<(&'static str, String)>,
    wanted: (&'static str, &'static str, &'static str),
    asked: &'static [&'static str],
) -> Row {
    Row { image, variables, files, wanted, asked }
}

const KEY: &[(&str, &str)] = &[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
const TOKEN: &str = "POST api.ecr.eu-central-1.amazonaws.com/";
const EXCHANGE: &str = "POST mine.azurecr.io/oauth2/exchange";

fn amazon() -> Vec<Row> {
    let keyed = format!("[team]\naws_access_key_id = TEAM\naws_secret_access_key = {SECRET}\n");
    let config = "[profile program]\ncredential_process = ~/bin/keys --for team\n\
        [profile role]\nrole_arn = arn:role\nsource_profile = team\n\
        [profile login]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n\
        [sso-session corp]\nsso_region = eu-west-1\n";
    let program = json!({"Version": 1, "AccessKeyId": "PROGRAM", "SecretAccessKey": SECRET});
    let program = ("bin/keys", format!("test \"$*\" = '--for team' || exit 9\necho '{program}'"));
    // Named by the hash of `corp`.
    let kept = (
        ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        json!({"accessToken": SECRET, "expiresAt": "2100-01-01T00:00:00Z"}).to_string(),
    );
    let both = |more: Option<(&'static str, String)>| {
        let mut files =
            vec![(".aws/credentials", keyed.clone()), (".aws/config", config.to_owned())];
        files.extend(more);
        files
    };
    vec![
        row(ECR, KEY, both(None), ("AWS", "key of AWS_ACCESS_KEY_ID", "AKID"), &[TOKEN]),
        row(
            "public.ecr.aws/a/b",
            KEY,
            vec![],
            ("AWS", "key of AWS_ACCESS_KEY_ID", "AKID"),
            &["POST api.ecr-public.us-east-1.amazonaws.com/"],
        ),
        row(
            ECR,
            &[("AWS_PROFILE", "team")],
            both(None),
            ("AWS", "/.aws/credentials", "profile team, key TEAM"),
            &[TOKEN],
        ),
        row(
            ECR,
            &[("AWS_PROFILE", "program")],
            both(Some(program)),
            ("AWS", "/.aws/config", "profile program, program ~/bin/keys"),
            &[TOKEN],
        ),
        row(
            ECR,
            &[("AWS_PROFILE", "role")],
            both(None),
            ("AWS", "/.aws/config", "profile role, role arn:role"),
            &["POST sts.eu-central-1.amazonaws.com/", TOKEN],
        ),
        row(
            ECR,
            &[("AWS_PROFILE", "login")],
            both(Some(kept)),
            ("AWS", "/.aws/config", "profile login, login"),
            &["GET portal.sso.eu-west-1.amazonaws.com/federation/credentials", TOKEN],
        ),
        row(
            ECR,
            &[("AWS_ROLE_ARN", "arn:pod"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/token")],
            vec![("token", SECRET.to_owned())],
            ("AWS", "key of AWS_WEB_IDENTITY_TOKEN_FILE", "arn:pod"),
            &["POST sts.eu-central-1.amazonaws.com/", TOKEN],
        ),
        row(
            ECR,
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://%/box")],
            vec![],
            ("AWS", "key of the container's metadata service", ""),
            &["GET here/box", TOKEN],
        ),
        row(
            ECR,
            &[
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://%"),
                ("AWS_EC2_METADATA_DISABLED", "false"),
            ],
            vec![],
            ("AWS", "key of the machine's metadata service", "its-role"),
            &[
                "PUT here/latest/api/token",
                "GET here/latest/meta-data/iam/security-credentials/",
                "GET here/latest/meta-data/iam/security-credentials/its-role",
                TOKEN,
            ],
        ),
        row(
            ECR,
            &[
                ("AWS_ACCESS_KEY_ID", "AKID"),
                ("AWS_SECRET_ACCESS_KEY", SECRET),
                ("AWS_ENDPOINT_URL_ECR", "http://%/"),
            ],
            vec![],
            ("AWS", "key of AWS_ACCESS_KEY_ID", "AKID"),
            &["POST here/"],
        ),
    ]
}

fn google() -> Vec<Row> {
    let account = json!({
        "type": "service_account",
        "client_email": "robot@p",
        "private_key": include_str!("../../../cloud/tests/it/keys/service-account.key"),
    });
    let user = json!({
        "type": "authorized_user", "client_id": "id", "client_secret": SECRET, "refresh_token": SECRET,
    });
    let federated = json!({
        "type": "external_account", "audience": "//pool", "subject_token_type": "jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": "~/token"},
        "service_account_impersonation_url":
            "https://iamcredentials.googleapis.com/v1/robot@p:generateAccessToken",
    });
    let said = json!({"credential": {"access_token": SECRET}});
    let named = &[("GOOGLE_APPLICATION_CREDENTIALS", "~/key.json")];
    let user_name = "oauth2accesstoken";
    vec![
        row(
            "gcr.io/p/a",
            &[("GOOGLE_OAUTH_ACCESS_TOKEN", SECRET)],
            vec![],
            (user_name, "GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN", ""),
            &[],
        ),
        row(
            "eu.gcr.io/p/a",
            named,
            vec![("key.json", account.to_string())],
            (user_name, "/key.json", "robot@p"),
            &["POST oauth2.googleapis.com/token"],
        ),
        row(
            "europe-docker.pkg.dev/p/r/a",
            &[],
            vec![(".config/gcloud/application_default_credentials.json", user.to_string())],
            (user_name, "/.config/gcloud/application_default_credentials.json", "id"),
            &["POST oauth2.googleapis.com/token"],
        ),
        row(
            "gcr.io/p/a",
            named,
            vec![("key.json", federated.to_string()), ("token", SECRET.to_owned())],
            (user_name, "/key.json", "robot@p"),
            &[
                "POST sts.googleapis.com/v1/token",
                "POST iamcredentials.googleapis.com/v1/robot@p:generateAccessToken",
            ],
        ),
        row(
            "gcr.io/p/a",
            &[("GCE_METADATA_HOST", "%")],
            vec![],
            (user_name, "the machine's service account", ""),
            &["GET here/computeMetadata/v1/instance/service-accounts/default/token"],
        ),
        row(
            "gcr.io/p/a",
            &[],
            vec![
                (".config/gcloud/credentials.db", String::new()),
                ("bin/gcloud", format!("echo '{said}'; echo '{SECRET}' >&2")),
            ],
            (user_name, "gcloud", ""),
            &[],
        ),
    ]
}

fn azure() -> Vec<Row> {
    let nobody = "00000000-0000-0000-0000-000000000000";
    vec![
        row(
            "mine.azurecr.io/a",
            &[
                ("AZURE_TENANT_ID", "my-tenant"),
                ("AZURE_CLIENT_ID", "app"),
                ("AZURE_CLIENT_SECRET", SECRET),
            ],
            vec![],
            (nobody, "AZURE_CLIENT_SECRET", "app"),
            &["POST login.microsoftonline.com/my-tenant/oauth2/v2.0/token", EXCHANGE],
        ),
        row(
            "mine.azurecr.us/a",
            &[
                ("AZURE_TENANT_ID", "my-tenant"),
                ("AZURE_CLIENT_ID", "app"),
                ("AZURE_FEDERATED_TOKEN_FILE", "~/token"),
            ],
            vec![("token", SECRET.to_owned())],
            (nobody, "AZURE_FEDERATED_TOKEN_FILE", "app"),
            &[
                "POST login.microsoftonline.us/my-tenant/oauth2/v2.0/token",
                "POST mine.azurecr.us/oauth2/exchange",
            ],
        ),
        row(
            "mine.azurecr.io/a",
            &[
                ("IDENTITY_ENDPOINT", "http://%/msi"),
                ("IDENTITY_HEADER", SECRET),
                ("AZURE_CLIENT_ID", "app"),
            ],
            vec![],
            (nobody, "the app's identity", "app"),
            &["GET here/msi", EXCHANGE],
        ),
        row(
            "mine.azurecr.io/a",
            &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://%")],
            vec![],
            (nobody, "the machine's identity", ""),
            &["GET here/metadata/identity/oauth2/token", EXCHANGE],
        ),
    ]
}

#[test]
fn every_source_of_a_key() {
    let internet = Internet::start();
    for row in amazon().into_iter().chain(google()).chain(azure()) {
        let home = Home::new();
        for (name, text) in &row.files {
            match name.strip_prefix("bin/") {
                Some(program) => home.program(program, text),
                None => drop(home.write(name, text)),
            }
        }
        let is_pod = row.variables.iter().any(|(name, _)| *name == "AWS_ROLE_ARN");
        internet.play(if is_pod { "AssumeRoleWithWebIdentity" } else { "AssumeRole" });
        let before = internet.server.requests().len();
        let found = internet.explain(&home, row.image, row.variables);
        let (user, source, key) = row.wanted;
        let key = key.replace('~', &home.path().display().to_string());
        assert_eq!((found.who(), found.text("key")), (user, key.as_str()), "{found:#?}");
        assert!(found.text("source").ends_with(source), "{source}: {found:#?}");
        assert_eq!(internet.asked(before), row.asked, "{source}");
    }
    // Nothing but the services themselves was asked for, each at its port of TLS.
    let hosts = internet.hosts.lock().unwrap();
    assert!(!hosts.is_empty() && hosts.iter().all(|host| host.ends_with(":443")), "{hosts:?}");
}

#[test]
fn sources_without_a_key_say_why() {
    let internet = Internet::start();
    let home = Home::new();
    let at = home.path().display();
    home.write(".aws/config", "[profile slow]\ncredential_process = sleep 30\n");
    for (image, variables, lines) in [
        (
            ECR,
            &[][..],
            vec![
                "AWS_ACCESS_KEY_ID: it is not set with AWS_SECRET_ACCESS_KEY".to_owned(),
                format!("{at}/.aws/credentials: there is no such file"),
                format!("{at}/.aws/config: it has no profile \"default\""),
                "AWS_WEB_IDENTITY_TOKEN_FILE: it is not set with AWS_ROLE_ARN".to_owned(),
                "the container's metadata service: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it is not set"
                    .to_owned(),
                "the machine's metadata service: it is not asked: this is no machine of Amazon's, or it is turned off"
                    .to_owned(),
            ],
        ),
        (
            ECR,
            &[("AWS_PROFILE", "slow"), ("CUTAWAY_LIMIT", "helper_ms=300")],
            vec![format!("{at}/.aws/config: sleep: the program took longer than helper_ms")],
        ),
        (
            ECR,
            &[("AWS_ROLE_ARN", "arn:pod"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "~/none")],
            vec![format!("AWS_WEB_IDENTITY_TOKEN_FILE: {at}/none: there is no such file")],
        ),
        (
            "gcr.io/p/a",
            &[("GOOGLE_APPLICATION_CREDENTIALS", "~/none.json")],
            vec![
                "GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN: it is not set".to_owned(),
                format!("{at}/none.json: {at}/none.json: there is no such file"),
                format!("application_default_credentials.json: there is no such file"),
                "gcloud: it is not asked: nobody has logged in with it".to_owned(),
            ],
        ),
        (
            "mine.azurecr.cn/a",
            &[("AZURE_CLIENT_ID", "app")],
            vec![
                "AZURE_CLIENT_ID: it is not set with AZURE_TENANT_ID and".to_owned(),
                "the app's identity service: IDENTITY_ENDPOINT and IDENTITY_HEADER are not set".to_owned(),
            ],
        ),
    ] {
        let found = home.explain_with(
            image,
            &[variables, &[("AWS_EC2_METADATA_DISABLED", "true")]].concat(),
            &[],
        );
        assert_eq!(found.who(), "anonymous");
        let passed_over = found.passed_over();
        for line in lines {
            assert!(passed_over.contains(&line), "{line} is not in\n{passed_over}");
        }
    }
    // A name that is no cloud's asks nobody.
    for image in ["ecr.example/a", "gcr.io.example/a", "azurecr.io/a", "docker.io/a"] {
        let found = internet.explain(&home, image, KEY);
        assert!(found.passed_over().ends_with("is no registry of theirs"), "{found:#?}");
    }
    assert!(internet.server.requests().is_empty());
    // A key that is refused is said, with the status alone.
    internet.server.always("/oauth2/exchange", Fault::status(401));
    let variables = [("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://%")];
    let found = internet.explain(&home, "mine.azurecr.us/a", &variables);
    assert_eq!(found.who(), "anonymous");
    let line = "Azure, with the machine's identity: the exchange of the Azure registry answers HTTP status 401";
    assert!(found.passed_over().contains(line), "{found:#?}");
}
