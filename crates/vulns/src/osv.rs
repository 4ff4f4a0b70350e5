//! Records in OSV form (schema 1.x), read tolerantly: what is not needed is not looked at, and what is
//! needed and cannot be read costs its own entry, which is counted, and nothing else.

mod affected;
mod extras;
mod loose;
mod record;
mod severity;

pub use affected::{Affected, Standing};
pub use record::{Advisory, RecordError, Skipped};
