//! The binary as programs and people use it: what it prints, where, and how it ends.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support"
)]

mod advisories;
mod arguments;
mod auth;
mod bases;
mod broken_disk;
mod cache;
mod canary;
mod client;
mod clouds;
mod content_store;
mod corpus;
mod crane;
mod credential_programs;
mod daemons;
mod debian;
mod depth;
mod determinism;
mod endings;
mod engine;
mod entries;
mod explain;
mod export;
mod faults;
mod findings;
mod front;
mod gate;
mod giving_up;
mod held;
mod home;
mod interrupts;
#[path = "../../../sbom/tests/it/judge.rs"]
mod judge;
mod lookup;
mod memory;
mod messages;
mod meter;
mod mirrors;
mod overlay;
mod owned;
mod owned_digests;
mod parity;
mod passing;
mod plugged;
mod policies;
mod pull;
mod quality;
mod reference;
mod registry;
mod reports;
mod routes;
#[path = "../../../layerfs/tests/it/rows.rs"]
mod rows;
mod sbom;
mod schemas;
mod sealed;
mod secure;
mod seekable;
mod several;
mod shapes;
mod support;
mod terminal;
mod unpacked;
mod validation;
mod version;
mod view;
mod windows;
mod writes;
