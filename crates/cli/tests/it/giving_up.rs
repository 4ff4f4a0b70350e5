//! Faults without end: each is left within its budget, with one line that says where
//! it stood, how often it was tried, what happened last and which limit was met.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{FixtureImage, image};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use crate::support::{cutaway, status, stderr, stdout};

/// Limits that let nothing take long; the tests name the others that they change.
const QUICK: &str = "idle_ms=200,connect_ms=300,loopback_probe_ms=100,first_wait_ms=1,floor_window_ms=400,\
     longest_retry_after_ms=20";

struct Scene {
    runtime: Runtime,
    registry: FakeRegistry,
    image: FixtureImage,
}

impl Scene {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let image =
            image("layer plain\n  etc/os-release 0644 \"ID=x\\n\"\n  zeros 0644 zeros=1000000\n");
        let registry = runtime.block_on(FakeRegistry::start());
        for blob in image.blobs() {
            registry.blob(blob.bytes.clone());
        }
        registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
        Self { runtime, registry, image }
    }

    /// Returns what requests for the layer have in their path.
    fn layer(&self) -> &str {
        self.image.layers[0].blob.digest.as_str()
    }

    fn scan(&self, limits: &str) -> Output {
        scan(&self.registry.host(), limits)
    }
}

fn scan(host: &str, limits: &str) -> Output {
    let image = format!("{host}/team/image:1");
    cutaway(&["scan", &image, "--format", "json", "--platform", "linux/amd64"])
        .args(["--limit", QUICK])
        .args(if limits.is_empty() { vec![] } else { vec!["--limit", limits] })
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Checks that a run ended with a status, and said all of `words` in one line.
fn ends(name: &str, output: &Output, exit: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!((status(output), stdout(output).as_str()), (exit, ""), "{name}: {said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{name}: {said}");
    assert!(said.len() <= 1024 && said.ends_with('\n'), "{name}: {said}");
    for word in words {
        assert!(said.contains(word), "{name}: \"{word}\" is not in {said}");
    }
}

#[test]
fn layers_that_never_come() {
    let size = "of 100";
    let rows: [(&str, Fault, &str, &[&str]); 11] = [
        (
            "reset without progress",
            Fault::Reset(1000),
            "",
            &[
                "no progress at offset 5000 ",
                size,
                "Connection reset",
                "5 tries",
                "the limit tries was met",
            ],
        ),
        (
            "closed without progress",
            Fault::Close(1000),
            "tries=3",
            &["no progress at offset 3000 ", size, "3 tries", "the limit tries was met"],
        ),
        (
            "503",
            Fault::status(503),
            "",
            &[
                "HTTP status 503",
                "status 503",
                "no progress at offset 0 ",
                "5 tries",
                "limit tries",
            ],
        ),
        (
            "503, and all time is up",
            Fault::status(503),
            "tries=100000,patience_ms=1000",
            &[
                "HTTP status 503",
                "no progress at offset 0 ",
                "tries)",
                "the limit patience_ms was met",
            ],
        ),
        (
            "503, and the run has no time to wait",
            Fault::status(503),
            "run_patience_ms=100,first_wait_ms=50",
            &["HTTP status 503", "2 tries", "the limit run_patience_ms was met"],
        ),
        (
            "429",
            Fault::retry_after(429, "1000000000"),
            "",
            &["HTTP status 429, rate limited, waited 0.1 s", "5 tries", "limit tries"],
        ),
        (
            "stall",
            Fault::Stall(10),
            "",
            &["no byte came for 0.2 s (idle_ms)", "no progress at offset 50 ", "5 tries"],
        ),
        (
            "no headers",
            Fault::Silence,
            "",
            &["no answer came for 0.2 s (idle_ms)", "no progress at offset 0 ", "5 tries"],
        ),
        (
            "one byte a second",
            Fault::Crawl(Duration::from_secs(1)),
            "idle_ms=1500,floor_window_ms=1600,tries=2",
            &[
                "less than 1024 bytes a second came (floor_bytes_per_second)",
                "2 tries",
                "limit tries",
            ],
        ),
        (
            "an error without end",
            Fault::EndlessStatus(500),
            "",
            &["HTTP status 500: {\"errors\":[{\"message\":\"xxx", "5 tries", "limit tries"],
        ),
        (
            "redirects in a circle",
            Fault::redirect("/v2/team/image/blobs/around"),
            "",
            &["more redirects than the limit redirects, which is 5"],
        ),
    ];
    for (name, fault, limits, words) in rows {
        let scene = Scene::new();
        scene.registry.always(scene.layer(), fault.clone());
        scene.registry.always("/around", fault);
        let started = Instant::now();
        let output = scene.scan(limits);
        assert!(started.elapsed() < Duration::from_secs(6), "{name}: {:?}", started.elapsed());
        let host = format!("http://{}/v2/team/image/blobs/", scene.registry.host());
        ends(name, &output, 3, words);
        ends(name, &output, 3, &[&host]);
        assert!(scene.registry.sent() < 32 << 20, "{name}: {}", scene.registry.sent());
    }
}

#[test]
fn manifests_that_never_come() {
    let rows: [(&str, Fault, &[&str]); 6] = [
        ("reset", Fault::Reset(10), &["5 tries", "the limit tries was met"]),
        ("503", Fault::status(503), &["HTTP status 503", "5 tries", "the limit tries was met"]),
        ("stall", Fault::Stall(10), &["no byte came for 0.2 s (idle_ms)", "5 tries"]),
        ("no headers", Fault::Silence, &["no answer came for 0.2 s (idle_ms)", "5 tries"]),
        (
            "redirects in a circle",
            Fault::redirect("/v2/team/image/manifests/1?again"),
            &["more redirects than the limit redirects, which is 5"],
        ),
        ("an error without end", Fault::EndlessStatus(502), &["HTTP status 502", "5 tries"]),
    ];
    for (name, fault, words) in rows {
        let scene = Scene::new();
        scene.registry.always("/manifests/", fault);
        let started = Instant::now();
        let output = scene.scan("");
        assert!(started.elapsed() < Duration::from_secs(5), "{name}: {:?}", started.elapsed());
        ends(name, &output, 3, words);
        ends(name, &output, 3, &["/v2/team/image/manifests/1"]);
    }
}

/// What contradicts its descriptor is the image's fault, and the way has done its part.
#[test]
fn bodies_without_end_are_malformed() {
    let scene = Scene::new();
    scene.registry.always(scene.layer(), Fault::Endless);
    ends("layer", &scene.scan(""), 4, &["layer 0 of 1", "more than "]);
    let scene = Scene::new();
    scene.registry.always("/manifests/", Fault::Endless);
    ends("manifest", &scene.scan(""), 4, &["manifest_bytes of 4194304"]);
    assert!(scene.registry.sent() < 32 << 20, "{}", scene.registry.sent());
    let scene = Scene::new();
    scene.registry.always(scene.layer(), Fault::Short(1000));
    ends("short for ever", &scene.scan(""), 4, &["layer 0 of 1", "has 1000 bytes, not the 100"]);
}

#[test]
fn token_servers_that_never_answer() {
    for (fault, words) in [
        (Fault::Silence, "no answer came for 0.2 s (idle_ms) (5 tries); the limit tries was met"),
        (Fault::status(503), "(5 tries); the limit tries was met"),
        (Fault::Endless, "the limit token_bytes, which is 1048576"),
    ] {
        let scene = Scene::new();
        let realm = format!("http://{}/token", scene.registry.host());
        scene.registry.gate(Gate::bearer(&realm));
        scene.registry.always("/token", fault);
        ends("token", &scene.scan(""), 3, &["no token from ", &realm, words]);
    }
}

/// A server that does not even connect: nobody takes from its queue, which is full.
#[test]
fn connections_that_never_come_about() {
    let runtime = Runtime::new().unwrap();
    let (host, _held) = runtime.block_on(black_hole());
    let started = Instant::now();
    let output = scan(&host, "tries=2");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let words = ["cannot connect: it took too long (connect_ms)", "2 tries", "limit tries", &host];
    ends("black hole", &output, 3, &words);
}

/// Listens with a full queue. The connections in it are held with the socket.
async fn black_hole() -> (String, (tokio::net::TcpListener, Vec<TcpStream>)) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        held.push(stream);
        assert!(held.len() < 100, "the queue is never full");
    }
    (address.to_string(), (listener, held))
}

