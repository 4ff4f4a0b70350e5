//! Compressed streams: many members, broken ones, bombs, and formats told by their content.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::{
    Compression as Stored, FixtureImage, ImageBuilder, LayerBuilder, compress, image,
};
use cutaway_model::{Class, Compression, Decoded, Error, Limits};
use tokio::io::AsyncReadExt as _;

use crate::support::{
    assert_error, block_on, drain, open_image, read_all, unpacked, unpacked_within,
};

const PLAIN_TEXT: &[u8] = b"what a layer holds, again and again. ";

fn text() -> Vec<u8> {
    PLAIN_TEXT.repeat(3000)
}

fn decode(stored: &[u8]) -> Result<Vec<u8>, Error> {
    decode_within(stored, &Limits::default())
}

fn decode_within(stored: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    block_on(async {
        let decoded = Decoded::open(stored, "layer x", limits).await?;
        drain(decoded).await.map_err(|error| Error::from_io(error, "test"))
    })
}

/// Compresses with the program that everybody has; `None` where it is not there.
fn through(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let child =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: no {program}");
        return None;
    };
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program}");
    Some(output.stdout)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Stored::GZIP)
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Stored::ZSTD)
}

/// A skippable zstd frame (RFC 8878, 3.1.2).
fn skippable(magic: u8, length: usize) -> Vec<u8> {
    let length_field = u32::try_from(length).unwrap().to_le_bytes();
    [&[magic, 0x2a, 0x4d, 0x18][..], &length_field, &vec![b'!'; length]].concat()
}

/// A zstd frame by hand: descriptor byte, what follows it, and one raw block.
fn zstd_frame(descriptor: u8, fields: &[u8], content: &[u8]) -> Vec<u8> {
    let block = u32::try_from((content.len() << 3) | 1).unwrap().to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, descriptor], fields, &block[..3], content].concat()
}

/// A gzip member with fields in its header (RFC 1952, 2.3): flags, and the bytes of the fields.
fn gzip_with(flags: u8, fields: &[u8], content: &[u8]) -> Vec<u8> {
    let plain = gzip(content);
    [&plain[..3], &[flags], &plain[4..10], fields, &plain[10..]].concat()
}

#[test]
fn all_members_and_frames_are_one_stream() {
    let text = text();
    let (first, second) = text.split_at(1234);
    let frame = |part| zstd(part);
    for (what, stored) in [
        ("plain", text.clone()),
        ("gzip", gzip(&text)),
        ("members", [gzip(first), gzip(second)].concat()),
        (
            "members, empty ones among them",
            [gzip(b""), gzip(first), gzip(b""), gzip(b""), gzip(second), gzip(b"")].concat(),
        ),
        ("many members", compress(&text, Stored::Gzip { members: 500 })),
        ("zstd", zstd(&text)),
        ("frames", [frame(first), frame(second)].concat()),
        ("skippable first", [skippable(0x50, 100), frame(&text)].concat()),
        (
            "skippable everywhere",
            [
                skippable(0x5f, 0),
                frame(first),
                skippable(0x55, 70_000),
                frame(second),
                skippable(0x50, 9),
            ]
            .concat(),
        ),
        ("many frames", compress(&text, Stored::Zstd { frames: 300, skippable: true })),
    ] {
        assert_eq!(decode(&stored).unwrap(), text, "{what}");
    }
}

