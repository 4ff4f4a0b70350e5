//! A server in the place of a cloud's services, and what it was told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cutaway_cloud::{Clouds, Error, File, Found, Machine, Settings, Sources};
use cutaway_fixtures::registry::{FakeRegistry, Request};
use cutaway_ref::auth::Secret;

/// What must never be seen outside of the request that needs it.
pub(crate) const CANARY: &str = "c4n4ry-Zq9";

/// Returns the address of a path at a server.
pub(crate) fn url(server: &FakeRegistry, path: &str) -> reqwest::Url {
    format!("http://{}{path}", server.host()).parse().unwrap()
}

pub(crate) fn clouds(sources: Sources) -> Clouds {
    Clouds::new(sources, Settings::default()).unwrap()
}

/// Asks for a registry that is one of a cloud.
pub(crate) async fn found(sources: Sources, registry: &str) -> Result<Found, Error> {
    clouds(sources).find(registry).await.map(|found| found.expect("a registry of a cloud"))
}

/// Reads the form of a request.
pub(crate) fn form(request: &Request) -> BTreeMap<String, String> {
    let url: reqwest::Url = format!("http://form/?{}", request.body).parse().unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Returns the method and the target of each request.
pub(crate) fn lines(server: &FakeRegistry) -> Vec<String> {
    let requests = server.requests();
    requests.iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

/// Makes a file that was read.
pub(crate) fn file(name: &str, contents: impl Into<String>) -> File {
    File { name: name.to_owned(), contents: Ok(Secret::new(contents)) }
}

/// Returns the sources that had nothing, each with its reason.
pub(crate) fn passed_over(error: &Error) -> Vec<(&str, &str)> {
    let Error::NoKey { passed_over, .. } = error else { panic!("{error}") };
    passed_over.iter().map(|passed| (passed.source.as_str(), passed.reason.as_str())).collect()
}

/// A machine with these files, and with programs that answer by the words that start them.
#[derive(Clone, Default)]
pub(crate) struct FakeMachine(BTreeMap<String, String>);

impl FakeMachine {
    pub(crate) fn with(mut self, path_or_words: &str, answer: impl Into<String>) -> Self {
        self.0.insert(path_or_words.to_owned(), answer.into());
        self
    }

    pub(crate) fn share(self) -> Option<Arc<dyn Machine>> {
        Some(Arc::new(self))
    }
}

impl fmt::Debug for FakeMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeMachine").finish_non_exhaustive()
    }
}

impl Machine for FakeMachine {
    fn read(&self, path: &str) -> Result<Secret, String> {
        let found = self.0.get(path).map(Secret::new);
        found.ok_or_else(|| "there is no such file".to_owned())
    }

    fn run(&self, words: &[String]) -> Result<Secret, String> {
        let found = self.0.get(&words.join("|")).map(Secret::new);
        found.ok_or_else(|| "the program is not installed".to_owned())
    }
}