/// Two seconds of silence and one try are over within five seconds,
/// whatever else is left at its default.
#[test]
fn silence_is_over_soon_after_its_limit() {
    for (name, part, fault) in [
        ("no headers", "/manifests/", Fault::Silence),
        ("silence in the middle", "/blobs/", Fault::Stall(10)),
    ] {
        let scene = Scene::new();
        scene.registry.always(part, fault);
        let started = Instant::now();
        let image = format!("{}/team/image:1", scene.registry.host());
        let output = cutaway(&["scan", &image, "--platform", "linux/amd64"])
            .args(["--limit", "idle_ms=2000,tries=1"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let took = started.elapsed();
        assert!((2..5).contains(&took.as_secs()), "{name}: {took:?}");
        ends(name, &output, 3, &["2.0 s (idle_ms)", "(1 try); the limit tries was met"]);
        drop(scene.runtime);
    }
}

/// What a registry says of its limits is shown: with `-v` when it is said, and when it refuses.
#[test]
fn how_many_requests_are_left_is_said() {
    let scene = Scene::new();
    let headers = || {
        Fault::both(
            Fault::Header("RateLimit-Limit".to_owned(), "100;w=21600".to_owned()),
            Fault::Header("RateLimit-Remaining".to_owned(), "76;w=21600".to_owned()),
        )
    };
    scene.registry.script("/manifests/", [headers()]);
    let output = cutaway(&["-v", "digest", &format!("{}/team/image:1", scene.registry.host())])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("76;w=21600 of 100;w=21600 requests are left"), "{said}");

    let refusal = Fault::Status(
        429,
        vec![
            ("ratelimit-limit".to_owned(), "100;w=21600".to_owned()),
            ("ratelimit-remaining".to_owned(), "0;w=21600".to_owned()),
            ("docker-ratelimit-source".to_owned(), "192.0.2.1".to_owned()),
        ],
        "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\"}]}".to_owned(),
    );
    scene.registry.always("/manifests/", refusal);
    ends(
        "429",
        &scene.scan(""),
        3,
        &["HTTP status 429, rate limited", "0;w=21600 of 100;w=21600 requests are left", "TOOMANY"],
    );
}
