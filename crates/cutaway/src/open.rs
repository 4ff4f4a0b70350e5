//! Opening the image that a name stands for, wherever it lies.

use std::path::Path;
use std::sync::Arc;

use cutaway_model::Compression;
use cutaway_model::source::{self, Directory, Files, Form, Selector};
use cutaway_report::{SourceKind, Subject};
use tokio::io::BufReader;

use crate::client::Client;
use crate::documents::Remembered;
use crate::error::Error;
use crate::image::Image;
use crate::openers::{CHUNK, InFile};
use crate::place::{Engine, Place};
use cutaway_read::{Archive, Once};
use cutaway_tar::Escaped;

impl Client {
    /// Opens the image that `name` stands for: a reference, a path, `-` for standard input, or a source
    /// and a name, as [`Place::of`] reads them. Of a registry or a layout, only the documents of the
    /// image for the client's platform are read; an archive that passes is not looked into.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why there is no such image, or why its documents cannot be had or do not make one.
    pub async fn open(&self, name: &str) -> Result<Image, Error> {
        let (platform, limits) = (self.platform(), &self.limits().read.model);
        let of =
            |image, source| Image::of_image(self, image, Subject { name: name.to_owned(), source });
        match Place::of(name)? {
            Place::Registry(text) => {
                let reference = crate::registry::reference(&text)?;
                let (repository, resolved) = self.resolve(&reference).await?;
                let (root, raw) = (resolved.descriptor, Some(resolved.bytes.to_vec()));
                let cache = self.settings().cache();
                let blobs = Remembered::over(Arc::new(repository), &reference, cache);
                let image = cutaway_model::open(blobs, root, raw, &platform, limits).await?;
                let (name, source) = (reference.to_string(), SourceKind::Registry);
                Ok(Image::of_image(self, image, Subject { name, source }))
            }
            Place::Layout(path, selector) => {
                let files: Arc<dyn Files> = Arc::new(Directory::new(&path));
                let image = source::open(files, Form::Oci, &selector, &platform, limits).await?;
                Ok(of(image, SourceKind::Oci))
            }
            Place::Archive(path, selector, form) if is_compressed(&path)? => {
                Ok(self.open_archive(&path, selector, form, name))
            }
            Place::Archive(path, selector, form) => {
                let files: Arc<dyn Files> = Arc::new(source::Archive::open(&path, limits)?);
                let form = match form {
                    Some(form) => form,
                    None => Form::of(files.as_ref())?,
                };
                let image = source::open(files, form, &selector, &platform, limits).await?;
                Ok(of(image, SourceKind::of_archive(form)))
            }
            Place::Stdin => {
                let place = "standard input".to_owned();
                let stream = BufReader::with_capacity(CHUNK, tokio::io::stdin());
                let opener = Arc::new(Once::new(Box::new(stream), &place));
                let archive =
                    Archive { opener, place, form: None, selector: Selector::Only, platform };
                Ok(Image::of_archive(self, archive, name, None))
            }
            Place::Sbom(_) => {
                let rule = "a bill of materials lists packages, and is no image";
                Err(Error::Usage(format!("{}: {rule}", Escaped::name(name))))
            }
            Place::Containerd(there) => self.open_containerd(&there, name).await,
            Place::Daemon(engine, there) => self.open_saved(engine, &there, name).await,
        }
    }

    /// Opens an archive in a file so that it passes, though its members could be read one by one.
    pub(crate) fn open_archive(
        &self,
        path: &Path,
        selector: Selector,
        form: Option<Form>,
        name: &str,
    ) -> Image {
        let place = Escaped::path(path).to_string();
        let (opener, platform) = (Arc::new(InFile(path.to_owned())), self.platform());
        let archive = Archive { opener, place, form, selector, platform };
        Image::of_archive(self, archive, name, None)
    }

    #[cfg(feature = "daemons")]
    async fn open_containerd(&self, there: &str, name: &str) -> Result<Image, Error> {
        let (blobs, root) = self.containerd(there).await?;
        let (platform, limits) = (self.platform(), &self.limits().read.model);
        let image = cutaway_model::open(Arc::new(blobs), root, None, &platform, limits).await?;
        let subject = Subject { name: name.to_owned(), source: SourceKind::Containerd };
        Ok(Image::of_image(self, image, subject))
    }

    /// Has a daemon save the image, each time that it is read.
    #[cfg(feature = "daemons")]
    async fn open_saved(&self, engine: Engine, there: &str, name: &str) -> Result<Image, Error> {
        let source = match engine {
            Engine::Docker => SourceKind::Docker,
            Engine::Podman => SourceKind::Podman,
        };
        let (daemon, found) = self.find(engine, there).await?;
        let place = format!("image {there} from {}", daemon.name());
        let (form, selector) = (Some(found.form()), found.selector());
        let opener = Arc::new(crate::openers::Saved { daemon, found });
        let archive = Archive { opener, place, form, selector, platform: self.platform() };
        Ok(Image::of_archive(self, archive, name, Some(source)))
    }

    #[cfg(not(feature = "daemons"))]
    #[expect(clippy::unused_async, reason = "with daemons it waits for one")]
    async fn open_containerd(&self, _: &str, name: &str) -> Result<Image, Error> {
        Err(without_daemons(name))
    }

    #[cfg(not(feature = "daemons"))]
    #[expect(clippy::unused_async, reason = "with daemons it waits for one")]
    async fn open_saved(&self, _: Engine, _: &str, name: &str) -> Result<Image, Error> {
        Err(without_daemons(name))
    }
}

#[cfg(not(feature = "daemons"))]
pub(crate) fn without_daemons(name: &str) -> Error {
    Error::Usage(format!("{name} is at a daemon, and this is built without the feature daemons"))
}

/// Returns whether a file begins as a compressed one does; it passes then.
///
/// # Errors
///
/// Returns what the system says where it cannot be read. What is no regular file is refused by name when
/// it is opened as an archive.
pub fn is_compressed(path: &Path) -> Result<bool, Error> {
    use std::io::Read as _;
    if !path.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(8).read_to_end(&mut head))
        .map_err(|error| Error::Unreachable(format!("{}: {error}", path.display())))?;
    Ok(Compression::sniff(&head) != Compression::Plain)
}
