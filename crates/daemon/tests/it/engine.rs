//! What comes of each answer.

use cutaway_daemon::{Address, Config, Engine, Store};
use cutaway_model::{Class, Error};
use tokio::io::AsyncReadExt as _;

use crate::server::{ID, Script, Server, answer, chunked, config, with_image};

/// Saves the image and reads it to its end.
async fn saved(script: Script) -> Result<Vec<u8>, Error> {
    let server = Server::start(script);
    let engine = server.connect().await?;
    let found = engine.find("app:1").await?;
    assert_eq!((found.id.as_str(), found.store), (ID, Store::Layers));
    let mut stream = engine.save(&found).await?;
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes).await;
    read.map_err(|error| Error::from_io(error, "archive"))?;
    Ok(bytes)
}

fn archive() -> Vec<u8> {
    let image = cutaway_fixtures::image("layer plain\n  etc/issue 0644 zeros=5000\n");
    cutaway_fixtures::DockerArchive::new().image(&["app:1"], &image).archive()
}

#[tokio::test]
async fn a_whole_image_comes_as_it_is() {
    let archive = archive();
    for answer in [chunked(&archive, true), answer("200 OK", &archive)] {
        assert_eq!(saved(with_image(answer, false)).await.unwrap(), archive);
    }
}

#[tokio::test]
async fn half_an_image_is_an_error_of_the_way() {
    let archive = archive();
    let half = archive.get(..archive.len() - 1024).unwrap();
    let with = |end: &[u8]| chunked(&[half, end].concat(), true);
    let mut short = answer("200 OK", &archive);
    short.truncate(short.len() - 2000);
    for (answer, silent, said) in [
        (chunked(&archive, false), false, "the image broke off"),
        (short, false, "the image broke off"),
        (with(b""), false, "ends half way, without an end marker"),
        (with(&[0; 512]), false, "ends half way"),
        (chunked(b"", true), false, "ends half way"),
        (with(b"{\"message\":\"no space\\u001b[31m\"}\n"), false, "half way: no space\\u{1b}[31m"),
        (
            with(b"{\"errorDetail\":{\"message\":\"layer gone\"},\"error\":\"layer gone\"}\r\n"),
            false,
            "saving failed half way: layer gone",
        ),
        (chunked(half, false), true, "no more bytes of the image came for 0.3 s"),
        (Vec::new(), true, "no answer came for 0.3 s"),
        (Vec::new(), false, "Docker at unix://"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), false, "Docker at unix://"),
        (
            answer("500 Internal Server Error", b"{\"message\":\"disk\"}"),
            false,
            "answered 500: disk",
        ),
        (answer("301 Moved", b""), false, "answered 301"),
    ] {
        let error = saved(with_image(answer, silent)).await.unwrap_err();
        assert_eq!(error.class(), Class::Transport, "{error}");
        let text = error.to_string();
        assert!(text.contains(said) && !text.contains('\n'), "{text}");
    }
}

#[tokio::test]
async fn names_are_found_or_named() {
    let server = Server::start(with_image(Vec::new(), false));
    let engine = server.connect().await.unwrap();
    let error = engine.find("other").await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert!(error.to_string().contains("no such\\nimage"), "{error}");
    for name in ["", "a b", "../../containers", "a/../b", "a?x=1", "a#b", "a%2fb"] {
        let error = engine.find(name).await.unwrap_err();
        assert_eq!(error.class(), Class::Usage, "{name}: {error}");
    }
}

#[tokio::test]
async fn every_address_that_was_tried_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "no socket").unwrap();
    let silent = Server::start(vec![("/_ping", Vec::new(), true)]);
    let old = Server::start(vec![(
        "/_ping",
        answer("400 Bad Request", b"{\"message\":\"client too new\"}"),
        false,
    )]);
    let addresses = [
        Address::Unix(directory.path().join("absent")),
        Address::Unix(file),
        Address::Unix(silent.socket()),
        Address::Unix(old.socket()),
        "tcp://127.0.0.1:1".parse().unwrap(),
        "https://127.0.0.1:1".parse().unwrap(),
    ];
    let error = Engine::connect("Podman", &addresses, config()).await.unwrap_err().to_string();
    for said in [
        "no Podman daemon answers: ",
        "absent: there is no such socket",
        "file: is not a socket",
        "no answer came for 0.3 s",
        "answered 400: client too new",
        "tcp://127.0.0.1:1: is TCP without TLS",
        "https://127.0.0.1:1: wants TLS",
    ] {
        assert!(error.contains(said), "{said}: {error}");
    }
    let plain = Config { plain_tcp: true, ..config() };
    let error = Engine::connect("Docker", &["tcp://127.0.0.1:1".parse().unwrap()], plain).await;
    assert!(error.unwrap_err().to_string().contains("refused"), "a closed port");
}

#[tokio::test]
async fn the_first_daemon_that_answers_is_taken() {
    let server = Server::start(with_image(Vec::new(), false));
    let directory = tempfile::tempdir().unwrap();
    let absent = Address::Unix(directory.path().join("absent"));
    let engine = Engine::connect("Docker", &[absent, Address::Unix(server.socket())], config())
        .await
        .unwrap();
    assert!(engine.name().ends_with("/socket"), "{}", engine.name());
}
