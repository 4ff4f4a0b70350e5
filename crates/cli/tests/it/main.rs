//! The binary as programs and people use it: what it prints, where, and how it ends.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support"
)]

mod arguments;
mod auth;
mod corpus;
mod debian;
mod endings;
mod reference;
mod registry;
mod reports;
mod support;
