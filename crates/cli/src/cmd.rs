//! The commands, one file each: what they open, what they call, what they print.

pub(crate) mod auth;
pub(crate) mod inspect;
pub(crate) mod limits;
pub(crate) mod reference;
pub(crate) mod scan;
