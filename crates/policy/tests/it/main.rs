//! Policies as they are written, and what they say of reports.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test support")]

mod grammar;
mod outcomes;
mod support;
mod typos;
mod verdicts;
