//! The engine, from outside: images whose layers can be opened, and archives that pass by.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test support: a panic is a failed test"
)]

mod archives;
mod images;
mod laws;
mod odd;
mod support;
