//! Second reads: files that turned out to be databases only once the layers lay over each other, and
//! parts of files that an analyzer asks for once it has seen others.
//!
//! A database may be a link to a file that nobody wanted when its layer was read, or have its
//! companion in another layer. Such a layer is read once more, for these files alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cutaway_analyze::{Analyzers, Budget, FileFindings, Findings, Outcome, Reading, Role};
use cutaway_layerfs::Inode;
use cutaway_model::Layer;

use crate::bridge::on_pool;
use crate::collect::{Collected, Parts, Wanted};
use crate::dispatch::{Again, settle_records};
use crate::hand::extract;
use crate::layer::LayerRead;
use crate::merged::Merged;
use crate::pending::{Pending, Waiting};
use crate::sight::{FileKey, Sight};
use crate::wide::{self, Wide, WideDigests};
use crate::{Error, Options};

/// Reads the files again of which analyzers need more, and adds what they find.
pub(crate) async fn read_again(
    layers: &[Layer],
    reads: &mut [LayerRead],
    budget: &Budget,
    options: &Options,
) -> Result<(), Error> {
    let Options { analyzers, .. } = options;
    for (layer, read) in layers.iter().zip(reads) {
        let again = std::mem::take(&mut read.again);
        if again.is_empty() {
            continue;
        }
        let mut wanted = Parts::new();
        for Again { analyzer, entry, ranges } in again {
            wanted.entry(entry).or_default().push((analyzer, ranges));
        }
        tracing::info!(
            layer = layer.index(),
            files = wanted.len(),
            "reading a layer a second time: analyzers need more of its files"
        );
        let pending = Pending::new(options.limits.pending_bytes);
        let collected = extract(layer, Wanted::Ranges(wanted.clone()), &pending, options).await?;
        for Collected { entry, file, readings } in collected {
            wanted.remove(&entry);
            let file = Arc::new(file);
            for reading in readings {
                let analyzer = reading.analyzer;
                let findings =
                    read_one(reading, Arc::clone(&file), Vec::new(), budget, options).await;
                add(read, analyzers, analyzer, entry, findings);
            }
        }
        for (entry, readers) in wanted {
            for (analyzer, _) in readers {
                let mut findings = Findings::within(budget.clone(), 0);
                let why = "what analyzers need of files goes over the limit pending_bytes";
                findings.error("needs-a-second-read", why);
                add(read, analyzers, analyzer, entry, findings);
            }
        }
    }
    Ok(())
}

/// Says of files of which analyzers need more that they cannot be had again.
pub(crate) fn give_up_again(reads: &mut [LayerRead], budget: &Budget, analyzers: &Analyzers) {
    for read in reads {
        for Again { analyzer, entry, .. } in std::mem::take(&mut read.again) {
            let mut findings = Findings::within(budget.clone(), 0);
            findings.error(
                "needs-a-second-read",
                "the file would have to be read a second time; scan the archive from a file",
            );
            add(read, analyzers, analyzer, entry, findings);
        }
    }
}

/// Returns the sights whose findings are not there and worth a second read, each key once.
pub(crate) fn lacking<'a>(
    sights: impl IntoIterator<Item = &'a Sight>,
    analyzers: &Analyzers,
    known: &HashMap<FileKey, Findings>,
) -> BTreeMap<FileKey, Sight> {
    let worth = |sight: &&Sight| {
        analyzers.get(sight.analyzer).is_some_and(|member| member.is_worth_a_second_read())
    };
    let sights = sights.into_iter().filter(worth);
    let lacking = sights.filter(|sight| !known.contains_key(&sight.key()));
    lacking.map(|sight| (sight.key(), sight.clone())).collect()
}

