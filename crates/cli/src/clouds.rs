//! Where a run finds the keys of clouds: variables, files, programs, and the metadata services of this machine.
//! The first that has one wins, in this order:
//!
//! - **Amazon** (`*.dkr.ecr.*`, `public.ecr.aws`): `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY` and
//!   `AWS_SESSION_TOKEN`; the profile `AWS_PROFILE` of `~/.aws/credentials` and `~/.aws/config`
//!   (`AWS_SHARED_CREDENTIALS_FILE`, `AWS_CONFIG_FILE`) with its key, role, `credential_process` or login;
//!   `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`; the metadata service of the container; that of the
//!   machine.
//! - **Google** (`gcr.io`, `*.gcr.io`, `*.pkg.dev`): `GOOGLE_OAUTH_ACCESS_TOKEN` or
//!   `CLOUDSDK_AUTH_ACCESS_TOKEN`; the file `GOOGLE_APPLICATION_CREDENTIALS`; the application default
//!   credentials; the metadata service; `gcloud`, where somebody has logged in with it.
//! - **Azure** (`*.azurecr.io`, `.cn`, `.us`): `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` with
//!   `AZURE_CLIENT_SECRET` or `AZURE_FEDERATED_TOKEN_FILE`; the identity of the app (`IDENTITY_ENDPOINT`);
//!   that of the machine.
//!
//! A metadata service is asked only where a variable names it, or where the firmware says that this is
//! a machine of that cloud: elsewhere its address may be anybody's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutaway_cloud::{
    AccessKey, AppService, AwsEndpoints, AwsSources, AzureSources, Clouds, Container, Error, File,
    Found, GoogleSources, Principal, Proof, Proxy, Settings, Sources, Url, WebIdentity,
};
use cutaway_ref::auth::Secret;

use crate::args::Common;
use crate::credentials::variable;
use crate::failure::Failure;
use crate::limits::Lookup;
use crate::machine::{self, ThisMachine};
use crate::{proxies, remote};

/// Asks the cloud that `registry` belongs to; `None` where it belongs to none.
pub(crate) async fn find(
    registry: &str,
    common: &Common,
    limits: &Lookup,
) -> Result<Result<Option<Found>, Error>, Failure> {
    if cutaway_cloud::Host::of(registry).is_none() {
        return Ok(Ok(None));
    }
    let authorities = common.ca_cert.iter().map(|path| remote::read(path));
    let proxy = proxies::of_environment()
        .and_then(|proxies| Some(Proxy { url: proxies.https?, except: proxies.except }));
    let settings = Settings {
        patience: limits.cloud,
        metadata_connect: limits.metadata_connect,
        answer_bytes: limits.answer_bytes,
        ca_certificates: authorities.collect::<Result<_, _>>()?,
        proxy,
    };
    let sources = Sources {
        aws: aws(limits),
        google: google(limits),
        azure: azure(limits),
        machine: Some(Arc::new(ThisMachine(limits.clone()))),
    };
    Ok(match Clouds::new(sources, settings) {
        Ok(clouds) => clouds.find(registry).await,
        Err(error) => Err(error),
    })
}

fn aws(limits: &Lookup) -> AwsSources {
    let key = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    let in_home = |name: &str| home().map(|home| home.join(".aws").join(name));
    let shared = |name, place| path(name).or_else(|| in_home(place));
    let identity = variable("AWS_ROLE_ARN").zip(path("AWS_WEB_IDENTITY_TOKEN_FILE"));
    let is_off = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|is| is == "true");
    let instance = match variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(named) => Some(named),
        None => machine("Amazon EC2").then(|| "http://169.254.169.254".to_owned()),
    };
    let endpoint = |service: &str| {
        address(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| address("AWS_ENDPOINT_URL"))
    };
    AwsSources {
        key: key.map(|(id, secret)| AccessKey::new(id, secret, variable("AWS_SESSION_TOKEN"))),
        credentials_file: file(shared("AWS_SHARED_CREDENTIALS_FILE", "credentials"), limits),
        config_file: file(shared("AWS_CONFIG_FILE", "config"), limits),
        profile: variable("AWS_PROFILE"),
        sso_cache: in_home("sso/cache").map(|folder| folder.display().to_string()),
        web_identity: identity.map(|(role, token)| WebIdentity {
            role,
            session: variable("AWS_ROLE_SESSION_NAME"),
            token: machine::file(&token, limits),
        }),
        container: container(limits),
        instance: instance.filter(|_| !is_off).and_then(|url| url.parse().ok()),
        endpoints: AwsEndpoints {
            ecr: endpoint("ECR"),
            ecr_public: endpoint("ECR_PUBLIC"),
            sts: endpoint("STS"),
            sso: endpoint("SSO"),
        },
    }
}

