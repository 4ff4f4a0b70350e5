//! Tests of walks and of the overlay: the rules as a table, two models of it, and its costs.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod changes;
mod corpus;
mod cover;
mod drivers;
mod example;
mod listing;
mod models;
mod naive;
mod readings;
mod resolve;
mod rows;
mod scale;
mod stack;
mod table;
mod umoci;
mod walk;
