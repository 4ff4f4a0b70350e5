//! The line that each fault of a registry ends with, word for word: what, where and which rule, on one line of
//! at most 1 KiB that can be printed, and the same each time (rows of a catalogue of faults by their numbers).

use std::process::Stdio;

use cutaway_fixtures::registry::{FakeRegistry, Fault, Gate};
use cutaway_fixtures::{FixtureImage, image};
use tokio::runtime::Runtime;

use crate::support::{cutaway, status, stderr};

/// Limits that let nothing take long.
const QUICK: &str = "idle_ms=200,connect_ms=300,loopback_probe_ms=100,first_wait_ms=1,\
     longest_retry_after_ms=20,floor_window_ms=400";

/// What was agreed upon, a line a fault.
const AGREED: &str = include_str!("quality.txt");

/// Where a fault is played.
#[derive(Clone, Copy)]
enum At {
    Tag,
    Config,
    Layer,
    Gate,
}

fn faults(other: &str) -> Vec<(&'static str, At, Fault)> {
    let page =
        || Fault::Body("text/html".to_owned(), b"<html><title>Sign in</title></html>".to_vec());
    let header = |name: &str, value: &str| Fault::Header(name.to_owned(), value.to_owned());
    let challenge = |text: &str| {
        Fault::Status(401, vec![("WWW-Authenticate".to_owned(), text.to_owned())], String::new())
    };
    let elsewhere = format!("Bearer realm=\"http://{other}/token\",service=\"s\"");
    let evil = "\u{1b}[31m\u{202e}\n";
    vec![
        ("A3 realm of metadata", At::Gate, challenge("Bearer realm=\"http://169.254.169.254/t\"")),
        ("A3 realm is a file", At::Gate, challenge("Bearer realm=\"file:///etc/passwd\"")),
        ("A6 refuses for ever", At::Gate, challenge(&elsewhere)),
        ("A9 unknown schemes", At::Gate, challenge("Negotiate, Digest realm=\"a\"")),
        (
            "A9 long challenge",
            At::Gate,
            challenge(&format!("Basic realm=\"{}\"", "x".repeat(40_000))),
        ),
        ("A9 no challenge", At::Gate, Fault::Status(401, Vec::new(), "who?".to_owned())),
        ("B1 reset for ever", At::Layer, Fault::Reset(10)),
        ("B7 closed early", At::Config, Fault::Close(10)),
        ("B8 short", At::Layer, Fault::Short(1000)),
        ("B8 short config", At::Config, Fault::Short(10)),
        ("B9 longer", At::Layer, Fault::Longer(vec![b'x'; 5000])),
        ("B11 other bytes", At::Layer, Fault::Flip),
        ("B11 other bytes in the config", At::Config, Fault::Flip),
        ("B13 rate limited", At::Tag, Fault::retry_after(429, "1")),
        ("B14 status 500", At::Layer, Fault::status(500)),
        ("B14 status 404", At::Layer, Fault::status(404)),
        ("B14 status 403", At::Tag, Fault::status(403)),
        ("B15 error without end", At::Tag, Fault::EndlessStatus(400)),
        ("B16 manifest without end", At::Tag, Fault::Endless),
        ("B19 silence", At::Config, Fault::Silence),
        ("B20 circle", At::Layer, Fault::redirect("/v2/team/image/blobs/around")),
        ("B21 other scheme", At::Layer, Fault::redirect("file:///etc/passwd")),
        ("B21 no address", At::Layer, Fault::redirect("http://[")),
        (
            "B25 digest lies",
            At::Tag,
            header("Docker-Content-Digest", &format!("sha256:{}", "1".repeat(64))),
        ),
        ("B28 page", At::Tag, page()),
        ("B28 page for a config", At::Config, page()),
        ("B28 page for a layer", At::Layer, page()),
        ("B31 headers", At::Tag, Fault::Headers(2000)),
        ("B31 no HTTP", At::Tag, Fault::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
        ("C1 no JSON", At::Tag, Fault::Body("application/json".to_owned(), b"{\"a\":".to_vec())),
        ("text of a server", At::Tag, Fault::Status(500, Vec::new(), evil.repeat(300))),
        (
            "errors under success",
            At::Tag,
            Fault::Body(
                "application/json".to_owned(),
                b"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"pay first\"}]}".to_vec(),
            ),
        ),
    ]
}

/// Plays a fault and returns the status and the line, with what differs from run to run called by its name.
fn line(
    runtime: &Runtime,
    image: &FixtureImage,
    other: &str,
    (name, at, fault): (&str, At, Fault),
) -> String {
    let registry = runtime.block_on(FakeRegistry::start());
    for blob in image.blobs() {
        registry.blob(blob.bytes.clone());
    }
    registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
    registry.gate(Gate::Open);
    let layer = image.layers[0].blob.digest.as_str();
    let config = image.config.digest.as_str();
    let part = match at {
        At::Tag => "/manifests/",
        At::Config => config,
        At::Layer => layer,
        At::Gate => "/v2/",
    };
    registry.always(part, fault.clone());
    registry.always("/around", fault);
    let host = registry.host();
    let output = cutaway(&["scan", &format!("{host}/team/image:1"), "--platform", "linux/amd64"])
        .args(["--limit", QUICK])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = stderr(&output);
    assert!(output.stdout.is_empty() && said.lines().count() == 1, "{name}: {said}");
    assert!(
        said.len() <= 1025 && !said.trim_end().chars().any(char::is_control),
        "{name}: {said:?}"
    );
    assert!(!said.contains('\u{202e}') && !said.contains("expected value"), "{name}: {said:?}");
    let said = said.replace(&host, "HOST").replace(other, "OTHER");
    let said = said.replace(layer, "LAYER").replace(config, "CONFIG");
    let said = said.replace(image.manifest.digest.as_str(), "MANIFEST");
    format!("{name}: {} {said}", status(&output))
}

#[test]
fn lines_of_errors_are_those_that_were_agreed_upon() {
    let runtime = Runtime::new().unwrap();
    let image =
        image("layer plain\n  etc/os-release 0644 \"ID=x\\n\"\n  zeros 0644 zeros=100000\n");
    let tokens = runtime.block_on(FakeRegistry::start());
    tokens.page("/token", "{\"token\":\"t\"}", &[]);
    let other = tokens.host();
    let once: String =
        faults(&other).into_iter().map(|row| line(&runtime, &image, &other, row)).collect();
    let wrong: Vec<_> =
        once.lines().filter(|line| !AGREED.lines().any(|agreed| agreed == *line)).collect();
    assert!(
        wrong.is_empty() && once.lines().count() == AGREED.lines().count(),
        "{}",
        wrong.join("\n")
    );
}
