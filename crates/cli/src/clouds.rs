//! Where a run finds the keys of clouds: variables, files, and the metadata services of this machine.
//!
//! A metadata service is asked only where a variable names it, or where the firmware says that this is
//! a machine of that cloud: elsewhere its address may be anybody's.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cutaway_cloud::{
    AccessKey, AwsSources, AzureSources, Clouds, Container, Error, Found, GoogleSources, Principal,
    Proof, Proxy, Settings, Sources, Url, WebIdentity,
};
use cutaway_ref::auth::Secret;

use crate::args::Common;
use crate::credentials::variable;
use crate::failure::Failure;
use crate::{proxies, remote};

/// The largest file that is read.
const MAX_FILE: u64 = 1 << 20;

/// Asks the cloud that `registry` belongs to; `None` where it belongs to none.
pub(crate) async fn find(
    registry: &str,
    common: &Common,
) -> Result<Result<Option<Found>, Error>, Failure> {
    if cutaway_cloud::Host::of(registry).is_none() {
        return Ok(Ok(None));
    }
    let authorities = common.ca_cert.iter().map(|path| remote::read(path));
    let proxy = proxies::of_environment()
        .and_then(|proxies| Some(Proxy { url: proxies.https?, except: proxies.except }));
    let settings = Settings {
        ca_certificates: authorities.collect::<Result<_, _>>()?,
        proxy,
        ..Settings::default()
    };
    let sources = Sources { aws: aws(), google: google(), azure: azure() };
    Ok(match Clouds::new(sources, settings) {
        Ok(clouds) => clouds.find(registry).await,
        Err(error) => Err(error),
    })
}

fn aws() -> AwsSources {
    let key = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    let in_home = |name: &str| home().map(|home| home.join(".aws").join(name));
    let shared = |name, file| variable(name).map(PathBuf::from).or_else(|| in_home(file));
    let identity = variable("AWS_ROLE_ARN").zip(contents(path("AWS_WEB_IDENTITY_TOKEN_FILE")));
    let is_off = variable("AWS_EC2_METADATA_DISABLED").is_some_and(|is| is == "true");
    let instance = match variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(named) => Some(named),
        None => machine("Amazon EC2").then(|| "http://169.254.169.254".to_owned()),
    };
    AwsSources {
        key: key.map(|(id, secret)| AccessKey::new(id, secret, variable("AWS_SESSION_TOKEN"))),
        credentials_file: contents(shared("AWS_SHARED_CREDENTIALS_FILE", "credentials")),
        config_file: contents(shared("AWS_CONFIG_FILE", "config")),
        profile: variable("AWS_PROFILE"),
        web_identity: identity.map(|(role, token)| WebIdentity { role, token, endpoint: None }),
        container: container(),
        instance: instance.filter(|_| !is_off).and_then(|url| url.parse().ok()),
        endpoint: address("AWS_ENDPOINT_URL_ECR"),
    }
}

/// Returns the metadata service that Amazon gives to a container.
fn container() -> Option<Container> {
    let url = match variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        Some(path) => Url::parse("http://169.254.170.2").ok()?.join(&path).ok()?,
        None => address("AWS_CONTAINER_CREDENTIALS_FULL_URI")?,
    };
    let authorization = contents(path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
        .or_else(|| variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new));
    Some(Container { url, authorization })
}

fn google() -> GoogleSources {
    let gcloud = path("CLOUDSDK_CONFIG").or_else(|| Some(home()?.join(".config/gcloud")));
    let default = gcloud.map(|folder| folder.join("application_default_credentials.json"));
    let metadata = match variable("GCE_METADATA_HOST") {
        Some(host) => Some(format!("http://{host}")),
        None => machine("Google").then(|| "http://metadata.google.internal".to_owned()),
    };
    GoogleSources {
        access_token: ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"]
            .into_iter()
            .find_map(variable)
            .map(Secret::new),
        credentials: contents(path("GOOGLE_APPLICATION_CREDENTIALS")),
        default_credentials: contents(default),
        metadata: metadata.and_then(|url| url.parse().ok()),
        endpoint: None,
    }
}

fn azure() -> AzureSources {
    let client = variable("AZURE_CLIENT_ID");
    let proof = variable("AZURE_CLIENT_SECRET")
        .map(|secret| Proof::Secret(Secret::new(secret)))
        .or_else(|| contents(path("AZURE_FEDERATED_TOKEN_FILE")).map(Proof::Assertion));
    let principal = match (variable("AZURE_TENANT_ID"), &client, proof) {
        (Some(tenant), Some(client), Some(proof)) => {
            Some(Principal { tenant, client: client.clone(), proof })
        }
        _ => None,
    };
    let metadata = machine("Microsoft Corporation").then(|| "http://169.254.169.254".parse().ok());
    AzureSources {
        principal,
        metadata: metadata.flatten(),
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

/// Reads a file that may not be there. What is too large is no such file.
fn contents(path: Option<PathBuf>) -> Option<Secret> {
    let mut text = String::new();
    let file = std::fs::File::open(path?).ok()?;
    file.take(MAX_FILE).read_to_string(&mut text).ok()?;
    Some(Secret::new(text.trim_end()))
}
