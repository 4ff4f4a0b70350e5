//! The client of a run: this machine's settings, and above them what the options say.

use std::io::Read as _;
use std::sync::OnceLock;

use cutaway::{Client, Image, Limits, Pem};
use cutaway_files::View;
use cutaway_ref::auth::{Credential, Secret};
use cutaway_report::ImageReport;

use crate::args::Common;
use crate::failure::Failure;
use crate::variables::variable;
use crate::{progress, secrecy};

/// Makes the client that the options describe. Nothing is asked of anybody yet.
pub(crate) fn of(common: &Common) -> Result<Client, Failure> {
    let limits = limits(common)?;
    let longest = limits.lookup.credential_bytes;
    let token = common.registry_token.clone();
    let (username, on_stdin) = (common.username.clone(), common.password_stdin);
    let mut builder = Client::builder_from_env()
        .limits(limits)
        .veil(secrecy::veil())
        .protect_memory(true)
        .credential_of("--registry-token or CUTAWAY_REGISTRY_TOKEN", move || {
            Ok(token.clone().map(Credential::RegistryToken))
        })
        .credential_of("--username or CUTAWAY_USERNAME", move || {
            let Some(username) = &username else { return Ok(None) };
            let password = if on_stdin { from_stdin(longest).map(Some)? } else { of_variable()? };
            let password =
                password.ok_or("--username needs --password-stdin or CUTAWAY_PASSWORD")?;
            Ok(Some(Credential::basic(username, password.expose())))
        })
        .token_hosts(common.token_host.iter().cloned())
        .insecure(common.insecure)
        .plain_http(common.plain_http)
        .foreign_urls(common.foreign_urls)
        .no_cache(common.no_cache);
    if let Some(observer) = progress::observer() {
        builder = builder.observed(observer);
    }
    if let Some(platform) = &common.platform {
        builder = builder.platform(platform.clone());
    }
    if let Some(file) = &common.ca_cert {
        builder = builder.authority(Pem::File(file.clone()));
    }
    if let Some(file) = &common.client_cert {
        builder = builder.certificate(Pem::File(file.clone()));
    }
    if let Some(file) = &common.client_key {
        builder = builder.key(Pem::File(file.clone()));
    }
    if let Some(namespace) = &common.namespace {
        builder = builder.namespace(namespace);
    }
    if let Some(folder) = &common.cache_dir {
        builder = builder.cache_directory(folder);
    }
    if let Some(file) = &common.cache_key_file {
        builder = builder.cache_key_file(file);
    }
    if let Some(timeout) = common.timeout {
        builder = builder.timeout(timeout);
    }
    Ok(builder.build())
}

/// Opens an image.
pub(crate) async fn open(name: &str, common: &Common) -> Result<Image, Failure> {
    Ok(of(common)?.open(name).await?)
}

/// Reads all layers of an image and lays them over each other; says which image it is, too.
pub(crate) async fn view(
    name: &str,
    common: &Common,
) -> Result<(cutaway_model::Image, View, ImageReport), Failure> {
    let opened = open(name, common).await?;
    let (image, view) = opened.view().await?;
    let report = opened.report(&image, view.form());
    Ok((image, view, report))
}

/// Does as [`view`], and takes the word of layers for what they hold.
pub(crate) async fn claimed_view(
    name: &str,
    common: &Common,
) -> Result<(cutaway_model::Image, View, ImageReport), Failure> {
    let opened = open(name, common).await?;
    let (image, view) = opened.claimed_view().await?;
    let report = opened.report(&image, view.form());
    Ok((image, view, report))
}

/// Returns the limits as `--limit` changes them.
pub(crate) fn limits(common: &Common) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    for setting in &common.limit {
        limits.set_text(setting).map_err(cutaway::Error::from)?;
    }
    Ok(limits)
}

fn of_variable() -> Result<Option<Secret>, String> {
    let Some(password) = variable("CUTAWAY_PASSWORD") else { return Ok(None) };
    let password = password.into_string().map_err(|_| "CUTAWAY_PASSWORD is no text in UTF-8")?;
    Ok(Some(password).filter(|password| !password.is_empty()).map(Secret::new))
}

/// Reads the password from standard input: once, whoever asks for it.
fn from_stdin(longest: u64) -> Result<Secret, String> {
    static PASSWORD: OnceLock<Result<Secret, String>> = OnceLock::new();
    PASSWORD.get_or_init(|| read_stdin(longest)).clone()
}

fn read_stdin(longest: u64) -> Result<Secret, String> {
    let mut password = String::new();
    let read = std::io::stdin().take(longest.saturating_add(1)).read_to_string(&mut password);
    let length =
        read.map_err(|error| format!("cannot read the password from standard input: {error}"))?;
    if !u64::try_from(length).is_ok_and(|length| length <= longest) {
        return Err("the password on standard input is over credential_bytes".to_owned());
    }
    Ok(Secret::new(password.trim_end_matches(['\r', '\n'])))
}
