//! Images written out, and read again.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test support"
)]

mod archives;
mod flattened;
mod layouts;
mod support;
