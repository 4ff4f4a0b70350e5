//! What a database holds, as a document.

use cutaway_report::AdvisorySource;
use cutaway_report::text::{Column, Style, Table};
use serde::Serialize;

use crate::db::{Counts, Database};

/// What a database holds (schema `cutaway.db-info/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatabaseInfo {
    schema: &'static str,
    /// See [`Database::digest`].
    pub digest: String,
    /// Bytes of the file.
    pub size: u64,
    /// How many rows it has in all.
    pub rows: u64,
    /// What stands in it in all, and what was passed over.
    #[serde(flatten)]
    pub counts: Counts,
    /// Its ecosystems, sorted.
    pub sources: Vec<AdvisorySource>,
}

impl Database {
    /// Says what it holds.
    pub fn info(&self) -> DatabaseInfo {
        DatabaseInfo {
            schema: "cutaway.db-info/1",
            digest: self.digest().to_owned(),
            size: self.length(),
            rows: self.sources().fold(0, |sum, (_, rows)| rows.saturating_add(sum)),
            counts: self.counts(),
            sources: self.sources().map(|(source, _)| source.clone()).collect(),
        }
    }
}

impl DatabaseInfo {
    /// Returns it for people.
    pub fn text(&self) -> String {
        let Counts { records, withdrawn, unread, skipped } = self.counts;
        let mut text = format!(
            "digest     {}\nsize       {}\nrecords    {records}, {withdrawn} of them withdrawn\nrows       {}\nunread     {unread}\n",
            self.digest, self.size, self.rows
        );
        let passed = skipped.counts().into_iter().fold(0, u64::saturating_add);
        text.push_str(&format!("skipped    {passed} entries, ranges and versions\n\n"));
        let mut table = Table::new(&[
            Column::Left("ECOSYSTEM"),
            Column::Right("RECORDS"),
            Column::Flexible("NEWEST"),
        ]);
        for AdvisorySource { ecosystem, records, newest } in &self.sources {
            let newest = newest.clone().unwrap_or_default();
            table.row([ecosystem.clone(), records.to_string(), newest]);
        }
        table.render(Style::new(false, None), &mut text);
        text
    }
}
