//! The cache from outside: what damage, other users of the folder and a full one do to it.
#![expect(clippy::unwrap_used, reason = "test support")]

mod bound;
mod damage;
mod keys;
mod support;
