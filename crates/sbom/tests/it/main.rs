//! Documents as judges from outside see them: the schemas, and the rules that these leave out.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "test support"
)]

mod arbitrary;
mod back;
mod findings;
mod foreign;
mod judge;
mod validity;
