//! Why layers could not be read.

use cutaway_model::{Class, Error as ModelError, Layer};

/// Why a layer or an image could not be read. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The layer could not be had, or is not what it claims to be.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The layer is no sound tar, or breaks the rules of layers.
    #[error("{what}: {source}")]
    Layer {
        /// The layer.
        what: String,
        /// The rule, and where it is broken.
        source: cutaway_layerfs::Error,
    },
}

impl Error {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Model(error) => error.class(),
            Self::Layer { .. } => Class::Malformed,
        }
    }

    /// Makes the error of a layer. What goes over the budget of all that is held is about no layer: which
    /// one it happens to depends on the order in which they are read.
    pub fn of_layer(what: String, source: cutaway_layerfs::Error) -> Self {
        match source {
            cutaway_layerfs::Error::Held { max } => Self::held(max),
            source => Self::Layer { what, source },
        }
    }

    /// Makes the error of an image of which more would be held than its budget allows.
    pub fn held(max: u64) -> Self {
        let what = "what is held of the image, beside 200 bytes an entry and 400 a package,";
        ModelError::Limit { what: what.to_owned(), limit: "held_bytes", max }.into()
    }

    /// Makes the error of a layer that was to be read whole and was not.
    pub fn unfinished(what: impl Into<String>) -> Self {
        ModelError::malformed(what, "was not read to its end").into()
    }

    /// Says which layer of an image it is about, where only the name of the member was known.
    pub(crate) fn about(self, layer: &Layer) -> Self {
        match self {
            Self::Layer { source, .. } => Self::Layer { what: layer.what(), source },
            Self::Model(ModelError::Malformed { rule, .. }) => {
                ModelError::malformed(layer.what(), rule).into()
            }
            other @ Self::Model(_) => other,
        }
    }
}
