//! Blobs that break off, stand still and start over.

use std::time::{Duration, Instant};

use cutaway_fixtures::registry::Fault;

use crate::support::{Scene, quick, read, transport};

const MIB: usize = 1 << 20;
const KIB: usize = 1 << 10;

#[tokio::test]
async fn a_sound_blob_takes_one_request() {
    let scene = Scene::new(MIB).await;
    assert_eq!(scene.read().await.unwrap(), scene.blob);
    assert_eq!(scene.registry.requests().len(), 1);
    let request = scene.registry.requests().remove(0);
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(request.header("range"), None);
}

#[tokio::test]
async fn an_empty_blob_is_read() {
    let scene = Scene::new(0).await;
    assert_eq!(scene.read().await.unwrap(), b"");
}

/// One fault on the first request, or one on each of several, and the bytes come out as if there were none.
#[tokio::test]
async fn faults_that_are_survived() {
    let half = MIB / 2;
    let reset = || Fault::Reset(half);
    for (name, faults, requests) in [
        ("B1 reset once", vec![reset()], 2),
        ("B1 reset before the body", vec![Fault::Reset(0)], 2),
        ("B2 reset every 256 KiB", vec![Fault::Reset(256 * KIB); 3], 4),
        ("B4 range ignored", vec![reset(), Fault::IgnoreRange], 2),
        (
            "B4 range ignored, broken off while passing over",
            vec![reset(), Fault::both(Fault::IgnoreRange, Fault::Reset(half / 2))],
            3,
        ),
        ("B4 range ignored, shorter", vec![reset(), Fault::Status(200, vec![], String::new())], 3),
        ("B5 wrong range", vec![reset(), Fault::LateRange(1)], 3),
        ("B6 multipart", vec![reset(), Fault::Multipart], 3),
        ("B6 range refused", vec![reset(), Fault::status(416)], 3),
        ("B7 closed too early", vec![Fault::Close(half)], 2),
        ("no length, closed too early", vec![Fault::Unframed(half)], 2),
        ("fewer bytes announced", vec![Fault::Few(half)], 2),
        ("fewer bytes announced, and for the range, too", vec![Fault::Few(half / 2); 3], 4),
        ("cut short once", vec![Fault::Short(half)], 2),
        ("cut short, and nothing for the range", vec![Fault::Short(half); 4], 5),
        ("B12 503 three times", vec![Fault::status(503); 3], 4),
        (
            "408, 500, 502, 504",
            vec![Fault::status(408), Fault::status(500), Fault::status(502), Fault::status(504)],
            5,
        ),
        ("503 on the range", vec![reset(), Fault::status(503)], 3),
        (
            "B13 429 without a wait",
            vec![Fault::retry_after(429, "0"), Fault::retry_after(429, "-3")],
            3,
        ),
        ("B19 stall", vec![Fault::Stall(half)], 2),
        ("B19 no headers", vec![Fault::Silence], 2),
        ("B18 crawl", vec![Fault::Crawl(Duration::from_millis(5))], 2),
        ("garbage for HTTP", vec![Fault::Raw(b"220 smtp ready\r\n".to_vec())], 2),
    ] {
        let scene = Scene::new(MIB).await;
        scene.registry.script("/blobs/", faults);
        let mut config = quick();
        if name == "B19 no headers" {
            config.times.connect = Duration::from_millis(10);
        }
        let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
        let bytes =
            read(&repository, &scene.layer).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(bytes == scene.blob, "{name}");
        assert_eq!(scene.asked_for_blob(), requests, "{name}");
    }
}

#[tokio::test]
async fn resuming_sends_little_twice() {
    let scene = Scene::new(4 * MIB).await;
    scene.registry.script("/blobs/", vec![Fault::Reset(300 * KIB); 12]);
    assert!(scene.read().await.unwrap() == scene.blob);
    assert_eq!(scene.asked_for_blob(), 13);
    let (sent, clean) = (scene.registry.sent(), scene.layer.size);
    assert!(sent <= clean + clean / 10, "{sent} bytes for {clean}");
    let ranges = scene
        .registry
        .requests()
        .iter()
        .filter(|request| request.header("range").is_some())
        .count();
    assert_eq!(ranges, 12);
}

#[tokio::test]
async fn a_changed_etag_starts_over() {
    let tag = |tag: &str| Fault::Header("ETag".to_owned(), tag.to_owned());
    for (second, requests) in [("\"one\"", 2), ("\"two\"", 3)] {
        let scene = Scene::new(MIB).await;
        scene
            .registry
            .script("/blobs/", [Fault::both(tag("\"one\""), Fault::Reset(MIB / 2)), tag(second)]);
        assert!(scene.read().await.unwrap() == scene.blob);
        assert_eq!(scene.asked_for_blob(), requests, "{second}");
    }
}

