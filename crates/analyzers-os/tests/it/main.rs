//! What the analyzers make of real databases, of the same databases in other forms, and of broken ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test support fails by panicking"
)]
#![expect(clippy::arithmetic_side_effects, reason = "test support computes with small numbers")]
#![expect(clippy::print_stderr, reason = "tests say what they skip")]

mod applications;
mod bdb;
mod chisel;
mod churn;
mod corpus;
mod details;
mod dnf;
mod dpkg;
mod hostile;
mod ndb;
mod nix;
mod opkg;
mod oracle;
mod pacman;
mod portage;
mod random;
mod records;
mod reencode;
mod releases;
mod rules;
mod sqlite;
mod support;
mod timing;
mod truncation;
