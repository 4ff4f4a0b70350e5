//! Databases of advisories as artifacts: each file a compressed layer, in a registry or a layout.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use cutaway_export::Layout;
use cutaway_model::source::Selector;
use cutaway_model::{
    BlobSink as _, BlobStream, Blobs, Claim, Descriptor, ImageName, SinkError, Verified,
};
use cutaway_ref::{Algorithm, Digest};
use cutaway_tar::Escaped;
use cutaway_vulns::ImportError;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;

use super::{Advisories, files_of};
use crate::client::Client;
use crate::error::Error;
use crate::place::Place;
use crate::root::Start;

const ARTIFACT: &str = "application/vnd.cutaway.db.v1";
const LAYER: &str = "application/vnd.cutaway.db.layer.v1+zstd";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// What the file is once it is unpacked.
const DIGEST: &str = "dev.cutaway.db.digest";
const ECOSYSTEMS: &str = "dev.cutaway.db.ecosystems";
const ROWS: &str = "dev.cutaway.db.rows";
const NEWEST: &str = "dev.cutaway.db.newest";
const TITLE: &str = "org.opencontainers.image.title";
/// How hard files are compressed.
const LEVEL: i32 = 9;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: Option<String>,
    config: Blob,
    layers: Vec<Blob>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// Blobs that are held.
#[derive(Debug, Default)]
struct Held(BTreeMap<Digest, Vec<u8>>);

#[async_trait]
impl Blobs for Held {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, cutaway_model::Error> {
        let bytes = self.0.get(&blob.digest).cloned().unwrap_or_default();
        Ok(Box::new(io::Cursor::new(bytes)))
    }
}

impl Client {
    /// Writes a database into a layout, as an artifact, and returns the digest of its manifest.
    ///
    /// # Errors
    ///
    /// Returns that the target is no layout, and why it cannot be written.
    pub async fn push_advisories(&self, path: &Path, target: &str) -> Result<Digest, Error> {
        let (folder, tag) = layout(target)?;
        let mut held = Held::default();
        let config = held.take(EMPTY, b"{}".to_vec());
        let mut layers = Vec::new();
        for file in files_of(path)? {
            let mut advisories = Advisories::open(&file)?;
            advisories.verify()?;
            let unreadable = |source| Error::Unreadable { path: file.clone(), source };
            let bytes = fs::read(&file).map_err(unreadable)?;
            let packed = zstd::bulk::compress(&bytes, LEVEL).map_err(unreadable)?;
            let mut layer = held.take(LAYER, packed);
            layer.annotations = annotations(&advisories, &file, &bytes);
            layers.push(layer);
        }
        let manifest = Manifest {
            schema_version: 2,
            media_type: MANIFEST.to_owned(),
            artifact_type: Some(ARTIFACT.to_owned()),
            config,
            layers,
        };
        let raw = serde_json::to_vec(&manifest).map_err(|error| Error::Usage(error.to_string()))?;
        let root = Descriptor::new(MANIFEST, Digest::sha256(&raw), size(&raw));
        let sink = Layout::open(&folder)?;
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            let blob = blob.descriptor();
            if !sink.has(&blob).await? {
                sink.put(&blob, &held).await?;
            }
        }
        let name = ImageName { full: None, tag };
        sink.put_manifest(&root, &raw, Some(&name)).await?;
        sink.close();
        Ok(root.digest)
    }

    /// Reads the artifact of a database into a folder of its own below `home`, and returns where it
    /// lies. What is there already is not read again.
    ///
    /// Needs a tokio runtime. Dropping the future ends its requests.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be had, that it is no database, and a file that is not what it claims to be.
    pub(super) async fn pull_advisories(&self, name: &str, home: &Path) -> Result<PathBuf, Error> {
        let none = |why: &str| Error::Unanswered(format!("{}: {why}", Escaped::new(name)));
        let Start::Root(root) = self.start(name).await? else {
            return Err(none("no database of advisories lies in an archive that passes"));
        };
        let manifest: Manifest =
            serde_json::from_slice(&root.raw).map_err(|_| none("no manifest of a database"))?;
        if manifest.artifact_type.as_deref() != Some(ARTIFACT) {
            return Err(none("no database of advisories"));
        }
        let folder = home.join(root.descriptor.digest.encoded());
        if !folder.is_dir() {
            let part = home.join(format!(".{}.part", std::process::id()));
            let made =
                fs::remove_dir_all(&part).or_else(absent).and_then(|()| fs::create_dir_all(&part));
            made.map_err(|error| written(&part, error))?;
            for (number, layer) in manifest.layers.iter().enumerate() {
                if layer.media_type == LAYER {
                    self.unpack(root.blobs.as_ref(), layer, &part.join(format!("{number}.db")))
                        .await?;
                }
            }
            // Another process may have been quicker; its files are the same.
            if let Err(error) = fs::rename(&part, &folder)
                && !folder.is_dir()
            {
                return Err(written(&folder, error));
            }
            let _ = fs::remove_dir_all(&part);
        }
        Ok(folder)
    }

    async fn unpack(&self, blobs: &dyn Blobs, layer: &Blob, file: &Path) -> Result<(), Error> {
        let limit = self.limits().advisories.total_bytes;
        let most = u64::try_from(limit).unwrap_or(u64::MAX);
        let broken = |reason: String| -> Error {
            ImportError::Broken { path: file.to_owned(), reason }.into()
        };
        if layer.size > most {
            return Err(broken(format!("more than the limit osv_total_bytes = {limit}")));
        }
        let descriptor = layer.descriptor();
        let stream = blobs.open(&descriptor).await?;
        let claim = Claim { digest: Some(layer.digest.clone()), size: Some(layer.size) };
        let mut stream = Verified::new(stream, format!("blob {}", layer.digest), claim)?;
        let mut packed = Vec::new();
        let read = stream.read_to_end(&mut packed).await;
        read.map_err(|error| cutaway_model::Error::from_io(error, "a database"))?;
        let plain = zstd::Decoder::new(packed.as_slice());
        let mut plain = plain.map_err(|error| broken(error.to_string()))?.take(most);
        let out = File::create(file).map_err(|error| written(file, error))?;
        let mut out = BufWriter::new(out);
        let mut hasher = Algorithm::Sha256.hasher();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = plain.read(&mut buffer).map_err(|error| broken(error.to_string()))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
            out.write_all(bytes).map_err(|error| written(file, error))?;
        }
        out.flush().map_err(|error| written(file, error))?;
        let stated = layer.annotations.get(DIGEST).map(String::as_str);
        let found = hasher.finish();
        match stated {
            Some(stated) if stated == found.as_str() => Ok(()),
            _ => {
                Err(broken(format!("the file unpacked is {found}, and not what its layer states")))
            }
        }
    }
}