/// Returns the metadata service that Amazon gives to a container.
fn container(limits: &Lookup) -> Option<Container> {
    let url = match variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        Some(path) => Url::parse("http://169.254.170.2").ok()?.join(&path).ok()?,
        None => address("AWS_CONTAINER_CREDENTIALS_FULL_URI")?,
    };
    let authorization = file(path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), limits)
        .and_then(|file| file.contents.ok())
        .map(|token| Secret::new(token.expose().trim_end()))
        .or_else(|| variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new));
    Some(Container { url, authorization })
}

fn google(limits: &Lookup) -> GoogleSources {
    let gcloud = path("CLOUDSDK_CONFIG").or_else(|| Some(home()?.join(".config/gcloud")));
    let in_gcloud = |name: &str| gcloud.as_ref().map(|folder| folder.join(name));
    let metadata = match variable("GCE_METADATA_HOST") {
        Some(host) => Some(format!("http://{host}")),
        None => machine("Google").then(|| "http://metadata.google.internal".to_owned()),
    };
    GoogleSources {
        access_token: ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"]
            .into_iter()
            .find_map(variable)
            .map(Secret::new),
        credentials: file(path("GOOGLE_APPLICATION_CREDENTIALS"), limits),
        default_credentials: file(in_gcloud("application_default_credentials.json"), limits),
        metadata: metadata.and_then(|url| url.parse().ok()),
        gcloud: in_gcloud("credentials.db").is_some_and(|kept| kept.exists()),
        endpoint: None,
    }
}

fn azure(limits: &Lookup) -> AzureSources {
    let client = variable("AZURE_CLIENT_ID");
    let proof = variable("AZURE_CLIENT_SECRET")
        .map(|secret| Proof::Secret(Secret::new(secret)))
        .or_else(|| file(path("AZURE_FEDERATED_TOKEN_FILE"), limits).map(Proof::Assertion));
    let principal = match (variable("AZURE_TENANT_ID"), &client, proof) {
        (Some(tenant), Some(client), Some(proof)) => {
            Some(Principal { tenant, client: client.clone(), proof })
        }
        _ => None,
    };
    let metadata = match variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
        Some(named) => Some(named),
        None => machine("Microsoft Corporation").then(|| "http://169.254.169.254".to_owned()),
    };
    let app = address("IDENTITY_ENDPOINT").zip(variable("IDENTITY_HEADER"));
    AzureSources {
        principal,
        app: app.map(|(url, header)| AppService { url, header: Secret::new(header) }),
        metadata: metadata.and_then(|url| url.parse().ok()),
        identity: client,
        login: address("AZURE_AUTHORITY_HOST"),
        registry: None,
    }
}

/// Returns whether the firmware says that this machine is a cloud's.
fn machine(maker: &str) -> bool {
    ["sys_vendor", "bios_vendor"].into_iter().any(|name| {
        let said = std::fs::read_to_string(Path::new("/sys/class/dmi/id").join(name));
        said.is_ok_and(|said| said.trim() == maker)
    })
}

fn home() -> Option<PathBuf> {
    path("HOME")
}

fn path(name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from)
}

fn address(name: &str) -> Option<Url> {
    variable(name)?.parse().ok()
}

fn file(path: Option<PathBuf>, limits: &Lookup) -> Option<File> {
    path.map(|path| machine::file(&path, limits))
}