#[test]
fn bzip2_and_xz() {
    let text = text();
    let (first, second) = text.split_at(50_000);
    let mut formats = vec![("bzip2", Compression::Bzip2)];
    if cfg!(feature = "xz") {
        formats.push(("xz", Compression::Xz));
    }
    for (program, compression) in formats {
        let pack = |bytes: &[u8]| through(program, &["-c"], bytes);
        let (Some(whole), Some(one), Some(two)) = (pack(&text), pack(first), pack(second)) else {
            continue;
        };
        assert_eq!(Compression::sniff(&whole), compression);
        assert_eq!(decode(&whole).unwrap(), text, "{program}");
        assert_eq!(decode(&[one, two].concat()).unwrap(), text, "{program} of two streams");
        let tar = image("layer plain\n  a 0644 zeros=100000\n").layers[0].tar.clone();
        let stored = pack(&tar).unwrap();
        let layer = LayerBuilder::from_stored(
            "application/vnd.oci.image.layer.v1.tar",
            stored,
            tar.clone(),
        );
        let opened = open_image(&ImageBuilder::new().layer(layer).build()).unwrap();
        assert_eq!(unpacked(&opened.layers()[0]).unwrap(), tar, "{program}");
        for (what, broken) in [
            ("cut", whole[..whole.len() / 2].to_vec()),
            ("cut in its trailer", whole[..whole.len() - 3].to_vec()),
            ("text behind it", [&whole[..], b"text"].concat()),
            ("flipped", {
                let mut flipped = whole.clone();
                flipped[whole.len() / 2] ^= 4;
                flipped
            }),
        ] {
            eprintln!("case: {program} {what}");
            let says = format!("layer x: the {program} stream ");
            assert_error(decode(&broken), Class::Malformed, &[&says]);
        }
    }
}

#[test]
fn what_is_not_supported_says_so() {
    let Some(stored) = through("lz4", &["-c"], &text()) else { return };
    assert_error(decode(&stored), Class::Malformed, &["layer x: unsupported compression lz4"]);
}

#[test]
fn a_stream_ends_where_its_format_says() {
    let text = text();
    let (gz, zs) = (gzip(&text), zstd(&text));
    for (what, stored, says) in [
        (
            "text after gzip",
            [&gz[..], b"some text"].concat(),
            "the gzip stream is broken after 111000 unpacked",
        ),
        (
            "zeros and text after gzip",
            [&gz[..], &[0; 512], b"some text"].concat(),
            "the gzip stream is broken after 111000",
        ),
        (
            "zeros and a member after gzip",
            [&gz[..], &[0; 512], &gz].concat(),
            "neither another nor zeros only",
        ),
        ("zstd after gzip", [&gz[..], &zs].concat(), "the gzip stream is broken after 111000"),
        (
            "text after zstd",
            [&zs[..], b"some text"].concat(),
            "the zstd stream is broken after 111000",
        ),
        ("gzip after zstd", [&zs[..], &gz].concat(), "the zstd stream is broken after 111000"),
        ("half of a gzip", gz[..gz.len() / 2].to_vec(), "the gzip stream ends early, after "),
        (
            "gzip without its size",
            gz[..gz.len() - 4].to_vec(),
            "the gzip stream ends early, after 111000",
        ),
        ("a gzip header", gz[..7].to_vec(), "the gzip stream ends early, after 0"),
        ("half of a zstd", zs[..zs.len() / 2].to_vec(), "the zstd stream ends early, after "),
        (
            "half a second member",
            [&gz[..], &gz[..20]].concat(),
            "the gzip stream ends early, after 111000",
        ),
        (
            "half a second frame",
            [&zs[..], &zs[..9]].concat(),
            "the zstd stream ends early, after 111000",
        ),
        (
            "half a skippable frame",
            [&zs[..], &skippable(0x50, 100)[..50]].concat(),
            "the zstd stream ends early",
        ),
    ] {
        eprintln!("case: {what}");
        assert_error(decode(&stored), Class::Malformed, &["layer x: ", says]);
    }
}

#[test]
fn zeros_behind_gzip_are_padding_as_gnu_gzip_has_it() {
    let text = text();
    let stored = compress(&text, Stored::Gzip { members: 3 });
    for count in [0usize, 1, 9, 10, 512, 300_000] {
        let padded = [&stored[..], &vec![0; count]].concat();
        for chunk in [1000, 1 << 20] {
            let (unpacked, padding) = block_on(async {
                let inner = tokio::io::BufReader::with_capacity(chunk, &padded[..]);
                let mut decoded =
                    Decoded::open(inner, "layer x", &Limits::default()).await.unwrap();
                let mut unpacked = Vec::new();
                decoded.read_to_end(&mut unpacked).await.unwrap();
                (unpacked, decoded.padding())
            });
            assert_eq!(unpacked, text, "{count} zeros");
            assert_eq!(padding, u64::try_from(count).unwrap());
        }
    }
}

