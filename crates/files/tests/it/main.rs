//! The files of images: questions that read little, views of everything, and what both rest upon.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test support: a panic is a failed test"
)]

mod archives;
mod compare;
mod laws;
mod scale;
mod search;
mod story;
mod support;
