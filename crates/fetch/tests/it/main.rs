//! The registry transport against a registry that plays every fault.

mod authentication;
mod blobs;
mod faults;
mod lies;
mod manifests;
mod redirects;
mod secrets;
mod support;