#[test]
fn a_cut_anywhere_ends_early() {
    let text = text();
    for (name, stored) in [
        ("gzip", compress(&text, Stored::Gzip { members: 3 })),
        ("zstd", compress(&text, Stored::Zstd { frames: 3, skippable: true })),
    ] {
        for length in 4..stored.len() {
            // Between two members a cut leaves a shorter stream, which only digest and diffID can tell.
            match decode(&stored[..length]) {
                Ok(shorter) => assert!(
                    shorter.len() < text.len() && text.starts_with(&shorter),
                    "{name} {length}"
                ),
                Err(error) => assert_eq!(error.class(), Class::Malformed, "{name} {length}"),
            }
        }
    }
}

#[test]
fn trailers_are_checked_after_the_tar_has_ended() {
    let stored = gzip(&text());
    for back in 1..=8 {
        let mut broken = stored.clone();
        let at = broken.len() - back;
        broken[at] ^= 1;
        let says = if back > 4 { "CRC" } else { "amount of bytes" };
        assert_error(decode(&broken), Class::Malformed, &["after 111000 unpacked bytes", says]);
    }
}

#[test]
fn a_corrupt_later_frame_ends_with_an_error() {
    let text = text();
    let (first, second) = (zstd(&text[..60_000]), zstd(&text[60_000..]));
    for at in 0..second.len() {
        let mut broken = second.clone();
        broken[at] ^= 0x55;
        let started = Instant::now();
        if let Ok(other) = decode(&[&first[..], &broken].concat()) {
            assert_ne!(other, text, "a flip at {at} cannot go unseen by a digest");
        }
        assert!(started.elapsed() < Duration::from_secs(5), "flip at {at}");
    }
}

#[test]
fn the_window_of_zstd_is_limited() {
    // The window descriptor (RFC 8878, 3.1.1.1.2): five bits of exponent over 2^10, three of mantissa.
    let window = |descriptor: u8| zstd_frame(0, &[descriptor], b"hello");
    assert_eq!(decode(&window(17 << 3)).unwrap(), b"hello", "128 MiB");
    for descriptor in [(17 << 3) | 1, 18 << 3, 21 << 3] {
        let words = ["layer x: the window of its zstd stream", "zstd_window_log of 27"];
        assert_error(decode(&window(descriptor)), Class::Malformed, &words);
    }
    let mut limits = Limits::default();
    limits.zstd_window_log = 20;
    assert_error(
        decode_within(&window(11 << 3), &limits),
        Class::Malformed,
        &["zstd_window_log of 20"],
    );
    // Values that libzstd does not know are taken for the nearest that it does.
    for log in [0, 9, 32, u32::MAX] {
        limits.zstd_window_log = log;
        assert_eq!(decode_within(&window(0), &limits).unwrap(), b"hello", "{log}");
    }
}

#[test]
fn the_dictionary_of_xz_is_limited() {
    let Some(stored) = through("xz", &["-c", "--lzma2=dict=64MiB"], &text()) else { return };
    if !cfg!(feature = "xz") {
        assert_error(decode(&stored), Class::Malformed, &["unsupported compression xz"]);
        return;
    }
    decode(&stored).unwrap();
    let mut limits = Limits::default();
    limits.xz_memory_bytes = 32 << 20;
    let words = ["the dictionary of its xz stream", "xz_memory_bytes of 33554432"];
    assert_error(decode_within(&stored, &limits), Class::Malformed, &words);
}

