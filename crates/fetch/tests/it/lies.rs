//! Lists that lie.
