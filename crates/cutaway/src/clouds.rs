//! Where a client finds the keys of clouds: variables, files, programs, and the metadata services of this machine.
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

mod machine;

use std::path::PathBuf;
use std::sync::Arc;

use cutaway_cloud::{
    AccessKey, AppService, AwsEndpoints, AwsSources, AzureSources, Clouds, Container, Error, File,
    Found, GoogleSources, Principal, Proof, Proxy, Settings, Sources, Url, WebIdentity,
};
use cutaway_ref::auth::Secret;

use crate::environment::Environment;
use crate::error::Error as Failure;
use crate::limits::Lookup;
use crate::pem::Pem;
use crate::proxies;
use crate::settings::Settings as Told;

use machine::ThisMachine;

/// Asks the cloud that `registry` belongs to; `None` where it belongs to none.
pub(crate) async fn find(
    registry: &str,
    environment: &Environment,
    told: &Told,
) -> Result<Result<Option<Found>, Error>, Failure> {
    if cutaway_cloud::Host::of(registry).is_none() {
        return Ok(Ok(None));
    }
    let limits = &told.limits.lookup;
    let proxies = told.proxy.clone().or_else(|| proxies::of(environment));
    let proxy =
        proxies.and_then(|proxies| Some(Proxy { url: proxies.https?, except: proxies.except }));
    let settings = Settings {
        patience: limits.cloud,
        metadata_connect: limits.metadata_connect,
        answer_bytes: limits.answer_bytes,
        ca_certificates: told.authorities.iter().map(Pem::read).collect::<Result<_, _>>()?,
        proxy,
    };
    let here = Here { environment, limits };
    let sources = Sources {
        aws: here.aws(),
        google: here.google(),
        azure: here.azure(),
        machine: Some(Arc::new(ThisMachine(limits.clone()))),
    };
    Ok(match Clouds::new(sources, settings) {
        Ok(clouds) => clouds.find(registry).await,
        Err(error) => Err(error),
    })
}

/// This machine, and how much is read of it.
struct Here<'a> {
    environment: &'a Environment,
    limits: &'a Lookup,
}

impl Here<'_> {
    fn aws(&self) -> AwsSources {
        let key = self.variable("AWS_ACCESS_KEY_ID").zip(self.variable("AWS_SECRET_ACCESS_KEY"));
        let in_home = |name: &str| self.home().map(|home| home.join(".aws").join(name));
        let shared = |name, place| self.path(name).or_else(|| in_home(place));
        let identity = self.variable("AWS_ROLE_ARN").zip(self.path("AWS_WEB_IDENTITY_TOKEN_FILE"));
        let is_off = self.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|is| is == "true");
        let instance = match self.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            Some(named) => Some(named),
            None => machine::is_made_by("Amazon EC2").then(|| "http://169.254.169.254".to_owned()),
        };
        let endpoint = |service: &str| {
            self.address(&format!("AWS_ENDPOINT_URL_{service}"))
                .or_else(|| self.address("AWS_ENDPOINT_URL"))
        };
        AwsSources {
            key: key
                .map(|(id, secret)| AccessKey::new(id, secret, self.variable("AWS_SESSION_TOKEN"))),
            credentials_file: self.file(shared("AWS_SHARED_CREDENTIALS_FILE", "credentials")),
            config_file: self.file(shared("AWS_CONFIG_FILE", "config")),
            profile: self.variable("AWS_PROFILE"),
            sso_cache: in_home("sso/cache").map(|folder| folder.display().to_string()),
            web_identity: identity.map(|(role, token)| WebIdentity {
                role,
                session: self.variable("AWS_ROLE_SESSION_NAME"),
                token: machine::file(&token, self.limits),
            }),
            container: self.container(),
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
    fn container(&self) -> Option<Container> {
        let url = match self.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            Some(path) => Url::parse("http://169.254.170.2").ok()?.join(&path).ok()?,
            None => self.address("AWS_CONTAINER_CREDENTIALS_FULL_URI")?,
        };
        let authorization = self
            .file(self.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
            .and_then(|file| file.contents.ok())
            .map(|token| Secret::new(token.expose().trim_end()))
            .or_else(|| self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new));
        Some(Container { url, authorization })
    }

    fn google(&self) -> GoogleSources {
        let gcloud =
            self.path("CLOUDSDK_CONFIG").or_else(|| Some(self.home()?.join(".config/gcloud")));
        let in_gcloud = |name: &str| gcloud.as_ref().map(|folder| folder.join(name));
        let metadata = match self.variable("GCE_METADATA_HOST") {
            Some(host) => Some(format!("http://{host}")),
            None => {
                machine::is_made_by("Google").then(|| "http://metadata.google.internal".to_owned())
            }
        };
        GoogleSources {
            access_token: ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"]
                .into_iter()
                .find_map(|name| self.variable(name))
                .map(Secret::new),
            credentials: self.file(self.path("GOOGLE_APPLICATION_CREDENTIALS")),
            default_credentials: self.file(in_gcloud("application_default_credentials.json")),
            metadata: metadata.and_then(|url| url.parse().ok()),
            gcloud: in_gcloud("credentials.db").is_some_and(|kept| kept.exists()),
            endpoint: None,
        }
    }

    fn azure(&self) -> AzureSources {
        let client = self.variable("AZURE_CLIENT_ID");
        let proof = self
            .variable("AZURE_CLIENT_SECRET")
            .map(|secret| Proof::Secret(Secret::new(secret)))
            .or_else(|| self.file(self.path("AZURE_FEDERATED_TOKEN_FILE")).map(Proof::Assertion));
        let principal = match (self.variable("AZURE_TENANT_ID"), &client, proof) {
            (Some(tenant), Some(client), Some(proof)) => {
                Some(Principal { tenant, client: client.clone(), proof })
            }
            _ => None,
        };
        let metadata = match self.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
            Some(named) => Some(named),
            None => machine::is_made_by("Microsoft Corporation")
                .then(|| "http://169.254.169.254".to_owned()),
        };
        let app = self.address("IDENTITY_ENDPOINT").zip(self.variable("IDENTITY_HEADER"));
        AzureSources {
            principal,
            app: app.map(|(url, header)| AppService { url, header: Secret::new(header) }),
            metadata: metadata.and_then(|url| url.parse().ok()),
            identity: client,
            login: self.address("AZURE_AUTHORITY_HOST"),
            registry: None,
        }
    }

    fn home(&self) -> Option<PathBuf> {
        self.path("HOME")
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.environment.path(name)
    }

    fn address(&self, name: &str) -> Option<Url> {
        self.variable(name)?.parse().ok()
    }

    fn file(&self, path: Option<PathBuf>) -> Option<File> {
        path.map(|path| machine::file(&path, self.limits))
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name)
    }
}
