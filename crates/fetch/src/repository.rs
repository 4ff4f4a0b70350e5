//! A repository of a registry: where it is, and where else its blobs may be had.

use std::sync::Arc;

use crate::exchange::Exchange;
use crate::places::{Elsewhere, Places};

/// A repository of a registry.
///
/// As a [`Blobs`](cutaway_model::Blobs) it fetches a blob when it is opened, and goes on where it broke off while
/// somebody reads.
#[derive(Debug, Clone)]
pub struct Repository {
    exchange: Arc<Exchange>,
    name: String,
    /// Where else its blobs may be had.
    places: Option<Arc<Places>>,
}

impl Repository {
    pub(crate) fn new(exchange: Arc<Exchange>, name: &str) -> Self {
        Self { exchange, name: name.to_owned(), places: None }
    }

    /// Returns the name, such as `library/alpine`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the repository with other places that its blobs are had from when this one fails: after its
    /// tries are over, where it lacks a blob, and where it sends a wrong one.
    ///
    /// A blob that broke off is gone on with where it stood. Clones of the result share what is known of
    /// the places, so that one that is down is not tried for every blob.
    #[must_use]
    pub fn backed_by(self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        Self { places: Some(Arc::new(Places::new(elsewhere))), ..self }
    }

    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    pub(crate) fn places(&self) -> Option<Arc<Places>> {
        self.places.clone()
    }
}
