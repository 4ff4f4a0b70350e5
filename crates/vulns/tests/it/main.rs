//! The crate from outside: real records, laws of the evaluation, files made to hurt.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "test support"
)]

mod complaints;
mod corpus;
mod database;
mod evaluation;
mod import;
mod matching;
mod readers;
mod scale;
mod support;
mod vex;
