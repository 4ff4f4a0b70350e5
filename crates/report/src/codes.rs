//! Every code of a diagnostic or a finding, and what it means.

/// The codes, sorted, each with one line of prose.
pub const CODES: &[(&str, &str)] = &[
    ("alpm-backup-unreadable", "A line of pacman's list of backup files cannot be read."),
    ("alpm-line-cut", "The last line of a pacman record is not ended: the record may be cut off."),
    ("alpm-line-unreadable", "A line of a pacman record belongs to no field."),
    ("alpm-record-incomplete", "A pacman record has no name or no version."),
    ("alternative-unreadable", "A record of update-alternatives cannot be read."),
    ("apk-checksum-unreadable", "The checksum of a file in apk's database cannot be read."),
    (
        "apk-end-without-blank-line",
        "apk's database ends without the blank line that ends its last record.",
    ),
    ("apk-field-repeated", "A field stands twice in one record of apk; the first counts."),
    ("apk-file-astray", "apk's database names a file outside of any directory or record."),
    ("apk-line-unreadable", "A line of apk's database is no field."),
    ("apk-record-incomplete", "apk's database ends within a record."),
    ("apk-record-repeated", "Records stand several times in one database of apk."),
    ("apk-record-unseparated", "A record of apk begins without a blank line in front of it."),
    ("apk-record-without-name", "A record of apk has no name."),
    ("apk-record-without-version", "A record of apk has no version."),
    ("apk-scripts-unreadable", "The archive of apk's scripts cannot be read to its end."),
    ("apk-version-odd", "A version is none by apk's own rules; it is reported as it stands."),
    (
        "apt-states-cut",
        "The last line of apt's states of packages is not ended: it may be cut off.",
    ),
    ("archive-entry-encrypted", "An entry of a zip archive is encrypted."),
    ("archive-not-a-zip", "A file is named as an archive of Java or Python and is no zip archive."),
    (
        "archive-over-limit",
        "A zip archive has more entries, larger ones or deeper ones than the limit.",
    ),
    ("archive-unreadable", "A zip archive, or an entry of it that is read, is broken."),
    ("artifact", "What was read is an artifact, not an image."),
    ("bitnami-record-incomplete", "A component of Bitnami's has no name or no version."),
    ("bitnami-record-repeated", "Records stand several times in one bill of Bitnami's."),
    (
        "bitnami-unreadable",
        "A bill of Bitnami's, or a record of it, cannot be read, or it lists no component.",
    ),
    ("blob-missing", "A blob or document that is listed is not there."),
    (
        "bottlerocket-record-incomplete",
        "A package in Bottlerocket's list has no name, no version or an epoch that is no number.",
    ),
    ("bottlerocket-record-repeated", "Records stand several times in Bottlerocket's list."),
    ("bottlerocket-unreadable", "Bottlerocket's list, or a record of it, cannot be read."),
    (
        "child-absent",
        "An index lists a child for the platform that is not there; another one that fits was taken.",
    ),
    ("chisel-count", "chisel's manifest has another number of lines than it says."),
    ("chisel-kind-unknown", "A line of chisel's manifest is of a kind that is not known."),
    ("chisel-line-unreadable", "A line of chisel's manifest cannot be read."),
    ("chisel-record-incomplete", "A package in chisel's manifest has no name or no version."),
    ("chisel-record-repeated", "Records stand several times in chisel's manifest."),
    ("chisel-sum-unreadable", "The sum of a file in chisel's manifest is none."),
    ("chisel-unreadable", "chisel's manifest cannot be unpacked to its end."),
    ("chisel-version-unknown", "chisel's manifest is of a version that is not known."),
    ("compression-differs", "A layer is compressed in another way than its media type says."),
    ("compression-ratio", "A layer unpacks to very many times its stored size."),
    ("config-unreadable", "The config cannot be read as the config of an image."),
    (
        "container-manifest-epoch-odd",
        "An epoch in the manifest of a distroless image is no number.",
    ),
    (
        "container-manifest-line-unreadable",
        "A line in the manifest of a distroless image is no record.",
    ),
    (
        "container-manifest-record-repeated",
        "Records stand several times in the manifest of a distroless image.",
    ),
    (
        "cos-record-incomplete",
        "A package in the list of Container-Optimized OS has no name or no version.",
    ),
    ("cos-record-repeated", "Records stand several times in the list of Container-Optimized OS."),
    ("cos-unreadable", "The list of Container-Optimized OS, or a record of it, cannot be read."),
    ("database-empty", "A package database is there and has no record."),
    ("database-too-large", "A package database is larger than the limit, and was not read."),
    ("database-unread", "A package database was not read, and the message says why."),
    ("database-unreadable", "Nothing can be read at the place of a package database."),
    (
        "database-without-records",
        "A link that stands for a package database leads to a file without records.",
    ),
    ("databases-disagree", "Two package databases list one package in different versions."),
    ("diagnostics-omitted", "A file has more diagnostics than are listed."),
    (
        "digest-algorithm-unknown",
        "A package records digests of files in an algorithm that is not known.",
    ),
    ("distributions-disagree", "Release files name different distributions."),
    ("dnf-history-unreadable", "The history of dnf, or a part of it, cannot be read."),
    ("dnf-state-unreadable", "A line in the state of dnf says no reason of a package."),
    ("docker-v1", "The archive has the form of Docker before 1.10, which states no config."),
    ("dpkg-conffile-unreadable", "A line of dpkg's list of configuration files cannot be read."),
    ("dpkg-diversion-unreadable", "A diversion of dpkg cannot be read."),
    ("dpkg-field-continued", "A field of dpkg that has one line is continued on another."),
    ("dpkg-field-repeated", "A field stands twice in one record of dpkg."),
    (
        "dpkg-journal-odd",
        "The journal of dpkg has names that dpkg never writes, or changes too often to be followed.",
    ),
    ("dpkg-line-cut", "The last line of a file of dpkg is not ended: it may be cut off."),
    ("dpkg-line-unreadable", "A line of dpkg's database is no field."),
    ("dpkg-record-foreign", "A record in a database of dpkg is none of a package."),
    ("dpkg-record-incomplete", "dpkg's database ends within a record."),
    ("dpkg-record-repeated", "Records stand several times in one database of dpkg."),
    ("dpkg-record-unseparated", "A record of dpkg begins without a blank line in front of it."),
    ("dpkg-record-without-name", "A record of dpkg has no name."),
    ("dpkg-record-without-status", "A record of dpkg does not say whether it is installed."),
    ("dpkg-record-without-version", "A record of dpkg has no version."),
    ("dpkg-state-unknown", "A record of dpkg has a state that dpkg does not have."),
    ("dpkg-status-malformed", "The status of a record of dpkg is not three words."),
    ("dpkg-sum-unreadable", "A line of dpkg's list of checksums cannot be read."),
    ("dpkg-version-odd", "A version is none by dpkg's own rules; it is reported as it stands."),
    ("duplicate-entry", "A path stands twice in one layer; the last entry counts."),
    ("elf-note-unreadable", "The note that says of which package a binary is cannot be read."),
    (
        "entry-outside-root",
        "A name in a layer leads above the root of the image, where it was clamped to it.",
    ),
    (
        "exclusions-over-limit",
        "Settings that exclude files from installation are over a limit, and were not all read.",
    ),
    (
        "file-digests-missing",
        "Packages record files without digests, so that changes cannot be seen.",
    ),
    ("file-list-missing", "The list of a package's files is missing or was not read."),
    ("file-missing", "A package records a file that is not in the image."),
    ("file-modified", "A file is not as its package recorded it."),
    ("file-not-hashed", "A file was not hashed, so that it cannot be compared."),
    (
        "file-owners-unknown",
        "No package of the system has a list of its files, so that nothing is known to be theirs.",
    ),
    (
        "file-records-over-limit",
        "A database records more files than the limit, and their records were dropped.",
    ),
    ("file-unowned", "A file belongs to no package."),
    ("file-windows-over-limit", "A file has more or larger parts to be read than the limit."),
    ("flatpak-record-incomplete", "The metadata of an application of Flatpak has no id."),
    (
        "flatpak-record-without-release",
        "The metadata of an application of Flatpak states no release, which they need not.",
    ),
    ("flatpak-unreadable", "The metadata of an application of Flatpak is no whole document."),
    ("go-build-info-unreadable", "The build information of a Go binary cannot be read."),
    ("go-toolchain-odd", "A binary was built with a version of Go that was in development."),
    ("hard-link-target-missing", "A hard link names a file that is not there."),
    ("hard-link-to-directory", "A hard link names a directory."),
    ("hard-link-to-itself", "A hard link names itself."),
    (
        "homebrew-receipt-unreadable",
        "The receipt of a package of Homebrew cannot be read; its directory names it.",
    ),
    (
        "image-id-recomputed",
        "The digest of the config is not the ID that the archive states; it was recomputed.",
    ),
    ("kind-without-advisories", "Nobody publishes advisories for packages of this kind."),
    (
        "language-file-changed",
        "A file that says of a package of a language was changed after a package of the system had brought it.",
    ),
    (
        "language-file-unreadable",
        "A file of a package of a language does not have the form that its name stands for.",
    ),
    (
        "language-name-differs",
        "A package of a language is called otherwise than its file or directory.",
    ),
    (
        "language-record-incomplete",
        "A record of a package of a language has no name or no version.",
    ),
    ("layer-ambiguous", "Runtimes read a layer in different ways at a path."),
    ("layer-count", "The config has another number of layers than the manifest."),
    ("layer-malformed", "A layer cannot be unpacked and walked."),
    (
        "layer-passed-over",
        "A blob beside the layers of an image is no tar; it was verified and passed over.",
    ),
    (
        "layer-refused",
        "Overlay drivers do not unpack a layer; it is read as the rules of layers say.",
    ),
    ("layer-type", "A layer has the type of something else; its bytes are a tar and were read."),
    ("layout-version", "The version of the image layout is missing or not known."),
    ("line-over-limit", "A line is longer than the limit."),
    ("malformed", "A document or blob is malformed."),
    ("more-warnings", "A layer has more warnings than are listed."),
    ("mtree-line-unreadable", "A line of pacman's mtree file cannot be read."),
    ("mtree-unreadable", "pacman's mtree file cannot be unpacked."),
    (
        "native-image-sbom-unreadable",
        "The list of packages in a native image of GraalVM cannot be read.",
    ),
    ("needs-a-second-read", "A file has to be read a second time, and cannot be."),
    ("nix-database-unreadable", "The database of Nix, or a part of it, cannot be read."),
    (
        "nix-paths-without-version",
        "Paths in the store of Nix have no version in their names, and are no packages.",
    ),
    ("nix-row-unreadable", "A row in the database of Nix has no path of the store."),
    ("no-advisories", "The database of advisories has no source for packages like these."),
    ("no-distribution", "No release file names a distribution."),
    ("no-layers", "The image has no layers."),
    (
        "no-manifest",
        "The archive has no manifest, so that digests are those of the bytes that were read.",
    ),
    ("no-packages", "The image has no package database."),
    ("not-looked-at", "Something lies beyond a limit, so that nobody has looked at it."),
    (
        "not-read",
        "Files that may hold packages were not looked into, since the layer was read by its table of contents.",
    ),
    ("opkg-field-continued", "A field of opkg that has one line is continued on another."),
    ("opkg-field-repeated", "A field stands twice in one record of opkg."),
    ("opkg-line-cut", "The last line of a list of files of opkg is not ended: it may be cut off."),
    ("opkg-line-unreadable", "A line of opkg's database is no field."),
    ("opkg-record-incomplete", "opkg's database ends within a record."),
    ("opkg-record-repeated", "Records stand several times in one database of opkg."),
    ("opkg-record-unseparated", "A record of opkg begins without a blank line in front of it."),
    ("opkg-record-without-name", "A record of opkg has no name."),
    ("opkg-record-without-status", "A record of opkg does not say whether it is installed."),
    ("opkg-record-without-version", "A record of opkg has no version."),
    ("opkg-state-unknown", "A record of opkg has a state that opkg does not have."),
    ("opkg-status-malformed", "The status of a record of opkg is not three words."),
    ("os-release-empty", "The os-release file names no distribution."),
    ("os-release-without-id", "The os-release file has no ID; its default is linux."),
    ("other-platform", "The image is for another platform than the one that was asked for."),
    ("over-limit", "A document or blob is over a limit."),
    ("packed-binary", "A program is packed, so that nothing is seen of what it is made of."),
    (
        "parent-not-a-directory",
        "An entry lies below something that is no directory, which is read as one.",
    ),
    (
        "platform-not-named",
        "An entry was taken from an index though the index does not name its platform.",
    ),
    (
        "platform-variant",
        "The only entry for the machine is of another variant than the usual one, and was taken.",
    ),
    (
        "portage-line-unreadable",
        "A line of what portage records of the files of a package cannot be read.",
    ),
    (
        "portage-name-unreadable",
        "A directory of portage's database does not name a package and its version.",
    ),
    ("recorded-path-unusable", "A package records a path that no file can have."),
    (
        "recorded-paths-over-limit",
        "The paths that packages record lead through more links than the limit.",
    ),
    ("release-file-unreadable", "A release file does not have the form that its name stands for."),
    ("release-line-unreadable", "A line of a release file is no assignment."),
    ("release-quote-unclosed", "A quote in a release file is not closed."),
    (
        "release-value-unprintable",
        "A value in a release file has characters that are not printable.",
    ),
    (
        "repositories-disagree",
        "A list of repositories names several distributions, or several releases of one.",
    ),
    ("reserved-name", "A whiteout hides a name that is itself reserved for whiteouts."),
    ("root-not-a-directory", "A layer has something else than a directory as the root."),
    ("rpm-bdb-count", "rpm's Berkeley database holds another number of records than it says."),
    ("rpm-bdb-meta", "The first page of rpm's Berkeley database cannot be read."),
    ("rpm-bdb-page", "A page of rpm's Berkeley database cannot be read."),
    ("rpm-bdb-page-missing", "A page of rpm's Berkeley database is missing."),
    ("rpm-bdb-stale-lsn", "rpm's Berkeley database refers to a log that is not there."),
    ("rpm-field-unreadable", "A field of an rpm header cannot be read."),
    ("rpm-files-unreadable", "The files of an rpm header cannot be read."),
    ("rpm-form-unknown", "An rpm database has a form that is not known."),
    ("rpm-header-unreadable", "An rpm header cannot be read."),
    ("rpm-ndb-blob", "A blob of rpm's ndb database cannot be read."),
    ("rpm-ndb-header", "The header of rpm's ndb database cannot be read."),
    ("rpm-ndb-slot", "A slot of rpm's ndb database cannot be read."),
    ("rpm-record-incomplete", "An rpm header has no name or no version."),
    ("rpm-record-repeated", "Records stand several times in one database of rpm."),
    ("rpm-sqlite-header", "The header of rpm's SQLite database cannot be read."),
    ("rpm-sqlite-log", "The write-ahead log of rpm's SQLite database cannot be used."),
    ("rpm-sqlite-no-table", "rpm's SQLite database has no table of packages."),
    ("rpm-sqlite-page", "A page of rpm's SQLite database cannot be read."),
    ("rpm-sqlite-page-missing", "A page of rpm's SQLite database is missing."),
    ("rpm-sqlite-row", "A row of rpm's SQLite database cannot be read."),
    ("rpm-version-odd", "A version is none by rpm's own rules; it is reported as it stands."),
    ("rust-audit-data-unreadable", "The list of crates in a Rust binary cannot be read."),
    (
        "sbom-component-without-purl",
        "A component of a bill of materials has no package URL, and is not listed.",
    ),
    ("sbom-incomplete", "A bill of materials says of itself that packages may be missing."),
    (
        "sbom-layers-unknown",
        "A bill of materials does not describe the layers of its image; layer 0 stands for all.",
    ),
    ("skipped", "Entries that match a pattern of --skip were left out."),
    (
        "snap-line-cut",
        "The last line that says something of a snap is not ended: it may be cut off.",
    ),
    ("snap-record-incomplete", "The metadata of a snap has no name or no version."),
    ("symlink-loop", "Symbolic links lead in a circle."),
    ("tar-dropped-extension", "An extended header of a tar belongs to no entry."),
    ("tar-global-override", "A global header of a tar overrides what belongs to one entry."),
    ("tar-gnu-prefix", "A GNU header of a tar has a part of the name in place of its times."),
    ("tar-lone-zero-block", "A tar has a lone block of zeros between its entries."),
    ("tar-name-conflict", "An entry of a tar has two names; readers differ in which counts."),
    ("tar-odd-number", "A number of a tar is written so that readers take it differently."),
    ("tar-repeated-extension", "An extended header of a tar is repeated for one entry."),
    ("tar-size-conflict", "An entry of a tar has two sizes; readers differ in which counts."),
    ("tar-size-without-content", "An entry of a tar that has no content has a size."),
    ("tar-trailing-bytes", "Bytes follow the end of a tar."),
    ("tar-unknown-sparse", "A sparse file has a form that is not known."),
    ("tar-unknown-type", "An entry of a tar has a type that is not known."),
    (
        "toc-mismatch",
        "The table of contents of a layer, which runtimes that fetch lazily show, is not what its tar holds.",
    ),
    (
        "toc-unread",
        "The table of contents of a layer was not compared with its tar, since that goes over a limit.",
    ),
    (
        "version-unordered",
        "A version has no place in the order of its kind, so no advisory was asked.",
    ),
    ("wrong-diff-id", "A layer unpacks to another digest than the config says."),
    ("wrong-digest", "The bytes of a blob or document have another digest than is stated."),
    ("wrong-size", "A blob or document has another size than is stated."),
    ("zero-padding", "Zeros behind the end of a compressed layer were ignored."),
];

/// Returns what a code means; none of one that is not ours.
pub fn meaning(code: &str) -> Option<&'static str> {
    let at = CODES.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    CODES.get(at).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_have_a_meaning() {
        assert!(CODES.is_sorted_by(|(one, _), (other, _)| one < other));
        for (code, text) in CODES {
            assert_eq!(meaning(code), Some(*text));
            assert!(text.ends_with('.') && !text.contains('\n'), "{code}");
        }
        assert_eq!(meaning("of-somebody-else"), None);
    }

    #[test]
    fn the_document_is_the_table() {
        let mut table =
            String::from("# Codes of diagnostics and findings\n\n| Code | Meaning |\n|---|---|\n");
        for (code, meaning) in CODES {
            table.push_str(&format!("| `{code}` | {meaning} |\n"));
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/codes.md");
        assert_eq!(std::fs::read_to_string(path).unwrap(), table);
    }
}
