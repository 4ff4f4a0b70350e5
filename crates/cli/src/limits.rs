//! The limits by name: set by `--limit`, printed by `cutaway limits`.

use std::time::Duration;

use cutaway_fetch::{RetryPolicy, Times};
use cutaway_scan::Limits;

use crate::failure::Failure;
use crate::units;

/// The limits of the transport.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transport {
    pub(crate) limits: cutaway_fetch::Limits,
    pub(crate) times: Times,
    pub(crate) retry: RetryPolicy,
}

/// The limits of looking for credentials.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    /// How long a program may take.
    pub(crate) helper: Duration,
    /// How much it may write.
    pub(crate) helper_bytes: u64,
    /// The size of a file, or of a password on standard input.
    pub(crate) credential_bytes: u64,
    /// How long a request to a cloud may take.
    pub(crate) cloud: Duration,
    /// How long connecting to a metadata service may take.
    pub(crate) metadata_connect: Duration,
    /// The size of a cloud's answer.
    pub(crate) answer_bytes: usize,
}

impl Default for Lookup {
    fn default() -> Self {
        let clouds = cutaway_cloud::Settings::default();
        Self {
            helper: Duration::from_secs(10),
            helper_bytes: 64 << 10,
            credential_bytes: 4 << 20,
            cloud: clouds.patience,
            metadata_connect: clouds.metadata_connect,
            answer_bytes: clouds.answer_bytes,
        }
    }
}

/// Returns the limits of looking for credentials, changed as asked.
pub(crate) fn lookup(settings: &[String]) -> Result<Lookup, Failure> {
    All::new(settings).map(|all| all.lookup)
}

/// Returns the limits of scans on this machine, changed as asked.
pub(crate) fn limits(settings: &[String]) -> Result<Limits, Failure> {
    All::new(settings).map(|all| all.scan)
}

/// Returns the limits of the transport, changed as asked.
pub(crate) fn transport(settings: &[String]) -> Result<Transport, Failure> {
    All::new(settings).map(|all| all.transport)
}

/// Returns each limit, changed as asked: its name, its value and what it bounds.
pub(crate) fn table(
    settings: &[String],
) -> Result<Vec<(&'static str, u64, &'static str)>, Failure> {
    let mut all = All::new(settings)?;
    Ok(all.named().into_iter().map(|(name, slot, what)| (name, slot.value(), what)).collect())
}

/// Returns how much of standard input is held in memory by who reads it twice.
pub(crate) fn stdin_bytes(settings: &[String]) -> Result<u64, Failure> {
    All::new(settings).map(|all| all.stdin_bytes)
}

/// Every limit.
struct All {
    scan: Limits,
    stdin_bytes: u64,
    transport: Transport,
    lookup: Lookup,
}

