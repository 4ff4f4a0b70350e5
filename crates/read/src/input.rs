//! What is read: an image whose layers can be opened one by one, or an archive that passes by.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use cutaway_model::source::{Form, Selector};
use cutaway_model::{BlobStream, Error, Image};
use cutaway_ref::Platform;

/// An image, wherever it lies.
#[derive(Debug)]
pub enum Input {
    /// Layers can be opened one by one, and again.
    Image(Box<Image>),
    /// All of it passes by, its members in any order.
    Archive(Archive),
}

impl From<Image> for Input {
    fn from(image: Image) -> Self {
        Self::Image(Box::new(image))
    }
}

/// An archive that passes by, and which image of it is meant.
#[derive(Debug, Clone)]
pub struct Archive {
    /// Starts the archive.
    pub opener: Arc<dyn Opener>,
    /// What errors call it.
    pub place: String,
    /// Its form, where it is known.
    pub form: Option<Form>,
    /// The image that is meant.
    pub selector: Selector,
    /// The platform that is meant.
    pub platform: Platform,
}

/// Who has an archive and can start it.
#[async_trait]
pub trait Opener: Debug + Send + Sync {
    /// Starts the archive, which may be compressed, from its first byte.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being started, such as that it has passed and can pass once only.
    async fn open(&self) -> Result<BlobStream, Error>;

    /// Returns whether it can be started more than once.
    fn opens_again(&self) -> bool;
}

/// An archive that passes once, such as one on standard input.
pub struct Once {
    stream: Mutex<Option<BlobStream>>,
    place: String,
}

impl Once {
    /// Takes the stream; `place` names it in errors.
    pub fn new(stream: BlobStream, place: impl Into<String>) -> Self {
        Self { stream: Mutex::new(Some(stream)), place: place.into() }
    }
}

impl Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("place", &self.place).finish_non_exhaustive()
    }
}

#[async_trait]
impl Opener for Once {
    async fn open(&self) -> Result<BlobStream, Error> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        stream.take().ok_or_else(|| Error::Passed { what: self.place.clone() })
    }

    fn opens_again(&self) -> bool {
        false
    }
}