/// Reads the layers of `lacking` databases again and adds their findings to `known`.
pub(crate) async fn read(
    layers: &[Layer],
    lacking: BTreeMap<FileKey, Sight>,
    budget: &Budget,
    options: &Options,
    known: &mut HashMap<FileKey, Findings>,
) -> Result<(), Error> {
    let Options { analyzers, .. } = options;
    let mut wanted: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for key in lacking.keys() {
        for inode in key.companions.iter().flatten().chain([&key.file]) {
            wanted.entry(inode.layer).or_default().insert(inode.entry);
        }
    }
    let mut files: HashMap<Inode, Arc<Waiting>> = HashMap::new();
    let pending = Pending::new(options.limits.pending_bytes);
    for (layer, entries) in wanted {
        let source = usize::try_from(layer).ok().and_then(|position| layers.get(position));
        let Some(source) = source else { continue };
        tracing::info!(
            layer = source.index(),
            files = entries.len(),
            "reading a layer a second time: a database is a link into it"
        );
        for read in extract(source, Wanted::Entries(entries), &pending, options).await? {
            files.insert(Inode { layer, entry: read.entry }, Arc::new(read.file));
        }
    }
    for (key, sight) in lacking {
        let held = |inode: &Inode| files.get(inode).filter(|file| file.held().all().is_some());
        let mut belonging = key.companions.iter().flatten();
        let findings = match held(&key.file) {
            Some(file) if belonging.all(|inode| held(inode).is_some()) => {
                let companions =
                    key.companions.iter().map(|it| it.as_ref().and_then(held).cloned());
                let companions = companions.collect();
                let reading = Reading::of_held(key.analyzer);
                read_one(reading, Arc::clone(file), companions, budget, options).await
            }
            _ => unread(
                "the file, or one that belongs to it, is over the limit database_bytes, or with others over pending_bytes, or not in its layer",
            ),
        };
        known.insert(key.clone(), with_word(findings, &sight, analyzers));
    }
    Ok(())
}

/// Reads the layers again of whose files packages record digests that nothing else does.
pub(crate) async fn read_wide(
    layers: &[Layer],
    merged: &mut Merged,
    options: &Options,
) -> Result<(), Error> {
    let said = merged.file_records(&options.analyzers);
    let wanted = merged.top.as_ref().map(|top| wide::wanted(top, &said)).unwrap_or_default();
    let mut digests = WideDigests::new();
    for (layer, wanted) in wanted {
        let source = usize::try_from(layer).ok().and_then(|position| layers.get(position));
        let Some(source) = source else { continue };
        tracing::info!(
            layer = source.index(),
            files = wanted.len(),
            "reading a layer a second time: packages record digests of another algorithm"
        );
        let reader = |_: &_| Wide::new(wanted.clone());
        let read = cutaway_read::layer(source, reader, &options.read).await?;
        for (entry, digest) in read.out {
            digests.insert((Inode { layer, entry }, digest.algorithm()), digest);
        }
    }
    if let Some(top) = merged.top.as_mut().and_then(Arc::get_mut) {
        top.wide = digests;
    }
    Ok(())
}

/// Returns the findings of a database that cannot be read.
pub(crate) fn unread(why: &str) -> Findings {
    let mut findings = Findings::default();
    findings.error("database-unread", why);
    findings
}

/// Says so where a link leads to a file without records.
fn with_word(mut findings: Findings, sight: &Sight, analyzers: &Analyzers) -> Findings {
    let role = analyzers.get(sight.analyzer).map(|member| member.role());
    if findings.is_empty() && !role.is_some_and(Role::is_of_files) {
        let path = &sight.path;
        let message = format!("{path} is a link to a file without records");
        findings.warning("database-without-records", message);
    }
    findings
}

async fn read_one(
    reading: Reading,
    file: Arc<Waiting>,
    companions: Vec<Option<Arc<Waiting>>>,
    budget: &Budget,
    options: &Options,
) -> Findings {
    let (analyzers, budget) = (options.analyzers.clone(), budget.clone());
    let record_bytes = options.limits.record_bytes;
    let job = on_pool(move || {
        let mut findings = Findings::within(budget.clone(), record_bytes);
        let companions: Vec<_> =
            companions.iter().map(|it| it.as_ref().map(|file| &***file)).collect();
        match reading.read(&analyzers, &file, &companions, &mut findings) {
            Outcome::Done => settle_records(&mut findings),
            Outcome::Again { .. } => {
                findings = Findings::within(budget, 0);
                let message = "the analyzer needs parts of the file that it did not ask for";
                findings.error("needs-a-second-read", message);
            }
        }
        findings
    });
    job.result().await
}

fn add(
    read: &mut LayerRead,
    analyzers: &Analyzers,
    analyzer: usize,
    entry: u32,
    findings: Findings,
) {
    let Some(member) = analyzers.get(analyzer) else { return };
    let files = read.facts.findings.entry(member.id().clone()).or_default();
    let companions = vec![None; member.companions().len()];
    let at = files.partition_point(|file| file.entry < entry);
    files.insert(at, FileFindings { entry, companions, findings });
}
