//! A cache in memory, and who counts the layers that are read beside it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::{FactsCache, FactsKey, Part};
use cutaway_fixtures::{FixtureImage, Layout};
use cutaway_model::source::{Directory, Files, Form};
use cutaway_model::{BlobStream, Error as ModelError, Stamp};
use cutaway_read::Observer;
use cutaway_report::{Report, SourceKind};
use cutaway_scan::{Error, Options};

use crate::support::{options, scan_files};

#[derive(Debug, Default)]
pub(crate) struct Memory(pub(crate) Mutex<HashMap<(FactsKey, Part), Bytes>>);

#[async_trait]
impl FactsCache for Memory {
    async fn get(&self, key: &FactsKey, parts: &[Part]) -> Option<Vec<Bytes>> {
        let held = self.0.lock().unwrap();
        parts.iter().map(|part| held.get(&(key.clone(), part.clone())).cloned()).collect()
    }

    async fn put(&self, key: &FactsKey, parts: Vec<(Part, Bytes)>) {
        let parts = parts.into_iter().map(|(part, value)| ((key.clone(), part), value));
        self.0.lock().unwrap().extend(parts);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Opened(pub(crate) AtomicUsize);

impl Observer for Opened {
    fn layer_opened(&self, _: usize, _: Option<u64>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn keeping(memory: &Arc<Memory>) -> (Options, Arc<Opened>) {
    let opened = Arc::new(Opened::default());
    let cache: Arc<dyn FactsCache> = memory.clone();
    let mut options = Options { cache: Some(cache), ..options() };
    options.read.observer = opened.clone();
    (options, opened)
}

/// A layout that lies elsewhere, where the digests of its blobs say all.
#[derive(Debug)]
struct Elsewhere(Directory);

impl Files for Elsewhere {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, ModelError> {
        self.0.open(name)
    }

    fn place(&self) -> &str {
        self.0.place()
    }

    fn stamp(&self, _: &str) -> Stamp {
        Stamp::Digest
    }
}

/// Scans an image as one that lies elsewhere.
pub(crate) fn scan_image(image: &FixtureImage, options: &Options) -> Result<Report, Error> {
    let directory = tempfile::tempdir().unwrap();
    Layout::new().image("test", image).write_dir(directory.path()).unwrap();
    let files: Arc<dyn Files> = Arc::new(Elsewhere(Directory::new(directory.path())));
    scan_files(files, Form::Oci, SourceKind::Oci, options)
}
