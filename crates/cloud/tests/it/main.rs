//! Clouds whose services are servers of ours, which check what they are told as the real ones do.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

mod aws;
mod azure;
mod federation;
mod google;
mod profiles;
mod secrets;
mod support;