impl Held {
    fn take(&mut self, media_type: &str, bytes: Vec<u8>) -> Blob {
        let (digest, size) = (Digest::sha256(&bytes), size(&bytes));
        self.0.insert(digest.clone(), bytes);
        Blob { media_type: media_type.to_owned(), digest, size, annotations: BTreeMap::new() }
    }
}

impl Blob {
    fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.as_str(), self.digest.clone(), self.size)
    }
}

fn annotations(advisories: &Advisories, file: &Path, bytes: &[u8]) -> BTreeMap<String, String> {
    let info = advisories.database().info();
    let names: Vec<&str> = info.sources.iter().map(|source| source.ecosystem.as_str()).collect();
    let mut told = BTreeMap::from([
        (DIGEST.to_owned(), Digest::sha256(bytes).to_string()),
        (ECOSYSTEMS.to_owned(), names.join(",")),
        (ROWS.to_owned(), info.rows.to_string()),
    ]);
    let newest = info.sources.iter().filter_map(|source| source.newest.clone()).max();
    told.extend(newest.map(|newest| (NEWEST.to_owned(), newest)));
    let title = file.file_name().map(|name| name.to_string_lossy().into_owned());
    told.extend(title.map(|title| (TITLE.to_owned(), title)));
    told
}

/// Reads the name of a layout that need not be there yet, and a tag.
fn layout(target: &str) -> Result<(PathBuf, Option<String>), Error> {
    match Place::of(target) {
        Ok(Place::Layout(folder, Selector::Tag(tag))) => return Ok((folder, Some(tag))),
        Ok(Place::Layout(folder, Selector::Only)) => return Ok((folder, None)),
        _ => {}
    }
    let rule = "databases are pushed into layouts: oci:DIR:TAG";
    let named = target.strip_prefix("oci:").filter(|rest| !rest.contains('@'));
    let named = named.ok_or_else(|| Error::Usage(rule.to_owned()))?;
    Ok(match named.rsplit_once(':') {
        Some((folder, tag)) => (folder.into(), Some(tag.to_owned())),
        None => (named.into(), None),
    })
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// What is not there need not be removed.
fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

pub(super) fn written(path: &Path, source: io::Error) -> Error {
    SinkError::write(path.display().to_string(), source).into()
}
