//! Bytes that are not what they claim to be: no report, one line, and the right blame.

use cutaway_fixtures::{ArchiveShape, DockerArchive, FixtureImage, Layout, image};
use cutaway_model::Class;

use crate::support::{apk, options, scan_bytes, scan_image};

fn sound() -> FixtureImage {
    image(&format!(
        "layer gzip\n{}layer gzip\n  usr/share/fill 0644 zeros=300000\n  end 0644 \"end\"\n",
        apk("lib/apk/db/installed", &["a 1-r0"])
    ))
}

#[test]
fn nothing_is_reported_of_a_layer_that_does_not_verify() {
    for (what, broken, says) in [
        ("flipped byte", sound().flip_byte(1, 40), "its bytes were changed"),
        ("cut stream", sound().cut_stream(1, 60), "bytes, not the"),
        ("cut, and honest about it", sound().cut_honestly(1, 60), "ends early"),
        ("appended text", sound().append_to_stream(1, b"more"), "more than"),
        ("wrong diffID", sound().wrong_diff_id(0), "unpacks to diffID"),
        ("wrong digest", sound().wrong_digest(0), "its bytes were changed"),
        ("wrong size", sound().wrong_size(0, 7), "not the 7 that its descriptor says"),
    ] {
        for (source, error) in [
            ("layout", scan_image(&broken, &options()).unwrap_err()),
            (
                "stream",
                scan_bytes(
                    Layout::new().image("t", &broken).archive(&ArchiveShape::default()),
                    &options(),
                )
                .unwrap_err(),
            ),
        ] {
            let text = error.to_string();
            assert_eq!(error.class(), Class::Malformed, "{what} from {source}: {text}");
            assert!(text.starts_with("layer "), "{what} from {source}: {text}");
            assert!(!text.contains('\n') && text.len() < 1024, "{what} from {source}: {text}");
            if source == "layout" {
                assert!(text.contains(says), "{what} from {source}: {text}");
            }
        }
    }
}

#[test]
fn a_flip_anywhere_is_found() {
    let length = sound().layers[1].blob.bytes.len();
    for offset in (0..length).step_by((length / 64).max(1)) {
        let error = scan_image(&sound().flip_byte(1, offset), &options()).unwrap_err();
        assert_eq!(error.class(), Class::Malformed, "{offset}: {error}");
    }
}

#[test]
fn a_docker_archive_is_as_sound_as_its_diff_ids() {
    let archive = DockerArchive::new().image(&["a:1"], &sound().wrong_diff_id(1)).archive();
    let error = scan_bytes(archive, &options()).unwrap_err();
    assert!(error.to_string().contains("unpacks to diffID"), "{error}");
}

#[test]
fn a_bare_whiteout_is_refused() {
    let error =
        scan_image(&image("layer gzip\n  d/ 0755\n  d/.wh. 0644\n"), &options()).unwrap_err();
    assert_eq!(error.class(), Class::Malformed);
    assert!(error.to_string().starts_with("layer 0 of 1 sha256:"), "{error}");
}

#[test]
fn archives_cut_anywhere_are_refused_or_whole() {
    let archive = Layout::new().image("t", &sound()).archive(&ArchiveShape::default());
    let whole = serde_json::to_string(&scan_bytes(archive.clone(), &options()).unwrap()).unwrap();
    for length in (0..archive.len()).step_by(311) {
        if let Ok(report) = scan_bytes(archive[..length].to_vec(), &options()) {
            assert_eq!(serde_json::to_string(&report).unwrap(), whole, "cut at {length}");
        }
    }
}

#[test]
fn small_archives_cut_at_every_byte_are_refused_or_whole() {
    for compression in ["plain", "gzip", "zstd"] {
        let text = apk("lib/apk/db/installed", &["a 1-r0"]);
        let image = image(&format!("layer {compression}\n{text}"));
        let archive = DockerArchive::new().image(&["t:1"], &image).archive();
        let whole = scan_bytes(archive.clone(), &options()).unwrap();
        for length in 0..archive.len() {
            if let Ok(report) = scan_bytes(archive[..length].to_vec(), &options()) {
                // Without its manifest.json it is an archive of an older form, of the same layers.
                assert_eq!(report.packages, whole.packages, "{compression} cut at {length}");
            }
        }
    }
}