impl All {
    fn new(settings: &[String]) -> Result<Self, Failure> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut all = Self {
            scan: Limits::for_cores(cores),
            stdin_bytes: 512 << 20,
            transport: Transport::default(),
            lookup: Lookup::default(),
        };
        for setting in settings {
            all.set(setting)?;
        }
        let manifest_bytes = all.scan.model.manifest_bytes;
        all.transport.limits.manifest_bytes = manifest_bytes;
        Ok(all)
    }

    fn set(&mut self, setting: &str) -> Result<(), Failure> {
        let (name, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("limit \"{setting}\" is not NAME=VALUE")))?;
        let value =
            units::size(value).map_err(|rule| Failure::usage(format!("limit {name}: {rule}")))?;
        let known = self.named().into_iter().find(|(known, _, _)| *known == name);
        let Some((_, slot, _)) = known else {
            return Err(Failure::usage(format!(
                "there is no limit \"{name}\"; `cutaway limits` prints them all"
            )));
        };
        if name == "layers" && value > cutaway_model::Limits::MAX_LAYERS {
            let max = cutaway_model::Limits::MAX_LAYERS;
            return Err(Failure::usage(format!(
                "limit layers: {value} is over its maximum of {max}"
            )));
        }
        slot.set(value).map_err(|()| Failure::usage(format!("limit {name}: {value} is too large")))
    }

    fn named(&mut self) -> Vec<(&'static str, Slot<'_>, &'static str)> {
        let Limits {
            model,
            layerfs,
            database_bytes,
            pending_bytes,
            record_bytes,
            hole_bytes,
            exclusions,
            content_bytes,
            hold_bytes,
            layers_in_flight,
            ..
        } = &mut self.scan;
        let Transport { limits, times, retry } = &mut self.transport;
        let lookup = &mut self.lookup;
        vec![
            (
                "manifest_bytes",
                Slot::U64(&mut model.manifest_bytes),
                "size of a manifest or an index",
            ),
            ("config_bytes", Slot::U64(&mut model.config_bytes), "size of a config"),
            ("layers", Slot::U64(&mut model.layers), "layers of an image"),
            ("index_depth", Slot::U64(&mut model.index_depth), "indexes within indexes"),
            ("index_entries", Slot::U64(&mut model.index_entries), "entries of an index"),
            (
                "closure_bytes",
                Slot::U64(&mut model.closure_bytes),
                "documents of an image or an index that are held at once",
            ),
            (
                "platform_guesses",
                Slot::U64(&mut model.platform_guesses),
                "entries without a platform that are opened to find the one that is wanted",
            ),
            (
                "member_links",
                Slot::U64(&mut model.member_links),
                "links to follow among the members of an archive",
            ),
            ("archive_members", Slot::U64(&mut model.archive_members), "members of an archive"),
            (
                "passed_bytes",
                Slot::U64(&mut model.passed_bytes),
                "documents of an archive that passes once",
            ),
            ("unpacked_bytes", Slot::U64(&mut model.unpacked_bytes), "size of an unpacked layer"),
            (
                "zstd_window_log",
                Slot::U32(&mut model.zstd_window_log),
                "window of a zstd stream, as a power of two",
            ),
            ("xz_memory_bytes", Slot::U64(&mut model.xz_memory_bytes), "memory of an xz decoder"),
            (
                "gzip_header_bytes",
                Slot::U64(&mut model.gzip_header_bytes),
                "header of a gzip member",
            ),
            (
                "idle_bytes",
                Slot::U64(&mut model.idle_bytes),
                "compressed bytes that unpack to nothing",
            ),
            ("database_bytes", Slot::U64(database_bytes), "size of a database that is read"),
            (
                "pending_bytes",
                Slot::U64(pending_bytes),
                "databases of a layer that wait for an analyzer",
            ),
            (
                "record_bytes",
                Slot::U64(record_bytes),
                "what packages record of files, of a layer, while files are compared",
            ),
            (
                "hole_bytes",
                Slot::U64(hole_bytes),
                "holes of sparse files of a layer that are hashed while files are compared",
            ),
            (
                "exclusions",
                Slot::Usize(exclusions),
                "patterns by which files are left out, looked at while files are compared",
            ),
            (
                "content_bytes",
                Slot::U64(content_bytes),
                "size of a file that is held until it is verified",
            ),
            (
                "hold_bytes",
                Slot::U64(hold_bytes),
                "bytes of a file held back while a later entry may replace it",
            ),
            ("layers_in_flight", Slot::Usize(layers_in_flight), "layers that are read at once"),
            (
                "entries",
                Slot::U64(&mut layerfs.tar.entries),
                "entries of a layer, and names of an image",
            ),
            ("pax_bytes", Slot::U64(&mut layerfs.tar.pax_bytes), "PAX records of an entry"),
            ("name_bytes", Slot::U64(&mut layerfs.tar.name_bytes), "GNU long name of an entry"),
            ("sparse_bytes", Slot::U64(&mut layerfs.tar.sparse_bytes), "map of a sparse entry"),
            ("path_bytes", Slot::U64(&mut layerfs.tar.path_bytes), "path of an entry"),
            ("xattr_bytes", Slot::U64(&mut layerfs.xattr_bytes), "extended attributes of a layer"),
            ("listing_bytes", Slot::U64(&mut layerfs.listing_bytes), "listing of a layer"),
            (
                "tree_bytes",
                Slot::U64(&mut layerfs.tree_bytes),
                "names and link targets of an image",
            ),
            (
                "link_bytes",
                Slot::U64(&mut layerfs.link_bytes),
                "link targets followed while layers are applied",
            ),
            ("depth", Slot::U64(&mut layerfs.depth), "levels of a path"),
            (
                "symlink_hops",
                Slot::U64(&mut layerfs.symlink_hops),
                "symbolic links to follow in a path",
            ),
            ("token_bytes", Slot::U64(&mut limits.token_bytes), "answer of a token server"),
            ("error_bytes", Slot::U64(&mut limits.error_bytes), "body of an error that is read"),
            (
                "list_bytes",
                Slot::U64(&mut limits.list_bytes),
                "page of tags, repositories or referrers",
            ),
            ("list_pages", Slot::U32(&mut limits.list_pages), "pages of a list"),
            (
                "list_repositories",
                Slot::U32(&mut limits.list_repositories),
                "repositories that are listed one after the other",
            ),
            ("header_bytes", Slot::Usize(&mut limits.header_bytes), "headers of an answer"),
            (
                "challenge_bytes",
                Slot::Usize(&mut limits.challenge_bytes),
                "challenges of an answer",
            ),
            ("requests", Slot::U32(&mut limits.requests), "requests to one registry at once"),
            ("redirects", Slot::U32(&mut limits.redirects), "redirects of a request"),
            ("connect_ms", Slot::Millis(&mut times.connect), "connecting, TLS included"),
            (
                "loopback_probe_ms",
                Slot::Millis(&mut times.loopback_probe),
                "trying TLS on this machine before plain HTTP",
            ),
            ("idle_ms", Slot::Millis(&mut times.idle), "waiting for the next bytes of an answer"),
            (
                "floor_window_ms",
                Slot::Millis(&mut times.floor_window),
                "time over which the speed is judged",
            ),
            (
                "floor_bytes_per_second",
                Slot::U64(&mut times.floor_bytes_per_second),
                "speed below which an answer is cut",
            ),
            ("tries", Slot::U32(&mut retry.tries), "tries in a row without progress"),
            ("patience_ms", Slot::Millis(&mut retry.patience), "time of a blob without progress"),
            (
                "run_patience_ms",
                Slot::Millis(&mut retry.run_patience),
                "time of a run spent waiting for the next try",
            ),
            ("progress_bytes", Slot::U64(&mut retry.progress_bytes), "new bytes that are progress"),
            (
                "first_wait_ms",
                Slot::Millis(&mut retry.first_wait),
                "wait before the second try; it doubles with each failure",
            ),
            ("longest_wait_ms", Slot::Millis(&mut retry.longest_wait), "wait before a try"),
            (
                "longest_retry_after_ms",
                Slot::Millis(&mut retry.longest_retry_after),
                "wait that a server may ask for",
            ),
            (
                "helper_ms",
                Slot::Millis(&mut lookup.helper),
                "run of a program that has credentials",
            ),
            ("helper_bytes", Slot::U64(&mut lookup.helper_bytes), "answer of such a program"),
            (
                "stdin_bytes",
                Slot::U64(&mut self.stdin_bytes),
                "an archive that a pipe brings to export, which reads it twice",
            ),
            (
                "credential_bytes",
                Slot::U64(&mut lookup.credential_bytes),
                "size of a credential file, or of a password on standard input",
            ),
            ("cloud_ms", Slot::Millis(&mut lookup.cloud), "request to a service of a cloud"),
            (
                "metadata_connect_ms",
                Slot::Millis(&mut lookup.metadata_connect),
                "connecting to a metadata service",
            ),
            ("answer_bytes", Slot::Usize(&mut lookup.answer_bytes), "answer of a cloud's service"),
        ]
    }
}

