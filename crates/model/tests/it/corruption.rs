//! Bytes that are not what they claim to be: the stream fails at its end, and goes on failing.

use cutaway_fixtures::{ArchiveShape, DockerArchive, FixtureImage, LayerNames, Layout};
use cutaway_model::{
    Claim, Class, DiffId, DiffIdCheck, Error, Image, Stored, Unpacked, Verified, VerifiedTar,
};
use cutaway_ref::Digest;
use tokio::io::AsyncReadExt as _;

use crate::support::{OnDisk, assert_error, block_on, open_image, read_all, sample, stored};

/// The ways to an image with the bytes of its manifest.
fn sources(image: &FixtureImage) -> [(&'static str, Result<Image, Error>); 3] {
    let layout = Layout::new().image("t", image);
    let disk = OnDisk::layout(&layout);
    let archive = layout.archive(&ArchiveShape::default());
    [
        ("memory", read_all(open_image(image))),
        ("layout", read_all(disk.open(""))),
        ("archive", read_all(OnDisk::archive(&archive).and_then(|disk| disk.open("")))),
    ]
}

#[test]
fn every_lie_has_its_error() {
    type Kind = fn(&Error) -> bool;
    let digest: Kind = |error| matches!(error, Error::Digest { .. });
    let size: Kind = |error| matches!(error, Error::Size { .. });
    let diff_id: Kind = |error| matches!(error, Error::DiffId { .. });
    let malformed: Kind = |error| matches!(error, Error::Malformed { .. });
    // Layer 2 is stored as a plain tar, so that only digests can tell.
    for (what, broken, layer, kind, says) in [
        ("flip", sample().flip_byte(2, 600), 2, digest, "its bytes were changed"),
        ("cut", sample().cut_stream(2, 700), 2, size, "has 700 bytes, not the "),
        ("grown", sample().append_to_stream(2, b"more"), 2, size, "more than "),
        ("size above", sample().wrong_size(2, 1 << 20), 2, size, "not the 1048576"),
        ("size below", sample().wrong_size(2, 9), 2, size, "more than 9 bytes, not the 9"),
        ("digest", sample().wrong_digest(0), 0, digest, "its bytes were changed"),
        ("diffID", sample().wrong_diff_id(1), 1, diff_id, "unpacks to diffID sha256:"),
        ("honest cut", sample().cut_honestly(0, 200), 0, malformed, "ends early, after "),
        ("honest cut", sample().cut_honestly(1, 30), 1, malformed, "ends early, after "),
    ] {
        for (source, result) in sources(&broken) {
            let error = result.expect_err(what);
            assert!(kind(&error), "{what} from {source}: {error:?}");
            let start = format!("layer {layer} of 4 sha256:");
            assert!(error.to_string().starts_with(&start), "{what} from {source}: {error}");
            assert_error(Err::<(), _>(error), Class::Malformed, &[says]);
        }
    }
}

#[test]
fn a_flip_anywhere_is_found() {
    for layer in [0, 1, 2] {
        let length = sample().layers[layer].blob.bytes.len();
        for offset in (0..length).step_by((length / 40).max(1)) {
            let broken = sample().flip_byte(layer, offset);
            assert_error(read_all(open_image(&broken)), Class::Malformed, &["layer "]);
            // The stored bytes alone fail too: their digest does not ask for the format.
            let error = stored(&open_image(&broken).unwrap().layers()[layer]).unwrap_err();
            assert!(matches!(error, Error::Digest { .. }), "{layer} {offset}: {error}");
        }
    }
}

#[test]
fn a_docker_archive_is_as_sound_as_its_diff_ids() {
    for names in [LayerNames::Classic, LayerNames::Skopeo, LayerNames::Stored] {
        let archive =
            DockerArchive::new().image(&["a:1"], &sample().wrong_diff_id(1)).layer_names(names);
        let opened = OnDisk::archive(&archive.archive()).unwrap().open("");
        let words = ["layer 1 of 4 ", "unpacks to diffID sha256:"];
        assert_error(read_all(opened), Class::Malformed, &words);
    }
}

#[test]
fn documents_are_verified_too() {
    let image = sample();
    for (what, blob) in [("manifest", &image.manifest), ("config", &image.config)] {
        let disk = OnDisk::layout(&Layout::new().image("t", &image));
        let path = disk.path().join("blobs/sha256").join(blob.digest.encoded());
        for (bytes, says) in [
            ([&blob.bytes[..], b" "].concat(), "more than"),
            (blob.bytes[1..].to_vec(), "bytes, not the"),
            ([b" ", &blob.bytes[1..]].concat(), "its bytes were changed"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let start = format!("{what} {}", blob.digest);
            assert_error(disk.open(""), Class::Malformed, &[&start, says]);
        }
    }
}

#[test]
fn a_failed_stream_has_no_clean_end() {
    let claim = || Claim { digest: Some(Digest::sha256(b"right")), size: None };
    block_on(async {
        let mut stream = Verified::new(&b"wrong"[..], "it", claim()).unwrap();
        let mut bytes = Vec::new();
        let first = stream.read_to_end(&mut bytes).await.unwrap_err();
        assert!(matches!(Error::from_io(first, ""), Error::Digest { .. }));
        assert!(stream.read_to_end(&mut bytes).await.is_err());
        assert!(stream.outcome().stored().is_none());

        let check = DiffIdCheck::new("it", Some(DiffId(Digest::sha256(b"right")))).unwrap();
        let mut stream = VerifiedTar::new(&b"wrong"[..], check);
        let first = stream.read_to_end(&mut bytes).await.unwrap_err();
        assert!(matches!(Error::from_io(first, ""), Error::DiffId { .. }));
        assert!(stream.read_to_end(&mut bytes).await.is_err());

        let mut stream = Verified::new(&b"right"[..], "it", claim()).unwrap();
        bytes.clear();
        for _ in 0..3 {
            stream.read_to_end(&mut bytes).await.unwrap();
        }
        assert_eq!(bytes, b"right");
        assert_eq!(stream.outcome().stored().unwrap().size, 5);
    });
}

#[test]
fn nothing_is_proved_before_the_end() {
    block_on(async {
        let claim = Claim { digest: Some(Digest::sha256(b"right")), size: Some(5) };
        let mut stream = Verified::new(&b"right"[..], "it", claim).unwrap();
        let mut bytes = [0; 5];
        assert_eq!(stream.outcome().read(), 0);
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(stream.outcome().read(), 5);
        assert!(
            stream.outcome().stored().is_none(),
            "all bytes are read, and the end was not seen"
        );
        assert_eq!(stream.read(&mut bytes).await.unwrap(), 0);
        assert!(stream.outcome().stored().is_some());
    });
}

#[test]
fn what_was_read_before_the_layer_was_known_is_checked_after() {
    let fixture = sample();
    let image = open_image(&fixture).unwrap();
    let (layer, truth) = (&image.layers()[0], &fixture.layers[0]);
    let stored = Stored { digest: truth.blob.digest.clone(), size: truth.blob.size };
    let unpacked = Unpacked { diff_id: DiffId(truth.diff_id.clone()), size: 1 };
    layer.check(&stored, &unpacked).unwrap();
    let other = Digest::sha256(b"other");
    let check = |stored: Stored, unpacked: Unpacked| layer.check(&stored, &unpacked).unwrap_err();
    let smaller = Stored { size: 1, ..stored.clone() };
    assert!(matches!(check(smaller, unpacked.clone()), Error::Size { .. }));
    let changed = Stored { digest: other.clone(), ..stored.clone() };
    assert!(matches!(check(changed, unpacked.clone()), Error::Digest { .. }));
    let another = Unpacked { diff_id: DiffId(other), size: 1 };
    assert!(matches!(check(stored.clone(), another), Error::DiffId { .. }));
    // A digest of another algorithm says nothing of the bytes.
    let sha512: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
    let by_sha512 = Stored { digest: sha512, ..stored };
    let result = layer.check(&by_sha512, &unpacked);
    assert_error(result, Class::Malformed, &["is named by sha256", "measured by sha512"]);
}

#[test]
fn the_name_of_a_member_says_how_to_measure_it() {
    let sha256 = Digest::sha256(b"x");
    for (name, digest) in [
        (format!("blobs/sha256/{}", sha256.encoded()), Some(sha256)),
        (
            format!("blobs/sha512/{}", "a".repeat(128)),
            Some(format!("sha512:{}", "a".repeat(128)).parse().unwrap()),
        ),
        ("blobs/sha256/../../x".into(), None),
        ("blobs/md5/abc".into(), None),
        ("blobs/abc".into(), None),
        ("abc/layer.tar".into(), None),
    ] {
        assert_eq!(Claim::of_member(&name).digest, digest, "{name}");
    }
}
