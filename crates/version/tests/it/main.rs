//! Versions, judged by vectors, by laws, and by the tools whose order it is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod laws;
mod tools;
mod vectors;
