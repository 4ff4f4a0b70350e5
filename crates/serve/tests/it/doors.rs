//! What each door says, and what it refuses.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::UnixStream;

use crate::support::{Scripted, TOKEN, digest_of, exchange, limits, review, serve};

#[tokio::test(flavor = "multi_thread")]
async fn images_pass_or_are_denied_with_a_reason() {
    let served = serve(Scripted::default(), &limits()).await;
    let allowed = served.validate(&["good:1", "fine"], "").await;
    assert_eq!(allowed["allowed"], true, "{allowed}");
    assert!(allowed["auditAnnotations"]["verdicts"].as_str().unwrap().contains("good:1: pass"));
    for (image, code, why) in [
        ("bad:1", 403, format!("bad:1: block: {}", digest_of("bad"))),
        ("open", 403, "open: undecided: ".to_owned()),
        ("gone", 403, "gone: the layer is gone".to_owned()),
        ("lost", 403, "lost: no registry answers".to_owned()),
        ("swap", 403, "the verdict is about another image".to_owned()),
        ("panic", 403, "the judgement broke off".to_owned()),
        ("UPPER", 403, "\"UPPER\" is no image".to_owned()),
        ("oci:/etc", 403, "\"oci:/etc\" is no image".to_owned()),
        ("-", 403, "\"-\" is no image".to_owned()),
    ] {
        let denied = served.validate(&["good:1", image], "").await;
        assert_eq!(denied["allowed"], false, "{image}");
        assert_eq!(denied["status"]["code"], code, "{denied}");
        let message = denied["status"]["message"].as_str().unwrap();
        assert!(message.contains(&why), "{image}: {message}");
    }
    let metrics = served.get("/metrics").await.text();
    for line in [
        "cutaway_verdicts_total{door=\"validate\",verdict=\"block\"} 1",
        "cutaway_undecided_total{door=\"validate\",reason=\"fact\"} 1",
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_wait_is_denied_and_the_retry_finds_the_verdict() {
    let judge = Scripted::default();
    *judge.0.takes.lock().unwrap() = Duration::from_millis(1500);
    let served = serve(judge.clone(), &limits()).await;
    let image = format!("slow:1@{}", digest_of("slow"));
    let begun = std::time::Instant::now();
    let denied = served.validate(&[&image], "?timeout=1s").await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(denied["status"]["code"], 429);
    assert_eq!(denied["status"]["reason"], "TooManyRequests");
    assert!(denied["status"]["message"].as_str().unwrap().contains("in progress, retry"));
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let allowed = served.validate(&[&image], "?timeout=1s").await;
    assert_eq!(allowed["allowed"], true, "{allowed}");
    assert_eq!(judge.0.judged.lock().unwrap()["slow"], 1);
    assert_eq!(served.gate.metrics().cached.total(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_pinned_and_what_is_not_known_is_left() {
    let served = serve(Scripted::default(), &limits()).await;
    let pinned = format!("c@{}", digest_of("c"));
    let body = review(&["a:1", &pinned, "lost:1", "auto/", "a:1"]);
    let answered = served.post("/mutate", &body).await.json();
    let response = &answered["response"];
    assert_eq!(response["allowed"], true);
    assert_eq!(response["warnings"].as_array().unwrap().len(), 2, "{response}");
    let patch = response["patch"].as_str().unwrap();
    let patch = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, patch).unwrap();
    let patch: Value = serde_json::from_slice(&patch).unwrap();
    let step = |op: &str, at: usize, value: &str| json!({"op": op, "path": format!("/spec/containers/{at}/image"), "value": value});
    let after = format!("a:1@{}", digest_of("a"));
    let expected = json!([
        step("test", 0, "a:1"),
        step("replace", 0, &after),
        step("test", 4, "a:1"),
        step("replace", 4, &after)
    ]);
    assert_eq!(patch, expected);
    // Once more, and nothing is to be done.
    let again = served.post("/mutate", &review(&[&after])).await.json();
    assert_eq!(again["response"], json!({"uid": "u-1", "allowed": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn image_reviews_are_answered() {
    let served = serve(Scripted::default(), &limits()).await;
    let ask = |images: Vec<&str>| {
        let containers: Vec<Value> = images.iter().map(|it| json!({"image": it})).collect();
        json!({"apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
            "spec": {"containers": containers, "namespace": "n"}})
        .to_string()
    };
    let allowed = served.post("/imagepolicy", ask(vec!["a", "b"]).as_bytes()).await.json();
    assert_eq!(allowed["status"], json!({"allowed": true}));
    let denied = served.post("/imagepolicy", ask(vec!["a", "bad"]).as_bytes()).await.json();
    assert_eq!(denied["status"]["allowed"], false);
    assert!(denied["status"]["reason"].as_str().unwrap().contains("bad: block"));
}

#[tokio::test(flavor = "multi_thread")]
async fn verdicts_by_name_and_by_digest() {
    let judge = Scripted::default();
    let served = serve(judge.clone(), &limits()).await;
    let verdict = served.get("/v1/check?image=bad%3A1").await;
    assert_eq!((verdict.status, &verdict.json()["verdict"]), (200, &json!("block")));
    let by_digest = served.get(&format!("/v1/verdicts/{}", digest_of("bad"))).await;
    assert_eq!((by_digest.status, by_digest.body), (200, verdict.body));
    *judge.0.takes.lock().unwrap() = Duration::from_secs(2);
    let waiting = served.get("/v1/check?image=slow").await;
    assert_eq!(waiting.status, 202, "{waiting:?}");
    assert!(waiting.head.contains("retry-after: 2"));
    for (path, status) in [
        (format!("/v1/verdicts/{}", digest_of("nobody")), 404),
        ("/v1/verdicts/latest".to_owned(), 400),
        ("/v1/check".to_owned(), 400),
        ("/v1/check?image=UPPER".to_owned(), 400),
        ("/v1/check?image=a&platform=1".to_owned(), 400),
        ("/v1/check?image=lost".to_owned(), 502),
        ("/".to_owned(), 404),
        ("/validate".to_owned(), 405),
    ] {
        assert_eq!(served.get(&path).await.status, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_make_the_gate_read_nothing() {
    let served = serve(Scripted::default(), &limits()).await;
    for token in ["", "authorization: Bearer x\r\n", "authorization: t0k3n\r\n"] {
        for (method, path) in
            [("GET", "/v1/check?image=a"), ("GET", "/v1/verdicts/x"), ("POST", "/events")]
        {
            let request =
                format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{token}connection: close\r\n\r\n");
            assert_eq!(served.raw(request.as_bytes()).await.status, 403, "{path} {token}");
        }
    }
    // Whom the file system lets in needs none.
    let socket = UnixStream::connect(served.folder.path().join("gate.sock")).await.unwrap();
    let request = b"GET /v1/check?image=a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(socket, request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_bounded() {
    let bounds = cutaway::Serving {
        review_bytes: 4096,
        event_bytes: 1024,
        request: Duration::from_millis(300),
        ..limits()
    };
    let served = serve(Scripted::default(), &bounds).await;
    let large = vec![b' '; 5000];
    assert_eq!(served.post("/validate", &large).await.status, 413);
    assert_eq!(served.post("/events", &large).await.status, 413);
    let lines = b"POST /validate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 4096], b"\r\n"].concat();
    let chunked = [lines.as_slice(), &chunk, &chunk, b"0\r\n\r\n"].concat();
    assert_eq!(served.raw(&chunked).await.status, 413);
    let header = format!("GET /healthz HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "x".repeat(40_000));
    assert_eq!(served.raw(header.as_bytes()).await.status, 431);
    // A head and a body that never come to their end.
    let begun = std::time::Instant::now();
    let cut =
        b"POST /validate HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{";
    assert_eq!(served.raw(cut).await.status, 408);
    served.raw(b"POST /validate HTTP/1.1\r\nhost:").await;
    served.raw(b"").await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    for body in ["", "{", "null", "[]", &"[".repeat(3000)] {
        assert_eq!(served.post("/validate", body.as_bytes()).await.status, 400, "{body:.10}");
        assert_eq!(served.post("/imagepolicy", body.as_bytes()).await.status, 400, "{body:.10}");
    }
    assert_eq!(served.get("/healthz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_said() {
    let judge = Scripted::default();
    *judge.0.takes.lock().unwrap() = Duration::from_secs(5);
    let bounds = cutaway::Serving { scans: 1, scans_queued: 1, ..limits() };
    let served = serve(judge.clone(), &bounds).await;
    let denied = served.validate(&["a", "b", "c", "d"], "?timeout=1s").await;
    assert_eq!(denied["status"]["code"], 429);
    let message = denied["status"]["message"].as_str().unwrap();
    assert!(message.contains("(scans_queued)") && message.contains("in progress"), "{message}");
    assert_eq!(judge.0.judged.lock().unwrap().len(), 1);
    let metrics = served.get("/metrics").await.text();
    for line in ["cutaway_scans_in_flight 1", "cutaway_scans_queued 1"] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_answers_what_is_open() {
    let judge = Scripted::default();
    *judge.0.takes.lock().unwrap() = Duration::from_millis(600);
    let bounds = cutaway::Serving { leaving: Duration::from_millis(300), ..limits() };
    let mut served = serve(judge, &bounds).await;
    assert_eq!(served.get("/readyz").await.status, 200);
    let address = served.address;
    let open = tokio::spawn(async move {
        let body = review(&["a"]);
        let head = format!(
            "POST /validate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        exchange(stream, &[head.as_bytes(), &body].concat()).await
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(served.end.take());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(served.get("/readyz").await.status, 503);
    assert_eq!(open.await.unwrap().json()["response"]["allowed"], true);
    tokio::time::timeout(Duration::from_secs(5), served.task).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert!(!served.folder.path().join("gate.sock").exists());
}
