//! Many at a time: each image once, no answer for another's image, nothing that blocks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Scripted, digest_of, limits, review, serve};

/// Resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_reviews_of_fifty_images() {
    let judge = Scripted::default();
    *judge.0.takes.lock().unwrap() = Duration::from_millis(50);
    let served = Arc::new(serve(judge.clone(), &limits()).await);
    let image = |number: usize| match number % 3 {
        0 => format!("bad{}@{}", number % 50, digest_of(&format!("bad{}", number % 50))),
        _ => format!("good{}@{}", number % 50, digest_of(&format!("good{}", number % 50))),
    };
    for round in 0..3 {
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let (served, image) = (Arc::clone(&served), image(number % 50));
                tokio::spawn(async move {
                    let response = served.validate(&[&image], "?timeout=30s").await;
                    let is_good = image.starts_with("good");
                    assert_eq!(response["allowed"], is_good, "{image} {response}");
                    let told = match is_good {
                        true => &response["auditAnnotations"]["verdicts"],
                        false => &response["status"]["message"],
                    };
                    let told = told.as_str().unwrap();
                    assert!(told.starts_with(&image), "{image}: {told}");
                    // Once in the name, and once as what was judged.
                    let digest = image.split_once('@').unwrap().1;
                    assert!(told.matches("sha256:").count() >= 2, "{told}");
                    assert!(told.matches(digest).count() >= 2, "{image}: {told}");
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let judged = judge.0.judged.lock().unwrap().clone();
        assert_eq!(judged.len(), 50, "round {round}");
        assert!(judged.values().all(|times| *times == 1), "{judged:?}");
    }
    assert!(judge.0.most_at_once.load(std::sync::atomic::Ordering::SeqCst) <= 4);
    let cached = &served.gate.metrics().cached;
    let p99 = cached.quantile(990).unwrap();
    eprintln!("{} cached answers, p99 in the handler at most {p99:?}", cached.total());
    assert!(cached.total() >= 1000);
    assert!(p99 <= Duration::from_millis(5), "{p99:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat() {
    let served = serve(Scripted::default(), &cutaway::Serving { verdicts: 500, ..limits() }).await;
    let mut first = 0;
    for round in 0..20_usize {
        for number in 0..100 {
            let image = format!("a{}", round * 100 + number);
            served.post("/validate", &review(&[&image])).await;
        }
        if round == 9 {
            first = resident();
        }
    }
    let grown = resident().saturating_sub(first);
    eprintln!("1,000 more images: {grown} KiB more");
    assert!(grown < 8 << 10, "{grown} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_block_nothing() {
    let judge = Scripted::default();
    *judge.0.takes.lock().unwrap() = Duration::from_secs(60);
    let served = Arc::new(serve(judge, &limits()).await);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..100)
        .map(|part| {
            let served = Arc::clone(&served);
            tokio::spawn(async move {
                for number in 0..10 {
                    let events: Vec<_> = (0..10)
                        .map(|it| {
                            let digest = digest_of(&format!("{part} {number} {it}"));
                            json!({"action": "push", "target": {"repository": "a/b", "digest": digest,
                                "mediaType": "application/vnd.oci.image.manifest.v1+json"}})
                        })
                        .collect();
                    let body = json!({"events": events}).to_string();
                    let answered = served.post("/events", body.as_bytes()).await;
                    assert_eq!(answered.status, 202);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let took = begun.elapsed();
    // While all of that waits, somebody who asks is answered.
    let known = served.get("/healthz").await;
    assert_eq!(known.status, 200);
    let metrics = served.gate.metrics();
    let (queued, dropped) = (metrics.events("queued"), metrics.events("dropped"));
    eprintln!("10,000 events in {took:?}: {queued} queued, {dropped} dropped");
    // One is being judged.
    assert_eq!((queued, dropped), (10_000, 8_999));
    assert!(took < Duration::from_secs(30), "{took:?}");
    let again = json!({"events": [{"action": "push", "target": {"repository": "a/b",
        "digest": digest_of("x"), "mediaType": "application/vnd.oci.image.index.v1+json"}}]});
    served.post("/events", again.to_string().as_bytes()).await;
    served.post("/events", again.to_string().as_bytes()).await;
    assert_eq!(metrics.events("twice"), 1);
}
