//! The registry transport against a registry that plays every fault.

mod authentication;
mod blobs;
mod foreign;
mod http2;
mod labels;
mod lists;
mod loopback;
mod manifests;
mod oracle;
mod places;
mod plugged;
mod redirects;
mod secrets;
mod slots;
mod statuses;
mod support;
mod tls;
