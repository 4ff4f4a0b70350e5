//! The commands, one file each: what they open, what they call, what they print.

pub(crate) mod auth;
pub(crate) mod blob;
pub(crate) mod cat;
pub(crate) mod catalog;
pub(crate) mod config;
pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod du;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod limits;
pub(crate) mod ls;
pub(crate) mod manifest;
pub(crate) mod pull;
pub(crate) mod reference;
pub(crate) mod referrers;
pub(crate) mod sbom;
pub(crate) mod scan;
pub(crate) mod schema;
pub(crate) mod stat;
pub(crate) mod tags;
pub(crate) mod tree;
pub(crate) mod validate;
