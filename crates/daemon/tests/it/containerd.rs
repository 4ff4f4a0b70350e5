//! containerd's services against a socket that plays every fault.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use cutaway_daemon::Containerd;
use cutaway_model::{Blobs as _, Class, Descriptor, Error};
use cutaway_ref::Digest;
use h2::server;
use http::Response;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;

use crate::server::config;

/// What comes after the head of an answer.
#[derive(Debug, Clone)]
enum End {
    /// The status, and a message.
    Status(&'static str, &'static str),
    /// The end of the stream, without a status.
    None,
    /// The end of the connection.
    Gone,
    /// Nothing at all.
    Silence,
}

/// Frames and the end, for every call.
type Script = (Vec<Vec<u8>>, End);

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// A field with bytes.
fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    let mut message = vec![field * 8 + 2];
    let mut length = content.len();
    while length > 0x7f {
        message.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    message.push(u8::try_from(length).unwrap());
    message.extend(content);
    message
}

/// Serves one script for every call, and returns the socket.
fn serve(script: Script) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let script = script.clone();
            tokio::spawn(async move {
                let Ok(mut connection) = server::handshake(stream).await else { return };
                while let Some(Ok((request, mut respond))) = connection.accept().await {
                    assert_eq!(request.headers()["containerd-namespace"], "ours");
                    let (frames, end) = script.clone();
                    let head = Response::builder().header("content-type", "application/grpc");
                    if let (End::Silence, []) = (&end, frames.as_slice()) {
                        tokio::spawn(async move {
                            tokio::time::sleep(Duration::from_secs(60)).await;
                            drop(respond);
                        });
                        continue;
                    }
                    let mut send = respond.send_response(head.body(()).unwrap(), false).unwrap();
                    for frame in frames {
                        send.send_data(Bytes::from(frame), false).unwrap();
                    }
                    match end {
                        End::Status(status, message) => {
                            let mut trailers = http::HeaderMap::new();
                            trailers.insert("grpc-status", status.parse().unwrap());
                            trailers.insert("grpc-message", message.parse().unwrap());
                            send.send_trailers(trailers).unwrap();
                        }
                        End::None => send.send_data(Bytes::new(), true).unwrap(),
                        End::Gone => {
                            connection.abrupt_shutdown(h2::Reason::INTERNAL_ERROR);
                        }
                        End::Silence => {
                            tokio::spawn(async move {
                                tokio::time::sleep(Duration::from_secs(60)).await;
                                drop(send);
                            });
                        }
                    }
                }
            });
        }
    });
    (directory, socket)
}

async fn connect(socket: PathBuf) -> Containerd {
    Containerd::connect(&[socket], "ours", &config()).await.unwrap()
}

fn blob() -> Descriptor {
    Descriptor::new("application/octet-stream", Digest::sha256(b"hello world"), 11)
}

async fn read(script: Script) -> Result<Vec<u8>, Error> {
    let (_directory, socket) = serve(script);
    let mut stream = connect(socket).await.open(&blob()).await?;
    let mut content = Vec::new();
    stream.read_to_end(&mut content).await.map_err(|error| Error::from_io(error, "blob"))?;
    Ok(content)
}

#[tokio::test]
async fn content_comes_in_pieces_of_any_size() {
    let whole =
        [frame(&bytes(2, b"hello ")), frame(&bytes(2, b"")), frame(&bytes(2, b"world"))].concat();
    for size in [1, 3, 7, 100] {
        let pieces = whole.chunks(size).map(<[u8]>::to_vec).collect();
        let content = read((pieces, End::Status("0", ""))).await.unwrap();
        assert_eq!(content, b"hello world", "{size}");
    }
}

#[tokio::test]
async fn content_that_is_not_whole_is_an_error_of_the_way() {
    let good = frame(&bytes(2, b"hello "));
    let mut compressed = good.clone();
    compressed[0] = 1;
    for (frames, end, said) in [
        (vec![good.clone()], End::Gone, "containerd at unix://"),
        (vec![good.clone()], End::None, "an answer without a status"),
        (vec![good[..7].to_vec()], End::Status("0", ""), "a message that ends half way"),
        (vec![good.clone()], End::Status("13", "disk gone"), "disk"),
        (vec![good.clone()], End::Silence, "no answer came for 0.3 s"),
        (vec![], End::Silence, "no answer came for 0.3 s"),
        (vec![compressed], End::Status("0", ""), "a compressed message"),
        (
            vec![vec![0, 0xff, 0xff, 0xff, 0xff]],
            End::Status("0", ""),
            "a message of 4294967295 bytes",
        ),
        (vec![frame(&[0x12, 200, 1])], End::Status("0", ""), "content that cannot be read"),
        (vec![], End::Status("5", "not found"), "is not in containerd"),
    ] {
        let shown = format!("{end:?}");
        let error = read((frames, end)).await.unwrap_err();
        assert_eq!(error.class(), Class::Transport, "{shown}: {error}");
        assert!(error.to_string().contains(said), "{shown}: {error}");
    }
}

#[tokio::test]
async fn images_are_found_by_the_first_name_that_is_known() {
    let digest = blob().digest;
    let target =
        [bytes(1, b"application/x"), bytes(2, digest.as_str().as_bytes()), vec![3 * 8, 11]];
    let image = bytes(1, &[bytes(1, b"name"), bytes(3, &target.concat())].concat());
    let (_directory, socket) = serve((vec![frame(&image)], End::Status("0", "")));
    let found = connect(socket).await.image(&["name", "other"]).await.unwrap();
    assert_eq!(found, Descriptor::new("application/x", digest, 11));
    for broken in [vec![], bytes(1, b""), bytes(1, &bytes(3, &bytes(2, b"sha256:x"))), vec![0xff]] {
        let (_directory, socket) = serve((vec![frame(&broken)], End::Status("0", "")));
        let error = connect(socket).await.image(&["name"]).await.unwrap_err();
        assert!(error.to_string().contains("an image without a target"), "{error}");
    }
    let (_directory, socket) = serve((vec![], End::Status("5", "image not found")));
    let error = connect(socket).await.image(&["name", "other"]).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn sizes_are_told() {
    let info = bytes(1, &[bytes(1, b"sha256:x"), vec![2 * 8, 0x96, 1]].concat());
    let (_directory, socket) = serve((vec![frame(&info)], End::Status("0", "")));
    assert_eq!(connect(socket).await.stat(&blob()).await.unwrap(), Some(150));
    let absent = PathBuf::from("/nonexistent/containerd.sock");
    let error = Containerd::connect(&[absent], "ours", &config()).await.unwrap_err();
    assert!(error.to_string().contains("there is no such socket"), "{error}");
}
