//! The daemon's API against a socket that plays every fault.
#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "test support")]

mod containerd;
mod engine;
mod server;
