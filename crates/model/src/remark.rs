//! What a reader of an image should know although it keeps nobody from reading it.

use serde::Serialize;

use crate::{Compression, Layer};

/// Something odd about an image that makes none of its bytes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What kind of oddity it is, in kebab-case.
    pub code: &'static str,
    /// The layer it is about, where it is about one.
    pub layer: Option<usize>,
    /// One line for people, escaped.
    pub message: String,
}

impl Remark {
    /// Makes a remark about the image as a whole.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, layer: None, message: message.into() }
    }
}

impl Layer {
    /// Returns what is odd about the way in which the layer is stored, once it was unpacked.
    ///
    /// `padding` is the number of zero bytes behind the compressed stream, as
    /// [`Decoded::padding`](crate::Decoded::padding) counts them.
    pub fn remarks(&self, found: Compression, padding: u64) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut remark = |code, message| {
            remarks.push(Remark { code, layer: Some(self.index()), message });
        };
        if let Some(media_type) = self.media_type()
            && let Some(promised) = Compression::promised(media_type)
            && promised != found
        {
            let (promised, found) = (promised.name(), found.name());
            let message = format!(
                "its media type {media_type} says {promised}, its bytes are {found} and were read as that"
            );
            remark("compression-differs", message);
        }
        if padding > 0 {
            let message = format!("{padding} zero bytes behind its last gzip member were ignored");
            remark("zero-padding", message);
        }
        remarks
    }
}
