//! Images that lie on disk or pass by: OCI layouts, OCI archives and what `docker save` writes.
//!
//! All of them are named files with JSON documents among them. [`Files`] is that view; a directory
//! ([`Directory`]), an archive read by offset ([`Archive`]) and the documents of a stream that has
//! passed ([`Passed`]) provide it.

use std::sync::Arc;

use cutaway_ref::{Digest, Platform};

use crate::{Blobs, Descriptor, Error, Image, Limits, Outline};

mod archive;
mod both;
mod directory;
mod docker;
mod docker_v1;
mod file;
mod files;
mod members;
mod oci;
mod passed;
mod selector;
mod sparse;

pub use archive::Archive;
pub use directory::Directory;
pub use file::ReadAt;
pub use files::Files;
pub use members::{Member, Members};
pub use oci::Found;
pub use passed::Passed;
pub use selector::Selector;

/// The most bytes that an `index.json` without an entry has: a digest alone is as long.
const EMPTY_INDEX: u64 = 150;

/// The form in which files are an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `index.json` and `blobs/` (image-layout.md).
    Oci,
    /// `manifest.json`, a config and layers, as `docker save` writes them; `repositories` and a folder
    /// a layer, as it did before version 1.10.
    Docker,
}

impl Form {
    /// Tells the form from the files that are there.
    ///
    /// `docker save` of newer engines writes both documents; the OCI form is preferred, since it
    /// carries the manifest, unless its index is too short to list one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] where the files are neither.
    pub fn of(files: &dyn Files) -> Result<Self, Error> {
        let (index, manifest) = (files.open("index.json")?, files.open("manifest.json")?);
        if let Some((_, size)) = index
            && (manifest.is_none() || size > EMPTY_INDEX)
        {
            Ok(Self::Oci)
        } else if manifest.is_some() || files.open(docker_v1::REPOSITORIES)?.is_some() {
            Ok(Self::Docker)
        } else {
            let rule = "is no image: it has neither index.json (OCI) nor manifest.json (docker save), nor the repositories of a docker save before 1.10";
            Err(Error::malformed(files.place(), rule))
        }
    }
}

/// Opens the image that `selector` names among `files`.
///
/// # Errors
///
/// Returns [`Error::Ambiguous`] where nothing is named and several images are there,
/// [`Error::NotFound`] for a name that none has, and what [`crate::open`] fails with.
pub async fn open(
    files: Arc<dyn Files>,
    form: Form,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    match form {
        Form::Oci => oci::open(files, selector, platform, limits).await,
        Form::Docker => docker::open(files, selector, platform, limits).await,
    }
}

/// Lays out the documents of the image or artifact that `selector` names, also where they disagree.
///
/// # Errors
///
/// As [`open`], except for what documents have to do with each other.
pub async fn outline(
    files: Arc<dyn Files>,
    form: Form,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Outline, Error> {
    match form {
        Form::Oci => {
            let found = oci::find(files, selector, platform, limits).await?;
            let Found { blobs, descriptor, remarks } = found;
            let mut outline = crate::outline(blobs, descriptor, None, platform, limits).await?;
            outline.remarks.extend(remarks);
            Ok(outline)
        }
        Form::Docker => docker::outline(files, selector, platform, limits).await,
    }
}

/// Returns whether opening an image among `files` needs the diffIDs of its layers, since no document
/// states them: the archives of docker save before version 1.10.
///
/// # Errors
///
/// Returns what keeps a file that is there from being opened.
pub fn needs_diff_ids(files: &dyn Files) -> Result<bool, Error> {
    let documents = ["index.json", "manifest.json"];
    for name in documents {
        if files.open(name)?.is_some() {
            return Ok(false);
        }
    }
    Ok(files.open(docker_v1::REPOSITORIES)?.is_some())
}

/// Finds the image or index of an OCI layout that `selector` names.
///
/// Nothing but `index.json` is read, the indexes that it lists where a digest is not its own, and where
/// there is a `manifest.json` too, the documents that show whether both name the same image.
///
/// # Errors
///
/// As [`open`].
pub async fn find(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Found, Error> {
    oci::find(files, selector, platform, limits).await
}

/// Returns what an OCI layout lists as referring to `digest`, such as signatures.
///
/// # Errors
///
/// Returns what keeps `index.json` from being read, and files from being opened.
pub async fn referrers(
    files: &Arc<dyn Files>,
    digest: &Digest,
    limits: &Limits,
) -> Result<Vec<Descriptor>, Error> {
    oci::referrers(files, digest, limits).await
}

/// Returns all blobs of an OCI layout, without a look at what it lists.
pub fn blobs(files: Arc<dyn Files>) -> Arc<dyn Blobs> {
    Arc::new(oci::LayoutBlobs(files))
}
