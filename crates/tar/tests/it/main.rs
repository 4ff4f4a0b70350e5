//! Tests of the reader against hostile archives, other readers and its own laws.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod build;
mod catalogue;
mod corpus;
mod gnu_tar;
mod go_tar;
mod headers;
mod laws;
mod random;
mod read;
mod sparse;
mod tokio_tar;
