//! The gate as those see it who come to its doors.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support: a panic is a failed test"
)]

mod doors;
mod load;
mod real;
mod support;
mod tls;
