//! The daemon's API against a socket that plays every fault.
#![expect(clippy::unwrap_used, reason = "test support")]

mod engine;
mod server;
