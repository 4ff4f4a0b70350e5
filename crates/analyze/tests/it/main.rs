//! What analyzers, facts and the timeline promise together.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod facts;
mod pickup;
mod stories;
mod timeline;
