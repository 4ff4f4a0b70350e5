//! One image, many forms, one answer.

use std::sync::Arc;

use cutaway_fixtures::{ArchiveShape, Compression, DockerArchive, Layout, MemberOrder, image};
use cutaway_model::source::{Archive, Files, Form};
use cutaway_report::{Report, SourceKind};

use crate::support::{apk, options, scan_bytes, scan_files, scan_image};

/// Returns what every source must agree on.
fn common(report: &Report) -> String {
    let diff_ids: Vec<_> =
        report.layers.iter().map(|layer| (&layer.diff_id, layer.uncompressed_size)).collect();
    // What a source without a manifest cannot know is said where that is so, and nowhere else.
    let (unknown, diagnostics): (Vec<_>, Vec<_>) =
        report.diagnostics.iter().partition(|diagnostic| diagnostic.code == "no-manifest");
    assert_eq!(unknown.is_empty(), report.image.digest.is_some());
    serde_json::to_string(&(
        &report.image.id,
        &report.distro,
        diff_ids,
        &report.packages,
        &report.removed,
        diagnostics,
        report.complete,
    ))
    .unwrap()
}

#[test]
fn all_sources_agree() {
    let image = image(&format!(
        "layer gzip members=3\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20\\n\"\n{}\
         layer zstd frames=2 skippable\n{}layer plain\n  etc/x 0644 \"x\"\nlayer gzip\n",
        apk("lib/apk/db/installed", &["a 1-r0", "b 1-r0"]),
        apk("lib/apk/db/installed", &["b 1-r0"]),
    ));
    let expected = scan_image(&image, &options()).unwrap();
    assert_eq!(expected.packages.len(), 1);
    let orders = [MemberOrder::DocumentsLast, MemberOrder::DocumentsFirst, MemberOrder::Sorted];
    let compressions = [Compression::Plain, Compression::GZIP, Compression::ZSTD];
    for order in orders {
        for compression in compressions {
            for dot_slash in [false, true] {
                let shape = ArchiveShape { order, dot_slash, directories: dot_slash, compression };
                let oci = Layout::new().image("t", &image).archive(&shape);
                let docker = DockerArchive::new().image(&["a:1"], &image).shape(shape).archive();
                for (form, source, archive) in [
                    (Form::Oci, SourceKind::OciArchive, oci),
                    (Form::Docker, SourceKind::DockerArchive, docker),
                ] {
                    let streamed = scan_bytes(archive.clone(), &options()).unwrap();
                    assert_eq!(common(&streamed), common(&expected), "{form:?} {shape:?} streamed");
                    assert_eq!(streamed.image.source, source);
                    assert_eq!(streamed.image.digest.is_some(), form == Form::Oci);
                    if compression == Compression::Plain {
                        let file = tempfile::NamedTempFile::new().unwrap();
                        std::fs::write(file.path(), archive).unwrap();
                        let files: Arc<dyn Files> = Arc::new(
                            Archive::open(file.path(), &options().read.limits.model).unwrap(),
                        );
                        let read = scan_files(files, form, source, &options()).unwrap();
                        assert_eq!(
                            common(&read),
                            common(&expected),
                            "{form:?} {shape:?} by offset"
                        );
                    }
                }
            }
        }
    }
}
