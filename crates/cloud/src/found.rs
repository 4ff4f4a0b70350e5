//! What a search at a cloud ends with.

use std::time::SystemTime;

use cutaway_ref::auth::{Credential, PassedOver};

/// A credential for a registry, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The credential.
    pub credential: Credential,
    /// The cloud and the source of its key, for people.
    pub source: String,
    /// What the source has it under: a profile, a program, a role, an account.
    pub key: Option<String>,
    /// The sources that were asked before it and had nothing, in order.
    pub passed_over: Vec<PassedOver>,
    /// When the registry stops to accept it.
    pub expires: SystemTime,
}