#[test]
fn frames_that_want_a_dictionary_are_refused() {
    let stored = zstd_frame(1, &[0, 7], b"hello");
    assert_error(decode(&stored), Class::Malformed, &["the zstd stream is broken", "ictionary"]);
}

#[test]
fn tiny_blobs() {
    assert_error(decode(b""), Class::Malformed, &["is empty: not even the end marker of a tar"]);
    for byte in [0, 1, 0x1f, 0x28, 0x50, b'B', 0xfd] {
        assert_eq!(decode(&[byte]).unwrap(), [byte]);
    }
    assert_error(decode(b"\x1f\x8b"), Class::Malformed, &["the gzip stream ends early"]);
    let empty =
        LayerBuilder::from_stored("application/vnd.oci.image.layer.v1.tar", &b""[..], &b""[..]);
    let opened = open_image(&ImageBuilder::new().layer(empty).build());
    read_all(opened).unwrap();
    // It is a layer where its diffID is that of nothing.
    let empty =
        LayerBuilder::from_stored("application/vnd.oci.image.layer.v1.tar", &b""[..], text());
    let opened = open_image(&ImageBuilder::new().layer(empty).build());
    assert_error(
        read_all(opened),
        Class::Malformed,
        &["layer 0 of 1 sha256:e3b0", "unpacks to diffID"],
    );
}

#[test]
fn one_level_is_decoded() {
    let inner = gzip(&text());
    assert_eq!(decode(&gzip(&inner)).unwrap(), inner);
    assert_eq!(decode(&zstd(&inner)).unwrap(), inner);
}

#[test]
fn media_types_are_not_believed() {
    let tar = image("layer plain\n  a 0644 \"a\"\n").layers[0].tar.clone();
    for media_type in ["tar", "tar+gzip", "tar+zstd", "unheard-of"] {
        for stored in [tar.to_vec(), gzip(&tar), zstd(&tar)] {
            let media_type = format!("application/vnd.oci.image.layer.v1.{media_type}");
            let layer = LayerBuilder::from_stored(&media_type, stored, tar.clone());
            let opened = open_image(&ImageBuilder::new().layer(layer).build()).unwrap();
            assert_eq!(unpacked(&opened.layers()[0]).unwrap(), tar, "{media_type}");
        }
    }
}

#[test]
fn a_gzip_header_is_limited() {
    let text = text();
    let extra = |length: u16| [&length.to_le_bytes()[..], &vec![b'e'; length.into()]].concat();
    let string = |length: usize| [&vec![b'n'; length][..], b"\0"].concat();
    for (what, flags, fields, fits) in [
        ("name", 8, string(10), true),
        ("name", 8, string(60_000), true),
        ("extra", 4, extra(60_000), true),
        ("all", 4 | 8 | 16, [extra(20_000), string(20_000), string(20_000)].concat(), true),
        ("name", 8, string(64 << 10), false),
        ("name", 8, string(5 << 20), false),
        ("comment", 16, string(5 << 20), false),
        ("all", 4 | 8 | 16, [extra(30_000), string(30_000), string(30_000)].concat(), false),
        ("a name without an end", 8, vec![b'n'; 5 << 20], false),
    ] {
        let stored = gzip_with(flags, &fields, &text);
        let words = [
            "layer x: a part of its gzip stream that unpacks to nothing",
            "gzip_header_bytes of 65536",
        ];
        if fits {
            assert_eq!(decode(&stored).unwrap(), text, "{what} of {}", fields.len());
            let later = [&gzip(b"first, ")[..], &stored].concat();
            assert_eq!(decode(&later).unwrap(), [b"first, ", &text[..]].concat(), "{what}, later");
        } else {
            assert_error(decode(&stored), Class::Malformed, &words);
            // Deeper in the stream the count may have begun with the member before.
            let doubled = gzip_with(flags, &[fields.as_slice(); 2].concat(), &text);
            let later = [&gzip(b"first, ")[..], &doubled].concat();
            assert_error(decode(&later), Class::Malformed, &["layer x: "]);
        }
    }
    let mut limits = Limits::default();
    limits.gzip_header_bytes = 1 << 20;
    decode_within(&gzip_with(8, &string(500_000), &text), &limits).unwrap();
}

