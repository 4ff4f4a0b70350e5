//! HTTP/2, which most registries speak: the same blob, over streams that break.
#![expect(clippy::unwrap_used, reason = "support of tests, which fail by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cutaway_fetch::{Config, Registry};
use cutaway_model::{Descriptor, MediaType};
use cutaway_ref::auth::Credential;
use cutaway_ref::{Digest, Reference};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::{NAME, noise, quick, read, transport};

/// How the server ends an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Sound,
    /// RST_STREAM in the middle.
    Reset,
    /// GOAWAY in the middle, and the connection is gone.
    GoAway,
    /// The middle, and then nothing.
    Stall,
}

/// Serves `blob` over HTTP/2; the answer number n ends as `ends` says, and every later one as its last.
async fn serve(blob: Vec<u8>, ends: Vec<End>) -> (String, Arc<AtomicUsize>) {
    let acceptor = acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let answers = Arc::new(AtomicUsize::new(0));
    let (blob, counter) = (Bytes::from(blob), Arc::clone(&answers));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(connection(stream, blob.clone(), ends.clone(), Arc::clone(&counter)));
            }
        }
    });
    (host, answers)
}

fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("keys/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("keys/server.key")).unwrap();
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

fn over_tls() -> Config {
    Config {
        plain_http: false,
        ca_certificates: vec![include_bytes!("keys/ca.pem").to_vec()],
        ..quick()
    }
}

async fn connection(
    stream: TlsStream<TcpStream>,
    blob: Bytes,
    ends: Vec<End>,
    answers: Arc<AtomicUsize>,
) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let number = answers.fetch_add(1, Ordering::Relaxed);
        let end = *ends.get(number).or(ends.last()).unwrap();
        let range = request.headers().get("range").and_then(|value| value.to_str().ok());
        let from =
            range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let body = blob.slice(from.unwrap_or(0)..);
        let mut response = http::Response::builder().status(if from.is_some() { 206 } else { 200 });
        if let Some(from) = from {
            let last = blob.len().checked_sub(1).unwrap();
            response =
                response.header("content-range", format!("bytes {from}-{last}/{}", blob.len()));
        }
        let mut send = respond.send_response(response.body(()).unwrap(), false).unwrap();
        let sent = if end == End::Sound { body.clone() } else { body.slice(..body.len() / 2) };
        send.send_data(sent, end == End::Sound).unwrap();
        if end == End::GoAway {
            // The frames are on their way before the connection is given up.
            let alive = async { while connection.accept().await.is_some() {} };
            drop(tokio::time::timeout(Duration::from_millis(100), alive).await);
            connection.abrupt_shutdown(h2::Reason::ENHANCE_YOUR_CALM);
            continue;
        }
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            match end {
                End::Reset => send.send_reset(h2::Reason::INTERNAL_ERROR),
                End::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
                _ => {}
            }
        });
    }
}

async fn fetch(ends: Vec<End>) -> (Result<(), cutaway_model::Error>, usize) {
    let blob = noise(40_000);
    let (host, answers) = serve(blob.clone(), ends).await;
    let registry = Registry::new(&host, Credential::Anonymous, over_tls()).unwrap();
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let layer = Descriptor::new(MediaType::OCI_LAYER, Digest::sha256(&blob), 40_000);
    let bytes = read(&registry.repository(&reference), &layer).await;
    (bytes.map(|bytes| assert!(bytes == blob)), answers.load(Ordering::Relaxed))
}

#[tokio::test]
async fn streams_that_break_are_continued() {
    for (ends, answers) in [
        (vec![End::Sound], 1),
        (vec![End::Reset, End::Sound], 2),
        (vec![End::GoAway, End::Sound], 2),
        (vec![End::Stall, End::Reset, End::Sound], 3),
    ] {
        let name = format!("{ends:?}");
        let (result, found) = fetch(ends).await;
        assert!(result.is_ok(), "{name}: {result:?}");
        assert_eq!(found, answers, "{name}");
    }
}

#[tokio::test]
async fn streams_that_always_break_are_given_up() {
    let (result, answers) = fetch(vec![End::Reset]).await;
    let error = transport(result.unwrap_err());
    assert!(error.contains(" of 40000 (5 tries)"), "{error}");
    assert_eq!(answers, 5);
}

/// A head that never ends, one CONTINUATION frame after the other, is cut off long before it fills the memory.
#[tokio::test]
async fn heads_without_end_are_cut_off() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let acceptor = acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    tokio::spawn(async move {
        // Type, flags and stream of RFC 9113, section 4.1; no flag says that the head is complete.
        let frame = |kind: u8, stream: u8, payload: &[u8]| {
            let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
            [&length[1..], &[kind, 0, 0, 0, 0, stream], payload].concat()
        };
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut first = [0; 1024];
            let _ = stream.read(&mut first).await;
            // SETTINGS, and the status of an answer.
            let _ = stream.write_all(&[frame(4, 0, &[]), frame(1, 1, &[0x88])].concat()).await;
            let more = frame(9, 1, &b"\x00\x01a\x01b".repeat(1000));
            while counter.load(Ordering::Relaxed) < 256 << 20
                && stream.write_all(&more).await.is_ok()
            {
                counter.fetch_add(more.len(), Ordering::Relaxed);
            }
        }
    });
    let registry = Registry::new(&host, Credential::Anonymous, over_tls()).unwrap();
    let reference: Reference = format!("{host}/{NAME}:1").parse().unwrap();
    let error = transport(registry.resolve(&reference).await.unwrap_err());
    assert!(error.contains("5 tries"), "{error}");
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent < 32 << 20, "{sent} bytes were taken");
}
