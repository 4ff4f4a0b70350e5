//! The crate as a program of somebody else uses it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod examples;
mod inventory;
mod registry;
mod untold;
