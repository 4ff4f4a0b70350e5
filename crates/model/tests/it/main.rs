//! Tests of documents, streams and sources against hostile input, other readers and their own laws.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod absent;
mod archives;
mod choice;
mod closure;
mod corpus;
mod corruption;
mod documents;
mod errors;
mod example;
mod layouts;
mod members;
mod mutations;
mod oracle;
mod sources;
mod streams;
mod support;
mod tags;
