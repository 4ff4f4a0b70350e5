//! Scans of fixture images, from every kind of source on disk.
#![expect(clippy::unwrap_used, reason = "test support")]

mod ambiguity;
mod architectures;
mod corruption;
mod databases;
mod distributions;
mod facts;
mod holding;
mod journal;
mod languages;
mod links;
mod memory;
mod odd_databases;
mod order;
mod portage;
mod provenance;
mod reasons;
mod sources;
mod support;
mod visibility;
mod warm;
