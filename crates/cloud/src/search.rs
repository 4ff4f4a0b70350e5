//! One lookup at a cloud, with a note of every source that had nothing.

use std::sync::Arc;
use std::time::SystemTime;

use cutaway_ref::auth::{Credential, PassedOver, Secret};

use crate::call::Caller;
use crate::machine::{self, Machine};
use crate::{Error, Found};

/// One lookup.
pub(crate) struct Search<'a> {
    pub(crate) caller: &'a Caller,
    machine: Option<&'a Arc<dyn Machine>>,
    cloud: &'static str,
    passed_over: Vec<PassedOver>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        caller: &'a Caller,
        machine: Option<&'a Arc<dyn Machine>>,
        cloud: &'static str,
    ) -> Self {
        Self { caller, machine, cloud, passed_over: Vec::new() }
    }

    /// Notes that a source has nothing.
    pub(crate) fn pass(&mut self, source: impl Into<String>, reason: impl ToString) {
        self.passed_over.push(PassedOver {
            source: source.into(),
            reason: reason.to_string(),
            broken: false,
        });
    }

    /// Reads a file that a setting names.
    pub(crate) async fn read(&self, path: &str) -> Result<Secret, Error> {
        machine::read(self.machine, path).await
    }

    /// Runs a program that a setting names.
    pub(crate) async fn run(&self, words: Vec<String>) -> Result<Secret, Error> {
        machine::run(self.machine, words).await
    }

    /// Ends with a credential, which `source` has under `key`.
    pub(crate) fn found(
        self,
        credential: Credential,
        source: String,
        key: Option<String>,
        expires: SystemTime,
    ) -> Found {
        Found { credential, source, key, passed_over: self.passed_over, expires }
    }

    /// Ends with nothing.
    pub(crate) fn lost(self) -> Error {
        Error::NoKey { cloud: self.cloud, passed_over: self.passed_over }
    }
}