#[tokio::test]
async fn other_bytes_after_a_break_are_never_spliced() {
    let scene = Scene::new(MIB).await;
    let mut other = scene.blob.clone();
    other[7] ^= 1;
    let other = Fault::Body("application/octet-stream".to_owned(), other);
    scene
        .registry
        .script("/blobs/", [Fault::Reset(MIB / 2), Fault::both(Fault::IgnoreRange, other)]);
    let error = transport(scene.read().await.unwrap_err());
    assert!(error.contains("other bytes for the same blob"), "{error}");
    assert_eq!(scene.asked_for_blob(), 2);
}

/// Faults without end: bounded tries, and an error that says where it stood.
#[tokio::test]
async fn faults_that_are_given_up() {
    for (name, fault, requests, words) in [
        (
            "B3 reset every 1000 bytes",
            Fault::Reset(1000),
            5,
            &["no progress at offset ", " of 1048576", "5 tries"][..],
        ),
        ("B7 closed at half, always", Fault::Close(0), 5, &["no progress at offset 0 of 1048576"]),
        (
            "B14 500 for ever",
            Fault::status(500),
            5,
            &["HTTP status 500", "status 500", "/blobs/sha256:", "5 tries"],
        ),
        ("B13 429 for ever", Fault::status(429), 5, &["HTTP status 429, rate limited"]),
        (
            "B19 stall for ever",
            Fault::Stall(10),
            5,
            &["no byte came for 0.3 s (idle_ms)", "no progress at offset 50 of", "the limit tries"],
        ),
        ("403", Fault::status(403), 1, &["HTTP status 403"]),
        (
            "B6 part without a range",
            Fault::UnaskedPart,
            1,
            &["a part came, and the whole was asked for"],
        ),
        ("204", Fault::Status(204, vec![], String::new()), 1, &["HTTP status 204"]),
        ("B31 100 000 headers", Fault::Headers(100_000), 5, &["message head is too large"][..]),
        ("B31 many headers", Fault::Headers(60), 1, &["the limit header_bytes, which is 4096"]),
        (
            "B28 page",
            Fault::Body("text/html; charset=utf-8".to_owned(), b"<html>\n<b>Log in</b>".to_vec()),
            1,
            &["not a registry's answer: text/html, which begins <html>\\n<b>Log in</b>"],
        ),
        (
            "B24 encoding",
            Fault::both(
                Fault::Header("Content-Encoding".to_owned(), "gzip".to_owned()),
                Fault::Short(MIB - 1),
            ),
            1,
            &["the server applied Content-Encoding gzip"],
        ),
    ] {
        let scene = Scene::new(MIB).await;
        scene.registry.always("/blobs/", fault);
        let mut config = quick();
        config.limits.header_bytes = 4 << 10;
        let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
        let started = Instant::now();
        let error = transport(read(&repository, &scene.layer).await.expect_err(name));
        assert!(started.elapsed() < Duration::from_secs(5), "{name} took {:?}", started.elapsed());
        assert_eq!(scene.asked_for_blob(), requests, "{name}: {error}");
        for word in words {
            assert!(error.contains(word), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let scene = Scene::new(KIB).await;
    scene.registry.script("/blobs/", [Fault::retry_after(429, "1")]);
    let started = Instant::now();
    assert!(scene.read().await.unwrap() == scene.blob);
    assert!(started.elapsed() >= Duration::from_secs(1));

    let scene = Scene::new(KIB).await;
    scene.registry.always("/blobs/", Fault::retry_after(429, "1000000000"));
    let mut config = quick();
    config.retry.longest_retry_after = Duration::from_millis(20);
    let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
    let error = transport(read(&repository, &scene.layer).await.unwrap_err());
    assert!(error.contains("rate limited, waited 0.1 s"), "{error}");
}

#[tokio::test]
async fn all_requests_wait_when_one_is_told_to() {
    let scene = Scene::new(KIB).await;
    scene.registry.script("/blobs/", [Fault::retry_after(429, "1")]);
    let (registry, repository) = scene.anonymous();
    let started = Instant::now();
    let later = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        registry.resolve(&scene.reference()).await.unwrap();
        started.elapsed()
    };
    let (bytes, waited) = futures_util::future::join(read(&repository, &scene.layer), later).await;
    assert!(bytes.unwrap() == scene.blob);
    assert!(waited >= Duration::from_millis(950), "{waited:?}");
}

/// Answers that are no HTTP, or that say two things at once, are never taken for the blob.
#[tokio::test]
async fn malformed_http() {
    let head = "HTTP/1.1 200 OK\r\n";
    for (name, answer) in [
        ("huge chunk", format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc")),
        (
            "chunk size overflows",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n1{}\r\nabc", "0".repeat(40)),
        ),
        (
            "no chunk size",
            format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"),
        ),
        ("chunk without an end", format!("{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef")),
        ("two lengths", format!("{head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")),
        ("negative length", format!("{head}Content-Length: -3\r\n\r\nabc")),
        (
            "chunks and a length",
            format!("{head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
        ),
        ("long header line", format!("{head}X: {}\r\n\r\n", "x".repeat(10 << 20))),
        ("many 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100_000)),
        ("no version", "ok\r\n\r\n".to_owned()),
    ] {
        let scene = Scene::new(KIB).await;
        scene.registry.always("/blobs/", Fault::Raw(answer.into_bytes()));
        let error = transport(scene.read().await.expect_err(name));
        assert!(error.contains("no progress at offset"), "{name}: {error}");
        assert_eq!(scene.asked_for_blob(), 5, "{name}: {error}");
    }
}

#[tokio::test]
async fn sizes_that_lie_are_for_the_model() {
    // An answer that is whole in itself comes as it is, so that its size can be judged.
    let scene = Scene::new(MIB).await;
    scene.registry.script("/blobs/", [Fault::Longer(b"more".to_vec())]);
    assert_eq!(scene.read().await.unwrap().len(), MIB + 4);
    assert_eq!(scene.asked_for_blob(), 1);
    // One that is short is short by accident until it has been short every time, with ranges and without.
    for fault in [
        Fault::Short(MIB - 100),
        Fault::both(Fault::Short(MIB - 100), Fault::IgnoreRange),
        Fault::both(Fault::Short(0), Fault::IgnoreRange),
    ] {
        let scene = Scene::new(MIB).await;
        scene.registry.always("/blobs/", fault.clone());
        let bytes = scene.read().await.unwrap();
        assert!(bytes.len() < MIB && scene.blob.starts_with(&bytes), "{fault:?}");
        assert!(scene.asked_for_blob() <= 6, "{fault:?}: {}", scene.asked_for_blob());
    }
}

/// That an answer was short once says nothing of why there is none later.
#[tokio::test]
async fn a_short_answer_does_not_excuse_the_next_failure() {
    let scene = Scene::new(MIB).await;
    scene.registry.script("/blobs/", [Fault::Few(MIB / 2)]);
    scene.registry.always("/blobs/", Fault::status(503));
    let error = transport(scene.read().await.unwrap_err());
    assert!(error.contains("HTTP status 503") && error.contains("offset 524288 of"), "{error}");
}

#[tokio::test]
async fn an_encoding_that_says_how_the_blob_is_packed_does_no_harm() {
    let scene = Scene::new(MIB).await;
    let gzip = || Fault::Header("Content-Encoding".to_owned(), "gzip".to_owned());
    scene.registry.script("/blobs/", [Fault::both(gzip(), Fault::Reset(MIB / 2)), gzip()]);
    assert!(scene.read().await.unwrap() == scene.blob);
    assert_eq!(scene.asked_for_blob(), 2);
}

/// Only the time that a server takes is its own: a reader may leave a blob lying for longer than any limit.
#[tokio::test]
async fn a_reader_who_takes_long_leaves_the_server_all_its_tries() {
    use cutaway_model::Blobs as _;
    use tokio::io::AsyncReadExt as _;
    // Nothing goes wrong, and the reader is away for longer than a server may be silent.
    let scene = Scene::new(2 * MIB).await;
    let mut stream = scene.anonymous().1.open(&scene.layer).await.unwrap();
    let mut bytes = vec![0; 1000];
    stream.read_exact(&mut bytes).await.unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == scene.blob);
    assert_eq!(scene.asked_for_blob(), 1);
    // All goes wrong behind the reader's back, and there is still time for tries.
    let scene = Scene::new(MIB).await;
    scene.registry.script("/blobs/", [Fault::Reset(MIB / 2), Fault::status(503)]);
    let mut config = quick();
    config.retry.patience = Duration::from_millis(300);
    let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
    let mut stream = repository.open(&scene.layer).await.unwrap();
    let mut bytes = vec![0; 1000];
    stream.read_exact(&mut bytes).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == scene.blob);
}

#[tokio::test]
async fn an_endless_blob_is_read_no_further_than_it_is_asked_for() {
    use cutaway_model::Blobs as _;
    use tokio::io::AsyncReadExt as _;
    let scene = Scene::new(KIB).await;
    scene.registry.always("/blobs/", Fault::Endless);
    let (_, repository) = scene.anonymous();
    let mut stream = repository.open(&scene.layer).await.unwrap();
    let mut bytes = vec![0; KIB + 1];
    stream.read_exact(&mut bytes).await.unwrap();
    drop(stream);
    let sent = scene.registry.sent();
    assert!(sent < 64 * 1024 * 1024, "{sent}");
}

#[tokio::test]
async fn the_deadline_ends_everything() {
    for fault in [Fault::Silence, Fault::Stall(100), Fault::status(503)] {
        let scene = Scene::new(MIB).await;
        scene.registry.always("/blobs/", fault);
        let mut config = quick();
        config.times.idle = Duration::from_secs(60);
        config.retry.first_wait = Duration::from_secs(60);
        config.deadline = Some(Instant::now() + Duration::from_millis(200));
        let (_, repository) = scene.client(cutaway_ref::auth::Credential::Anonymous, config);
        let started = Instant::now();
        let error = transport(read(&repository, &scene.layer).await.unwrap_err());
        assert!(error.contains("the time limit of the whole run was met"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