/// Where a limit is kept.
enum Slot<'a> {
    U64(&'a mut u64),
    U32(&'a mut u32),
    Usize(&'a mut usize),
    Millis(&'a mut Duration),
}

impl Slot<'_> {
    fn set(self, value: u64) -> Result<(), ()> {
        match self {
            Self::U64(slot) => *slot = value,
            Self::U32(slot) => *slot = u32::try_from(value).map_err(|_| ())?,
            Self::Usize(slot) => *slot = usize::try_from(value).map_err(|_| ())?,
            Self::Millis(slot) => *slot = Duration::from_millis(value),
        }
        Ok(())
    }

    fn value(&self) -> u64 {
        match self {
            Self::U64(slot) => **slot,
            Self::U32(slot) => u64::from(**slot),
            Self::Usize(slot) => u64::try_from(**slot).unwrap_or(u64::MAX),
            Self::Millis(slot) => u64::try_from(slot.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_take_values() {
        let table = table(&[]).unwrap();
        let names: std::collections::BTreeSet<_> = table.iter().map(|(name, _, _)| *name).collect();
        assert_eq!(names.len(), table.len());
        for name in names {
            let changed = super::table(&[format!("{name}=7")]).unwrap();
            assert!(
                changed.iter().any(|(known, value, _)| *known == name && *value == 7),
                "{name}"
            );
        }
    }
}
