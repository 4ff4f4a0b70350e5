//! The binary as programs and people use it: what it prints, where, and how it ends.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support"
)]

mod arguments;
mod auth;
mod client;
mod corpus;
mod daemons;
mod debian;
mod endings;
mod export;
mod front;
mod plugged;
mod reference;
mod registry;
mod reports;
mod routes;
mod secure;
mod support;
mod view;
