//! Every limit by its name, in the order in which they are listed.

use std::time::Duration;

use super::Limits;

/// A limit: its name, where it is kept, and what it bounds.
pub(super) type Row = (&'static str, fn(&mut Limits) -> &mut dyn Value, &'static str);

/// Every limit.
pub(super) const ROWS: &[Row] = &[
    ("manifest_bytes", |all| &mut all.read.model.manifest_bytes, "size of a manifest or an index"),
    ("config_bytes", |all| &mut all.read.model.config_bytes, "size of a config"),
    ("layers", |all| &mut all.read.model.layers, "layers of an image"),
    ("index_depth", |all| &mut all.read.model.index_depth, "indexes within indexes"),
    ("index_entries", |all| &mut all.read.model.index_entries, "entries of an index"),
    (
        "closure_bytes",
        |all| &mut all.read.model.closure_bytes,
        "documents of an image or an index that are held at once",
    ),
    (
        "platform_guesses",
        |all| &mut all.read.model.platform_guesses,
        "entries without a platform that are opened to find the one that is wanted",
    ),
    (
        "member_links",
        |all| &mut all.read.model.member_links,
        "links to follow among the members of an archive",
    ),
    ("archive_members", |all| &mut all.read.model.archive_members, "members of an archive"),
    (
        "passed_bytes",
        |all| &mut all.read.model.passed_bytes,
        "documents of an archive that passes once",
    ),
    (
        "archive_layers",
        |all| &mut all.read.archive_layers,
        "members of an archive that passes once that may be layers",
    ),
    ("unpacked_bytes", |all| &mut all.read.model.unpacked_bytes, "size of an unpacked layer"),
    (
        "zstd_window_log",
        |all| &mut all.read.model.zstd_window_log,
        "window of a zstd stream, as a power of two",
    ),
    ("xz_memory_bytes", |all| &mut all.read.model.xz_memory_bytes, "memory of an xz decoder"),
    ("gzip_header_bytes", |all| &mut all.read.model.gzip_header_bytes, "header of a gzip member"),
    ("idle_bytes", |all| &mut all.read.model.idle_bytes, "compressed bytes that unpack to nothing"),
    ("database_bytes", |all| &mut all.scan.database_bytes, "size of a database that is read"),
    ("pending_bytes", |all| &mut all.scan.pending_bytes, "files that wait for an analyzer"),
    (
        "window_bytes",
        |all| &mut all.scan.window_bytes,
        "parts of a file that are held where not all of it is",
    ),
    (
        "record_bytes",
        |all| &mut all.scan.record_bytes,
        "what packages record of files, of a layer, while files are compared",
    ),
    (
        "hole_bytes",
        |all| &mut all.scan.hole_bytes,
        "holes of sparse files of a layer that are hashed while files are compared",
    ),
    (
        "exclusions",
        |all| &mut all.scan.exclusions,
        "patterns by which files are left out, looked at while files are compared",
    ),
    (
        "content_bytes",
        |all| &mut all.files.content_bytes,
        "size of a file that is held until it is verified",
    ),
    (
        "hold_bytes",
        |all| &mut all.files.hold_bytes,
        "bytes of a file held back while a later entry may replace it",
    ),
    ("sbom_bytes", |all| &mut all.bill.bytes, "size of a bill of materials that is read"),
    ("sbom_components", |all| &mut all.bill.components, "components of a bill that are listed"),
    ("osv_record_bytes", |all| &mut all.advisories.record_bytes, "size of a record of advisories"),
    ("osv_record_rows", |all| &mut all.advisories.record_rows, "packages that a record names"),
    ("osv_text_bytes", |all| &mut all.advisories.text_bytes, "a name or a version in a record"),
    (
        "osv_total_bytes",
        |all| &mut all.advisories.total_bytes,
        "what is held of all records while a database is built",
    ),
    ("table_bytes", |all| &mut all.read.toc.table_bytes, "table of contents of a layer"),
    (
        "chunk_bytes",
        |all| &mut all.read.toc.chunk_bytes,
        "piece of a file that is read by a table of contents",
    ),
    (
        "table_hole_bytes",
        |all| &mut all.read.toc.table_hole_bytes,
        "holes of sparse files of a layer that are hashed while its table is compared with it",
    ),
    (
        "layer_hold_bytes",
        |all| &mut all.read.layer_hold_bytes,
        "bytes of a layer that export holds back while later entries may take them away",
    ),
    (
        "held_bytes",
        |all| &mut all.read.held_bytes,
        "what is held of an image, beside 200 bytes an entry and 400 a package",
    ),
    ("layers_in_flight", |all| &mut all.read.layers_in_flight, "layers that are read at once"),
    (
        "entries",
        |all| &mut all.read.layerfs.tar.entries,
        "entries of a layer, and names of an image",
    ),
    ("pax_bytes", |all| &mut all.read.layerfs.tar.pax_bytes, "PAX records of an entry"),
    ("name_bytes", |all| &mut all.read.layerfs.tar.name_bytes, "GNU long name of an entry"),
    ("sparse_bytes", |all| &mut all.read.layerfs.tar.sparse_bytes, "map of a sparse entry"),
    ("path_bytes", |all| &mut all.read.layerfs.tar.path_bytes, "path of an entry"),
    ("xattr_bytes", |all| &mut all.read.layerfs.xattr_bytes, "extended attributes of a layer"),
    ("listing_bytes", |all| &mut all.read.layerfs.listing_bytes, "listing of a layer"),
    ("tree_bytes", |all| &mut all.read.layerfs.tree_bytes, "names and link targets of an image"),
    (
        "link_bytes",
        |all| &mut all.read.layerfs.link_bytes,
        "link targets followed while layers are applied",
    ),
    ("depth", |all| &mut all.read.layerfs.depth, "levels of a path"),
    (
        "symlink_hops",
        |all| &mut all.read.layerfs.symlink_hops,
        "symbolic links to follow in a path",
    ),
    ("token_bytes", |all| &mut all.transport.limits.token_bytes, "answer of a token server"),
    ("error_bytes", |all| &mut all.transport.limits.error_bytes, "body of an error that is read"),
    (
        "list_bytes",
        |all| &mut all.transport.limits.list_bytes,
        "page of tags, repositories or referrers",
    ),
    ("list_pages", |all| &mut all.transport.limits.list_pages, "pages of a list"),
    (
        "list_total_bytes",
        |all| &mut all.transport.limits.list_total_bytes,
        "pages of a list together, with 96 bytes for each of their entries",
    ),
    (
        "list_repositories",
        |all| &mut all.transport.limits.list_repositories,
        "repositories that are listed one after the other",
    ),
    ("header_bytes", |all| &mut all.transport.limits.header_bytes, "headers of an answer"),
    ("challenge_bytes", |all| &mut all.transport.limits.challenge_bytes, "challenges of an answer"),
    ("requests", |all| &mut all.transport.limits.requests, "requests to one registry at once"),
    ("redirects", |all| &mut all.transport.limits.redirects, "redirects of a request"),
    ("connect_ms", |all| &mut all.transport.times.connect, "connecting, TLS included"),
    (
        "loopback_probe_ms",
        |all| &mut all.transport.times.loopback_probe,
        "trying TLS on this machine before plain HTTP",
    ),
    ("idle_ms", |all| &mut all.transport.times.idle, "waiting for the next bytes of an answer"),
    (
        "floor_window_ms",
        |all| &mut all.transport.times.floor_window,
        "time over which the speed is judged",
    ),
    (
        "floor_bytes_per_second",
        |all| &mut all.transport.times.floor_bytes_per_second,
        "speed below which an answer is cut",
    ),
    ("tries", |all| &mut all.transport.retry.tries, "tries in a row without progress"),
    ("patience_ms", |all| &mut all.transport.retry.patience, "time of a blob without progress"),
    (
        "run_patience_ms",
        |all| &mut all.transport.retry.run_patience,
        "time of a run spent waiting for the next try",
    ),
    (
        "progress_bytes",
        |all| &mut all.transport.retry.progress_bytes,
        "new bytes that are progress",
    ),
    (
        "first_wait_ms",
        |all| &mut all.transport.retry.first_wait,
        "wait before the second try; it doubles with each failure",
    ),
    ("longest_wait_ms", |all| &mut all.transport.retry.longest_wait, "wait before a try"),
    (
        "longest_retry_after_ms",
        |all| &mut all.transport.retry.longest_retry_after,
        "wait that a server may ask for",
    ),
    ("helper_ms", |all| &mut all.lookup.helper, "run of a program that has credentials"),
    ("helper_bytes", |all| &mut all.lookup.helper_bytes, "answer of such a program"),
    ("cache_bytes", |all| &mut all.cache_bytes, "what is kept between runs"),
    (
        "stdin_bytes",
        |all| &mut all.stdin_bytes,
        "an archive that a pipe brings to export, which reads it twice",
    ),
    (
        "credential_bytes",
        |all| &mut all.lookup.credential_bytes,
        "size of a credential file, or of a password on standard input",
    ),
    ("cloud_ms", |all| &mut all.lookup.cloud, "request to a service of a cloud"),
    (
        "metadata_connect_ms",
        |all| &mut all.lookup.metadata_connect,
        "connecting to a metadata service",
    ),
    ("answer_bytes", |all| &mut all.lookup.answer_bytes, "answer of a cloud's service"),
    ("review_bytes", |all| &mut all.serving.review_bytes, "body of a review that the gate reads"),
    ("event_bytes", |all| &mut all.serving.event_bytes, "body of a notification of a registry"),
    (
        "request_bytes_held",
        |all| &mut all.serving.request_bytes_held,
        "bodies that the gate holds at once",
    ),
    (
        "request_header_bytes",
        |all| &mut all.serving.request_header_bytes,
        "head of a request to the gate",
    ),
    ("request_ms", |all| &mut all.serving.request, "reading a request to the gate"),
    (
        "review_ms",
        |all| &mut all.serving.review,
        "answer of the gate where the caller names no time",
    ),
    ("review_images", |all| &mut all.serving.review_images, "images of one review"),
    ("connections", |all| &mut all.serving.connections, "connections to the gate at once"),
    ("lookups", |all| &mut all.serving.lookups, "names that the gate looks up at once"),
    ("scans", |all| &mut all.serving.scans, "images that the gate reads at once"),
    ("scans_queued", |all| &mut all.serving.scans_queued, "images that wait for that"),
    ("scan_ms", |all| &mut all.serving.scan, "reading an image for the gate"),
    (
        "events_queued",
        |all| &mut all.serving.events_queued,
        "images that registries told of and that wait",
    ),
    ("verdicts", |all| &mut all.serving.verdicts, "verdicts that the gate keeps"),
    (
        "verdict_bytes",
        |all| &mut all.serving.verdict_bytes,
        "verdicts that the gate keeps together",
    ),
    ("pass_kept_ms", |all| &mut all.serving.pass_kept, "keeping a verdict that lets pass"),
    ("block_kept_ms", |all| &mut all.serving.block_kept, "keeping a verdict that blocks"),
    (
        "undecided_kept_ms",
        |all| &mut all.serving.undecided_kept,
        "keeping a verdict that is undecided",
    ),
    ("certificate_ms", |all| &mut all.serving.certificate, "looking for another certificate"),
    ("leaving_ms", |all| &mut all.serving.leaving, "serving on after the gate was told to end"),
    ("drain_ms", |all| &mut all.serving.drain, "ending what is being answered after that"),
];

/// A number that a limit is kept in.
pub(super) trait Value {
    /// Returns the number; of a time, its milliseconds.
    fn get(&self) -> u64;

    /// Changes the number, or returns that it does not fit.
    fn set(&mut self, value: u64) -> Option<()>;
}

impl Value for u64 {
    fn get(&self) -> u64 {
        *self
    }

    fn set(&mut self, value: u64) -> Option<()> {
        *self = value;
        Some(())
    }
}

impl Value for u32 {
    fn get(&self) -> u64 {
        u64::from(*self)
    }

    fn set(&mut self, value: u64) -> Option<()> {
        *self = Self::try_from(value).ok()?;
        Some(())
    }
}

impl Value for usize {
    fn get(&self) -> u64 {
        u64::try_from(*self).unwrap_or(u64::MAX)
    }

    fn set(&mut self, value: u64) -> Option<()> {
        *self = Self::try_from(value).ok()?;
        Some(())
    }
}

impl Value for Duration {
    fn get(&self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }

    fn set(&mut self, value: u64) -> Option<()> {
        *self = Self::from_millis(value);
        Some(())
    }
}
