//! Second reads: files that turned out to be databases only once the layers lay over each other.
//!
//! A database may be a link to a file that nobody wanted when its layer was read, or have its
//! companion in another layer. Such a layer is read once more, for these files alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cutaway_analyze::{Analyzer, Findings};
use cutaway_layerfs::Inode;
use cutaway_model::Layer;

use crate::bridge::on_pool;
use crate::collect::{Collected, Wanted};
use crate::databases::{Database, Visible};
use crate::layer::{extract, findings_of, nothing_yet};
use crate::{Error, Limits};

/// What makes findings findings of the same bytes: the analyzer, the file and its companion.
pub(crate) type Key = (usize, Inode, Option<Inode>);

/// Returns the key of a database's findings.
pub(crate) fn key(database: &Database) -> Key {
    (database.analyzer, database.file, database.companion)
}

/// Returns the databases whose findings are not there and worth a second read, each key once.
pub(crate) fn lacking<'a>(
    states: impl Iterator<Item = &'a Visible>,
    analyzers: &[&'static dyn Analyzer],
    known: &HashMap<Key, Findings>,
) -> BTreeMap<Key, &'a Database> {
    let databases = states.flatten().flat_map(|databases| databases.iter());
    let worth = databases.filter(|database| {
        analyzers.get(database.analyzer).is_some_and(|analyzer| analyzer.worth_a_second_read())
    });
    worth.filter(|database| !known.contains_key(&key(database))).map(|d| (key(d), d)).collect()
}

/// Reads the layers of `lacking` databases again and adds their findings to `known`.
pub(crate) async fn read(
    layers: &[Layer],
    analyzers: &'static [&'static dyn Analyzer],
    lacking: &BTreeMap<Key, &Database>,
    limits: &Limits,
    known: &mut HashMap<Key, Findings>,
) -> Result<(), Error> {
    let mut wanted: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (_, file, companion) in lacking.keys() {
        for inode in [Some(*file), *companion].into_iter().flatten() {
            wanted.entry(inode.layer).or_default().insert(inode.entry);
        }
    }
    let mut files: HashMap<Inode, Collected> = HashMap::new();
    for (layer, entries) in wanted {
        let source = usize::try_from(layer).ok().and_then(|position| layers.get(position));
        let Some(source) = source else { continue };
        tracing::info!(
            layer,
            files = entries.len(),
            "reading a layer a second time: a database is a link into it"
        );
        for file in extract(source, Wanted::Entries(entries), limits).await? {
            files.insert(Inode { layer, entry: file.entry }, file);
        }
    }
    let files = std::sync::Arc::new(files);
    for (&(position, file, companion), database) in lacking {
        let Some(analyzer) = analyzers.get(position).copied() else { continue };
        let path = database.path.clone();
        let files = std::sync::Arc::clone(&files);
        let record_bytes = limits.record_bytes;
        let findings = on_pool(move || match files.get(&file) {
            Some(content) => {
                let companion = companion.and_then(|companion| files.get(&companion));
                findings_of(analyzer, content, companion, record_bytes)
            }
            None => unread("the file is larger than the limit database_bytes, or not in its layer"),
        });
        let mut findings = findings.result().await;
        if findings == nothing_yet(record_bytes) && !analyzer.reads_files() {
            findings.warning(
                "database-without-records",
                format!("{path} is a link to a file without records"),
            );
        }
        known.insert((position, file, companion), findings);
    }
    Ok(())
}

/// Returns the findings of a database that cannot be read.
pub(crate) fn unread(why: &str) -> Findings {
    let mut findings = Findings::default();
    findings.error("database-unread", why);
    findings
}