#[test]
fn members_without_content_are_limited() {
    let empty = gzip(b"");
    let stored = [empty.repeat(1_000_000), gzip(b"something")].concat();
    let started = Instant::now();
    assert_error(decode(&stored), Class::Malformed, &["over the limit gzip_header_bytes"]);
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(decode(&[empty.repeat(1000), gzip(b"something")].concat()).unwrap(), b"something");
    // Flushes without content in one member: stored blocks of length 0 (RFC 1951, 3.2.4).
    let plain = gzip(b"x");
    let flushes = [&plain[..10], &b"\0\0\0\xff\xff".repeat(20_000), &plain[10..]].concat();
    assert_error(decode(&flushes), Class::Malformed, &["over the limit gzip_header_bytes"]);
    let Some(empty) = through("bzip2", &["-c"], b"") else { return };
    let started = Instant::now();
    let stored = empty.repeat(100_000);
    assert_error(decode(&stored), Class::Malformed, &["over the limit idle_bytes of 1048576"]);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn incompressible_bytes_of_any_length_get_through() {
    // A guard on progress must not hold up what makes progress.
    let mut state = 1u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_le_bytes()[7]
    })
    .take(3_000_000)
    .collect();
    assert_eq!(decode(&gzip(&noise)).unwrap(), noise);
    assert_eq!(decode(&compress(&noise, Stored::Gzip { members: 200 })).unwrap(), noise);
    assert_eq!(decode(&zstd(&noise)).unwrap(), noise);
    for program in ["bzip2", "xz"] {
        if let (true, Some(stored)) =
            (program != "xz" || cfg!(feature = "xz"), through(program, &["-9c"], &noise))
        {
            assert_eq!(decode(&stored).unwrap(), noise, "{program}");
        }
    }
    let mut tiny = Limits::default();
    tiny.gzip_header_bytes = 512;
    assert_eq!(decode_within(&gzip(&noise), &tiny).unwrap(), noise);
}

fn bomb() -> FixtureImage {
    image("layer gzip\n  zeros 0644 zeros=67108864\n")
}

#[test]
fn a_bomb_is_a_stream_like_any_other() {
    let opened = open_image(&bomb()).unwrap();
    let layer = &opened.layers()[0];
    assert!(layer.size().unwrap() < 100_000);
    block_on(async {
        let mut stream = layer.uncompressed(&Limits::default()).await.unwrap();
        let mut buffer = vec![0; 16 << 10];
        let mut total = 0usize;
        loop {
            match stream.read(&mut buffer).await.unwrap() {
                0 => break,
                count => total += count,
            }
        }
        assert_eq!(total, bomb().layers[0].tar.len());
    });
    let mut limits = Limits::default();
    limits.unpacked_bytes = 1 << 20;
    let words =
        ["layer 0 of 1 sha256:", "what it unpacks to is over the limit unpacked_bytes of 1048576"];
    assert_error(unpacked_within(layer, &limits), Class::Malformed, &words);
}

#[test]
fn a_failed_decoder_goes_on_failing() {
    let stored = [&gzip(&text())[..], b"text"].concat();
    block_on(async {
        let mut decoded = Decoded::open(&stored[..], "it", &Limits::default()).await.unwrap();
        assert_eq!(decoded.compression(), Compression::Gzip);
        let mut bytes = Vec::new();
        assert!(decoded.read_to_end(&mut bytes).await.is_err());
        assert!(decoded.read_to_end(&mut bytes).await.is_err());
        assert_eq!(bytes, text());
        // The rest of the stored stream is still to be had, for its digest.
        let mut rest = Vec::new();
        decoded.into_stored().unwrap().read_to_end(&mut rest).await.unwrap();
        assert!(stored.ends_with(&rest));
    });
}
