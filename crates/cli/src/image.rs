//! Opening the image that an argument names, wherever it lies.

use std::path::Path;
use std::sync::Arc;

use cutaway_model::source::{self, Archive, Directory, Files, Form, Selector};
use cutaway_model::{BlobStream, Blobs, Compression, Image};
use cutaway_ref::Platform;
use cutaway_scan::{Limits, SourceKind, Subject};
use tokio::io::BufReader;

use crate::args::Common;
use crate::client;
use crate::failure::{Exit, Failure};
use cutaway::Engine;
use cutaway::Place;

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
    /// Where it is from, where that is more than an archive.
    pub(crate) source: Option<SourceKind>,
}

/// Makes the failure of reading an archive that passes: what a daemon leaves out is its fault, not the image's.
pub(crate) fn failure_of(error: cutaway_scan::Error, source: Option<SourceKind>) -> Failure {
    let left_out =
        matches!(error, cutaway_scan::Error::Model(cutaway_model::Error::Missing { .. }));
    let failure = Failure::from(error);
    match source {
        Some(_) if left_out => Failure::new(Exit::Fetch, failure.message),
        _ => failure,
    }
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
                    source: None,
                }));
            }
            let files: Arc<dyn Files> = Arc::new(Archive::open(&path, &limits.model)?);
            let form = match form {
                Some(form) => form,
                None => Form::of(files.as_ref())?,
            };
            let image = source::open(files, form, &selector, &platform, &limits.model).await?;
            let source = SourceKind::of_archive(form);
            Ok(Opened::Image(Box::new(image), Subject { name: argument.to_owned(), source }))
        }
        Place::Stdin => Ok(Opened::Stream(Passing {
            stream: Box::new(BufReader::with_capacity(256 << 10, tokio::io::stdin())),
            place: "standard input".into(),
            form: None,
            selector: Selector::Only,
            name: "-".into(),
            source: None,
        })),
        Place::Containerd(name) => {
            let (blobs, root) = client::of(common)?.containerd(&name).await?;
            let blobs: Arc<dyn Blobs> = Arc::new(blobs);
            let image = cutaway_model::open(blobs, root, None, &platform, &limits.model).await?;
            let source = SourceKind::Containerd;
            Ok(Opened::Image(Box::new(image), Subject { name: argument.to_owned(), source }))
        }
        Place::Daemon(engine, name) => from_daemon(engine, &name, argument, common).await,
    }
}

async fn from_registry(
    text: &str,
    common: &Common,
    platform: &Platform,
    limits: &Limits,
) -> Result<Opened, Failure> {
    let reference = cutaway::reference(text)?;
    let (repository, resolved) = client::of(common)?.resolve(&reference).await?;
    let blobs = Arc::new(repository);
    let raw = resolved.bytes.to_vec();
    let image =
        cutaway_model::open(blobs, resolved.descriptor, Some(raw), platform, &limits.model).await?;
    Ok(Opened::Image(
        Box::new(image),
        Subject { name: reference.to_string(), source: SourceKind::Registry },
    ))
}

/// Has a daemon save the image.
async fn from_daemon(
    engine: Engine,
    name: &str,
    argument: &str,
    common: &Common,
) -> Result<Opened, Failure> {
    let source = match engine {
        Engine::Docker => SourceKind::Docker,
        Engine::Podman => SourceKind::Podman,
    };
    let (daemon, found) = client::of(common)?.find(engine, name).await?;
    Ok(Opened::Stream(Passing {
        stream: daemon.save(&found).await?,
        place: format!("image {name} from {}", daemon.name()),
        form: Some(found.form()),
        selector: found.selector(),
        name: argument.to_owned(),
        source: Some(source),
    }))
}

pub(crate) fn is_compressed(path: &Path) -> Result<bool, Failure> {
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
