//! Images written out, and read again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stderr,
    reason = "test support"
)]

mod archived;
mod archives;
mod flattened;
mod layouts;
mod stacks;
mod support;
