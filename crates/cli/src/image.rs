//! Opening the image that an argument names, wherever it lies.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cutaway_fetch::{ClientCertificate, Config, Registry};
use cutaway_model::source::{self, Archive, Directory, Files, Form, Selector};
use cutaway_model::{BlobStream, Compression, Image};
use cutaway_ref::auth::Secret;
use cutaway_ref::{Defaults, Platform, Reference};
use cutaway_scan::{Limits, SourceKind, Subject};
use tokio::io::BufReader;

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::locate::Place;
use crate::{credentials, limits};

/// An image argument, opened.
pub(crate) enum Opened {
    /// An image whose layers can be opened one by one.
    Image(Box<Image>, Subject),
    /// An archive that passes once.
    Stream(Passing),
}

/// An archive that passes once, and which image of it is meant.
pub(crate) struct Passing {
    /// The bytes of the archive, which may be compressed.
    pub(crate) stream: BlobStream,
    /// What errors call it.
    pub(crate) place: String,
    /// The form that was named.
    pub(crate) form: Option<Form>,
    /// The image that was named.
    pub(crate) selector: Selector,
    /// The name by which the image was asked for.
    pub(crate) name: String,
}

/// Returns the platform that was asked for, or that of this machine.
pub(crate) fn platform(common: &Common) -> Platform {
    common.platform.clone().unwrap_or_else(|| Platform::linux(std::env::consts::ARCH))
}

/// Opens the image that `argument` names. Of a registry or a layout, only documents are read.
pub(crate) async fn open(
    argument: &str,
    common: &Common,
    limits: &Limits,
) -> Result<Opened, Failure> {
    let platform = platform(common);
    match Place::of(argument)? {
        Place::Registry(reference) => from_registry(&reference, common, &platform, limits).await,
        Place::Layout(path, selector) => {
            let files: Arc<dyn Files> = Arc::new(Directory::new(&path));
            let image = source::open(files, Form::Oci, &selector, &platform, &limits.model).await?;
            Ok(Opened::Image(
                Box::new(image),
                Subject { name: argument.to_owned(), source: SourceKind::Oci },
            ))
        }
        Place::Archive(path, selector, form) => {
            if is_compressed(&path)? {
                let file = tokio::fs::File::open(&path).await;
                let file = file.map_err(|error| {
                    Failure::new(Exit::Fetch, format!("{}: {error}", path.display()))
                })?;
                return Ok(Opened::Stream(Passing {
                    stream: Box::new(BufReader::with_capacity(256 << 10, file)),
                    place: path.display().to_string().escape_debug().to_string(),
                    form,
                    selector,
                    name: argument.to_owned(),
                }));
            }
            let files: Arc<dyn Files> = Arc::new(Archive::open(&path, &limits.model)?);
            let form = match form {
                Some(form) => form,
                None => Form::of(files.as_ref())?,
            };
            let image = source::open(files, form, &selector, &platform, &limits.model).await?;
            let source = match form {
                Form::Oci => SourceKind::OciArchive,
                Form::Docker => SourceKind::DockerArchive,
            };
            Ok(Opened::Image(Box::new(image), Subject { name: argument.to_owned(), source }))
        }
        Place::Stdin => Ok(Opened::Stream(Passing {
            stream: Box::new(BufReader::with_capacity(256 << 10, tokio::io::stdin())),
            place: "standard input".into(),
            form: None,
            selector: Selector::Only,
            name: "-".into(),
        })),
    }
}

async fn from_registry(
    text: &str,
    common: &Common,
    platform: &Platform,
    limits: &Limits,
) -> Result<Opened, Failure> {
    let reference = Reference::parse(text, &Defaults::default())
        .map_err(|error| Failure::usage(error.to_string()))?;
    let credential = credentials::resolve(&reference, common)?.credential;
    let config = config(common)?;
    let registry = Registry::new(reference.registry(), credential, config)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let resolved = registry.resolve(&reference).await?;
    let blobs = Arc::new(registry.repository(&reference));
    let raw = resolved.bytes.to_vec();
    let image =
        cutaway_model::open(blobs, resolved.descriptor, Some(raw), platform, &limits.model).await?;
    Ok(Opened::Image(
        Box::new(image),
        Subject { name: reference.to_string(), source: SourceKind::Registry },
    ))
}

fn config(common: &Common) -> Result<Config, Failure> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
    };
    let mut config = Config {
        plain_http: common.plain_http,
        insecure: common.insecure,
        deadline: common.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        ..Config::default()
    };
    let transport = limits::transport(&common.limit)?;
    (config.limits, config.times, config.retry) =
        (transport.limits, transport.times, transport.retry);
    config.ca_certificates =
        common.ca_cert.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    config.client_certificate = match (&common.client_cert, &common.client_key) {
        (Some(chain), Some(key)) => {
            let key = String::from_utf8(read(key)?)
                .map_err(|_| Failure::usage(format!("{} is no PEM file", key.display())))?;
            Some(ClientCertificate { chain: read(chain)?, key: Secret::new(key) })
        }
        (None, None) => None,
        _ => return Err(Failure::usage("--client-cert and --client-key go together")),
    };
    Ok(config)
}

fn is_compressed(path: &Path) -> Result<bool, Failure> {
    use std::io::Read as _;
    // What is no regular file is refused by name when it is opened as an archive.
    if !path.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(8).read_to_end(&mut head))
        .map_err(|error| Failure::new(Exit::Fetch, format!("{}: {error}", path.display())))?;
    Ok(Compression::sniff(&head) != Compression::Plain)
}
