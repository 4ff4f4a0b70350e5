//! A server in the place of a cloud's services, and what it was told.

use std::collections::BTreeMap;

use cutaway_cloud::{Clouds, Error, Found, Settings, Sources};
use cutaway_fixtures::registry::{FakeRegistry, Request};

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
